//! Plays a session: starts its programs, one command after the other.

use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use book_proofs::session::{Run, Session};
use book_proofs::{program, programs};
use workbook::cli;
use workbook::project::Project;

use crate::compare::{Wanted, compare};
use crate::console::{Console, PATIENCE};
use crate::ports::Ports;
use crate::{read, words};

/// How long nothing must have happened to take an output as complete, where nobody knows yet
/// what it shall be.
const QUIET: Duration = Duration::from_secs(3);
/// How long nothing must have come to take it that what is shown will not come any more.
const SILENCE: Duration = Duration::from_secs(10);
/// How `up` ends what it says once everything answers.
const UP: &str = "Ctrl-C stops everything.";
/// How `listen` begins.
const LISTENING: &str = "Listening to ";

/// What a run printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Got {
    /// As the book would show it.
    pub output: String,
    /// Exit code; 0 for one that stays.
    pub exit: i32,
}

/// What an output is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Until it is what the book shows.
    Shown,
    /// Until nothing more comes.
    Quiet,
}

/// Plays a session and returns what each of its runs printed.
///
/// # Errors
/// If something does not start, or ends before or after its time; with the place.
pub fn play(session: &Session, until: Until) -> Result<Vec<Got>, String> {
    let stage = Stage::new(session);
    let mut started: Vec<(Kind, Console)> = Vec::new();
    for run in &session.runs {
        let told = trails(&started);
        let (kind, console) = stage.start(run).map_err(|error| at(session, run, &error))?;
        if let Kind::Requests(count) = kind {
            // As a person does, who looks at the trail before typing the next command. A request
            // that reached nothing has none.
            if let Some((_, up)) = started.iter().find(|(kind, _)| *kind == Kind::Up) {
                let _ = up.wait_for(SILENCE, |text| trails_in(text) >= told + count);
            }
        }
        started.push((kind, console));
    }
    let mut got = Vec::new();
    for (run, (kind, console)) in session.runs.iter().zip(&started) {
        if run.stays {
            match until {
                // If it never is, the comparison says so.
                Until::Shown => drop(console.wait_for(SILENCE, |text| {
                    compare(&run.output, &stage.shown(*kind, text), Wanted::Part).is_ok()
                })),
                Until::Quiet => console.wait_until_quiet(QUIET),
            }
        }
        let output = stage.shown(*kind, &console.output());
        got.push(Got { output, exit: 0 });
    }
    // Who came last goes first.
    let ending = session.runs.iter().zip(&mut started).zip(&mut got).rev();
    for ((run, (kind, console)), got) in ending {
        let ended = match (run.stays, kind) {
            (false, _) => console.wait().map(|code| got.exit = code),
            (true, Kind::Up | Kind::Listen) => match console.interrupt() {
                Ok(0) => Ok(()),
                Ok(code) => Err(format!("after Ctrl-C its exit code is {code}")),
                Err(error) => Err(error),
            },
            // The session is over.
            (true, _) => Ok(()),
        };
        ended.map_err(|error| at(session, run, &error))?;
    }
    Ok(got)
}

/// How many requests `up` has told the trails of.
fn trails(started: &[(Kind, Console)]) -> usize {
    let up = started.iter().find(|(kind, _)| *kind == Kind::Up);
    up.map_or(0, |(_, up)| trails_in(&up.output()))
}

fn trails_in(text: &str) -> usize {
    let marks = ["● POST /", "✗ POST /"];
    let trail = |line: &&str| marks.iter().any(|mark| line.starts_with(mark));
    text.lines().filter(trail).count()
}

/// `message` with the place of a run.
pub fn at(session: &Session, run: &Run, message: &str) -> String {
    let file = book_proofs::session::file(&session.name);
    format!(
        "{file}:{}: `{}` in terminal {}: {message}",
        run.line, run.command, run.terminal
    )
}

/// What a command is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Up,
    Listen,
    /// Sends as many requests, after which it ends.
    Requests(usize),
    Other,
}

/// What the programs of a session share.
struct Stage {
    shell: bool,
    ports: Ports,
    root: PathBuf,
    /// A target folder of its own, which holds what `up` writes down for the other commands. The
    /// programs in it are those beside the test.
    target: tempfile::TempDir,
}

