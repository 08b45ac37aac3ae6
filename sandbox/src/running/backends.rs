//! The services that functions call, behind their loopback endpoints.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Request, Response, StatusCode};

use crate::console::{Console, Event};
use crate::lambda::{Boxed, Functions, Lambda, Services};
use crate::sns::{Publication, Sns};
use crate::sqs::{MessageAttribute, Queues};
use crate::trail::TrailContext;

/// The services that functions call.
pub(super) struct Backends {
    pub(super) sns: Sns,
    pub(super) queues: Queues,
    pub(super) lambda: Lambda,
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
            if service == "sns" {
                return self.sns.handle(request, context).await;
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
        &["SNS"]
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
