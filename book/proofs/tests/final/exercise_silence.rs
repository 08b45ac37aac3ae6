//! Exercise: an alarm for what does not come.

use std::fs;

use sandbox::Sandbox;

const ALARM: &str = include_str!("silence.yaml");

/// A property of an alarm.
fn property<'a>(alarm: &'a str, name: &str) -> &'a str {
    let start = format!("{name}: ");
    let line = alarm
        .lines()
        .map(str::trim)
        .find(|line| line.starts_with(&start));
    line.unwrap().strip_prefix(&start).unwrap()
}

/// Whether the alarm goes off, after a period whose sum this was, or in which
/// there was no data: "Configuring how CloudWatch alarms treat missing data".
fn goes_off(alarm: &str, sum: Option<u64>) -> bool {
    let threshold: u64 = property(alarm, "Threshold").parse().unwrap();
    let Some(sum) = sum else {
        return property(alarm, "TreatMissingData") == "breaching";
    };
    match property(alarm, "ComparisonOperator") {
        "LessThanThreshold" => sum < threshold,
        "GreaterThanOrEqualToThreshold" => sum >= threshold,
        other => panic!("{other}"),
    }
}

#[test]
fn silence_is_noticed_with_data_and_without() {
    assert_eq!(property(ALARM, "MetricName"), "Accepted");
    // Everything was refused; nothing came at all; a payment.
    assert!(goes_off(ALARM, Some(0)));
    assert!(goes_off(ALARM, None));
    assert!(!goes_off(ALARM, Some(1)));
}

/// The template's alarms are for what comes; copied with another metric's name
/// and the comparison turned round, one is quiet when nothing comes.
#[test]
fn a_copy_of_another_alarm_sleeps_through_it() {
    let template = fs::read_to_string(book_proofs::root().join("final/template.yaml")).unwrap();
    let (_, alarm) = template.split_once("\n  RejectedSignatures:\n").unwrap();
    let alarm = alarm.split("\n\n").next().unwrap();
    let copy = alarm
        .replace("GreaterThanOrEqualToThreshold", "LessThanThreshold")
        .replace("Threshold: 20", "Threshold: 1");
    assert!(goes_off(&copy, Some(0)));
    assert!(!goes_off(&copy, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_template_takes_it() {
    let template = fs::read_to_string(book_proofs::root().join("final/template.yaml")).unwrap();
    let (_, alarm) = ALARM.split_once("Resources:\n").unwrap();
    let template = template.replacen("\nOutputs:\n", &format!("\n{alarm}\nOutputs:\n"), 1);
    assert!(template.contains("NoWebhooks"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("template.yaml");
    fs::write(&path, template).unwrap();

    let mut options = book_proofs::options(path, "final");
    for name in ["StripeEndpointSecret", "SigningSecret"] {
        options
            .parameters
            .insert(name.to_owned(), "none".to_owned());
    }
    let sandbox = Sandbox::start(options).await.unwrap();
    sandbox.shutdown().await;
}
