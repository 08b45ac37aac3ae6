//! The life of `up`: build, start, follow what is saved, stop.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sandbox::template::model::Stack;
use sandbox::{Options, Ports, Sandbox, template};
use serde_json::json;

use super::build::{Binaries, Needed};
use super::faults;
use super::parameters;
use super::paste::Shell;
use super::printer::Printer;
use super::ready::{Ready, webhook_route};
use super::state::{Running, StateFile};
use super::stop::{INTERRUPTED, Stop};
use super::watch::{Change, Changes};
use crate::cli;
use crate::error::{Error, Result, failed};
use crate::output::{BAD, DIM, GOOD, painted};
use crate::project::{Project, Target, current_dir};
use crate::secrets::{BY_REFERENCE, local_secret};

/// How long background work may take to end once everything is stopped.
const END: Duration = Duration::from_secs(2);

/// Runs a step until Ctrl-C, which is its normal end: exit code 0. Interrupted
/// before the step ran, it is exit code 130, so that `up && …` does not go on.
///
/// # Errors
/// If the step cannot be built or started.
pub fn run(options: &cli::Up) -> Result<ExitCode> {
    let current = current_dir()?;
    let project = Project::find(&current)?;
    let target = match &options.step {
        Some(text) => project.resolve(text, &current)?,
        None => project.default_target(&current)?,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| failed(format!("cannot start: {error}")))?;
    let up = Up {
        options,
        target,
        project,
        printer: Printer::start(options.json),
    };
    let result = runtime.block_on(up.run());
    runtime.shutdown_timeout(END);
    result
}

struct Up<'a> {
    options: &'a cli::Up,
    target: Target,
    project: Project,
    printer: Printer,
}

/// What the template asks for, read once and again when it is saved.
struct Plan {
    parameters: BTreeMap<String, String>,
    needed: Needed,
    /// How many ports it takes.
    listeners: u16,
}

