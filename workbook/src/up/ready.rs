//! What `up` tells once everything answers.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::Duration;

use sandbox::template::model::{Inert, Output, Parameter, RestApi, Stack};
use serde::Serialize;

use super::paste::{self, Secret, Shell};
use crate::output::{BOLD, DIM, GOOD, NAME, painted};
use crate::secrets::{BY_REFERENCE, SIGNING, STRIPE, local_secret, local_value, to_sign_with};

/// Outputs that a webhook is sent to, the edge before the API behind it.
pub const ENTRANCES: [&str; 2] = [EDGE, REGIONAL];
/// Output that names the edge: on AWS a bare name, here a URL.
pub const EDGE: &str = "CloudFrontDomainName";
/// Output that is the URL of the REST API itself.
pub const REGIONAL: &str = "RestApiInvokeUrl";
/// Output that a WebSocket client connects to.
pub const SOCKET: &str = "WebSocketApiUrl";
/// Columns of the list of resources without effect.
const COLUMNS: usize = 96;

/// A sandbox that answers.
#[derive(Clone, Debug)]
pub struct Ready {
    /// Name of the step.
    pub step: String,
    /// Outputs with local values.
    pub outputs: Vec<Output>,
    /// Parameters with the values in force.
    pub parameters: Vec<Parameter>,
    /// Names of the parameters that the user gave.
    pub given: BTreeSet<String>,
    /// Resources without effect.
    pub inert: Vec<Inert>,
    /// Route of the webhook.
    pub route: String,
    /// URL of the services that the functions use.
    pub services: Option<String>,
    /// How long it took.
    pub took: Duration,
    /// Whether saved files are rebuilt.
    pub watching: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    ready: bool,
    step: &'a str,
    outputs: BTreeMap<&'a str, &'a str>,
    parameters: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<BTreeMap<&'a str, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    services: Option<&'a str>,
}

/// The route that webhooks go to: `/webhook` if there is one, else the first
/// that takes a POST.
#[must_use]
pub fn webhook_route(stack: &Stack) -> String {
    let routes = || stack.rest_apis.iter().flat_map(|api: &RestApi| &api.routes);
    let usual = routes().find(|route| route.path == "/webhook");
    let takes_post = |method: &str| method == "POST" || method == "ANY";
    let other = routes().find(|route| takes_post(&route.method) && !route.path.contains('{'));
    usual
        .or(other)
        .map_or_else(|| "/webhook".to_owned(), |route| route.path.clone())
}

impl Ready {
    /// The URL that the webhook's route is added to, if there is any.
    #[must_use]
    pub fn webhook_base(&self) -> Option<&str> {
        ENTRANCES
            .iter()
            .find_map(|name| self.output(name))
            .map(|url| url.trim_end_matches('/'))
    }

    /// The values of the parameters to sign with.
    #[must_use]
    pub fn secrets(&self) -> BTreeMap<String, String> {
        let secrets = self
            .parameters
            .iter()
            .filter(|one| [STRIPE, SIGNING].contains(&one.name.as_str()));
        secrets
            .map(|one| (one.name.clone(), one.value.clone()))
            .collect()
    }

    /// The ARN of the secret that holds them instead, if a parameter names one.
    #[must_use]
    pub fn secret(&self) -> Option<&str> {
        let mut parameters = self.parameters.iter();
        let arn = parameters.find(|one| one.name == BY_REFERENCE)?;
        (!arn.value.is_empty()).then_some(&arn.value)
    }

    fn output(&self, name: &str) -> Option<&str> {
        let output = self.outputs.iter().find(|output| output.name == name)?;
        Some(&output.value)
    }

    /// The first line of `--json`.
    #[must_use]
    pub fn json(&self) -> String {
        let outputs = self
            .outputs
            .iter()
            .map(|one| (one.name.as_str(), one.value.as_str()));
        let parameters = self
            .parameters
            .iter()
            .map(|one| (one.name.as_str(), one.value.as_str()));
        let line = Line {
            ready: true,
            step: &self.step,
            outputs: outputs.collect(),
            parameters: parameters.collect(),
            secret: self.secret().map(|_| local_secret()),
            services: self.services.as_deref(),
        };
        serde_json::to_string(&line).unwrap_or_default()
    }

