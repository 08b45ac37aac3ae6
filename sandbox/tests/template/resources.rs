//! Resources: what they become.

use std::time::Duration;

use sandbox::template::model::{Asynchronous, Endpoint, FilterScope, Route};

use super::{function, function_in, load, load_with};

const COMPLETE: &str = include_str!("complete.yaml");

/// The whole stack of a template with everything in it, addresses included:
/// they are the same on every machine.
#[test]
fn a_complete_template_becomes_a_stack() {
    let mut stack = load_with(COMPLETE, &[("StripeEndpointSecret", "whsec_x")]).unwrap();
    stack.template = "template.yaml".into();
    insta::assert_debug_snapshot!(stack);
}

#[test]
fn json_takes_the_same_way() {
    let stack = load(
        r#"{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
            "Outputs": {"Name": {"Value": {"Fn::GetAtt": ["Topic", "TopicName"]}}}}"#,
    )
    .unwrap();
    assert_eq!(stack.outputs[0].value, stack.topics[0].name);
}

#[test]
fn names_look_like_those_of_aws() {
    let stack = load(&function("")).unwrap();
    let function = &stack.functions[0];
    let (front, end) = function.name.rsplit_once('-').unwrap();
    assert_eq!(front, "serverless-payment-service-Webhook");
    assert_eq!(end.len(), 12);
    assert!(
        end.chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
    );
    assert_eq!(
        function.arn,
        format!(
            "arn:aws:lambda:us-east-1:123456789012:function:{}",
            function.name
        )
    );
}

#[test]
fn a_name_that_is_too_long_is_cut_before_its_random_end() {
    let id = "A".repeat(70);
    let stack = load(&function("").replace("Webhook", &id)).unwrap();
    assert_eq!(stack.functions[0].name.len(), 64);
    let whole = load(&function("").replace("Webhook", &"A".repeat(71))).unwrap();
    assert_ne!(stack.functions[0].name, whole.functions[0].name);
}

#[test]
fn an_event_without_an_api_makes_the_implicit_one() {
    let stack = load(&format!(
        "{}\nOutputs: {{Url: {{Value: !Sub \"${{ServerlessRestApi}}/${{ServerlessRestApi.Stage}}\"}}}}",
        function("      Events: {Get: {Type: Api, Properties: {Path: /, Method: get}}}")
    ))
    .unwrap();
    let api = &stack.rest_apis[0];
    assert_eq!(
        (api.logical_id.as_str(), api.stage.as_str()),
        ("ServerlessRestApi", "Prod")
    );
    assert_eq!(
        api.routes,
        [Route {
            method: "GET".to_owned(),
            path: "/".to_owned(),
            function: "Webhook".to_owned(),
            timeout: Duration::from_secs(29),
        }]
    );
    assert_eq!(stack.outputs[0].value, format!("{}/Prod", api.id));
    assert_eq!(api.id.len(), 10);
}

/// facts/aws.md 8.2: without `OpenApiVersion` SAM deploys an extra stage named
/// `Stage`.
#[test]
fn fact_8_2_the_extra_stage_is_listed_and_open_api_version_removes_it() {
    let api = |version: &str| {
        load(&format!(
            "Transform: AWS::Serverless-2016-10-31\nResources:\n  Api:\n    \
             Type: AWS::Serverless::Api\n    Properties: {{StageName: prod{version}}}\n"
        ))
        .unwrap()
    };
    let kinds = |version| -> Vec<String> {
        api(version)
            .inert
            .into_iter()
            .map(|inert| inert.resource_type)
            .collect()
    };
    assert_eq!(kinds(""), ["AWS::ApiGateway::Stage"]);
    assert_eq!(kinds(", OpenApiVersion: 3.0.1"), Vec::<String>::new());
}

