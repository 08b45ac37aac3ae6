//! The numbers to reach, and the measuring of each.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::broadcasts::{growth, pace, time};
use crate::building::Binaries;
use crate::certificate::Certificate;
use crate::error::{Result, failed};
use crate::figures::count;
use crate::load::Load;
use crate::peers::Peer;
use crate::process::Function;
use crate::report::Row;
use crate::run::Run;
use crate::sizes::Size;
use crate::warm::{self, Warm};
use crate::{processor, stack};

/// Megabytes that a binary may have, and packed.
const BINARY: (f64, f64) = (5.0, 2.3);
/// Posts whose pace is taken.
const POSTS: usize = 20_000;
/// What the sandbox is to carry.
const LOAD: Load = Load {
    rate: 500,
    seconds: 10,
    first: 0,
};
/// Of so many webhooks a second that are sent, so many are to arrive in time.
const ON_TIME: f64 = 0.99;

/// Everything that is measured.
pub struct Subjects {
    /// Final's binaries.
    pub binaries: Binaries,
    /// The least that a function can be.
    pub floor: Function,
    /// The same job in Python.
    pub python: Option<Peer>,
    /// And in Node.
    pub node: Option<Peer>,
}

impl Subjects {
    fn binary(&self, name: &str) -> Result<&Path> {
        let file = self.binaries.get(name);
        file.map(std::path::PathBuf::as_path)
            .ok_or_else(|| failed(format!("final has no binary {name}")))
    }

    /// Measures everything. What cannot be measured is a row that says why.
    pub fn measure(&self, run: &Run) -> Vec<Row> {
        let parts: [(&str, Part); 6] = [
            ("starts and webhooks", Self::webhooks),
            ("binary of the webhook", Self::sizes),
            ("one event to many clients", Self::fan_out),
            ("posts per second", Self::posts),
            ("500 webhooks per second through the sandbox", Self::load),
            ("1,000 to 100,000 clients", Self::scale),
        ];
        let mut rows = Vec::new();
        for (what, measure) in parts {
            eprintln!("measuring: {what}");
            match measure(self, run) {
                Ok(more) => rows.extend(more),
                Err(failure) => rows.push(Row::failed(what, &failure)),
            }
        }
        rows
    }

    fn webhooks(&self, run: &Run) -> Result<Vec<Row>> {
        let rust = Function::binary(self.binary("webhook")?);
        let python = self.python.as_ref().map(|peer| &peer.webhook);
        let node = self.node.as_ref().map(|peer| &peer.webhook);
        let all: Vec<&Function> = [Some(&rust), python, node].into_iter().flatten().collect();
        let mut measured = warm::measure(&all, &self.floor, run)?.into_iter();
        let rust = measured.next().unwrap_or_default();
        let python = python.and_then(|_| measured.next());
        let node = node.and_then(|_| measured.next());
        let floor = measured.next().unwrap_or_default();

        let row = |what: &str, unit, of: fn(&Warm) -> Option<f64>| {
            let floor =
                of(&floor).map_or_else(String::new, |floor| format!("floor {floor:.2} {unit}"));
            Row::of(what, of(&rust), unit)
                .beside(python.as_ref().and_then(of), node.as_ref().and_then(of))
                .noting(floor)
        };
        Ok(vec![
            row("start to first poll", "ms", |warm| Some(warm.first_poll)).times(25.0, Some(15.0)),
            row("first event", "ms", |warm| Some(warm.first_event)),
            row("warm webhook, p50", "ms", |warm| Some(warm.p50)).times(4.0, Some(4.0)),
            row("warm webhook, p99", "ms", |warm| Some(warm.p99)),
            row("processor time per webhook", "ms", |warm| warm.processor).times(6.0, None),
            row("peak memory", "MB", |warm| warm.memory).times(5.0, Some(10.0)),
        ])
    }