impl Stage {
    fn new(session: &Session) -> Self {
        let target = tempfile::tempdir().unwrap();
        let test = std::env::current_exe().unwrap();
        let built = test.ancestors().nth(2).unwrap();
        symlink(built, target.path().join("debug")).unwrap();
        Self {
            shell: session.shell,
            ports: Ports::free(),
            root: book_proofs::root().canonicalize().unwrap(),
            target,
        }
    }

    /// Starts a command and waits until the next one can be typed.
    fn start(&self, run: &Run) -> Result<(Kind, Console), String> {
        let (kind, mut command) = self.command(&run.command)?;
        command
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", self.target.path())
            .env_remove("WORKBOOK_SECRET");
        let mut console = Console::start(command);
        match (run.stays, kind) {
            (true, Kind::Up) => console.wait_for(PATIENCE, |text| text.contains(UP))?,
            (true, Kind::Listen) => console.wait_for(PATIENCE, |text| text.contains(LISTENING))?,
            (true, _) => {}
            (false, _) => drop(console.wait()?),
        }
        let kind = match kind {
            // It was to refuse something.
            Kind::Up if !run.stays => Kind::Other,
            kind => kind,
        };
        Ok((kind, console))
    }

    fn command(&self, text: &str) -> Result<(Kind, Command), String> {
        let text = self.ports.put_into(text);
        let words = words(&text);
        let of_cargo = words.iter().take(2).eq(["cargo", "workbook"]);
        if !of_cargo || words.iter().any(|word| word == "|") {
            if !self.shell {
                return Err("only a session with `shell = true` runs this in a shell".to_owned());
            }
            let program = program("workbook").display().to_string();
            let program = shlex::try_quote(&program).map_err(|error| error.to_string())?;
            let mut command = Command::new("sh");
            command.args(["-c", &text.replace("cargo workbook", &program)]);
            let requests = text.matches("curl ").count();
            return Ok((Kind::Requests(requests), command));
        }
        let mut command = Command::new(program("workbook"));
        command.args(words.iter().skip(2));
        let kind = match read(&words) {
            Ok(cli::Command::Up(options)) => {
                self.check_programs(&options)?;
                let port = self.ports.0.to_string();
                command.args(["--no-build", "--port", &port]);
                Kind::Up
            }
            Ok(cli::Command::Listen(_)) => Kind::Listen,
            Ok(cli::Command::Send(options)) => {
                Kind::Requests(usize::try_from(options.count).unwrap_or(usize::MAX))
            }
            // What is wrong with it, the command itself will say.
            _ => Kind::Other,
        };
        Ok((kind, command))
    }

    /// That the functions of a step are built and not older than their sources.
    fn check_programs(&self, options: &cli::Up) -> Result<(), String> {
        let project = Project::find(&self.root).map_err(|error| error.to_string())?;
        let step = match &options.step {
            Some(step) => project.resolve(step, &self.root),
            None => project.default_target(&self.root),
        };
        drop(programs(&step.map_err(|error| error.to_string())?.dir));
        Ok(())
    }

    /// What was printed, as the book shows it.
    fn shown(&self, kind: Kind, printed: &str) -> String {
        let text = self.ports.take_out_of(printed);
        let text = [self.target.path(), &self.root]
            .iter()
            .fold(text, |text, path| {
                text.replace(&path.display().to_string(), "…")
            });
        match kind {
            // A reader's builds and watches.
            Kind::Up => {
                let watching = format!("\nSaved files are rebuilt. {UP}");
                format!("…\n{}", text.replacen(&format!("\n{UP}"), &watching, 1))
            }
            _ => text,
        }
    }
}

/// Why a session cannot be played here, if that is so.
pub fn missing(session: &Session) -> Option<String> {
    let used = |name: &str| {
        let mut commands = session.runs.iter();
        session.shell && commands.any(|run| run.command.split_whitespace().any(|word| word == name))
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let there = |name: &str| std::env::split_paths(&path).any(|dir| dir.join(name).is_file());
    let missing = ["curl", "openssl"]
        .into_iter()
        .find(|name| used(name) && !there(name));
    missing.map(|name| format!("{name} is not installed"))
}