    /// The same for a person.
    #[must_use]
    pub fn text(&self, shell: Shell) -> String {
        let title = format!("{} is up", self.step);
        let took = format!("after {:.2} s", self.took.as_secs_f64());
        let mut text = format!("\n{} {}\n", painted(GOOD, &title), painted(DIM, &took));
        self.write_rows(&mut text);
        self.write_inert(&mut text);
        let _ = writeln!(text, "\n{}", painted(BOLD, "From a second terminal"));
        for line in self.lines_to_paste(shell) {
            let _ = writeln!(text, "  {line}");
        }
        let end = match self.watching {
            true => "Saved files are rebuilt. Ctrl-C stops everything.",
            false => "Ctrl-C stops everything.",
        };
        let _ = writeln!(text, "\n{}\n", painted(DIM, end));
        text
    }

    /// The resources without effect, by the reason why: a production stack has
    /// dozens of them.
    fn write_inert(&self, text: &mut String) {
        if self.inert.is_empty() {
            return;
        }
        let _ = writeln!(
            text,
            "\n{}",
            painted(BOLD, "Without effect on this machine")
        );
        let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
        for inert in &self.inert {
            let names = reasons.iter_mut().find(|(known, _)| *known == inert.reason);
            match names {
                Some((_, names)) => names.push(&inert.logical_id),
                None => reasons.push((inert.reason, vec![&inert.logical_id])),
            }
        }
        for (reason, names) in reasons {
            let _ = writeln!(text, "  {}", painted(DIM, &format!("{reason}:")));
            for line in lines_of(&names, COLUMNS) {
                let _ = writeln!(text, "    {}", painted(NAME, &line));
            }
        }
    }

    fn write_rows(&self, text: &mut String) {
        let outputs = self
            .outputs
            .iter()
            .map(|one| (one.name.as_str(), one.value.clone()));
        let parameters = self
            .parameters
            .iter()
            .map(|one| (one.name.as_str(), self.shown(one)));
        let secret = self.secret().map(|_| local_secret());
        let secret = secret.into_iter().flatten();
        let secret = secret.map(|(key, value)| (key, made_up(&value)));
        let services = self.services.iter();
        let services = services.map(|url| ("aws --endpoint-url", url.clone()));
        let groups: [(&str, Vec<_>); 4] = [
            ("Outputs", outputs.collect()),
            ("Parameters", parameters.collect()),
            ("In the secret", secret.collect()),
            ("Queues and functions for the AWS CLI", services.collect()),
        ];
        let names = groups
            .iter()
            .flat_map(|(_, rows)| rows)
            .map(|(name, _)| name.len());
        let width = names.max().unwrap_or(0);
        for (title, rows) in groups.iter().filter(|(_, rows)| !rows.is_empty()) {
            // Writing to a string does not fail.
            let _ = writeln!(text, "\n{}", painted(BOLD, title));
            for (name, value) in rows {
                let name = painted(NAME, &format!("{name:width$}"));
                let _ = writeln!(text, "  {name}  {value}");
            }
        }
    }

    /// A parameter's value, unless it is a secret of the user's own.
    fn shown(&self, parameter: &Parameter) -> String {
        let own = self.given.contains(&parameter.name);
        match (parameter.no_echo, own) {
            (true, true) => painted(DIM, "(as given)"),
            (true, false) if !parameter.value.is_empty() && parameter.value != "none" => {
                made_up(&parameter.value)
            }
            _ if parameter.value.is_empty() => painted(DIM, "(empty)"),
            _ => parameter.value.clone(),
        }
    }

    /// Lines that work as they are pasted. Who listens comes first: what is sent
    /// before is not seen.
    #[must_use]
    pub fn lines_to_paste(&self, shell: Shell) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(socket) = self.output(SOCKET) {
            lines.push("cargo workbook listen".to_owned());
            lines.push(format!("npx wscat -c {socket}"));
        }
        if let Some(base) = self.webhook_base() {
            let url = format!("{base}{}", self.route);
            lines.push("cargo workbook send".to_owned());
            lines.push(paste::line(shell, &url, self.signing_secret().as_ref()));
        }
        lines
    }

    fn signing_secret(&self) -> Option<Secret> {
        if self.secret().is_some() {
            return Some(Secret::MadeUp(local_value(SIGNING)));
        }
        let parameter = self.parameters.iter().find(|one| one.name == SIGNING)?;
        let value = to_sign_with(&parameter.value)?;
        Some(match self.given.contains(SIGNING) {
            true => Secret::OfUser,
            false => Secret::MadeUp(value.to_owned()),
        })
    }
}

