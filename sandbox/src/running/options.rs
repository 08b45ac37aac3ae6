//! What a sandbox is started with, and why it does not start.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use crate::clock::Clock;
use crate::console::{self, Console};
use crate::dynamodb;
use crate::faults::Fault;
use crate::lambda::BinaryError;
use crate::sns::LoadError;
use crate::template::TemplateError;

/// What to run, and how.
#[derive(Clone)]
pub struct Options {
    /// The template file.
    pub template: PathBuf,
    /// Values for its parameters, by name.
    pub parameters: BTreeMap<String, String>,
    /// Secrets of AWS Secrets Manager that are there beside those of the
    /// template, as values by ARN: for a parameter that names one.
    pub secrets: BTreeMap<String, String>,
    /// Executables by the name of the Cargo binary.
    pub binaries: BTreeMap<String, PathBuf>,
    /// Where the listeners go.
    pub ports: Ports,
    /// The clock; a test keeps a clone and moves it.
    pub clock: Clock,
    /// Who is told what happens.
    pub console: Console,
    /// Failures that are switched on from the start.
    pub faults: Vec<Fault>,
    /// How much data one page of a table's `Scan` or `Query` reads, in bytes:
    /// less than AWS's 1 MB lets a test see several pages of a few rows.
    pub scan_page_bytes: usize,
    /// A program and its arguments that end the functions if this process is
    /// killed: see [`Reaper`](crate::lambda::Reaper).
    pub reaper: Option<(PathBuf, Vec<String>)>,
}

impl Options {
    /// Runs `template` on free ports, silently, with nothing else set.
    #[must_use]
    pub fn new(template: impl Into<PathBuf>) -> Self {
        Self {
            template: template.into(),
            parameters: BTreeMap::new(),
            secrets: BTreeMap::new(),
            binaries: BTreeMap::new(),
            ports: Ports::Free,
            clock: Clock::new(),
            console: console::silent(),
            faults: Vec::new(),
            scan_page_bytes: dynamodb::PAGE_BYTES,
            reaper: None,
        }
    }
}

/// Ports of the listeners that clients use, always on 127.0.0.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ports {
    /// Whatever is free.
    Free,
    /// This one for the first listener, the next one for the second, and so on.
    From(u16),
}

/// Why a sandbox does not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The template cannot be used.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A function's binary cannot be used.
    #[error(transparent)]
    Binary(#[from] BinaryError),
    /// A function's binary was not named in [`Options::binaries`].
    #[error(
        "{template}:{line}: function {function} runs the binary {binary}, which was not built\n  check Metadata: BuildProperties: Binary against the [[bin]] entries of Cargo.toml",
        template = template.display()
    )]
    NoBinary {
        /// The template file.
        template: PathBuf,
        /// Line of the function.
        line: usize,
        /// Logical id of the function.
        function: String,
        /// Name of the binary.
        binary: String,
    },
    /// A port is taken.
    #[error(
        "port {port} on 127.0.0.1, wanted for {name}, is in use\n  stop the program that uses it, or choose another port"
    )]
    PortInUse {
        /// The port.
        port: u16,
        /// Logical id of the resource that wanted it.
        name: String,
    },
    /// A topic or subscription cannot be used.
    #[error(transparent)]
    Sns(#[from] LoadError),
    /// A table cannot be made.
    #[error(transparent)]
    DynamoDb(#[from] dynamodb::LoadError),
    /// The system refused something.
    #[error("cannot {what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
}
