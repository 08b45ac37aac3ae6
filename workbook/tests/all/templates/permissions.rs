//! Who may do what: nothing with a `*` that nobody has thought about.

use sandbox::template::{Node, Value};

use super::subject::{Finding, Subject, Tree, at, items, mentions, text};

/// The policies of AWS that a role may have, by the end of the ARN, and why.
/// Both are for any resource.
const MANAGED: &[(&str, &str)] = &[
    (
        "policy/service-role/AWSLambdaBasicExecutionRole",
        "SAM gives it to every role for the logs; Lambda chooses the names of their streams",
    ),
    (
        "policy/AWSXrayWriteOnlyAccess",
        "SAM gives it to every role once Tracing is set; X-Ray knows no resources",
    ),
];

/// A statement of a policy, with the resource of the template that it is in.
struct Statement<'a> {
    resource: &'a str,
    node: &'a Node,
}

impl Statement<'_> {
    fn allows(&self) -> bool {
        text(self.node, &["Effect"]) == Some("Allow")
    }

    fn list(&self, key: &str) -> &[Node] {
        self.node.get(key).map_or(&[], items)
    }
}

fn statements(tree: &Tree) -> Vec<Statement<'_>> {
    fn collect<'a>(resource: &'a str, node: &'a Node, found: &mut Vec<Statement<'a>>) {
        if node.get("Effect").is_some() {
            found.push(Statement { resource, node });
        }
        match &node.value {
            Value::List(list) => list.iter().for_each(|item| collect(resource, item, found)),
            Value::Map(map) => map.iter().for_each(|e| collect(resource, &e.value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    for entry in tree.resources() {
        collect(&entry.key, &entry.value, &mut found);
    }
    found
}

/// No statement that allows is for all actions of a service, for all but some,
/// or for everybody.
pub fn actions_without_wildcards(subject: &Subject, findings: &mut Vec<Finding>) {
    const RULE: &str = "wildcard action";
    for tree in [&subject.written, &subject.expanded] {
        for statement in statements(tree).iter().filter(|one| one.allows()) {
            let mut say = |node: &Node, what: String| {
                let place = (node.at, &*format!("resource {}", statement.resource));
                let help = "name the actions that are needed, and who needs them";
                findings.push(tree.finding(RULE, place, what, help));
            };
            for action in statement.list("Action") {
                match action.as_text() {
                    Some(name) if name.contains('*') => {
                        say(action, format!("allows {name}"));
                    }
                    Some(_) => {}
                    None => say(action, "allows an action that is not in the text".into()),
                }
            }
            for key in ["NotAction", "NotResource", "NotPrincipal"] {
                if let Some(node) = statement.node.get(key) {
                    say(node, format!("allows all that is not in its {key}"));
                }
            }
            if let Some(principal) = statement.node.get("Principal")
                && mentions(principal, "*")
            {
                say(principal, "allows everybody".into());
            }
        }
    }
}

/// A resource with a `*` has a comment on the line above it; and what SAM makes
/// has none but those that are written.
pub fn wildcards_are_explained(subject: &Subject, findings: &mut Vec<Finding>) {
    const RULE: &str = "wildcard resource";
    let wildcards = |statement: &Statement<'_>| -> Vec<Node> {
        let resources = statement.list("Resource").iter();
        let resources = resources.filter(|resource| mentions(resource, "*"));
        resources.cloned().collect()
    };
    let mut explained = Vec::new();
    for statement in statements(&subject.written).iter().filter(|s| s.allows()) {
        for node in wildcards(statement) {
            let above = subject.written.line(node.at.line - 1).trim_start();
            if above.starts_with("# ") {
                explained.push(node.json());
                continue;
            }
            let place = (node.at, &*format!("resource {}", statement.resource));
            let message = "its permission has a `*` in the resource, and nothing says why";
            let help = "name the resource, or say on the line above why it cannot be named";
            findings.push(subject.written.finding(RULE, place, message, help));
            explained.push(node.json());
        }
    }
    for statement in statements(&subject.expanded).iter().filter(|s| s.allows()) {
        for node in wildcards(statement) {
            if !explained.contains(&node.json()) {
                findings.push(subject.finding(
                    RULE,
                    statement.resource,
                    "Policies",
                    format!("SAM gives it a permission for {}", node.json()),
                    "write the statement yourself, with the resource's name",
                ));
            }
        }
    }
}

/// Policies of AWS are not in the template, and most allow far more than is
/// needed: only those that are listed above.
pub fn managed_policies_are_known(subject: &Subject, findings: &mut Vec<Finding>) {
    for (role, properties) in subject.expanded.of_type("AWS::IAM::Role") {
        let policies = properties.get("ManagedPolicyArns").map_or(&[][..], items);
        for policy in policies {
            let arn = policy.as_text().unwrap_or("that is computed");
            let name = arn.rsplit('/').next().unwrap_or_default();
            if !MANAGED.iter().any(|(end, _)| arn.ends_with(end)) {
                findings.push(subject.finding(
                    "managed policy",
                    role,
                    name,
                    format!("has AWS's policy {name}, of which nothing says why"),
                    "write a statement with what is needed, or add the policy with its reason to MANAGED in permissions.rs",
                ));
            }
        }
    }
}

/// A service may invoke a function only for the resource that is meant: else
/// anybody's topic or API could.
pub fn invocations_have_a_source(subject: &Subject, findings: &mut Vec<Finding>) {
    for (id, permission) in subject.expanded.of_type("AWS::Lambda::Permission") {
        let source = permission.get("SourceArn");
        let everybody = source.is_some_and(|source| source.as_text() == Some("*"));
        if source.is_none() || everybody {
            let principal = text(permission, &["Principal"]).unwrap_or("somebody");
            findings.push(subject.finding(
                "source ARN",
                id,
                "SourceArn",
                format!("lets {principal} invoke the function for whoever asks"),
                "give the permission a SourceArn",
            ));
        }
    }
    for kind in ["AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"] {
        for (id, policy) in subject.expanded.of_type(kind) {
            let statements = at(policy, &["PolicyDocument", "Statement"]);
            for statement in statements.map_or(&[][..], items) {
                if let Some(service) = text(statement, &["Principal", "Service"])
                    && !is_bound(statement)
                {
                    findings.push(subject.finding(
                        "source ARN",
                        id,
                        service,
                        format!("lets {service} in for whoever asks it"),
                        "give the statement a Condition with aws:SourceArn, or at least aws:SourceAccount",
                    ));
                }
            }
        }
    }
}

/// Whether a statement is only for requests that a certain resource causes, or
/// that come from a certain account.
fn is_bound(statement: &Node) -> bool {
    let condition = statement.get("Condition").map_or(&[][..], Node::entries);
    condition.iter().any(|operator| {
        let equals = ["ArnEquals", "ArnLike", "StringEquals"].contains(&operator.key.as_str());
        let value = &operator.value;
        equals
            && (value
                .get("aws:SourceArn")
                .or(value.get("aws:SourceAccount")))
            .is_some()
    })
}
