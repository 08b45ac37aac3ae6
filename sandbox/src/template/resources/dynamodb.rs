//! Amazon DynamoDB: tables, SAM's simple ones included.

use serde_json::{Map, Value, json};

use super::super::error::Problem;
use super::super::fields::Fields;
use super::super::model::Table;
use super::super::node::Node;
use super::{Builder, Effect, Kind, Naming, Resolved};
use crate::dynamodb;

const fn kind(
    name: &'static str,
    build: fn(&mut Builder<'_, '_>, &Resolved<'_>) -> Result<(), Problem>,
) -> Kind {
    Kind {
        name,
        name_property: Some("TableName"),
        naming: Naming::Stack { longest: 255 },
        reference: "{name}",
        attributes: &[(
            "Arn",
            "arn:{partition}:dynamodb:{region}:{account}:table/{name}",
        )],
        effect: Effect::Simulated(build),
    }
}

pub(super) const KINDS: &[Kind] = &[
    kind("AWS::DynamoDB::Table", table),
    kind("AWS::Serverless::SimpleTable", simple_table),
];

/// What of a table has no effect on one machine.
const WITHOUT_EFFECT: &[&str] = &[
    "ContributorInsightsSpecification",
    // It would stand in the way of a template that is worked on.
    "DeletionProtectionEnabled",
    "OnDemandThroughput",
    "PointInTimeRecoverySpecification",
    "ResourcePolicy",
    "TableName",
    "Tags",
    "WarmThroughput",
];

fn table(builder: &mut Builder<'_, '_>, resource: &Resolved<'_>) -> Result<(), Problem> {
    let mut fields = Fields::new(&resource.properties, "AWS::DynamoDB::Table")?;
    fields.refuse(&[
        (
            "StreamSpecification",
            "leave it out: streams of tables are not simulated",
        ),
        (
            "KinesisStreamSpecification",
            "leave it out: there is no Kinesis on one machine",
        ),
        (
            "ImportSourceSpecification",
            "leave it out: there is no S3 to import from",
        ),
    ])?;
    fields.accept(WITHOUT_EFFECT);
    let mut definition = Map::new();
    for (key, member) in [
        ("KeySchema", fields.required("KeySchema")?),
        (
            "AttributeDefinitions",
            fields.required("AttributeDefinitions")?,
        ),
    ] {
        member.list(key)?;
        definition.insert(key.to_owned(), member.json());
    }
    for key in ["BillingMode", "TableClass"] {
        if let Some(text) = fields.text(key)? {
            definition.insert(key.to_owned(), text.into());
        }
    }
    for key in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
        if let Some(node) = fields.optional(key) {
            let indexes = node.list(key)?.iter().map(index);
            definition.insert(key.to_owned(), indexes.collect::<Result<_, _>>()?);
        }
    }
    if let Some(node) = fields.optional("ProvisionedThroughput") {
        definition.insert("ProvisionedThroughput".to_owned(), throughput(node)?);
    }
    let on_demand = definition
        .get("BillingMode")
        .is_some_and(|mode| mode == "PAY_PER_REQUEST");
    if !on_demand && !definition.contains_key("ProvisionedThroughput") {
        return Err(Problem::at(
            resource.properties.at,
            "a table that is billed as PROVISIONED, the default, needs ProvisionedThroughput",
        )
        .help("write BillingMode: PAY_PER_REQUEST"));
    }
    if let Some(node) = fields.optional("SSESpecification") {
        definition.insert("SSESpecification".to_owned(), encryption(node)?);
    }
    let time_to_live = match fields.optional("TimeToLiveSpecification") {
        Some(node) => time_to_live(node)?,
        None => None,
    };
    fields.finish()?;
    add(builder, resource, definition, time_to_live)
}

