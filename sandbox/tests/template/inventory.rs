//! What a template declares, for questions beyond what runs here.

use std::collections::BTreeMap;

use sandbox::template::{Declared, Inventory, inventory};
use serde_json::json;

const TEMPLATE: &str = r#"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Many: {Type: String, Default: "false"}
  Key: {Type: String, NoEcho: true}
Conditions:
  ManyWanted: !Equals [!Ref Many, "true"]
Globals:
  Function: {Runtime: provided.al2023, Handler: bootstrap}
Resources:
  Cluster:
    Type: AWS::ECS::Cluster
    DeletionPolicy: Retain
    Properties:
      ClusterName: !Sub ${AWS::StackName}-cluster
  Tasks:
    Type: AWS::ECS::Service
    Condition: ManyWanted
    Properties:
      Cluster: !GetAtt Cluster.Arn
      DesiredCount: 2
  Handler:
    Type: AWS::Serverless::Function
    Metadata: {BuildMethod: rust-cargolambda, BuildProperties: {Binary: handler}}
    Properties:
      CodeUri: .
      Environment: {Variables: {KEY: !Ref Key, BOTH: !Sub "a-${Key}"}}
      Tags: {If: !If [ManyWanted, many, !Ref AWS::NoValue]}
"#;

fn taken(many: &str) -> Inventory {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("template.yaml");
    std::fs::write(&path, TEMPLATE).expect("a file");
    let values = [("Many", many), ("Key", "hidden")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    inventory(&path, &BTreeMap::from(values)).expect("the template is good")
}

fn ids(resources: &[Declared]) -> Vec<&str> {
    resources
        .iter()
        .map(|one| one.logical_id.as_str())
        .collect()
}

#[test]
fn a_type_that_is_not_simulated_is_listed_with_what_is_written() {
    let inventory = taken("false");
    assert_eq!(
        inventory.resources[0],
        Declared {
            logical_id: "Cluster".into(),
            resource_type: "AWS::ECS::Cluster".into(),
            line: Some(11),
            deletion_policy: Some("Retain".into()),
            properties: json!({"ClusterName": "serverless-payment-service-cluster"}),
        }
    );
}

#[test]
fn conditions_decide_which_list_a_resource_is_in() {
    let few = taken("false");
    assert_eq!(ids(&few.resources), ["Cluster", "Handler", "HandlerRole"]);
    assert_eq!(ids(&few.left_out), ["Tasks"]);
    let many = taken("true");
    assert!(ids(&many.resources).contains(&"Tasks"));
    assert!(many.left_out.is_empty());
}

#[test]
fn what_cannot_be_known_is_null_and_secrets_are_hidden() {
    let inventory = taken("true");
    let of = |id: &str| {
        let mut all = inventory.resources.iter();
        &all.find(|one| one.logical_id == id).unwrap().properties
    };
    assert_eq!(*of("Tasks"), json!({"Cluster": null, "DesiredCount": 2}));
    let handler = of("Handler");
    assert_eq!(
        handler["Environment"]["Variables"],
        json!({"KEY": "****", "BOTH": "****"})
    );
    assert_eq!(handler["Tags"], json!({"If": "many"}));
    assert_eq!(handler["Runtime"], "provided.al2023");
    assert_eq!(taken("false").resources[1].properties["Tags"], json!({}));
}

#[test]
fn what_sam_makes_has_no_line() {
    let inventory = taken("false");
    let role = inventory.resources.last().unwrap();
    assert_eq!(role.resource_type, "AWS::IAM::Role");
    assert_eq!((role.line, &role.properties), (None, &json!(null)));
}
