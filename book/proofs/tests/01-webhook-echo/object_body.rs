//! A handler whose answer has an object for a body.

use lambda_runtime::{Error, LambdaEvent};
use serde_json::{Value, json};

use crate::event::{direct, invocation};

pub async fn answer_with_object(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let method = &event.payload["httpMethod"];
    Ok(json!({ "statusCode": 200, "body": { "method": method } }))
}

#[tokio::test]
async fn to_the_function_itself_the_answer_looks_right() {
    let answer = answer_with_object(invocation(direct())).await.unwrap();
    assert_eq!(answer["statusCode"], 200);
    assert_eq!(answer["body"]["method"], "POST");
}