fn simple_table(builder: &mut Builder<'_, '_>, resource: &Resolved<'_>) -> Result<(), Problem> {
    let mut fields = Fields::new(&resource.properties, "AWS::Serverless::SimpleTable")?;
    let (mut name, mut letter) = ("id", "S");
    if let Some(key) = fields.optional("PrimaryKey") {
        let mut fields = Fields::new(key, "PrimaryKey")?;
        name = fields.required("Name")?.scalar("Name")?;
        let kind = fields.required("Type")?;
        letter = match kind.scalar("Type")? {
            "String" => "S",
            "Number" => "N",
            "Binary" => "B",
            _ => return Err(kind.expected("Type", "String, Number or Binary")),
        };
        fields.finish()?;
    }
    let mut definition = Map::new();
    let schema = json!([{"AttributeName": name, "KeyType": "HASH"}]);
    let attributes = json!([{"AttributeName": name, "AttributeType": letter}]);
    definition.insert("KeySchema".to_owned(), schema);
    definition.insert("AttributeDefinitions".to_owned(), attributes);
    match fields.optional("ProvisionedThroughput") {
        Some(node) => definition.insert("ProvisionedThroughput".to_owned(), throughput(node)?),
        None => definition.insert("BillingMode".to_owned(), "PAY_PER_REQUEST".into()),
    };
    if let Some(node) = fields.optional("SSESpecification") {
        definition.insert("SSESpecification".to_owned(), encryption(node)?);
    }
    fields.accept(&["PointInTimeRecoverySpecification", "TableName", "Tags"]);
    fields.finish()?;
    add(builder, resource, definition, None)
}

/// Adds a table to the stack, once the engine has said that it can be.
fn add(
    builder: &mut Builder<'_, '_>,
    resource: &Resolved<'_>,
    mut definition: Map<String, Value>,
    time_to_live: Option<String>,
) -> Result<(), Problem> {
    let (id, near) = (&resource.source.id, &resource.properties);
    let name = builder.reference(id, near)?;
    definition.insert("TableName".to_owned(), name.clone().into());
    let table = Table {
        logical_id: id.clone(),
        name,
        arn: builder.attribute(id, "Arn", near)?,
        definition: Value::Object(definition),
        time_to_live,
    };
    dynamodb::check(&table)
        .map_err(|reason| Problem::at(near.at, format!("DynamoDB refuses this table: {reason}")))?;
    builder.stack.tables.push(table);
    Ok(())
}

fn index(node: &Node) -> Result<Value, Problem> {
    let mut fields = Fields::new(node, "an index")?;
    let mut definition = Map::new();
    for key in ["IndexName", "KeySchema", "Projection"] {
        definition.insert(key.to_owned(), fields.required(key)?.json());
    }
    if let Some(node) = fields.optional("ProvisionedThroughput") {
        definition.insert("ProvisionedThroughput".to_owned(), throughput(node)?);
    }
    fields.accept(&[
        "ContributorInsightsSpecification",
        "OnDemandThroughput",
        "WarmThroughput",
    ]);
    fields.finish()?;
    Ok(Value::Object(definition))
}

fn throughput(node: &Node) -> Result<Value, Problem> {
    let mut fields = Fields::new(node, "ProvisionedThroughput")?;
    let mut definition = Map::new();
    for key in ["ReadCapacityUnits", "WriteCapacityUnits"] {
        let units = fields.required(key)?.integer(key, 1..=u32::MAX)?;
        definition.insert(key.to_owned(), units.into());
    }
    fields.finish()?;
    Ok(Value::Object(definition))
}

fn encryption(node: &Node) -> Result<Value, Problem> {
    let mut fields = Fields::new(node, "SSESpecification")?;
    let enabled = fields.required("SSEEnabled")?.boolean("SSEEnabled")?;
    let mut definition = Map::new();
    definition.insert("Enabled".to_owned(), enabled.into());
    for key in ["SSEType", "KMSMasterKeyId"] {
        if let Some(text) = fields.text(key)? {
            definition.insert(key.to_owned(), text.into());
        }
    }
    fields.finish()?;
    Ok(Value::Object(definition))
}

fn time_to_live(node: &Node) -> Result<Option<String>, Problem> {
    let mut fields = Fields::new(node, "TimeToLiveSpecification")?;
    let enabled = fields.required("Enabled")?.boolean("Enabled")?;
    let attribute = fields.text("AttributeName")?.map(str::to_owned);
    fields.finish()?;
    if enabled && attribute.is_none() {
        return Err(
            Problem::at(node.at, "TimeToLiveSpecification has no AttributeName")
                .help("name the attribute that holds the time, in seconds since 1970"),
        );
    }
    Ok(attribute.filter(|_| enabled))
}
