//! A function that refers to an API which refers to the function.

use std::collections::BTreeMap;
use std::fs;

use book_proofs::root;
use sandbox::template::load;

/// What becomes of the step's template with `change` in the place of the text `place`.
fn loaded(place: &str, change: &str) -> Result<(), String> {
    let path = root().join("steps/04-websocket-broadcast/template.yaml");
    let template = fs::read_to_string(path).unwrap();
    assert_eq!(template.matches(place).count(), 1);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("template.yaml");
    fs::write(&path, template.replace(place, change)).unwrap();
    let secrets = ["StripeEndpointSecret", "SigningSecret"];
    let secrets = secrets.map(|name| (name.to_owned(), "none".to_owned()));
    match load(&path, &BTreeMap::from(secrets)) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

const WEBHOOK: &str = "          TOPIC_ARN: !Ref PaymentEventsTopic\n";

#[test]
fn a_function_cannot_name_the_rest_api_it_stands_behind_but_a_websocket_api_it_can() {
    let own = format!("{WEBHOOK}          OWN_API: !Ref Api\n");
    let error = loaded(WEBHOOK, &own).unwrap_err();
    assert!(
        error.contains("resources wait for each other: Api → PaymentWebhookHandler → Api"),
        "{error}"
    );

    let variables = "          TABLE_NAME: !Ref ConnectionsTable\n      Policies:\n        - Statement:\n            - Effect: Allow\n              Action: [dynamodb:PutItem";
    let own = variables.replace(
        "      Policies",
        "          OWN_API: !Ref WebSocketApi\n      Policies",
    );
    assert_eq!(loaded(variables, &own), Ok(()));
}
