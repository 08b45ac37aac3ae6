//! What the scenario is played against.

use std::collections::BTreeMap;
use std::path::Path;

use sandbox::{Options, Sandbox, template};
use serde::Deserialize;
use workbook::project::Project;
use workbook::secrets::{SIGNING, STRIPE, local_value, to_sign_with};
use workbook::send::endpoint::Endpoint;
use workbook::up::build::Needed;
use workbook::up::ready::{EDGE, REGIONAL, SOCKET};

const URLS: &str = "STACK_URLS";
const SIGNING_SECRET: &str = "WORKBOOK_SECRET";
const STRIPE_SECRET: &str = "STRIPE_SECRET";

/// A running stack.
pub struct Target {
    /// Name in what is printed.
    pub name: String,
    /// Where webhooks go.
    pub webhook: Endpoint,
    /// Where clients listen.
    pub socket: Endpoint,
    /// What Stripe's scheme is signed with, if it is switched on.
    pub stripe: Option<String>,
    /// The same of the generic scheme.
    pub signing: Option<String>,
}

/// An output as SAM and AWS's command line print it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    output_key: String,
    output_value: String,
}

impl Target {
    /// The stack that the environment names.
    pub fn deployed() -> Result<Self, String> {
        let given = variable(URLS).ok_or_else(|| {
            format!(
                "{URLS} is not set: put the stack's outputs into it, as \
                 `sam list stack-outputs --output json` prints them, or the path of a file"
            )
        })?;
        let outputs = match given.trim_start().starts_with('[') {
            true => given,
            false => std::fs::read_to_string(&given)
                .map_err(|error| format!("{URLS}: the file {given} cannot be read: {error}"))?,
        };
        let outputs: Vec<Output> = serde_json::from_str(&outputs).map_err(|error| {
            format!("{URLS} does not hold a list of OutputKey and OutputValue: {error}")
        })?;
        let outputs = outputs
            .into_iter()
            .map(|output| (output.output_key, output.output_value));
        let secret = |name| {
            let value = variable(name)?;
            to_sign_with(&value).map(str::to_owned)
        };
        let (stripe, signing) = (secret(STRIPE_SECRET), secret(SIGNING_SECRET));
        if stripe.is_none() && signing.is_none() {
            return Err(format!(
                "no secret to sign with: put the stack's {SIGNING} into {SIGNING_SECRET}, \
                 or its {STRIPE} into {STRIPE_SECRET}"
            ));
        }
        Self::new("deployed", &outputs.collect(), stripe, signing)
    }

    fn new(
        kind: &str,
        outputs: &BTreeMap<String, String>,
        stripe: Option<String>,
        signing: Option<String>,
    ) -> Result<Self, String> {
        let output = |name: &str| outputs.get(name).map(String::as_str);
        let missing = |name: &str| format!("{kind}: the stack has no output {name}");
        let webhook = output(EDGE).or_else(|| output(REGIONAL));
        let webhook = webhook.ok_or_else(|| missing(REGIONAL))?;
        let socket = output(SOCKET).ok_or_else(|| missing(SOCKET))?;
        let wrong = |error: workbook::error::Error| format!("{kind}: {error}");
        Ok(Self {
            name: kind.to_owned(),
            webhook: Endpoint::read(webhook, "/webhook").map_err(wrong)?,
            socket: Endpoint::read_websocket(socket).map_err(wrong)?,
            stripe,
            signing,
        })
    }
}

/// A step's own stack on loopback.
pub async fn sandbox(step: &str) -> (Sandbox, Target) {
    let project = Project::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let step = project.resolve(step, project.root()).unwrap();
    let template = step.template();
    let secrets = [STRIPE, SIGNING].map(|name| (name.to_owned(), local_value(name)));
    let parameters = BTreeMap::from(secrets);
    let stack = template::load(&template, &parameters).unwrap();
    let binaries = Needed::of(&stack).built(&project, false);
    let sandbox = Sandbox::start(Options {
        parameters,
        binaries: binaries.unwrap_or_else(|why| panic!("{why}")),
        ..Options::new(template)
    });
    let sandbox = sandbox.await.unwrap();
    let outputs = sandbox.outputs().into_iter();
    let outputs = outputs.map(|output| (output.name, output.value)).collect();
    let [stripe, signing] = [STRIPE, SIGNING].map(|name| Some(local_value(name)));
    let kind = format!("sandbox, {}", step.name);
    let target = Target::new(&kind, &outputs, stripe, signing);
    (sandbox, target.unwrap_or_else(|why| panic!("{why}")))
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