/// facts/aws.md 8.2: the stage's logical id is `<Api>` + stage name + `Stage`,
/// also `!Ref Api.Stage`; `~1` stands for `/` in binary media types.
#[test]
fn fact_8_2_stage_references_and_media_types() {
    let stack = load(
        "Transform: AWS::Serverless-2016-10-31\n\
         Parameters: {StageName: {Type: String, Default: prod}}\n\
         Resources:\n  Api:\n    Type: AWS::Serverless::Api\n    Properties:\n      \
         StageName: !Ref StageName\n      BinaryMediaTypes: [application~1pdf, \"*~1*\"]\n\
         Outputs:\n  One: {Value: !Ref ApiprodStage}\n  Two: {Value: !Ref Api.Stage}\n",
    )
    .unwrap();
    assert_eq!(stack.outputs[0].value, "prod");
    assert_eq!(stack.outputs[1].value, "prod");
    assert_eq!(
        stack.rest_apis[0].binary_media_types,
        ["application/pdf", "*/*"]
    );
}

/// facts/aws.md 8.3: an SNS event makes the subscription; an `OnFailure` of
/// type SQS without a destination makes the queue.
#[test]
fn fact_8_3_events_and_destinations_make_resources() {
    let stack = load(&function_in(
        "  Topic: {Type: AWS::SNS::Topic}",
        "      EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: SQS}, OnSuccess: {Type: SNS}}}\n      \
         Events: {Sent: {Type: SNS, Properties: {Topic: !Ref Topic, FilterPolicyScope: MessageBody, FilterPolicy: {a: {b: [1]}}}}}",
    ))
    .unwrap();
    let function = &stack.functions[0];
    assert_eq!(
        stack.queues[0].logical_id,
        "WebhookEventInvokeConfigOnFailureQueue"
    );
    assert_eq!(
        function.asynchronous.on_failure.as_ref(),
        Some(&stack.queues[0].arn)
    );
    let made = stack
        .topics
        .iter()
        .find(|t| t.logical_id == "WebhookEventInvokeConfigOnSuccessTopic");
    assert_eq!(
        function.asynchronous.on_success,
        made.map(|topic| topic.arn.clone())
    );
    let subscription = &stack.subscriptions[0];
    assert_eq!(subscription.logical_id, "WebhookSent");
    assert_eq!(
        subscription.endpoint,
        Endpoint::Lambda(function.arn.clone())
    );
    assert_eq!(subscription.filter_scope, FilterScope::MessageBody);
    assert_eq!(
        subscription.filter_policy,
        Some(serde_json::json!({"a": {"b": [1]}}))
    );
    assert!(
        subscription
            .arn
            .starts_with(&format!("{}:", subscription.topic))
    );
}

/// facts/aws.md 4.4: two retries and six hours unless configured, 0 to 2 and
/// 60 to 21,600 seconds.
#[test]
fn fact_4_4_defaults_and_limits_of_asynchronous_invocation() {
    let asynchronous = |config: &str| {
        load(&function(&format!("      EventInvokeConfig: {{{config}}}")))
            .map(|stack| stack.functions[0].asynchronous.clone())
    };
    assert_eq!(asynchronous("").unwrap(), Asynchronous::default());
    assert_eq!(
        Asynchronous::default().maximum_event_age,
        Duration::from_secs(21_600)
    );
    assert_eq!(
        asynchronous("MaximumRetryAttempts: 0")
            .unwrap()
            .maximum_retry_attempts,
        0
    );
    assert!(asynchronous("MaximumRetryAttempts: 3").is_err());
    assert!(asynchronous("MaximumEventAgeInSeconds: 59").is_err());
    assert!(asynchronous("MaximumEventAgeInSeconds: 60").is_ok());
    assert!(asynchronous("MaximumEventAgeInSeconds: 21600").is_ok());
    assert!(asynchronous("MaximumEventAgeInSeconds: 21601").is_err());
}

/// facts/aws.md 4.5: timeout 3 s by default and 900 s at most, memory 128 to
/// 10,240 MB.
#[test]
fn fact_4_5_timeout_and_memory() {
    let function = |property: &str| {
        load(&function(&format!("      {property}"))).map(|stack| stack.functions[0].clone())
    };
    let plain = function("Description: plain").unwrap();
    assert_eq!(
        (plain.timeout, plain.memory_size),
        (Duration::from_secs(3), 128)
    );
    assert!(function("Timeout: 900").is_ok());
    assert!(function("Timeout: 901").is_err());
    assert!(function("Timeout: 0").is_err());
    assert!(function("MemorySize: 127").is_err());
    assert!(function("MemorySize: 10240").is_ok());
    assert!(function("MemorySize: 10241").is_err());
}

