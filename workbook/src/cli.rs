//! The command line.

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::send::body::{DEFAULT_EVENT, event_names};
use crate::send::rate::Rate;
use crate::up::faults;

/// Payments on Lambda: run, send to, compare and start the steps of the book.
#[derive(Debug, Parser)]
#[command(
    name = "cargo workbook",
    bin_name = "cargo workbook",
    version,
    disable_help_subcommand = true,
    after_help = "Start with:\n  cargo workbook          the whole service on this machine; short for `cargo workbook up`\n  cargo workbook listen   a client, in a second terminal\n  cargo workbook send     a signed payment, from a third one\n  cargo workbook book     the book, in a browser"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// Reads the command line; the first word is the program. Nothing after it
    /// means `up`. Ends the program if the line is wrong, or asks for help.
    #[must_use]
    pub fn read(words: impl Iterator<Item = OsString>) -> Self {
        let mut words: Vec<OsString> = words.collect();
        if words.len() == 1 {
            words.push("up".into());
        }
        Self::parse_from(words)
    }
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build a step and run it on this machine, from its own template.yaml
    Up(Up),
    /// Sign a webhook and post it to what `up` runs, or to a deployed stack
    Send(Send),
    /// Show what a WebSocket client gets from what `up` runs, or from a deployed stack
    Listen(Listen),
    /// Send the events again that lie in the failure queue of what `up` runs
    Redrive(Redrive),
    /// Start a crate of your own to follow the book in
    New(New),
    /// List the steps
    #[command(after_help = "Example:\n  cargo workbook steps")]
    Steps,
    /// Show what changes from one step to another
    Diff(Diff),
    /// Say what a stack bills while nobody uses it, and what outlives `sam delete`
    Leftovers(Leftovers),
    /// Read the book in a browser
    Book(Book),
    /// Measure the functions against the numbers that were set for them
    Bench(Bench),
    /// Check what this machine has and say how to get what it lacks
    #[command(after_help = "Example:\n  cargo workbook doctor")]
    Doctor,
    /// Ends the functions of a sandbox that is gone; started by `up` itself.
    #[command(name = "__reaper", hide = true)]
    Reaper,
}

/// Options of `up`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  cargo workbook up                         the whole service
  cargo workbook up 3                       step 03
  cargo workbook up ../mine                 a folder made by `cargo workbook new`
  cargo workbook up 2 --param StripeToleranceSeconds=60
  cargo workbook up --fault 'sns-refuse*2'  the next two publishes fail
  cargo workbook up --param StripeEndpointSecret=$(stripe listen --print-secret)
                                            what `stripe listen --forward-to` sends fits
  cargo workbook up --json | jq .trail

With --json a trail is one object with every hop, however many clients there are; for people
equal hops are counted in one line.")]
pub struct Up {
    /// Number or name of a step, or a folder with a template.yaml. Left out:
    /// the step you are in, else final, else the latest
    #[arg(value_name = "STEP or PATH")]
    pub step: Option<String>,
    /// A template parameter, as in `sam deploy --parameter-overrides`; may be
    /// repeated
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub parameters: Vec<(String, String)>,
    /// First of the ports to listen on, one after the other: the REST API, the
    /// WebSocket API, the edge, the services
    #[arg(long, default_value_t = 4000, value_parser = clap::value_parser!(u16).range(1..=65_000))]
    pub port: u16,
    /// Build the functions with optimisations, as they are deployed
    #[arg(long)]
    pub release: bool,
    /// Do not rebuild when a file is saved
    #[arg(long)]
    pub no_watch: bool,
    /// Build nothing, now or when a file is saved: run what was built last
    #[arg(long)]
    pub no_build: bool,
    /// A failure to make: KIND[=LOGICAL_ID][*TIMES]; may be repeated (--help
    /// lists the kinds)
    #[arg(long = "fault", value_name = "FAULT", long_help = faults::help())]
    pub faults: Vec<sandbox::faults::Fault>,
    /// One JSON object a line on standard output; the first says `"ready":true`
    #[arg(long)]
    pub json: bool,
}

/// Options of `send`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  cargo workbook send                             a signed payment, answered with 200
  cargo workbook send --tamper                    body changed after signing: 401
  cargo workbook send --age 301                   signed too long ago: 401
  cargo workbook send --scheme hmac --event-type order.paid
  cargo workbook send --count 2000 --senders 16   a load, with a summary
  cargo workbook send --from 203.0.113.7          as from that address
  cargo workbook send --url https://abc.execute-api.eu-west-1.amazonaws.com/prod
  cargo workbook send --url d111111abcdef8.cloudfront.net

With --url the secret comes from --secret or the environment variable
WORKBOOK_SECRET, which keeps it out of the shell's history.
`stripe listen` signs with a secret of its own: start what shall take its events with
  cargo workbook up --param StripeEndpointSecret=$(stripe listen --print-secret)