impl Up<'_> {
    async fn run(&self) -> Result<ExitCode> {
        let mut stop = Stop::listen()?;
        let began = Instant::now();
        let plan = self.plan()?;
        self.check_ports(plan.listeners)?;
        if !self.options.no_build {
            self.say(&painted(DIM, &format!("Building {}", self.target.name)));
        }
        let binaries = tokio::select! {
            built = self.build(&plan) => built?,
            () = stop.asked() => {
                self.say(&painted(DIM, "Stopped."));
                return Ok(ExitCode::from(INTERRUPTED));
            }
        };
        // From before the start, so that nothing that is saved is missed.
        let changes = self.watch(&plan);
        let sandbox = self.start(&plan, binaries).await?;
        let ready = self.ready(&sandbox, began.elapsed(), changes.watching());
        let state = self.write_state(&sandbox, &ready)?;
        match self.options.json {
            true => self.printer.json(ready.json()),
            false => self.printer.text(ready.text(Shell::here())),
        }
        tokio::select! {
            () = self.follow(&sandbox, plan, changes, state) => {}
            () = stop.asked() => {}
            () = self.printer.reader_gone() => {}
        }
        sandbox.shutdown().await;
        self.say(&painted(DIM, "Stopped."));
        Ok(ExitCode::SUCCESS)
    }

    fn plan(&self) -> Result<Plan> {
        let path = self.target.template();
        let parameters = parameters::of_template(&path, &self.options.parameters)?;
        let stack =
            template::load(&path, &parameters).map_err(|error| failed(error.to_string()))?;
        faults::check(&self.options.faults, &stack)?;
        Ok(Plan {
            parameters,
            needed: Needed::of(&stack),
            listeners: listeners(&stack),
        })
    }

    async fn build(&self, plan: &Plan) -> Result<Binaries> {
        let release = self.options.release;
        if self.options.no_build {
            return plan.needed.built(&self.project, release);
        }
        plan.needed.build(self.project.root(), release).await
    }

    /// Refuses ports in use before the build and not a minute later.
    fn check_ports(&self, count: u16) -> Result<()> {
        let first = self.options.port;
        for port in first..=first.saturating_add(count.saturating_sub(1)) {
            match std::net::TcpListener::bind(("127.0.0.1", port)) {
                Err(error) if error.kind() == ErrorKind::AddrInUse => return Err(in_use(port)),
                // Any other trouble shows, with its reason, at the start.
                _ => {}
            }
        }
        Ok(())
    }

    async fn start(&self, plan: &Plan, binaries: Binaries) -> Result<Sandbox> {
        // On Windows a job object ends the functions with this process.
        let reaper = match std::env::current_exe() {
            Ok(program) if cfg!(unix) => Some((program, vec!["__reaper".to_owned()])),
            _ => None,
        };
        let started = Sandbox::start(Options {
            parameters: plan.parameters.clone(),
            secrets: secrets_beside(&plan.parameters),
            binaries,
            ports: Ports::From(self.options.port),
            console: self.printer.console(),
            faults: self.options.faults.clone(),
            reaper,
            ..Options::new(self.target.template())
        });
        started.await.map_err(|error| refused(&error))
    }

    fn watch(&self, plan: &Plan) -> Changes {
        if self.options.no_watch || self.options.no_build {
            return Changes::none();
        }
        let watched = Changes::watch(&self.target.template(), plan.needed.crates());
        watched.unwrap_or_else(|error| {
            self.say(&painted(
                BAD,
                &format!("Saved files will not be rebuilt: {error}"),
            ));
            Changes::none()
        })
    }

    fn ready(&self, sandbox: &Sandbox, took: Duration, watching: bool) -> Ready {
        let stack = sandbox.stack();
        let given = self.options.parameters.iter().map(|(name, _)| name.clone());
        Ready {
            step: self.target.name.clone(),
            outputs: sandbox.outputs(),
            parameters: stack.parameters.clone(),
            given: given.collect::<BTreeSet<_>>(),
            inert: stack.inert.clone(),
            route: webhook_route(&stack),
            services: sandbox.services_url(),
            took,
            watching,
        }
    }

    /// Writes down for other commands what is running, if webhooks can be sent
    /// there.
    fn write_state(&self, sandbox: &Sandbox, ready: &Ready) -> Result<Option<StateFile>> {
        let Some(url) = ready.webhook_base() else {
            return Ok(None);
        };
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let stack = sandbox.stack();
        let outputs = ready.outputs.iter();
        let outputs = outputs.map(|one| (one.name.clone(), one.value.clone()));
        let queues = stack.queues.iter();
        let queues = queues.map(|one| (one.logical_id.clone(), one.url.clone()));
        let functions = stack.functions.iter();
        let functions = functions.map(|one| (one.logical_id.clone(), one.name.clone()));
        let running = Running {
            pid: std::process::id(),
            step: ready.step.clone(),
            dir: self.target.dir.clone(),
            url: url.to_owned(),
            route: ready.route.clone(),
            secrets: ready.secrets(),
            secret: ready.secret().map(str::to_owned),
            outputs: outputs.collect(),
            services: ready.services.clone(),
            queues: queues.collect(),
            functions: functions.collect(),
            started: u64::try_from(now.as_millis()).unwrap_or(u64::MAX),
        };
        StateFile::write(&self.project.target_dir(), self.options.port, &running).map(Some)
    }

    /// Brings everything up to date whenever something is saved. What is saved
    /// during a build waits in `changes` and is built after it; what could not be
    /// built or started is tried again with the next change.
    async fn follow(
        &self,
        sandbox: &Sandbox,
        mut plan: Plan,
        mut changes: Changes,
        mut state: Option<StateFile>,
    ) {
        let mut pending = Change::default();
        loop {
            pending = pending.and(changes.next().await);
            let began = Instant::now();
            self.say(&painted(DIM, "Saved; building"));
            let updated = self.update(sandbox, &mut plan, pending, &mut changes).await;
            let updated = updated.and_then(|()| {
                if pending.template {
                    // Its deletion must come before the next one is written.
                    drop(state.take());
                    let ready = self.ready(sandbox, began.elapsed(), changes.watching());
                    state = self.write_state(sandbox, &ready)?;
                }
                Ok(())
            });
            if updated.is_ok() {
                pending = Change::default();
            }
            self.tell_updated(began.elapsed(), updated);
        }
    }

    async fn update(
        &self,
        sandbox: &Sandbox,
        plan: &mut Plan,
        change: Change,
        changes: &mut Changes,
    ) -> Result<()> {
        if !change.template {
            let binaries = self.build(plan).await?;
            return sandbox
                .replace_binaries(&binaries)
                .await
                .map_err(|error| refused(&error));
        }
        let new = self.plan()?;
        // The functions may come from other folders now. Before the build: if it
        // fails, it may be mended there.
        changes.watch_too(new.needed.crates());
        let binaries = self.build(&new).await?;
        sandbox
            .reload(&new.parameters, &binaries)
            .await
            .map_err(|error| refused(&error))?;
        *plan = new;
        Ok(())
    }

    fn tell_updated(&self, took: Duration, updated: Result<()>) {
        let seconds = (took.as_secs_f64() * 100.0).round() / 100.0;
        match (updated, self.options.json) {
            (Ok(()), true) => {
                self.printer
                    .json(json!({"rebuilt": true, "seconds": seconds}).to_string());
            }
            (Ok(()), false) => {
                self.say(&painted(
                    GOOD,
                    &format!("The new version answers, after {seconds:.2} s."),
                ));
            }
            (Err(error), true) => {
                let line = json!({"rebuilt": false, "error": error.to_string()});
                self.printer.json(line.to_string());
            }
            (Err(error), false) => {
                self.say(&painted(BAD, &format!("{error}\nThe old version goes on.")));
            }
        }
    }

    fn say(&self, text: &str) {
        self.printer.text(format!("{text}\n"));
    }
}

/// The secret that a parameter names, with what it holds here.
fn secrets_beside(parameters: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let arn = parameters.get(BY_REFERENCE).filter(|arn| !arn.is_empty());
    let held = json!(local_secret()).to_string();
    arn.map(|arn| (arn.clone(), held)).into_iter().collect()
}

/// How many listeners the stack has, each with a port.
fn listeners(stack: &Stack) -> u16 {
    let count = stack.rest_apis.len() + stack.websocket_apis.len() + stack.distributions.len();
    let services = !stack.topics.is_empty() || !stack.queues.is_empty() || !stack.tables.is_empty();
    u16::try_from(count + usize::from(services)).unwrap_or(u16::MAX)
}

fn refused(error: &sandbox::Error) -> Error {
    if let sandbox::Error::PortInUse { port, .. } = error {
        return in_use(*port);
    }
    failed(error.to_string())
}

fn in_use(port: u16) -> Error {
    let other = port.checked_add(100).unwrap_or(4000);
    failed(format!(
        "port {port} on 127.0.0.1 is in use, perhaps by another `cargo workbook up`; \
         stop that, or choose other ports, for example with --port {other}"
    ))
}
