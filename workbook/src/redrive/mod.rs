//! `redrive`: sends the events of a failure queue again.

mod commands;
mod failure;

use std::process::ExitCode;
use std::time::Duration;

use self::failure::{came_back, words};
use crate::cli;
use crate::error::{Result, failed, usage};
use crate::output::{BAD, DIM, GOOD, WARN, counted, painted, print};
use crate::project::{Project, current_dir};
use crate::services::{Message, Services};
use crate::up::paste::Shell;
use crate::up::state::{self, Running};
use crate::up::stop::Stop;

/// Output that is the URL of the failure queue.
const QUEUE: &str = "FailureQueueUrl";
/// Output that is the name of the function that broadcasts.
const FUNCTION: &str = "BroadcasterFunctionName";
/// How long nobody else gets the messages that are being sent again.
const HIDDEN: Duration = Duration::from_secs(15 * 60);
/// Where an event may be that is expected in an empty queue.
const PENDING: &str = "An event whose function failed gets here only after Lambda tried it twice \
                       more by itself, after one and two minutes.";

/// Invokes the function with each message of the queue.
///
/// # Errors
/// If nothing is running, or it has no such queue or function.
pub fn run(options: &cli::Redrive) -> Result<ExitCode> {
    let current = current_dir()?;
    let found = state::find(&Project::find(&current)?.target_dir(), &current);
    found.tell();
    let running = found.need(
        "; for a deployed stack, the three `aws` commands that this command prints do the same",
    )?;
    let queue = queue(options, &running)?;
    let function = function(options, &running)?;
    let services = running.services.as_deref().ok_or_else(|| {
        failed(format!(
            "{} has no services to call; start it again with `cargo workbook up`",
            running.step
        ))
    })?;
    let redrive = Redrive {
        services: Services::at(services)?,
        queue,
        function,
        dry_run: options.dry_run,
        new: Vec::new(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| failed(format!("cannot start: {error}")))?;
    runtime.block_on(redrive.run())
}

/// URL of the queue that is meant.
fn queue(options: &cli::Redrive, running: &Running) -> Result<String> {
    let names = || {
        running
            .queues
            .keys()
            .cloned()
            .collect::<Vec<_>>()
            .join(", ")
    };
    if let Some(id) = &options.queue {
        let url = running.queues.get(id).cloned();
        return url.ok_or_else(|| match running.queues.is_empty() {
            true => usage(format!("{} has no queue", running.step)),
            false => usage(format!(
                "{} has no queue {id}; it has {}",
                running.step,
                names()
            )),
        });
    }
    if let Some(url) = running.output(QUEUE) {
        return Ok(url.to_owned());
    }
    let mut urls = running.queues.values();
    match (urls.next(), urls.next()) {
        (None, _) => Err(failed(format!(
            "{} has no failure queue; run a later step, `cargo workbook steps` lists them",
            running.step
        ))),
        (Some(url), None) => Ok(url.clone()),
        (Some(_), Some(_)) => Err(usage(format!(
            "which queue? Name one of {} with --queue",
            names()
        ))),
    }
}

/// Name of the function that is meant.
fn function(options: &cli::Redrive, running: &Running) -> Result<String> {
    let names = || {
        running
            .functions
            .keys()
            .cloned()
            .collect::<Vec<_>>()
            .join(", ")
    };
    match &options.function {
        Some(id) => running.functions.get(id).cloned().ok_or_else(|| {
            usage(format!(
                "{} has no function {id}; it has {}",
                running.step,
                names()
            ))
        }),
        None => running.output(FUNCTION).map(str::to_owned).ok_or_else(|| {
            usage(format!(
                "which function? Name one of {} with --function",
                names()
            ))
        }),
    }
}

struct Redrive {
    services: Services,
    /// URL.
    queue: String,
    /// Name.
    function: String,
    dry_run: bool,
    /// What came into the queue meanwhile.
    new: Vec<Message>,
}

/// What became of a message.
enum Outcome {
    /// It left the queue.
    Done,
    /// It left the queue, and what is left of it is a new message.
    CameBack,
    /// It is to be seen again.
    Stays,
}

impl Redrive {
    async fn run(mut self) -> Result<ExitCode> {
        let mut stop = Stop::listen()?;
        anstream::eprintln!("{}", painted(DIM, &self.on_aws()));
        // All of them first: what fails again may come back as a new message.
        let messages = self.receive_all().await?;
        if messages.is_empty() {
            anstream::eprintln!("{}\n{PENDING}", painted(GOOD, "The queue is empty."));
            return Ok(ExitCode::SUCCESS);
        }
        let mut stay = Vec::new();
        let mut back = 0;
        let mut trouble = None;
        for message in &messages {
            let outcome = match trouble {
                // What is not tried is to be seen again, too.
                Some(_) => Ok(Outcome::Stays),
                None => self.again(message, &mut stop).await,
            };
            match outcome {
                Ok(Outcome::Done) => {}
                Ok(Outcome::CameBack) => back += 1,
                Ok(Outcome::Stays) => stay.push(message),
                Err(error) => {
                    trouble = Some(error);
                    stay.push(message);
                }
            }
        }
        for message in stay.iter().copied().chain(&self.new) {
            self.services.release(&self.queue, message).await?;
        }
        match trouble {
            Some(error) => Err(error),
            None => self.sum_up(messages.len(), stay.len(), back),
        }
    }

    /// Everything that can be received, hidden from others.
    async fn receive_all(&mut self) -> Result<Vec<Message>> {
        let mut messages = Vec::new();
        loop {
            let more = self.services.receive(&self.queue, HIDDEN).await?;
            if more.is_empty() {
                return Ok(messages);
            }
            messages.extend(more);
        }
    }

    /// Sends one again and says what came of it.
    async fn again(&mut self, message: &Message, stop: &mut Stop) -> Result<Outcome> {
        let why = words(&message.body);
        let id = painted(DIM, &message.message_id);
        if self.dry_run {
            print(&format!("{} {id}  {why}\n", painted(WARN, "●")))?;
            return Ok(Outcome::Stays);
        }
        let invoked = tokio::select! {
            invoked = self.services.invoke(&self.function, message.body.clone()) => invoked?,
            () = stop.asked() => {
                return Err(failed("stopped before all messages were sent again"));
            }
        };
        if let Err(error) = invoked {
            let error = painted(BAD, &error);
            print(&format!("{} {id}  {why} → {error}\n", painted(BAD, "✗")))?;
            return Ok(Outcome::Stays);
        }
        self.services.delete(&self.queue, message).await?;
        // The broadcaster is done also with an event that did not reach everyone:
        // it keeps what is left in the queue.
        let new = self.receive_all().await?;
        let left = new.iter().find(|new| came_back(&message.body, &new.body));
        let outcome = match left {
            Some(left) => {
                let text = format!("came back, {}", words(&left.body));
                let text = painted(BAD, &text);
                print(&format!("{} {id}  {why} → {text}\n", painted(BAD, "✗")))?;
                Outcome::CameBack
            }
            None => {
                let mark = painted(GOOD, "✓");
                print(&format!("{mark} {id}  {why} → sent again\n"))?;
                Outcome::Done
            }
        };
        self.new.extend(new);
        Ok(outcome)
    }

    fn sum_up(&self, all: usize, stay: usize, back: usize) -> Result<ExitCode> {
        let all_of_them = counted(all, "message");
        let (style, text) = match (self.dry_run, stay, back) {
            (true, ..) => (
                WARN,
                format!("{all_of_them} in the queue; nothing was sent"),
            ),
            (false, 0, 0) => (GOOD, format!("{all_of_them} sent again")),
            (false, ..) => (
                BAD,
                format!(
                    "{} of {all_of_them} sent again; {back} came back, {stay} in the queue as before",
                    all - stay - back
                ),
            ),
        };
        print(&format!("{}\n", painted(style, &text)))?;
        if back > 0 {
            let text = format!(
                "What came back says why it did not reach everyone this time either. Mend that, \
                 then run this once more. An event above 128 KB never fits into a message to a \
                 WebSocket client; this drops it and all else in the queue:\n  \
                 aws --endpoint-url {} sqs purge-queue --queue-url {}",
                self.services.url(),
                self.queue
            );
            anstream::eprintln!("{}", painted(WARN, &text));
        }
        let failed = !self.dry_run && stay + back > 0;
        Ok(ExitCode::from(u8::from(failed)))
    }

    /// What does the same for a deployed stack.
    fn on_aws(&self) -> String {
        let Self {
            queue, function, ..
        } = self;
        format!(
            "On AWS the same is three `aws` commands for each message, with the deployed stack's \
             own outputs {QUEUE} and {FUNCTION} (here {queue} and {function}). None in place of \
             a message means that the queue is empty: stop there. Delete only what was invoked without a \
             FunctionError; what did not reach everyone comes back as a new message.\n{}",
            commands::on_aws(Shell::here(), queue, function)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;

    fn options(arguments: &[&str]) -> cli::Redrive {
        let all = ["workbook", "redrive"].iter().chain(arguments);
        match Cli::try_parse_from(all).unwrap().command {
            Command::Redrive(options) => options,
            other => panic!("{other:?}"),
        }
    }

    fn running(queues: &[&str], outputs: &[&str]) -> Running {
        let named = |names: &[&str], prefix: &str| {
            let names = names.iter();
            names
                .map(|name| ((*name).to_owned(), format!("{prefix}{name}")))
                .collect()
        };
        Running {
            step: "04-websocket-broadcast".into(),
            queues: named(queues, "url-of-"),
            functions: named(&["A", "B"], "name-of-"),
            outputs: named(outputs, "output-"),
            ..Running::default()
        }
    }

    #[test]
    fn the_queue_is_the_one_that_is_named_or_put_out_or_the_only_one() {
        let of = |arguments: &[&str], running: &Running| {
            queue(&options(arguments), running).map_err(|error| error.to_string())
        };
        let two = running(&["A", "B"], &[]);
        assert_eq!(of(&["--queue", "B"], &two).unwrap(), "url-of-B");
        assert_eq!(of(&[], &running(&["A"], &[])).unwrap(), "url-of-A");
        assert_eq!(
            of(&[], &running(&["A", "B"], &[QUEUE])).unwrap(),
            "output-FailureQueueUrl"
        );
        assert!(of(&[], &two).unwrap_err().contains("A, B with --queue"));
        assert!(
            of(&["--queue", "C"], &two)
                .unwrap_err()
                .contains("it has A, B")
        );
        assert!(
            of(&[], &running(&[], &[]))
                .unwrap_err()
                .contains("no failure queue")
        );
    }

    #[test]
    fn the_function_is_the_one_that_is_named_or_put_out() {
        let of = |arguments: &[&str], running: &Running| {
            function(&options(arguments), running).map_err(|error| error.to_string())
        };
        let put_out = running(&[], &[FUNCTION]);
        assert_eq!(of(&[], &put_out).unwrap(), "output-BroadcasterFunctionName");
        assert_eq!(of(&["--function", "A"], &put_out).unwrap(), "name-of-A");
        assert!(
            of(&["--function", "C"], &put_out)
                .unwrap_err()
                .contains("it has A, B")
        );
        assert!(
            of(&[], &running(&[], &[]))
                .unwrap_err()
                .contains("A, B with --function")
        );
    }
}
