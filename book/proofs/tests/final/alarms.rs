//! What the chapter says of all alarms, and of all defaults.

use std::collections::BTreeMap;
use std::fs;

/// The entries of a section of the template, by name.
fn entries(section: &str) -> BTreeMap<String, String> {
    let path = book_proofs::root().join("final/template.yaml");
    let template = fs::read_to_string(path).unwrap();
    let (_, text) = template.split_once(&format!("\n{section}:\n")).unwrap();
    let mut entries = BTreeMap::new();
    let mut name = None;
    for line in text.lines() {
        if !line.is_empty() && !line.starts_with(' ') {
            break;
        }
        let is_name = line.starts_with("  ") && !line.starts_with("   ") && line.ends_with(':');
        if is_name {
            name = Some(line.trim().trim_end_matches(':').to_owned());
        } else if let Some(name) = &name {
            let entry: &mut String = entries.entry(name.clone()).or_default();
            *entry += line;
            *entry += "\n";
        }
    }
    entries
}

fn alarms() -> BTreeMap<String, String> {
    let mut alarms = entries("Resources");
    alarms.retain(|_, text| text.contains("Type: AWS::CloudWatch::Alarm\n"));
    alarms
}

#[test]
fn with_all_switches_off_there_are_ten_alarms_over_twelve_metrics() {
    let mut alarms = alarms();
    alarms.retain(|_, text| !text.contains("    Condition: "));
    assert_eq!(alarms.len(), 10);
    let metrics = alarms
        .values()
        .map(|text| text.matches("MetricName: ").count());
    assert_eq!(metrics.sum::<usize>(), 12);
}

#[test]
fn every_alarm_says_what_happened_and_tells_somebody() {
    for (name, text) in alarms() {
        assert!(text.contains("AlarmDescription: "), "{name}");
        assert!(text.contains("AlarmActions: [!Ref AlarmTopic]"), "{name}");
        assert!(text.contains("TreatMissingData: notBreaching"), "{name}");
    }
}

/// Only the two secrets have none: whoever deploys must think of them.
#[test]
fn every_parameter_but_the_secrets_has_a_default() {
    let mut without = entries("Parameters");
    without.retain(|_, text| !text.contains("Default: "));
    let names: Vec<&String> = without.keys().collect();
    assert_eq!(names, ["SigningSecret", "StripeEndpointSecret"]);
}