/// A secret that this run has made up.
fn made_up(value: &str) -> String {
    format!(
        "{value}  {}",
        painted(DIM, "(made up, for this machine only)")
    )
}

/// Words with commas between, in lines of at most `columns` if a word fits.
fn lines_of(words: &[&str], columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if line.len() + 2 + word.len() < columns => {
                line.push_str(", ");
                line.push_str(word);
            }
            Some(line) => {
                line.push(',');
                lines.push((*word).to_owned());
            }
            None => lines.push((*word).to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::up::paste::BODY;
    use sandbox::template::model::Route;

    fn ready() -> Ready {
        let output = |name: &str, value: &str| Output {
            name: name.into(),
            description: None,
            value: value.into(),
        };
        let parameter = |name: &str, value: &str, no_echo| Parameter {
            name: name.into(),
            value: value.into(),
            no_echo,
        };
        Ready {
            step: "03-sns-publish".into(),
            outputs: vec![output("RestApiInvokeUrl", "http://127.0.0.1:4000/prod")],
            parameters: vec![
                parameter("StageName", "prod", false),
                parameter(STRIPE, "whsec_local_sandbox_only", true),
                parameter(SIGNING, "signing_local_sandbox_only", true),
            ],
            given: BTreeSet::new(),
            inert: vec![Inert {
                logical_id: "WebhookLogs".into(),
                resource_type: "AWS::Logs::LogGroup".into(),
                reason: "log lines are shown here",
            }],
            route: "/webhook".into(),
            services: None,
            took: Duration::from_millis(312),
            watching: true,
        }
    }

    fn plain(ready: &Ready) -> String {
        anstream::adapter::strip_str(&ready.text(Shell::Posix)).to_string()
    }

    #[test]
    fn a_person_sees_where_it_is_and_what_to_paste() {
        insta::assert_snapshot!(plain(&ready()));
    }

    #[test]
    fn the_whole_stack_is_readable() {
        let mut ready = ready();
        ready.step = "final".into();
        for (name, value) in [
            ("CloudFrontDomainName", "http://127.0.0.1:4002"),
            ("WebSocketApiUrl", "ws://127.0.0.1:4001/prod"),
        ] {
            ready.outputs.push(Output {
                name: name.into(),
                description: None,
                value: value.into(),
            });
        }
        ready.services = Some("http://127.0.0.1:4003".into());
        let inert = |number: usize, kind: &str, reason| Inert {
            logical_id: format!("{kind}Number{number}"),
            resource_type: "AWS::Some::Type".into(),
            reason,
        };
        let alarms = (1..=12).map(|number| inert(number, "Alarm", "there are no metrics"));
        let logs = (1..=3).map(|number| inert(number, "Logs", "logs go to the terminal"));
        // Templates do not keep them together.
        let (first, rest): (Vec<_>, Vec<_>) = alarms
            .chain(logs)
            .enumerate()
            .partition(|(index, _)| index % 2 == 0);
        ready.inert = first
            .into_iter()
            .chain(rest)
            .map(|(_, inert)| inert)
            .collect();
        insta::assert_snapshot!(plain(&ready));
        let line: serde_json::Value = serde_json::from_str(&ready.json()).unwrap();
        assert_eq!(line["services"], "http://127.0.0.1:4003");
    }

    #[test]
    fn a_machine_gets_one_line_with_the_agreed_fields() {
        insta::assert_snapshot!(ready().json());
    }

    #[test]
    fn what_the_secret_holds_is_told_instead_of_parameters() {
        let mut ready = ready();
        for parameter in &mut ready.parameters[1..] {
            parameter.value = "none".into();
        }
        ready.parameters.push(Parameter {
            name: BY_REFERENCE.into(),
            value: "arn:a".into(),
            no_echo: false,
        });
        let text = plain(&ready);
        let (_, after) = text.split_once("In the secret").unwrap();
        insta::assert_snapshot!(after.split("\n\n").next().unwrap());
        assert!(!text.contains("none  (made up"), "{text}");
        assert!(text.contains("openssl dgst -sha256 -hmac 'signing_local_sandbox_only'"));
        let line: serde_json::Value = serde_json::from_str(&ready.json()).unwrap();
        assert_eq!(
            line["secret"]["SIGNING_SECRET"],
            "signing_local_sandbox_only"
        );
    }

    #[test]
    fn a_secret_of_the_users_own_is_not_printed() {
        let mut ready = ready();
        ready.given = BTreeSet::from([SIGNING.to_owned()]);
        ready.parameters[2].value = "real".into();
        for text in [plain(&ready), ready.text(Shell::PowerShell)] {
            assert!(!text.contains("real"), "{text}");
            assert!(text.contains("SIGNING_SECRET"), "{text}");
        }
    }

    #[test]
    fn a_step_without_secrets_and_one_with_sockets_get_their_lines() {
        let mut ready = ready();
        ready.parameters.truncate(1);
        ready.outputs.push(Output {
            name: SOCKET.into(),
            description: None,
            value: "ws://127.0.0.1:4001/prod".into(),
        });
        insta::assert_snapshot!(ready.lines_to_paste(Shell::Posix).join("\n"));
    }

    #[test]
    fn the_edge_is_the_entrance_where_there_is_one() {
        let mut ready = ready();
        assert_eq!(ready.webhook_base(), Some("http://127.0.0.1:4000/prod"));
        ready.outputs.push(Output {
            name: "CloudFrontDomainName".into(),
            description: None,
            value: "http://127.0.0.1:4002/".into(),
        });
        assert_eq!(ready.webhook_base(), Some("http://127.0.0.1:4002"));
    }

    /// Runs the line in a shell, with a `curl` that prints what it was given.
    #[cfg(unix)]
    #[test]
    fn the_line_to_paste_signs_as_the_service_checks() {
        let lines = ready().lines_to_paste(Shell::Posix);
        let line = lines.iter().find(|line| line.contains("openssl")).unwrap();
        let script = format!("curl() {{ for word; do printf '%s\\n' \"$word\"; done; }}\n{line}");
        let output = std::process::Command::new("sh")
            .args(["-c", &script])
            .output()
            .unwrap();
        let digest = crate::signing::generic("signing_local_sandbox_only", BODY.as_bytes());
        let words = String::from_utf8(output.stdout).unwrap();
        let has = |word: &str| words.lines().any(|line| line == word);
        assert!(has(&format!("X-Signature: {digest}")), "{words}");
        assert!(
            has(BODY) && has("http://127.0.0.1:4000/prod/webhook"),
            "{words}"
        );
    }

    #[test]
    fn power_shell_hides_nothing_but_a_users_secret() {
        insta::assert_snapshot!(ready().lines_to_paste(Shell::PowerShell)[1]);
    }

    #[test]
    fn the_webhooks_route_is_found() {
        let route = |method: &str, path: &str| Route {
            method: method.into(),
            path: path.into(),
            function: "F".into(),
            timeout: Duration::from_secs(29),
        };
        let of = |routes: Vec<Route>| {
            let api = RestApi {
                logical_id: "Api".into(),
                id: "a".into(),
                stage: "prod".into(),
                binary_media_types: Vec::new(),
                stage_variables: BTreeMap::new(),
                routes,
                throttles: Vec::new(),
            };
            webhook_route(&Stack {
                rest_apis: vec![api],
                ..Stack::default()
            })
        };
        assert_eq!(
            of(vec![route("POST", "/a"), route("POST", "/webhook")]),
            "/webhook"
        );
        assert_eq!(
            of(vec![
                route("GET", "/a"),
                route("ANY", "/{proxy+}"),
                route("POST", "/hooks")
            ]),
            "/hooks"
        );
        assert_eq!(of(vec![]), "/webhook");
    }
}
