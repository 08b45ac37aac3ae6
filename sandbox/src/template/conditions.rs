//! The `Conditions` section and the functions that decide.

use super::error::{Position, Problem, listed, near};
use super::intrinsics;
use super::node::{Node, Value};
use super::scope::{Place, Scope};

/// Decides every condition, so that mistakes show even in unused ones, and then
/// which resources there are.
pub(super) fn evaluate(scope: &mut Scope<'_>) -> Result<(), Problem> {
    scope.place.set(Place::Conditions);
    for entry in scope.document.section("Conditions") {
        named(scope, &entry.key, entry.at)
            .map_err(|problem| problem.within(format!("condition {}", entry.key)))?;
    }
    scope.survey()
}

/// Whether the condition that a resource, an output or `Fn::If` names holds.
pub(super) fn holds(scope: &Scope<'_>, name: &Node) -> Result<bool, Problem> {
    let text = name
        .as_text()
        .ok_or_else(|| name.expected("Condition", "the name of a condition"))?;
    named(scope, text, name.at)
}

fn named(scope: &Scope<'_>, name: &str, at: Position) -> Result<bool, Problem> {
    if let Some(known) = scope.conditions.borrow().get(name) {
        return Ok(*known);
    }
    let section = scope.document.section("Conditions");
    let Some(entry) = section.iter().find(|entry| entry.key == name) else {
        let names = section.iter().map(|entry| &entry.key);
        return Err(Problem::at(
            at,
            format!(
                "there is no condition {name}; the template has conditions {}",
                listed(names.clone())
            ),
        )
        .maybe_help(near(name, names)));
    };
    let cycle = {
        let deciding = scope.deciding.borrow();
        deciding
            .iter()
            .position(|other| other == name)
            .map(|start| format!("{} → {name}", deciding[start..].join(" → ")))
    };
    if let Some(cycle) = cycle {
        return Err(
            Problem::at(at, format!("conditions refer to each other: {cycle}"))
                .help("one of them must do without the others"),
        );
    }
    scope.deciding.borrow_mut().push(name.to_owned());
    let outcome = decide(scope, &entry.value);
    scope.deciding.borrow_mut().pop();
    let outcome = outcome?;
    scope
        .conditions
        .borrow_mut()
        .insert(name.to_owned(), outcome);
    Ok(outcome)
}

/// Carries out a function that is true or false.
pub(super) fn decide(scope: &Scope<'_>, node: &Node) -> Result<bool, Problem> {
    let wrong = || {
        Problem::at(
            node.at,
            "a condition is one of !And, !Or, !Not, !Equals and !Condition",
        )
    };
    let [entry] = node.entries() else {
        return Err(wrong());
    };
    let argument = &entry.value;
    let several = |count: std::ops::RangeInclusive<usize>| match &argument.value {
        Value::List(items) if count.contains(&items.len()) => Ok(items.as_slice()),
        _ => Err(Problem::at(
            entry.at,
            match count.end() {
                1 => format!("{}: wants a list of one condition", entry.key),
                _ => format!(
                    "{}: wants a list of {} to {} conditions",
                    entry.key,
                    count.start(),
                    count.end()
                ),
            },
        )),
    };
    match entry.key.as_str() {
        "Condition" => holds(scope, argument),
        "Fn::Not" => {
            let [one] = several(1..=1)? else {
                return Err(wrong());
            };
            Ok(!decide(scope, one)?)
        }
        // All of them are looked at, since each may hold a mistake.
        "Fn::And" => {
            let each: Vec<bool> = decide_all(scope, several(2..=10)?)?;
            Ok(each.into_iter().all(|one| one))
        }
        "Fn::Or" => {
            let each: Vec<bool> = decide_all(scope, several(2..=10)?)?;
            Ok(each.into_iter().any(|one| one))
        }
        "Fn::Equals" => {
            let Value::List(sides) = &argument.value else {
                return Err(Problem::at(
                    entry.at,
                    "Fn::Equals: wants a list of two values",
                ));
            };
            let [left, right] = sides.as_slice() else {
                return Err(Problem::at(
                    entry.at,
                    "Fn::Equals: wants a list of two values",
                ));
            };
            Ok(same(&value(scope, left)?, &value(scope, right)?))
        }
        "Fn::Contains" | "Fn::EachMemberEquals" | "Fn::EachMemberIn"
            if scope.place.get() == Place::Rules =>
        {
            super::rules::decide(scope, &entry.key, argument, entry.at)
        }
        name @ ("Fn::Contains" | "Fn::EachMemberEquals" | "Fn::EachMemberIn") => {
            Err(Problem::at(entry.at, format!("{name} is for Rules alone")))
        }
        _ => Err(wrong()),
    }
}

fn decide_all(scope: &Scope<'_>, nodes: &[Node]) -> Result<Vec<bool>, Problem> {
    nodes.iter().map(|node| decide(scope, node)).collect()
}

/// A value to compare.
pub(super) fn value(scope: &Scope<'_>, node: &Node) -> Result<Node, Problem> {
    intrinsics::resolve(scope, node)?
        .ok_or_else(|| Problem::at(node.at, "AWS::NoValue cannot be compared"))
}

/// Whether two values are equal: as text, like CloudFormation compares.
pub(super) fn same(left: &Node, right: &Node) -> bool {
    match (left.as_text(), right.as_text()) {
        (Some(left), Some(right)) => left == right,
        _ => match (&left.value, &right.value) {
            (Value::List(left), Value::List(right)) => {
                left.len() == right.len() && left.iter().zip(right).all(|(l, r)| same(l, r))
            }
            _ => left.json() == right.json(),
        },
    }
}