and `send` knows it too.
The exit code is 0 if every answer is a 2xx, else 1.")]
pub struct Send {
    /// A sample event by name, or a file with a body
    #[arg(long, value_name = "NAME or FILE", default_value = DEFAULT_EVENT, long_help = event_help())]
    pub event: String,
    /// How to sign [default: stripe, or none if what `up` runs has no secret]
    #[arg(long, value_enum)]
    pub scheme: Option<Scheme>,
    /// Secret to sign with, instead of the one that `up` made up
    #[arg(long)]
    pub secret: Option<String>,
    /// Address the sandbox shall take the request to come from
    #[arg(long, value_name = "IP")]
    pub from: Option<IpAddr>,
    /// Signed that many seconds ago; a negative number is ahead of time
    #[arg(
        long,
        value_name = "SECONDS",
        allow_negative_numbers = true,
        default_value_t = 0
    )]
    #[arg(value_parser = clap::value_parser!(i64).range(-1_000_000_000..=1_000_000_000))]
    pub age: i64,
    /// Change the body after signing it
    #[arg(long)]
    pub tamper: bool,
    /// Keep the event's id; else every send carries a fresh one
    #[arg(long)]
    pub keep_id: bool,
    /// How many to send
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub count: u64,
    /// How many to start per second, e.g. 50/s [default: as fast as they go]
    #[arg(long, value_name = "N/s")]
    pub rate: Option<Rate>,
    /// How many to have under way at once, each on a connection of its own
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub senders: u16,
    /// Where to send: a deployed stack's URL or CloudFront name, with or
    /// without /webhook
    #[arg(long)]
    pub url: Option<String>,
    /// Way into what `up` runs [default: the edge if it has one]
    #[arg(long, value_enum, conflicts_with = "url")]
    pub via: Option<Via>,
    /// A further header; may be repeated
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    pub headers: Vec<(http::HeaderName, http::HeaderValue)>,
    /// Type of the event in X-Event-Type, for the generic scheme
    #[arg(long, value_name = "TYPE")]
    pub event_type: Option<http::HeaderValue>,
    /// One JSON object per answer on standard output
    #[arg(long)]
    pub json: bool,
}

/// How a webhook is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scheme {
    /// Stripe-Signature, with the time
    Stripe,
    /// X-Signature: hex HMAC-SHA256 of the body
    Hmac,
    /// Not at all
    None,
}

/// A way into the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Via {
    /// Through CloudFront
    Edge,
    /// To the REST API's own URL
    Regional,
}

/// Options of `listen`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  cargo workbook listen
  cargo workbook listen --count 1 | jq .type
  cargo workbook listen --url wss://abc.execute-api.eu-west-1.amazonaws.com/prod

On a terminal each message is a short line: time, type, id and as much of the payload as fits.
With --json or into a pipe it is one line of JSON: the payload exactly as it came, or, if it has
line ends, without the white space between its parts. What is not JSON becomes a JSON string.
Everything else goes to standard error.

The connection is kept alive (API Gateway drops a silent one after 10 minutes) and made anew when
the server ends it. What is sent in between is not seen: a WebSocket API keeps nothing. Ctrl-C
ends it with exit code 0.")]
pub struct Listen {
    /// A stack's output WebSocketApiUrl [default: what `up` runs]
    #[arg(long)]
    pub url: Option<String>,
    /// End after that many messages
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// One line of JSON per message, on a terminal too
    #[arg(long)]
    pub json: bool,
}

/// Options of `redrive`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  cargo workbook redrive --dry-run    what lies in the failure queue
  cargo workbook redrive              hand each event to the broadcaster again

An event leaves the queue only after the function took it without an error. It handles as many
as there are at its start, so one that fails again does not go round in circles.
The exit code is 0 if nothing failed and nothing came back into the queue, else 1.")]
pub struct Redrive {
    /// Logical id of the queue [default: that of the output FailureQueueUrl, or the only one]
    #[arg(long, value_name = "LOGICAL_ID")]
    pub queue: Option<String>,
    /// Logical id of the function [default: that of the output BroadcasterFunctionName]
    #[arg(long, value_name = "LOGICAL_ID")]
    pub function: Option<String>,
    /// Only show what is there
    #[arg(long)]
    pub dry_run: bool,
}

/// Options of `new`.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  cargo workbook new ../my-payments
  cd ../my-payments
  cargo test
  cargo workbook up")]
pub struct New {
    /// Folder to make; an existing one must be empty
    pub dir: PathBuf,
    /// Step to start from
    #[arg(long, value_name = "STEP", default_value = "01")]
    pub from: String,
}

/// Options of `diff`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  cargo workbook diff 1 2
  cargo workbook diff 2 3 --stat
  cargo workbook diff 3 ../my-payments")]
pub struct Diff {
    /// Step (or folder) to start from
    #[arg(value_name = "A")]
    pub from: String,
    /// Step (or folder) to arrive at
    #[arg(value_name = "B")]
    pub to: String,
    /// Only count the changed lines of each file
    #[arg(long)]
    pub stat: bool,
}

/// Options of `leftovers`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  cargo workbook leftovers            the whole service
  cargo workbook leftovers 4
  cargo workbook leftovers 5 --param EnableWebhookIpAllowList=true

