//! What a function may do is what its code does.
//!
//! The code is read, not run: from `main` of the function's binary, everything
//! that can be reached by its name, and of that the operations of SDK clients.
//! Where names are not enough to tell, more is reached than is ever called, so
//! that a permission may be found missing, but none too many is overlooked
//! unless two methods share a name.

mod source;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;

use sandbox::template::Node;

use super::subject::{Finding, Subject, at, items, possible, target, text};
use source::{Crate, Operation, Unclear};

const RULE: &str = "actions";

/// Each function's role allows the calls that its code makes, and no more.
pub fn actions_are_what_the_code_calls(subject: &Subject, findings: &mut Vec<Finding>) {
    let code = Crate::read(&subject.dir);
    for (id, function) in subject.expanded.of_type("AWS::Lambda::Function") {
        let whole = subject.expanded.resource(id).unwrap();
        let binary = text(whole, &["Metadata", "BuildProperties", "Binary"]).unwrap();
        let role = function.get("Role").and_then(target);
        let allowed = allowed(subject, role.unwrap());
        let called = match code.operations(binary) {
            Ok(called) => called,
            Err(Unclear { message, help }) => {
                findings.push(subject.finding(RULE, id, binary, message, help));
                continue;
            }
        };
        let needed: BTreeSet<String> = called.iter().map(action).collect();
        for action in allowed.difference(&needed) {
            findings.push(subject.finding(
                RULE,
                id,
                action,
                format!("may call {action}, and the code of {binary} does not"),
                "take the action out of its Policies",
            ));
        }
        for operation in &called {
            let action = action(operation);
            if !allowed.contains(&action) {
                findings.push(subject.finding(
                    RULE,
                    id,
                    "Policies",
                    format!("may not call {action}, and {} does", operation.place),
                    "allow it in its Policies, for the one resource that is meant",
                ));
            }
        }
    }
}

/// The actions that a role allows the code. What SAM adds for the failure
/// destination is Lambda's, which writes there in the function's name.
fn allowed(subject: &Subject, role: &str) -> BTreeSet<String> {
    let role = subject.expanded.resource(role).unwrap();
    let policies = at(role, &["Properties", "Policies"]).map_or(Vec::new(), possible);
    let of_code = policies.into_iter().filter(|policy| {
        let name = text(policy, &["PolicyName"]).unwrap_or_default();
        !name.ends_with("EventInvokeConfigOnFailureSQSPolicy")
    });
    of_code
        .filter_map(|policy| at(policy, &["PolicyDocument", "Statement"]))
        .flat_map(items)
        .filter_map(|statement| statement.get("Action"))
        .flat_map(items)
        .filter_map(Node::as_text)
        .map(str::to_owned)
        .collect()
}

/// What is found in the code, for people to compare with it.
#[test]
fn the_calls_of_each_function_are_found_in_its_code() {
    let mut list = String::new();
    for subject in Subject::all() {
        let code = Crate::read(&subject.dir);
        writeln!(list, "{}", subject.number).unwrap();
        for (id, _) in subject.expanded.of_type("AWS::Lambda::Function") {
            let whole = subject.expanded.resource(id).unwrap();
            let binary = text(whole, &["Metadata", "BuildProperties", "Binary"]).unwrap();
            let called = code.operations(binary).unwrap();
            let called: BTreeSet<String> = called.iter().map(action).collect();
            writeln!(list, "  {id}: {called:?}").unwrap();
        }
    }
    insta::assert_snapshot!(list);
}

/// A call that the names do not tell is an error, and not overlooked.
#[test]
fn a_call_that_nobody_can_tell_is_an_error() {
    let one_expression = "fn main() { client.scan().send(); }";
    let in_a_macro = "fn main() { join!(client.scan().send()); }";
    let in_two = "fn main() { let scan = client.scan(); scan.send(); }";
    let other_name = "fn main() { dynamodb.scan().send(); }";
    let two_services = "use aws_sdk_sqs as _; fn main() { client.scan().send(); }";
    for (code, clear) in [
        (one_expression, true),
        (in_a_macro, true),
        (in_two, true),
        (other_name, false),
        (two_services, false),
    ] {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("src/bin")).unwrap();
        let manifest = "[[bin]]\nname = 'it'\npath = 'src/bin/it.rs'\n";
        fs::write(dir.path().join("Cargo.toml"), manifest).unwrap();
        let code = format!("use aws_sdk_dynamodb::Client; {code}");
        fs::write(dir.path().join("src/bin/it.rs"), &code).unwrap();

        let called = Crate::read(dir.path()).operations("it");
        let names = called.map(|all| all.iter().map(action).collect::<Vec<_>>());
        let wanted = clear.then(|| vec!["dynamodb:Scan".to_owned()]);
        assert_eq!(names.ok(), wanted, "{code}");
    }
}

/// The name that IAM has for an operation of the SDK. As a rule it is the same;
/// all that is done to connections is one action, that of another service.
fn action(operation: &Operation) -> String {
    if operation.service == "apigatewaymanagement" {
        return "execute-api:ManageConnections".to_owned();
    }
    let words = operation.name.split('_').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    });
    format!("{}:{}", operation.service, words.collect::<String>())
}
