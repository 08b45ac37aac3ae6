use super::*;
use proptest::prelude::*;

/// The comparison as a person reads it; words that differ stand in brackets.
fn told(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let mut rows = compare(&old, &new);
    mark_words(&mut rows, &old, &new);
    let lines = rows.iter().map(|row| {
        let (sign, line) = match row.mark {
            Mark::Same => (' ', row.new.map(|line| new[line])),
            Mark::Added => ('+', row.new.map(|line| new[line])),
            Mark::Removed => ('-', row.old.map(|line| old[line])),
        };
        let mut line = line.unwrap().to_owned();
        for word in row.words.iter().rev() {
            line.insert(word.end, ']');
            line.insert(word.start, '[');
        }
        format!("{sign}{line}\n")
    });
    lines.collect()
}

#[test]
fn a_new_function_is_added_from_its_first_line_to_the_blank_one_behind_it() {
    let old = "fn a() {\n    x();\n}\n\nfn c() {\n    x();\n}\n";
    let new = "fn a() {\n    x();\n}\n\nfn b() {\n    x();\n}\n\nfn c() {\n    x();\n}\n";
    insta::assert_snapshot!(told(old, new), @r"
     fn a() {
         x();
     }
     
    +fn b() {
    +    x();
    +}
    +
     fn c() {
         x();
     }
    ");
    insta::assert_snapshot!(told(new, old), @r"
     fn a() {
         x();
     }
     
    -fn b() {
    -    x();
    -}
    -
     fn c() {
         x();
     }
    ");
}

#[test]
fn a_block_at_the_end_is_added_with_the_blank_line_above_it() {
    let old = "A:\n  Type: x\n\nB:\n  Type: y\n";
    let new = "A:\n  Type: x\n\nB:\n  Type: y\n\nC:\n  Type: y\n";
    insta::assert_snapshot!(told(old, new), @r"
     A:
       Type: x
     
     B:
       Type: y
    +
    +C:
    +  Type: y
    ");
}

#[test]
fn words_are_marked_where_a_line_was_only_changed() {
    let old = "    match echo(&event.payload) {\n    done();\n";
    let new =
        "        match receive(&event.payload, deps) {\n    other = entirely;\n    let it = 1;\n";
    insta::assert_snapshot!(told(old, new), @r"
    -    match [echo](&event.payload) {
    -    done();
    +        match [receive](&event.payload[, deps]) {
    +    other = entirely;
    +    let it = 1;
    ");
    insta::assert_snapshot!(told("    deps: &Deps,\n}\n", "    deps: &Deps<impl PublishEvent>,\nlet x = y { };\n"), @r"
    -    deps: &Deps,
    -}
    +    deps: &Deps[<impl PublishEvent>],
    +let x = y { };
    ");
}

#[test]
fn a_line_that_differs_in_many_places_has_no_marked_words() {
    let (old, new) = (
        "call(a, bbbb, c, bbbb, d, bbbb, e)\n",
        "call(1, bbbb, 2, bbbb, 3, bbbb, 4)\n",
    );
    assert_eq!(told(old, new), format!("-{old}+{new}"));
}

proptest! {
    /// Whatever is moved to look better, both states can be read from the rows.
    #[test]
    fn rows_tell_both_states(
        old in prop::collection::vec("[ab}]|  a|", 0..12),
        new in prop::collection::vec("[ab}]|  a|", 0..12),
    ) {
        let old: Vec<&str> = old.iter().map(String::as_str).collect();
        let new: Vec<&str> = new.iter().map(String::as_str).collect();
        let rows = compare(&old, &new);
        let numbers = |number: fn(&Row) -> Option<usize>| -> Vec<usize> {
            rows.iter().filter_map(number).collect()
        };
        prop_assert_eq!(numbers(|row| row.old), (0..old.len()).collect::<Vec<_>>());
        prop_assert_eq!(numbers(|row| row.new), (0..new.len()).collect::<Vec<_>>());
        for row in &rows {
            match (row.mark, row.old, row.new) {
                (Mark::Same, Some(before), Some(now)) => prop_assert_eq!(old[before], new[now]),
                (Mark::Added, None, Some(_)) | (Mark::Removed, Some(_), None) => {}
                odd => prop_assert!(false, "{:?}", odd),
            }
        }
    }
}
