//! Resources that wait for each other.

use std::collections::{BTreeMap, BTreeSet};

/// A chain of resources that ends where it began, if there is one: `A, B, A`.
pub(super) fn find(edges: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    let mut finished = BTreeSet::new();
    edges.keys().find_map(|start| {
        if finished.contains(start.as_str()) {
            return None;
        }
        walk(edges, start, &mut finished)
    })
}

/// Depth first with a stack of its own: a chain of resources can be longer than
/// a thread's stack is deep.
fn walk<'e>(
    edges: &'e BTreeMap<String, BTreeSet<String>>,
    start: &'e str,
    finished: &mut BTreeSet<&'e str>,
) -> Option<Vec<String>> {
    let none = BTreeSet::new();
    let targets = |id: &str| edges.get(id).unwrap_or(&none).len();
    let target = |id: &str, index: usize| edges.get(id)?.iter().nth(index).map(String::as_str);
    let mut path: Vec<(&'e str, usize)> = vec![(start, 0)];
    while let Some((id, index)) = path.last_mut() {
        if *index == targets(id) {
            finished.insert(id);
            path.pop();
            continue;
        }
        let next = target(id, *index);
        *index += 1;
        let Some(next) = next else { continue };
        if let Some(from) = path.iter().position(|(id, _)| *id == next) {
            let mut cycle: Vec<String> = path[from..]
                .iter()
                .map(|(id, _)| (*id).to_owned())
                .collect();
            cycle.push(next.to_owned());
            return Some(cycle);
        }
        if !finished.contains(next) {
            path.push((next, 0));
        }
    }
    None
}