/// facts/aws.md 4.2: 4 KB of variables in all; names begin with a letter;
/// reserved names cannot be set, `AWS_ENDPOINT_URL` and its forms can.
#[test]
fn fact_4_2_environment() {
    let environment = |variables: &str| {
        load(&function(&format!(
            "      Environment: {{Variables: {{{variables}}}}}"
        )))
    };
    // {"KEY":"…"} has ten bytes beside the value.
    assert!(environment(&format!("KEY: {}", "x".repeat(4096 - 10))).is_ok());
    assert!(environment(&format!("KEY: {}", "x".repeat(4096 - 9))).is_err());
    for name in [
        "1A",
        "_A",
        "A",
        "A-B",
        "AWS_REGION",
        "AWS_SESSION_TOKEN",
        "_HANDLER",
        "LAMBDA_TASK_ROOT",
    ] {
        assert!(environment(&format!("\"{name}\": x")).is_err(), "{name}");
    }
    for name in [
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_SNS",
        "TOPIC_ARN",
        "a1",
    ] {
        assert!(environment(&format!("{name}: x")).is_ok(), "{name}");
    }
}

/// facts/aws.md 1.7: integration timeout from 50 ms to 29 s.
#[test]
fn fact_1_7_integration_timeout() {
    let route = |milliseconds: u32| {
        load(&function(&format!(
            "      Events: {{E: {{Type: Api, Properties: {{Path: /a, Method: PUT, TimeoutInMillis: {milliseconds}}}}}}}"
        )))
        .map(|stack| stack.rest_apis[0].routes[0].timeout)
    };
    assert_eq!(route(50).unwrap(), Duration::from_millis(50));
    assert_eq!(route(29_000).unwrap(), Duration::from_secs(29));
    assert!(route(49).is_err());
    assert!(route(29_001).is_err());
}

/// facts/aws.md 3.3: at most 5 keys and 150 combinations; nesting is for
/// `MessageBody` alone.
#[test]
fn fact_3_3_limits_of_filter_policies() {
    let policy = |policy: &str| {
        load(&function_in(
            "  Topic: {Type: AWS::SNS::Topic}",
            &format!(
                "      Events: {{E: {{Type: SNS, Properties: {{Topic: !Ref Topic, FilterPolicy: {policy}}}}}}}"
            ),
        ))
    };
    assert!(policy("{a: [1], b: [1], c: [1], d: [1], e: [1]}").is_ok());
    assert!(policy("{a: [1], b: [1], c: [1], d: [1], e: [1], f: [1]}").is_err());
    assert!(
        policy("{a: [1,2,3,4,5,6,7,8,9,10], b: [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]}").is_ok()
    );
    assert!(
        policy("{a: [1,2,3,4,5,6,7,8,9,10], b: [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]}").is_err()
    );
    assert!(policy("{a: {b: [1]}}").is_err());
}

#[test]
fn globals_merge_maps_join_lists_and_give_way_to_single_values() {
    let stack = load(
        "Transform: AWS::Serverless-2016-10-31\n\
         Globals:\n  Function:\n    Timeout: 9\n    MemorySize: 512\n    \
         Environment: {Variables: {ONE: global, TWO: global}}\n  \
         Api: {BinaryMediaTypes: [a~1b], OpenApiVersion: 3.0.1}\n\
         Resources:\n  Api: {Type: AWS::Serverless::Api, Properties: {StageName: s, BinaryMediaTypes: [c~1d]}}\n  \
         F:\n    Type: AWS::Serverless::Function\n    \
         Metadata: {BuildMethod: rust-cargolambda, BuildProperties: {Binary: f}}\n    \
         Properties:\n      CodeUri: crates/f\n      Handler: bootstrap\n      Runtime: provided.al2\n      \
         Timeout: 5\n      Environment: {Variables: {TWO: own, THREE: own}}\n",
    )
    .unwrap();
    let function = &stack.functions[0];
    assert_eq!(
        (function.timeout, function.memory_size),
        (Duration::from_secs(5), 512)
    );
    let variables: Vec<_> = function
        .environment
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    assert_eq!(
        variables,
        [("ONE", "global"), ("THREE", "own"), ("TWO", "own")]
    );
    assert_eq!(stack.rest_apis[0].binary_media_types, ["a/b", "c/d"]);
    assert!(stack.inert.is_empty());
}

