//! What is known and has no effect here.

use super::load;

#[test]
fn a_subscription_of_a_person_is_listed_and_sends_nothing() {
    let stack = load(
        "Resources:\n  Topic: {Type: AWS::SNS::Topic}\n  Mail:\n    \
         Type: AWS::SNS::Subscription\n    Properties:\n      \
         {TopicArn: !Ref Topic, Protocol: email, Endpoint: a@example.com}\n",
    )
    .unwrap();
    assert!(stack.subscriptions.is_empty());
    let [inert] = &stack.inert[..] else {
        panic!("{:?}", stack.inert);
    };
    assert_eq!(inert.logical_id, "Mail");
    assert_eq!(inert.reason, "nothing is sent off the machine");
}
