//! Trails and log lines as a person reads them.

use std::time::Duration;

use sandbox::trail::{Service, Trail};

mod log;
mod row;

pub use log::log;
use row::{Row, failed, is_well, milliseconds, rows};

use crate::output::{BOLD, DIM, ERROR, GOOD, WARN, one_line, painted};

/// A trail: a line for the request, a line per hop, and one line for many equal
/// hops. A client that comes or goes without trouble is one line. Details beyond
/// a terminal's columns are cut, reasons never.
#[must_use]
pub fn trail(trail: &Trail, columns: Option<usize>) -> String {
    let mut text = header(trail);
    if is_smooth_coming_or_going(trail) {
        return text;
    }
    let rows = rows(&trail.hops);
    let width = |column: fn(&Row) -> &str| {
        rows.iter()
            .map(|row| column(row).chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths = [
        width(|row| &row.service),
        width(|row| &row.name),
        width(|row| &row.action),
        width(|row| &row.outcome),
    ];
    for row in rows {
        row.write(&mut text, widths, columns);
    }
    text
}

/// Whether it is nothing but a WebSocket client's successful `$connect` or
/// `$disconnect`.
fn is_smooth_coming_or_going(trail: &Trail) -> bool {
    let first = trail.hops.first();
    first.is_some_and(|hop| {
        hop.service == Service::WebSocket
            && ["$connect", "$disconnect"].contains(&hop.action.as_str())
    }) && trail.settled
        && trail.hops.iter().all(is_well)
}

fn header(trail: &Trail) -> String {
    let ok = trail.hops.iter().all(is_well);
    let failed = trail.hops.iter().any(failed);
    let (mark, style) = match (failed, ok) {
        (true, _) => ("✗", ERROR),
        (false, true) => ("●", GOOD),
        (false, false) => ("●", WARN),
    };
    let what = trail
        .hops
        .first()
        .map_or_else(String::new, |hop| match hop.parent {
            None => format!(
                "{} → {}",
                one_line(&hop.action, 200),
                one_line(&hop.outcome, 80)
            ),
            // The rest of a trail whose beginning has been told.
            Some(_) => format!("… {} {}", one_line(&hop.action, 200), hop.name),
        });
    let took = trail.hops.first().map_or(Duration::ZERO, |hop| hop.took);
    let more = if trail.settled { "" } else { ", more to come" };
    let rest = format!("{}  {}{more}", milliseconds(took), one_line(&trail.id, 40));
    format!(
        "{} {}  {}\n",
        painted(style, mark),
        painted(BOLD, &what),
        painted(DIM, &rest)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::BAD;
    use sandbox::trail::Hop;
    use std::collections::BTreeMap;

    fn hop(
        id: usize,
        parent: Option<usize>,
        service: Service,
        name: &str,
        action: &str,
        outcome: &str,
    ) -> Hop {
        Hop {
            id,
            parent,
            service,
            name: name.into(),
            action: action.into(),
            outcome: outcome.into(),
            ok: true,
            details: BTreeMap::new(),
            input: None,
            output: None,
            took: Duration::from_micros(8_240),
        }
    }

    fn rendered(hops: Vec<Hop>, settled: bool) -> String {
        rendered_in(None, hops, settled)
    }

    fn rendered_in(columns: Option<usize>, hops: Vec<Hop>, settled: bool) -> String {
        let whole = Trail {
            id: "7f1c".into(),
            started: 0,
            settled,
            hops,
        };
        let shown = trail(&whole, columns);
        anstream::adapter::strip_str(&shown).to_string()
    }

    #[test]
    fn details_end_at_the_edge_of_the_terminal_and_reasons_do_not() {
        let mut well = hop(0, None, Service::Rest, "Api", "POST /", "200");
        well.details.insert("key", "x".repeat(100).into());
        let mut failure = hop(1, Some(0), Service::Sns, "Topic", "Publish", "500");
        failure.ok = false;
        failure.details.insert("reason", "y".repeat(100).into());
        let hops = vec![well, failure];
        let text = rendered_in(Some(80), hops.clone(), true);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1].chars().count(), 80);
        assert!(
            lines[1].contains("key=x") && lines[1].ends_with('…'),
            "{text}"
        );
        assert!(lines[2].ends_with(&"y".repeat(100)), "{text}");
        let narrow = rendered_in(Some(20), hops, true);
        assert!(narrow.lines().nth(1).unwrap().ends_with(" ms"), "{narrow}");
    }

    #[test]
    fn an_accepted_webhook() {
        let mut function = hop(
            1,
            Some(0),
            Service::Lambda,
            "PaymentWebhookHandler",
            "Invoke",
            "ok",
        );
        function.details.insert("start", "cold".into());
        function.took = Duration::from_micros(154_321);
        let mut publish = hop(
            2,
            Some(1),
            Service::Sns,
            "PaymentEventsTopic",
            "Publish",
            "ok",
        );
        publish.details.insert("subscriptions", 1.into());
        publish.details.insert("from", "127.0.0.1".into());
        insta::assert_snapshot!(rendered(
            vec![
                hop(0, None, Service::Rest, "Api", "POST /prod/webhook", "200"),
                function,
                publish
            ],
            true,
        ));
    }

    #[test]
    fn a_refused_webhook_is_no_failure() {
        let mut request = hop(0, None, Service::Rest, "Api", "POST /prod/webhook", "401");
        request
            .details
            .insert("reason", "signature mismatch".into());
        let function = hop(
            1,
            Some(0),
            Service::Lambda,
            "PaymentWebhookHandler",
            "Invoke",
            "ok",
        );
        insta::assert_snapshot!(rendered(vec![request, function], true));
    }

    #[test]
    fn a_crash_says_why() {
        let mut request = hop(0, None, Service::Rest, "Api", "POST /prod/webhook", "502");
        request.ok = false;
        let mut function = hop(
            1,
            Some(0),
            Service::Lambda,
            "PaymentWebhookHandler",
            "Invoke",
            "Unhandled",
        );
        function.ok = false;
        function.details.insert(
            "error",
            "Runtime.ExitError: \u{1b}[31mexit status: 1\nnext line".into(),
        );
        insta::assert_snapshot!(rendered(vec![request, function], true));
    }

    #[test]
    fn a_later_attempt_says_that_it_goes_on() {
        let again = hop(
            3,
            Some(2),
            Service::Lambda,
            "PaymentBroadcaster",
            "Invoke (attempt 2)",
            "ok",
        );
        insta::assert_snapshot!(rendered(vec![again], false));
    }

    /// A broadcast to this many clients, each fiftieth of them gone.
    fn broadcast(clients: usize) -> Vec<Hop> {
        let mut hops = vec![
            hop(
                0,
                None,
                Service::CloudFront,
                "Distribution",
                "POST /webhook",
                "200",
            ),
            hop(
                1,
                Some(0),
                Service::Rest,
                "Api",
                "POST /prod/webhook",
                "200",
            ),
            hop(
                2,
                Some(1),
                Service::Waf,
                "WebAcl",
                "POST /prod/webhook",
                "ALLOW",
            ),
            hop(
                3,
                Some(1),
                Service::Lambda,
                "PaymentWebhookHandler",
                "Invoke",
                "success",
            ),
            hop(
                4,
                Some(3),
                Service::Sns,
                "PaymentEventsTopic",
                "Publish",
                "200",
            ),
            hop(
                5,
                Some(4),
                Service::Lambda,
                "PaymentBroadcaster",
                "Invoke",
                "success",
            ),
            hop(
                6,
                Some(5),
                Service::DynamoDb,
                "ConnectionsTable",
                "Scan",
                "200",
            ),
        ];
        hops[2].details.insert("rule", "AllowedViewers".into());
        for client in 0..clients {
            let (id, action) = (hops.len(), "POST @connections");
            let gone = client % 50 == 49;
            let outcome = if gone { "410" } else { "200" };
            let mut post = hop(
                id,
                Some(5),
                Service::WebSocket,
                "WebSocketApi",
                action,
                outcome,
            );
            post.ok = !gone;
            post.details
                .insert("connection", format!("L{client}=").into());
            hops.push(post);
            if gone {
                let (table, action) = ("ConnectionsTable", "DeleteItem");
                hops.push(hop(
                    id + 1,
                    Some(5),
                    Service::DynamoDb,
                    table,
                    action,
                    "200",
                ));
            }
        }
        hops
    }

    #[test]
    fn a_fan_out_is_counted_and_not_listed() {
        insta::assert_snapshot!(rendered(broadcast(5_000), true));
    }

    #[test]
    fn few_clients_are_shown_one_by_one() {
        insta::assert_snapshot!(rendered(broadcast(3), true));
    }

    #[test]
    fn a_client_that_comes_is_one_line_unless_something_is_wrong() {
        let coming = |outcome: &str| {
            let mut function = hop(
                1,
                Some(0),
                Service::Lambda,
                "Connections",
                "Invoke",
                "success",
            );
            function.details.insert("start", "warm".into());
            let connect = hop(
                0,
                None,
                Service::WebSocket,
                "WebSocketApi",
                "$connect",
                outcome,
            );
            rendered(vec![connect, function], true)
        };
        assert_eq!(coming("101").lines().count(), 1);
        assert_eq!(coming("502").lines().count(), 3);
    }

    #[test]
    fn what_the_firewall_blocks_is_told_with_the_rule() {
        let request = hop(0, None, Service::Rest, "Api", "POST /prod/webhook", "403");
        let mut firewall = hop(
            1,
            Some(0),
            Service::Waf,
            "WebAcl",
            "POST /prod/webhook",
            "BLOCK",
        );
        firewall.ok = false;
        firewall.details.insert("rule", "BlockWebhook".into());
        insta::assert_snapshot!(rendered(vec![request, firewall], true));
    }

    #[test]
    fn failures_are_red_and_successes_green() {
        let mut failure = hop(0, None, Service::Rest, "Api", "GET /", "502");
        failure.ok = false;
        let shown = |hop: Hop| {
            let whole = Trail {
                id: "1".into(),
                started: 0,
                settled: true,
                hops: vec![hop],
            };
            trail(&whole, None)
        };
        assert!(shown(failure).contains(&painted(BAD, "502")));
        assert!(
            shown(hop(0, None, Service::Rest, "Api", "GET /", "200"))
                .contains(&painted(GOOD, "200"))
        );
    }
}
