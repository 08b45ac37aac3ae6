//! The services that functions call, behind their loopback endpoints.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Request, Response, StatusCode};

use super::listeners::Stages;
use crate::addresses::EXECUTE_API;
use crate::console::{Console, Event};
use crate::dynamodb::DynamoDb;
use crate::faults::Faults;
use crate::lambda::{Boxed, Functions, Lambda, Services};
use crate::secrets::Secrets;
use crate::sns::{Publication, Sns};
use crate::sqs::{MessageAttribute, Queues};
use crate::trail::TrailContext;

/// The services that functions call.
pub(super) struct Backends {
    pub(super) sns: Sns,
    pub(super) queues: Queues,
    pub(super) dynamodb: DynamoDb,
    pub(super) secrets: Secrets,
    pub(super) lambda: Lambda,
    pub(super) stages: Stages,
    pub(super) faults: Faults,
    pub(super) console: Console,
}

impl Services for Backends {
    fn call<'a>(
        &'a self,
        service: &'a str,
        request: Request<Bytes>,
        context: &'a TrailContext,
    ) -> Boxed<'a, Response<Bytes>> {
        Box::pin(async move {
            match service {
                "sns" => return self.sns.handle(request, context).await,
                "sqs" => return self.queues.handle(request, context, &self.faults).await,
                "dynamodb" => return self.dynamodb.handle(request, context).await,
                "secrets_manager" => return self.secrets.handle(request, context),
                EXECUTE_API => return self.manage(request, context).await,
                _ => {}
            }
            let user_agent = request
                .headers()
                .get("x-amz-user-agent")
                .or(request.headers().get("user-agent"));
            let caller = user_agent
                .and_then(|value| value.to_str().ok())
                .unwrap_or("an unknown client");
            (self.console)(Event::Notice(format!(
                "a function called an AWS service that the sandbox does not have ({caller})\n  the call was refused; it did not leave this machine"
            )));
            let mut response = Response::new(Bytes::from_static(
                b"the sandbox does not have this service",
            ));
            *response.status_mut() = StatusCode::NOT_IMPLEMENTED;
            response
        })
    }

    fn names(&self) -> &'static [&'static str] {
        &["SNS", "SQS", "DYNAMODB", "SECRETS_MANAGER"]
    }

    fn deliver<'a>(
        &'a self,
        arn: &'a str,
        body: String,
        attributes: BTreeMap<String, MessageAttribute>,
        context: &'a TrailContext,
    ) -> Boxed<'a, Result<(), String>> {
        Box::pin(async move {
            let service = arn.split(':').nth(2).unwrap_or_default();
            match service {
                "sqs" => {
                    let sent = self.queues.send(arn, body, attributes, context);
                    sent.map(drop).map_err(|error| error.to_string())
                }
                "sns" => {
                    // A destination topic gets the record alone, without attributes.
                    let publication = Publication {
                        message: body,
                        ..Publication::default()
                    };
                    let published = self.sns.publish(arn, publication, context);
                    published.map(drop).map_err(|error| error.to_string())
                }
                "lambda" => {
                    let function = self.lambda.by_arn(arn).ok_or("there is no such function")?;
                    let queued = self.lambda.invoke_async(&function, body.into(), context);
                    queued.map_err(|why| why.to_string())
                }
                _ => Err("only SQS, SNS and Lambda are destinations here".to_owned()),
            }
        })
    }
}

impl Backends {
    /// Hands a call of `@connections` to the stage of its API: the path is
    /// `/execute-api/<id of the API>/<stage>/@connections/<connection id>`.
    async fn manage(&self, request: Request<Bytes>, context: &TrailContext) -> Response<Bytes> {
        let (mut parts, body) = request.into_parts();
        let path = parts.uri.path();
        let rest = path.strip_prefix("/execute-api/").unwrap_or(path);
        let (id, rest) = rest.split_once('/').unwrap_or((rest, ""));
        let (stage, uri) = (self.stages.websocket(id), format!("/{rest}").parse());
        if let (Some(stage), Ok(uri)) = (stage, uri) {
            parts.uri = uri;
            return stage
                .manage(Request::from_parts(parts, body), context)
                .await;
        }
        let mut response = Response::new(Bytes::from_static(br#"{"message":"Forbidden"}"#));
        *response.status_mut() = StatusCode::FORBIDDEN;
        response
    }
}