#[test]
fn subscriptions_of_their_own_and_within_a_topic() {
    let stack = load(&function_in(
        "  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub \"${AWS::StackName}-q\"}}\n  \
         Topic:\n    Type: AWS::SNS::Topic\n    Properties:\n      TopicName: payments\n      \
         Subscription: [{Protocol: lambda, Endpoint: !GetAtt Webhook.Arn}]\n  \
         Sub:\n    Type: AWS::SNS::Subscription\n    Properties: {TopicArn: !Ref Topic, Protocol: sqs, Endpoint: !GetAtt Queue.Arn, RawMessageDelivery: true}",
        "",
    ))
    .unwrap();
    assert_eq!(
        stack.topics[0].arn,
        "arn:aws:sns:us-east-1:123456789012:payments"
    );
    assert_eq!(
        stack.queues[0].url,
        "https://sqs.us-east-1.amazonaws.com/123456789012/serverless-payment-service-q"
    );
    assert_eq!(
        stack.subscriptions[0].endpoint,
        Endpoint::Lambda(stack.functions[0].arn.clone())
    );
    assert_eq!(
        stack.subscriptions[1].endpoint,
        Endpoint::Sqs {
            arn: stack.queues[0].arn.clone(),
            raw: true
        }
    );
}

#[test]
fn the_address_of_a_subscription_is_the_one_that_refers_to_it() {
    let stack = load(
        "Resources:\n  Queue: {Type: AWS::SQS::Queue}\n  Topic: {Type: AWS::SNS::Topic}\n  \
         Sub:\n    Type: AWS::SNS::Subscription\n    \
         Properties: {TopicArn: !Ref Topic, Protocol: sqs, Endpoint: !GetAtt Queue.Arn}\n\
         Outputs: {Sub: {Value: !Ref Sub}}\n",
    )
    .unwrap();
    assert_eq!(stack.outputs[0].value, stack.subscriptions[0].arn);
    assert!(stack.outputs[0].value.starts_with(&stack.topics[0].arn));
}

#[test]
fn a_resource_can_do_without_globals() {
    let timeout = |ignore: &str| {
        let text = function("").replace(
            "    Metadata:",
            &format!("    IgnoreGlobals: {ignore}\n    Metadata:"),
        );
        load(&format!(
            "{text}Globals: {{Function: {{Timeout: 9, MemorySize: 512}}}}\n"
        ))
        .map(|stack| {
            (
                stack.functions[0].timeout.as_secs(),
                stack.functions[0].memory_size,
            )
        })
        .unwrap()
    };
    assert_eq!(timeout("[]"), (9, 512));
    assert_eq!(timeout("[Timeout]"), (3, 512));
    assert_eq!(timeout("\"*\""), (3, 128));
}

#[test]
fn an_invoke_config_of_its_own_reaches_its_function() {
    let stack = load(&function_in(
        "  Queue: {Type: AWS::SQS::Queue}\n  Config:\n    Type: AWS::Lambda::EventInvokeConfig\n    \
         Properties:\n      FunctionName: !Ref Webhook\n      Qualifier: $LATEST\n      MaximumRetryAttempts: 0\n      \
         DestinationConfig: {OnFailure: {Destination: !GetAtt Queue.Arn}}",
        "      DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Queue.Arn}",
    ))
    .unwrap();
    let arn = Some(stack.queues[0].arn.clone());
    let asynchronous = &stack.functions[0].asynchronous;
    assert_eq!(asynchronous.maximum_retry_attempts, 0);
    assert_eq!(asynchronous.on_failure, arn);
    assert_eq!(asynchronous.dead_letter, arn);
}

#[test]
fn a_resource_with_a_false_condition_is_gone_with_what_sam_made_for_it() {
    let text = format!(
        "{}\nConditions: {{IsOff: !Equals [a, b]}}\n",
        function("      Events: {Get: {Type: Api, Properties: {Path: /, Method: get}}}")
            .replace("    Metadata:", "    Condition: IsOff\n    Metadata:")
    );
    let stack = load(&text).unwrap();
    assert!(stack.functions.is_empty());
    assert!(stack.rest_apis.is_empty());
}
