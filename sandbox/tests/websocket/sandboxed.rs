//! A WebSocket API of a template, with a real function behind it.

use std::collections::BTreeMap;

use sandbox::{Options, Sandbox};
use tokio::net::TcpStream;

use crate::harness::Client;

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Function:
    Type: AWS::Serverless::Function
    Metadata: {BuildMethod: rust-cargolambda, BuildProperties: {Binary: fixture}}
    Properties:
      CodeUri: .
      Handler: bootstrap
      Runtime: provided.al2023
      Environment:
        Variables:
          NOBODY: !Sub https://${Clients}.execute-api.${AWS::Region}.amazonaws.com/prod/@connections/L0SM9cOFvHcCIhw%3D
  Clients:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      StageName: prod
      RouteSelectionExpression: $request.body.action
      Routes:
        $default:
          FunctionArn: !GetAtt Function.Arn
          RouteResponseSelectionExpression: $default
  Response:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: {ApiId: !Ref Clients, RouteId: !Ref ClientsDefaultRoute, RouteResponseKey: $default}
Outputs:
  WebSocketApiUrl: {Value: !Sub 'wss://${Clients}.execute-api.${AWS::Region}.amazonaws.com/prod'}
";

async fn connect(url: &str) -> Client {
    let address = url.trim_start_matches("ws://").split('/').next().unwrap();
    let stream = TcpStream::connect(address).await.unwrap();
    let (socket, accepted) = tokio_tungstenite::client_async(url, stream).await.unwrap();
    Client { socket, accepted }
}

#[tokio::test]
async fn a_function_answers_clients_and_calls_connections() {
    let folder = tempfile::tempdir().unwrap();
    let template = folder.path().join("template.yaml");
    std::fs::write(&template, TEMPLATE).unwrap();
    let fixture = env!("CARGO_BIN_EXE_sandbox-fixture").into();
    let binaries = BTreeMap::from([("fixture".to_owned(), fixture)]);
    let mut options = Options::new(&template);
    options.binaries = binaries.clone();
    let sandbox = Sandbox::start(options).await.unwrap();

    let url = sandbox.output("WebSocketApiUrl").unwrap();
    let mut client = connect(&url).await;
    sandbox.wait_until_connected("Clients", 1).await;
    assert_eq!(sandbox.connections(), 1);
    client
        .send(r#"{"call":{"endpoint":"NOBODY","body":"hello"}}"#)
        .await;
    assert_eq!(client.text().await, r#"{"status":"410","body":""}"#);
    let trail = sandbox
        .recorder()
        .wait_for_settled(|trail| trail.hops[0].action == "$default");
    let trail = trail.await.redacted();
    insta::assert_yaml_snapshot!(trail);

    // Another logical id is another API on the same port.
    std::fs::write(&template, TEMPLATE.replace("Clients", "Renamed")).unwrap();
    sandbox.reload(&BTreeMap::new(), &binaries).await.unwrap();
    assert_eq!(client.closed().await.0, 1012);
    let mut client = connect(&url).await;
    client
        .send(r#"{"call":{"endpoint":"NOBODY","body":"hello"}}"#)
        .await;
    assert_eq!(client.text().await, r#"{"status":"410","body":""}"#);

    sandbox.shutdown().await;
    assert_eq!(client.closed().await.0, 1001);
}