    fn sizes(&self, _: &Run) -> Result<Vec<Row>> {
        let file = self.binary("webhook")?;
        let Some(size) = Size::of(file)? else {
            let row = Row::of("binary of the webhook", None, "MB");
            return Ok(vec![row.noting("not measured here: no program for Lambda")]);
        };
        let name = size.architecture.name();
        let megabytes = |bytes: usize| count(bytes) / 1e6;
        Ok(vec![
            Row::of(
                format!("binary of the webhook, {name}"),
                megabytes(size.bytes),
                "MB",
            )
            .at_most(BINARY.0),
            Row::of("    packed", megabytes(size.packed), "MB").at_most(BINARY.1),
        ])
    }

    fn fan_out(&self, run: &Run) -> Result<Vec<Row>> {
        let rust = Function::binary(self.binary("broadcaster")?);
        let to_100 = |peer: &Option<Peer>| {
            let time = |peer: &Peer| time(&peer.broadcaster, run, 100, Duration::ZERO, 15);
            peer.as_ref().map(time).transpose()
        };
        let hundred = time(&rust, run, 100, Duration::ZERO, 15)?;
        let thousand = time(&rust, run, 1_000, Duration::from_millis(20), 5)?;
        Ok(vec![
            Row::of("one event to 100 clients", hundred, "ms")
                .beside(to_100(&self.python)?, to_100(&self.node)?)
                .times(7.0, Some(2.0)),
            Row::of("one event to 1,000 clients, 20 ms each", thousand, "ms").at_most(250.0),
        ])
    }

    fn posts(&self, run: &Run) -> Result<Vec<Row>> {
        let rust = Function::binary(self.binary("broadcaster")?);
        let plain = pace(&rust, run, POSTS, None)?;
        let certificate = Arc::new(Certificate::make(&run.logs)?);
        let secure = pace(&rust, run, POSTS, Some(certificate))?;
        let cost = |of: Option<f64>| {
            of.map_or_else(String::new, |cost| {
                format!(", {cost:.0} us of processor time each")
            })
        };
        let place = match processor::two_cores() {
            Some(_) => "one core, the stub on another",
            None => "on any core, shared with the stub",
        };
        let tls = secure.processor.zip(plain.processor);
        Ok(vec![
            Row::of("posts per second, one broadcaster", plain.per_second, "/s")
                .at_least(10_000.0)
                .noting(format!("{place}{}", cost(plain.processor))),
            Row::of("    over TLS", secure.per_second, "/s")
                .noting(format!("{place}{}", cost(secure.processor))),
            Row::of(
                "    processor time of TLS per post",
                tls.map(|(with, without)| with - without),
                "us",
            ),
        ])
    }

    fn load(&self, _: &Run) -> Result<Vec<Row>> {
        let carried = stack::carry(&self.binaries, LOAD)?;
        let lost = LOAD.count() - carried.accepted;
        let goal = count(LOAD.rate) * ON_TIME;
        let mut accepted =
            Row::of("sandbox, webhooks per second, accepted", carried.rate, "/s").at_least(goal);
        if lost > 0 {
            accepted.met = Some(false);
            accepted = accepted.noting(format!("{lost} of {} were not accepted", LOAD.count()));
        }
        Ok(vec![
            accepted,
            Row::of(
                "    of their messages to 10 listeners, lost",
                count(carried.lost),
                "",
            )
            .at_most(0.0),
            Row::of("    and twice", count(carried.twice), ""),
        ])
    }

    fn scale(&self, run: &Run) -> Result<Vec<Row>> {
        let rust = Function::binary(self.binary("broadcaster")?);
        let growth = growth(&rust, run)?;
        let memory = growth.memory_of_many.zip(growth.memory_of_few);
        let difference = memory.map(|(many, few)| many - few);
        let row = Row::of("memory, 100,000 against 1,000 clients", difference, "MB").at_most(10.0);
        let row = match memory {
            Some((many, few)) => {
                row.noting(format!("{few:.1} MB with 1,000, {many:.1} MB with 100,000"))
            }
            None => row.noting("not measured here"),
        };
        Ok(vec![
            row,
            Row::of("time, 100,000 against 10,000 clients", growth.time, "x").at_most(10.5),
        ])
    }
}

type Part = fn(&Subjects, &Run) -> Result<Vec<Row>>;
