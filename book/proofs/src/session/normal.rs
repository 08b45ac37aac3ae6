//! What may differ from run to run, taken out of an output.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Each by the word that stands for it.
const VARIABLE: [(&str, &str); 11] = [
    ("TRACE", r"1-[0-9a-f]{8}-[0-9a-f]{24}"),
    // The edge of the terminal may cut an id.
    (
        "UUID",
        r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{8}-[0-9a-f-]{0,27}…",
    ),
    // Those that `send` makes fresh; the ids of samples stay.
    ("ID", r"evt_[0-9a-f]{32}|evt_[0-9a-f]{1,31}…"),
    (
        "CONNECTION",
        r#"[cC]onnection(?:_?[iI]d)?"?[=:] ?"?[A-Za-z0-9_=-]+…?|[ "=][A-Za-z0-9_-]{15}=\B"#,
    ),
    (
        "MILLISECONDS",
        r#"(?:[a-z_]*milliseconds|[A-Za-z]*Milliseconds)="?\d+"?"#,
    ),
    // With the blanks in front, of which a longer time leaves fewer.
    ("TIME", r" *\d+(?:\.\d+)? m?s\b"),
    // A second may pass between signing and checking.
    ("AGE", r"\d+ seconds (?:ago|in the future)"),
    ("RATE", r"\d+ answered per second"),
    ("CLOCK", r"\d\d:\d\d:\d\d(?:\.\d+)?Z?"),
    (
        "DATE",
        r"\d{4}-\d\d-\d\dT?|[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4}",
    ),
    // How OpenSSL and LibreSSL call what they hash.
    ("HASH", r"(?:SHA2?-?256)?\(stdin\)"),
];

static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let groups = VARIABLE.map(|(word, pattern)| format!("(?P<{word}>{pattern})"));
    Regex::new(&groups.join("|")).ok()
});

/// `line` with a word in the place of everything that may differ from run to run:
/// ids, times, dates and the blanks in front of a time or at the end.
#[must_use]
pub fn normal(line: &str) -> String {
    let line = line.trim_end();
    let Some(pattern) = PATTERN.as_ref() else {
        return line.to_owned();
    };
    // A word may become part of what is replaced in its turn: connection=HASH.
    let (mut before, mut after) = (String::new(), line.to_owned());
    while after != before {
        before = after;
        after = replaced(pattern, &before);
    }
    after
}

fn replaced(pattern: &Regex, line: &str) -> String {
    let replaced = pattern.replace_all(line, |found: &Captures<'_>| {
        let word = VARIABLE
            .iter()
            .find_map(|(word, _)| found.name(word).map(|_| *word));
        match word {
            // What stands in front tells which one it is.
            Some("MILLISECONDS") => {
                let name = found[0].split('=').next().unwrap_or_default();
                format!("{name}=TIME")
            }
            Some("TIME") => " TIME".to_owned(),
            Some(word) => word.to_owned(),
            None => String::new(),
        }
    });
    replaced.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_differs_from_run_to_run_is_overlooked() {
        let same = [
            (
                "● POST /prod/webhook → 200  4.5 ms  62e86d4e-36d7-49a8-bac1-14ec6bd6d6ba",
                "● POST /prod/webhook → 200  1961 ms  97d8ddd9-19b4-485c-94f7-97a491951323",
            ),
            (
                "  lambda  PaymentWebhookHandler  Invoke              cold  success     4.0 ms",
                "  lambda  PaymentWebhookHandler  Invoke              cold  success  12345 ms",
            ),
            (
                r#"x | INFO received id="evt_a16ea0326f0148aebc499ac43adae9a7" bytes=1922"#,
                r#"x | INFO received id="evt_c0d47925981a431a9d06d3961731e7b2" bytes=1922"#,
            ),
            (
                r#"{ "id": "evt_f1f27667… message_id=0f94b7be-52b3-4118-91f4-842a8d069ba…"#,
                r#"{ "id": "evt_82472a919… message_id=6c370c0b-78ef-4765-b036-04d208902c…"#,
            ),
            (
                "websocket  POST @connections  200  0.1 ms  connection=m4O_-w43RpuDv_o=",
                "websocket  POST @connections  200  0.1 ms  connection=ncQVeoIRQ53EFXs=",
            ),
            (
                r#"PaymentConnections#1 | INFO connected id="2z92twjURNs_drY=""#,
                r#"PaymentConnections#1 | INFO connected id="aOUzKqUGQl-khL4=""#,
            ),
            (
                "● $connect → 101  0.4 ms  aOUzKqUGQlWkhL4=",
                "● $connect → 101  3.4 ms  -OUzKqUGQlWkhL4=",
            ),
            (
                r#""date": "Wed, 25 Nov 2026 08:15:00 GMT""#,
                r#""date": "Fri, 01 Jan 2027 00:00:00 GMT""#,
            ),
            (
                r#"metrics Accepted=1 ProcessingMilliseconds=6 milliseconds="917""#,
                r#"metrics Accepted=1 ProcessingMilliseconds=12 milliseconds="3""#,
            ),
            (
                "02-signature-checks is up after 6.29 s",
                "02-signature-checks is up after 0.31 s",
            ),
            (
                "it was signed 301 seconds ago",
                "it was signed 302 seconds ago",
            ),
            ("14:03:59  order.paid  ", "08:00:01  order.paid"),
            ("2026-11-25T08:15:00.123Z done", "2027-01-01T00:00:00Z done"),
            ("SHA2-256(stdin)= ab", "(stdin)= ab"),
            (
                "Root=1-5759e988-bd862e3fe1be46a994272793",
                "Root=1-00000000-bd862e3fe1be46a994272794",
            ),
        ];
        for (one, other) in same {
            assert_eq!(normal(one), normal(other));
        }
        assert_eq!(normal("connection=(stdin)"), "CONNECTION");
    }

    #[test]
    fn what_tells_something_stays() {
        for line in [
            "take no more than 300 seconds",
            "  RestApiInvokeUrl        http://127.0.0.1:4000/prod",
            r#"{"received":true,"id":"evt_3TutorialAAAA0001"}"#,
            "PaymentWebhookHandler#1 | INFO received bytes=1922 attempts=2",
            "  StripeToleranceSeconds  300",
            "cache=Miss from cloudfront viewer-request=ViewerAddress ran",
            "",
        ] {
            assert_eq!(normal(line), line);
        }
        assert_ne!(
            normal("Sent=1 Milliseconds=3"),
            normal("Sent=2 Milliseconds=3")
        );
    }

    proptest! {
        #[test]
        fn twice_is_as_once(line in "([0-9a-f]{1,9}|evt_|[ .:…=#-]|ms|m?s |T|Z|[mM]illiseconds=|connection|UUID|TIME|\\(stdin\\)|SHA2-256|[a-zA-Z]|\\PC){0,40}") {
            let once = normal(&line);
            prop_assert_eq!(normal(&once), once);
        }

        #[test]
        fn an_output_of_the_command_is_as_its_normal_form(
            id in "[0-9a-f]{32}", uuid in "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", time in 0.0..9999.0f64,
        ) {
            let line = format!("● POST → 200  {time:.1} ms  {uuid} id=evt_{id}");
            prop_assert_eq!(normal(&line), "● POST → 200 TIME  UUID id=ID");
        }
    }
}
