//! A Lambda service with the test function, and what it was asked to deliver.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use sandbox::clock::Clock;
use sandbox::console::{Console, Event};
use sandbox::faults::Faults;
use sandbox::lambda::{Boxed, Deployment, Functions, Lambda, Outcome, Services};
use sandbox::sqs::MessageAttribute;
use sandbox::template::model::{Asynchronous, Function};
use sandbox::trail::{Recorder, TrailContext};
use serde_json::Value;

pub const FUNCTION: &str = "Handler";

/// What reached a destination: its ARN, the body and the attributes.
pub type Delivery = (String, String, BTreeMap<String, MessageAttribute>);

#[derive(Default)]
pub struct Recording {
    pub deliveries: Mutex<Vec<Delivery>>,
    pub calls: Mutex<Vec<(String, Bytes)>>,
}

impl Services for Recording {
    fn call<'a>(
        &'a self,
        service: &'a str,
        request: Request<Bytes>,
        context: &'a TrailContext,
    ) -> Boxed<'a, Response<Bytes>> {
        Box::pin(async move {
            self.calls
                .lock()
                .unwrap()
                .push((service.to_owned(), request.into_body()));
            Response::new(context.id().to_owned().into())
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
        _: &'a TrailContext,
    ) -> Boxed<'a, Result<(), String>> {
        Box::pin(async move {
            self.deliveries
                .lock()
                .unwrap()
                .push((arn.to_owned(), body, attributes));
            Ok(())
        })
    }
}

pub struct World {
    pub lambda: Lambda,
    pub clock: Clock,
    pub faults: Faults,
    pub recorder: Recorder,
    pub services: Arc<Recording>,
    pub notices: Arc<Mutex<Vec<String>>>,
    pub logs: Arc<Mutex<Vec<String>>>,
}

pub fn function() -> Function {
    Function {
        logical_id: FUNCTION.to_owned(),
        name: "stack-Handler-0123456789AB".to_owned(),
        arn: "arn:aws:lambda:us-east-1:123456789012:function:stack-Handler-0123456789AB".to_owned(),
        binary: "sandbox-fixture".to_owned(),
        code_uri: PathBuf::new(),
        handler: "bootstrap".to_owned(),
        memory_size: 256,
        timeout: Duration::from_secs(20),
        environment: BTreeMap::new(),
        reserved_concurrency: None,
        asynchronous: Asynchronous::default(),
        line: 1,
    }
}

pub fn behaving(behaviour: &str) -> Function {
    let environment = BTreeMap::from([("BEHAVIOUR".to_owned(), behaviour.to_owned())]);
    Function {
        environment,
        ..function()
    }
}

pub fn binary() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_sandbox-fixture"))
}

pub async fn world(function: Function) -> World {
    let clock = Clock::new();
    let faults = Faults::default();
    let notices: Arc<Mutex<Vec<String>>> = Arc::default();
    let logs: Arc<Mutex<Vec<String>>> = Arc::default();
    let console: Console = Arc::new({
        let (notices, logs) = (notices.clone(), logs.clone());
        move |event| match event {
            Event::Notice(notice) => notices.lock().unwrap().push(notice),
            Event::Log(log) => logs.lock().unwrap().push(log.line),
            Event::Trail(_) => {}
        }
    });
    let lambda = Lambda::new(clock.clone(), console.clone(), faults.clone(), None).unwrap();
    let services = Arc::new(Recording::default());
    let as_services: Arc<dyn Services> = services.clone();
    lambda.connect(Arc::downgrade(&as_services));
    lambda
        .deploy(vec![Deployment {
            function,
            binary: binary(),
        }])
        .await
        .unwrap();
    let recorder = Recorder::new(clock.clone(), console);
    World {
        lambda,
        clock,
        faults,
        recorder,
        services,
        notices,
        logs,
    }
}

impl World {
    pub async fn invoke(&self, event: &str) -> Outcome {
        let payload = Bytes::copy_from_slice(event.as_bytes());
        self.lambda
            .invoke(FUNCTION, payload, &self.recorder.begin("trail"))
            .await
    }

    /// Invokes the function and takes its answer as JSON.
    pub async fn answer(&self, event: &str) -> Value {
        match self.invoke(event).await {
            Outcome::Success(body) => serde_json::from_slice(&body).unwrap(),
            other => panic!("not an answer: {other:?}"),
        }
    }

    /// Invokes the function and takes its error object.
    pub async fn error(&self, event: &str) -> Value {
        match self.invoke(event).await {
            Outcome::FunctionError(body) => serde_json::from_slice(&body).unwrap(),
            other => panic!("not a function error: {other:?}"),
        }
    }

    /// Moves the clock on and on, until it is aborted: what waits times out.
    pub fn hurry(&self) -> tokio::task::JoinHandle<()> {
        let clock = self.clock.clone();
        tokio::spawn(async move {
            loop {
                clock.advance(Duration::from_secs(1));
                tokio::task::yield_now().await;
            }
        })
    }

    /// Invokes the function with an event that it never answers.
    pub fn hang(&self) -> tokio::task::JoinHandle<Outcome> {
        let lambda = self.lambda.clone();
        let context = self.recorder.begin("hanging");
        tokio::spawn(async move {
            let event = Bytes::from_static(br#"{"hang":true}"#);
            lambda.invoke(FUNCTION, event, &context).await
        })
    }

    /// Queues an event on a trail of this name.
    pub fn queue(&self, trail: &str, event: &str) {
        let payload = Bytes::copy_from_slice(event.as_bytes());
        self.lambda
            .invoke_async(FUNCTION, payload, &self.recorder.begin(trail))
            .unwrap();
    }

    pub fn deliveries(&self) -> Vec<Delivery> {
        self.services
            .deliveries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
