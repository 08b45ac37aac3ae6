//! The `Rules` section: assertions about parameters that go together.

use super::conditions;
use super::error::{Position, Problem};
use super::fields::Fields;
use super::node::{Node, Value};
use super::scope::{Place, Scope};

/// Checks every rule.
pub(super) fn check(scope: &Scope<'_>) -> Result<(), Problem> {
    scope.place.set(Place::Rules);
    for entry in scope.document.section("Rules") {
        check_one(scope, &entry.value)
            .map_err(|problem| problem.within(format!("rule {}", entry.key)))?;
    }
    Ok(())
}

fn check_one(scope: &Scope<'_>, rule: &Node) -> Result<(), Problem> {
    let mut fields = Fields::new(rule, "a rule")?;
    let condition = fields.optional("RuleCondition");
    let assertions = fields.required("Assertions")?;
    fields.finish()?;
    if let Some(condition) = condition
        && !conditions::decide(scope, condition)?
    {
        return Ok(());
    }
    for assertion in assertions.list("Assertions")? {
        let mut fields = Fields::new(assertion, "an assertion")?;
        let assert = fields.required("Assert")?;
        let description = fields.optional("AssertDescription");
        fields.finish()?;
        if !conditions::decide(scope, assert)? {
            let message = description
                .and_then(Node::as_text)
                .unwrap_or("the assertion is false");
            return Err(Problem::at(assertion.at, message)
                .help("change the parameters of this run so that the rule holds"));
        }
    }
    Ok(())
}

/// `Fn::Contains`, `Fn::EachMemberEquals` and `Fn::EachMemberIn`.
pub(super) fn decide(
    scope: &Scope<'_>,
    name: &str,
    argument: &Node,
    at: Position,
) -> Result<bool, Problem> {
    let wrong = || Problem::at(at, format!("{name}: wants a list of two arguments"));
    let Value::List(arguments) = &argument.value else {
        return Err(wrong());
    };
    let [first, second] = arguments.as_slice() else {
        return Err(wrong());
    };
    let first = conditions::value(scope, first)?;
    let second = conditions::value(scope, second)?;
    let members = first
        .list("the first argument")
        .map_err(|p| p.within(name))?;
    Ok(match name {
        "Fn::Contains" => members
            .iter()
            .any(|member| conditions::same(member, &second)),
        "Fn::EachMemberEquals" => members
            .iter()
            .all(|member| conditions::same(member, &second)),
        _ => {
            let allowed = second
                .list("the second argument")
                .map_err(|p| p.within(name))?;
            members
                .iter()
                .all(|member| allowed.iter().any(|one| conditions::same(member, one)))
        }
    })
}