It reads the template, and asks no account: what is there is on your bill, what would be there
is here.")]
pub struct Leftovers {
    /// Number or name of a step, or a folder with a template.yaml. Left out:
    /// the step you are in, else final, else the latest
    #[arg(value_name = "STEP or PATH")]
    pub step: Option<String>,
    /// A template parameter, as in `sam deploy --parameter-overrides`; may be
    /// repeated
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub parameters: Vec<(String, String)>,
}

/// Options of `book`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  cargo workbook book                 opens the book in a browser
  cargo workbook book --port 3001     where 3000 is taken
  cargo workbook book --build         only makes the pages, in target/book

The first time its builder is compiled, which takes a minute or two. While it runs, open pages
follow what is saved in the book and in the steps. Ctrl-C ends it.")]
pub struct Book {
    /// Port to listen on, on 127.0.0.1
    #[arg(long, default_value_t = 3000, value_parser = clap::value_parser!(u16).range(1..))]
    pub port: u16,
    /// Do not open a browser
    #[arg(long)]
    pub no_open: bool,
    /// Build the pages into target/book and end
    #[arg(long, conflicts_with_all = ["port", "no_open"])]
    pub build: bool,
}

/// Options of `bench`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  cargo workbook bench                      the numbers of the functions, and whether the goals are met
  cargo workbook bench --peers              and the same job in Python and Node, installed into target/
  cargo workbook bench --json figures.json  the same figures as JSON

Runs release binaries behind a Runtime API and AWS services that answer at once, all on this
machine. Ends within two minutes once everything is built. Close what else is busy: ratios hold
from one machine to the next, milliseconds do not.
The exit code is 0 if no goal is missed, else 1.")]
pub struct Bench {
    /// Measure the same job in Python and in Node too
    #[arg(long)]
    pub peers: bool,
    /// Write the figures to this file
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Only compare the bytes of the functions with bench/budgets.toml
    #[arg(long, conflicts_with_all = ["peers", "json"])]
    pub sizes: bool,
}

fn event_help() -> String {
    let names: Vec<String> = event_names().map(|name| format!("  {name}")).collect();
    format!(
        "A sample event by name, or a file with a body. The samples:\n{}",
        names.join("\n")
    )
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

fn header(text: &str) -> Result<(http::HeaderName, http::HeaderValue), String> {
    let (name, value) = text
        .split_once(':')
        .ok_or("write it as in HTTP, for example 'X-Team: payments'")?;
    let name = name
        .trim()
        .parse()
        .map_err(|_| format!("{name:?} is not a header name"))?;
    let value = value
        .trim()
        .parse()
        .map_err(|_| format!("{value:?} is not a header value"))?;
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parsed(arguments: &[&str]) -> Result<Command, clap::Error> {
        let all = ["workbook"].iter().chain(arguments);
        Cli::try_parse_from(all).map(|cli| cli.command)
    }

    #[test]
    fn no_subcommand_means_up() {
        let words = ["workbook".into()].into_iter();
        let Command::Up(up) = Cli::read(words).command else {
            panic!("not up")
        };
        assert_eq!((up.step, up.port), (None, 4000));
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_subcommand_shows_an_example_and_send_names_the_samples() {
        for command in Cli::command().get_subcommands_mut() {
            if !command.is_hide_set() {
                let help = command.render_long_help().to_string();
                let example = format!("cargo workbook {}", command.get_name());
                assert!(help.contains(&example), "{help}");
            }
        }
        let mut cli = Cli::command();
        let send = cli.find_subcommand_mut("send").unwrap();
        let help = send.render_long_help().to_string();
        assert!(event_names().all(|name| help.contains(name)), "{help}");
        let up = cli.find_subcommand_mut("up").unwrap();
        let help = up.render_long_help().to_string();
        let mut faults = sandbox::faults::kinds().map(|(name, _)| name);
        assert!(faults.all(|name| help.contains(name)), "{help}");
    }

    #[test]
    fn parameters_keep_what_follows_the_first_equals_sign() {
        let Ok(Command::Up(up)) = parsed(&["up", "3", "--param", "A=b=c", "--param", "D="]) else {
            panic!("not parsed")
        };
        assert_eq!(up.step.as_deref(), Some("3"));
        assert_eq!(
            up.parameters,
            [("A".into(), "b=c".into()), ("D".into(), String::new())]
        );
        assert!(parsed(&["up", "--param", "A"]).is_err());
        assert!(parsed(&["up", "--param", "=b"]).is_err());
    }

    #[test]
    fn an_age_may_be_negative_and_bounds_hold() {
        let Ok(Command::Send(send)) = parsed(&["send", "--age", "-301", "--rate", "50/s"]) else {
            panic!("not parsed")
        };
        assert_eq!(send.age, -301);
        for wrong in [
            ["send", "--senders", "257"],
            ["send", "--count", "0"],
            ["send", "--rate", "0"],
            ["send", "--from", "here"],
            ["send", "--header", "no colon"],
            ["send", "--header", "a b: c"],
            ["up", "--port", "0"],
            ["up", "--fault", "meteor"],
        ] {
            assert!(parsed(&wrong).is_err(), "{wrong:?}");
        }
    }
}
