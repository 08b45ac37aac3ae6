//! A function as a process, and the cloud around it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::cloud::{Cloud, Idle, Invocation, Settings};
use crate::error::{Result, cannot, failed};
use crate::events;
use crate::processor::{self, Usage};
use crate::run::Run;

/// Variables of the machine that a process may need and that say nothing about
/// its user. All else stays outside: `HOME` leads to AWS credentials.
const PASSED_ON: [&str; 6] = ["PATH", "SystemRoot", "SystemDrive", "TEMP", "TMP", "TMPDIR"];

/// What everything that is measured is told.
const VARIABLES: [(&str, &str); 20] = [
    ("AWS_REGION", "us-east-1"),
    ("AWS_DEFAULT_REGION", "us-east-1"),
    ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/bench"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/25/[$LATEST]bench"),
    ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
    ("LANG", "en_US.UTF-8"),
    ("TZ", ":UTC"),
    // Made up, so that the SDKs sign; nobody checks them.
    ("AWS_ACCESS_KEY_ID", "BENCHACCESSKEY"),
    ("AWS_SECRET_ACCESS_KEY", "bench"),
    ("AWS_SESSION_TOKEN", "bench"),
    // Where an SDK would look for the user's own.
    ("AWS_EC2_METADATA_DISABLED", "true"),
    ("AWS_CONFIG_FILE", "none"),
    ("AWS_SHARED_CREDENTIALS_FILE", "none"),
    ("STRIPE_ENDPOINT_SECRET", events::SECRET),
    ("STRIPE_TOLERANCE_SECONDS", "300"),
    ("TOPIC_ARN", "arn:aws:sns:us-east-1:123456789012:bench"),
    ("TABLE_NAME", "bench"),
];

/// How long a process may take to ask for its first event.
const START: Duration = Duration::from_secs(20);

/// How often it is looked whether a process is still there.
const LOOK: Duration = Duration::from_millis(200);

/// How a function is run.
#[derive(Clone, Debug)]
pub struct Function {
    /// What it is called in the log.
    pub name: String,
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The folder that it runs in.
    pub folder: PathBuf,
}

impl Function {
    /// A program that is the whole function.
    pub fn binary(path: &Path) -> Self {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let folder = path.parent().unwrap_or(Path::new("."));
        Self {
            name: name.into_owned(),
            program: path.to_owned(),
            arguments: Vec::new(),
            folder: folder.to_owned(),
        }
    }
}

/// A function that has asked for its first event.
pub struct Running {
    cloud: Cloud,
    child: Ended,
    name: String,
    log: PathBuf,
    /// From the start of the process to its first poll.
    pub first_poll: Duration,
}

/// Ends its process when it goes.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    /// Starts a function on `core`, or on any.
    ///
    /// # Errors
    /// If it cannot be started, or does not ask for an event.
    pub fn start(
        function: &Function,
        run: &Run,
        core: Option<usize>,
        settings: Settings,
    ) -> Result<Self> {
        let trusted = settings.certificate.clone();
        let cloud = Cloud::start(settings)?;
        let log = run.logs.join(format!("{}.log", function.name));
        let output = File::create(&log).map_err(cannot(format_args!("write {}", log.display())))?;
        let errors = output.try_clone().map_err(cannot("share a file"))?;
        let mut command = Command::new(&function.program);
        command
            .args(&function.arguments)
            .current_dir(&function.folder)
            .env_clear()
            .envs(
                PASSED_ON
                    .iter()
                    .filter_map(|name| Some((name, std::env::var(name).ok()?))),
            )
            .envs(VARIABLES)
            .env("LAMBDA_TASK_ROOT", &function.folder)
            .envs(cloud.variables())
            .env("FAILURE_QUEUE_URL", "http://127.0.0.1/123456789012/bench")
            .envs(
                trusted
                    .iter()
                    .map(|trusted| ("SSL_CERT_FILE", trusted.file())),
            )
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors);
        let began = Instant::now();
        let child = command
            .spawn()
            .map_err(cannot(format_args!("start {}", function.program.display())))?;
        let child = Ended(child);
        processor::pin(child.0.id(), core);
        let mut running = Self {
            cloud,
            child,
            name: function.name.clone(),
            log,
            first_poll: Duration::ZERO,
        };
        running.first_poll = running.idle(run.patience(START))?.at - began;
        Ok(running)
    }

    /// Has it work on these events, one after the other.
    ///
    /// # Errors
    /// If it does not, or answers with an error.
    pub fn invoke(&mut self, events: Vec<Bytes>, patience: Duration) -> Result<Vec<Invocation>> {
        self.cloud.hand(events);
        self.idle(patience).map(|idle| idle.done)
    }

    /// Waits until it asks for an event and there is none.
    fn idle(&mut self, patience: Duration) -> Result<Idle> {
        let end = Instant::now() + patience;
        let failure = loop {
            match self.cloud.idle(LOOK.min(patience)) {
                Ok(Some(idle)) => return Ok(idle),
                Err(failure) => break failure,
                Ok(None) if Instant::now() >= end => {
                    break failed(format!("it was not done within {} s", patience.as_secs()));
                }
                // A process whose state is unknown is given the time.
                Ok(None) => {
                    if let Ok(Some(status)) = self.child.0.try_wait() {
                        break failed(format!("it ended with {status}"));
                    }
                }
            }
        };
        Err(failed(format!(
            "{}: {failure}\n    what it said is in {}",
            self.name,
            self.log.display()
        )))
    }

    /// The cloud that it lives in.
    pub fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    /// What it has used so far.
    pub fn usage(&self) -> Usage {
        processor::usage(self.child.0.id())
    }
}
