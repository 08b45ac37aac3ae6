//! A stack from a template, and requests as an SDK sends them.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use sandbox::clock::Clock;
use sandbox::console;
use sandbox::dynamodb::DynamoDb;
use sandbox::faults::Faults;
use sandbox::template;
use sandbox::template::model::Stack;
use sandbox::trail::{Hop, Recorder, TrailContext};
use sandbox::{Options, Sandbox};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The stack of a template's `Resources`, indented by two.
pub fn stack(resources: &str) -> Stack {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("template.yaml");
    let text = format!("Transform: AWS::Serverless-2016-10-31\nResources:\n{resources}");
    std::fs::write(&path, text).unwrap();
    template::load(&path, &BTreeMap::new()).unwrap_or_else(|error| panic!("{error}"))
}

/// The table of connections as the steps have it.
pub const CONNECTIONS: &str = "  ConnectionsTable:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      AttributeDefinitions: [{AttributeName: connectionId, AttributeType: S}]
      KeySchema: [{AttributeName: connectionId, KeyType: HASH}]
      BillingMode: PAY_PER_REQUEST
      SSESpecification: {SSEEnabled: true}
      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}
      TimeToLiveSpecification: {AttributeName: ttl, Enabled: true}
";

pub struct World {
    pub dynamodb: DynamoDb,
    pub faults: Faults,
    pub clock: Clock,
    pub recorder: Recorder,
    /// Name in the account of the stack's first table.
    pub table: String,
}

/// What a service answered.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl From<Response<Bytes>> for Answer {
    fn from(response: Response<Bytes>) -> Self {
        let (parts, body) = response.into_parts();
        Self {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(body.to_vec()).unwrap(),
        }
    }
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

/// A request of an AWS JSON protocol.
pub fn request(target: &str, input: &Value) -> Request<Bytes> {
    Request::post("/")
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", target)
        .body(Bytes::from(input.to_string()))
        .unwrap()
}

impl World {
    pub fn new(resources: &str) -> Self {
        let clock = Clock::new();
        let faults = Faults::default();
        let dynamodb = DynamoDb::new(clock.clone(), faults.clone());
        let stack = stack(resources);
        dynamodb.load(&stack).unwrap();
        Self {
            dynamodb,
            faults,
            recorder: Recorder::new(clock.clone(), console::silent()),
            clock,
            table: stack
                .tables
                .first()
                .map(|table| table.name.clone())
                .unwrap_or_default(),
        }
    }

    pub fn context(&self, trail: &str) -> TrailContext {
        self.recorder.begin(trail)
    }

    pub fn hop(&self, trail: &str) -> Hop {
        self.recorder.find(trail).unwrap().hops[0].clone()
    }

    /// Calls an operation on the stack's first table.
    pub async fn call(&self, operation: &str, mut input: Value) -> Answer {
        if let Value::Object(members) = &mut input {
            let table = self.table.as_str();
            members.entry("TableName").or_insert_with(|| table.into());
        }
        let request = request(&format!("DynamoDB_20120810.{operation}"), &input);
        let context = self.context("request");
        self.dynamodb.handle(request, &context).await.into()
    }

    /// The output of an operation that succeeds.
    pub async fn ok(&self, operation: &str, input: Value) -> Value {
        let answer = self.call(operation, input).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.json()
    }

    /// The status and body of an operation that fails.
    pub async fn refused(&self, operation: &str, input: Value) -> (u16, Value) {
        let answer = self.call(operation, input).await;
        (answer.status.as_u16(), answer.json())
    }
}

/// A sandbox whose function is the test function and which has these resources
/// besides, indented by two. A page of its tables is one row.
pub async fn sandbox(resources: &str, environment: &str) -> (Sandbox, TempDir) {
    sandbox_with(resources, environment, BTreeMap::new()).await
}

/// The same with secrets that are there beside those of the template.
pub async fn sandbox_with(
    resources: &str,
    environment: &str,
    secrets: BTreeMap<String, String>,
) -> (Sandbox, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("template.yaml");
    std::fs::write(&path, template(resources, environment)).unwrap();
    let mut options = Options::new(path);
    options.secrets = secrets;
    let binary = env!("CARGO_BIN_EXE_sandbox-fixture").into();
    options
        .binaries
        .insert("sandbox-fixture".to_owned(), binary);
    // One row of any table.
    options.scan_page_bytes = 1;
    (Sandbox::start(options).await.unwrap(), folder)
}

/// The template of [`sandbox`].
pub fn template(resources: &str, environment: &str) -> String {
    format!(
        "Transform: AWS::Serverless-2016-10-31
Resources:
  Handler:
    Type: AWS::Serverless::Function
    Metadata:
      BuildMethod: rust-cargolambda
      BuildProperties: {{Binary: sandbox-fixture}}
    Properties:
      CodeUri: .
      Handler: bootstrap
      Runtime: provided.al2023
      Environment: {{Variables: {{{environment}}}}}
{resources}"
    )
}

/// Sends a POST to an address as it is written and reads the whole answer.
pub async fn post(url: &str, headers: &str, body: &str) -> Answer {
    let rest = url.strip_prefix("http://").unwrap();
    let (address, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Length: {}\r\n{headers}\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(": ").unwrap();
        let name = name.parse::<http::HeaderName>().unwrap();
        (name, value.parse().unwrap())
    });
    Answer {
        status: status.parse().unwrap(),
        headers: headers.collect(),
        text: body.to_owned(),
    }
}
