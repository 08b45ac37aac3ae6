//! `doctor`: what this machine has, what it lacks, and how to get that.

mod machine;

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

use self::machine::{Machine, ThisMachine};
use crate::error::Result;
use crate::output::{BAD, BOLD, DIM, GOOD, NAME, WARN, painted, print};

/// The Rust that the workspace asks for.
const RUST: &str = env!("CARGO_PKG_RUST_VERSION");

/// Operating system, as far as installing differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum System {
    Linux,
    MacOs,
    Windows,
}

/// A tool: how to ask for its version, what it is for, how to get it on Linux,
/// macOS and Windows.
struct Tool {
    name: &'static str,
    command: &'static str,
    arguments: &'static [&'static str],
    purpose: &'static str,
    get: [&'static str; 3],
}

const VERSION: &[&str] = &["--version"];

const DEPLOY: [Tool; 4] = [
    Tool {
        name: "SAM CLI",
        command: "sam",
        arguments: VERSION,
        purpose: "sam build, sam deploy",
        get: [
            "pipx install aws-sam-cli, or the installer in the AWS SAM guide",
            "brew install aws-sam-cli",
            "winget install Amazon.SAM-CLI",
        ],
    },
    Tool {
        name: "cargo-lambda",
        command: "cargo-lambda",
        arguments: &["lambda", "--version"],
        purpose: "builds the functions for Lambda, called by sam build",
        get: [
            "pipx install cargo-lambda, or see cargo-lambda.info",
            "brew install cargo-lambda/tap/cargo-lambda",
            "winget install CargoLambda.CargoLambda",
        ],
    },
    Tool {
        name: "Zig",
        command: "zig",
        arguments: &["version"],
        purpose: "the linker for Lambda's Linux, called by cargo-lambda",
        get: [
            "pipx install ziglang, or your package manager",
            "brew install zig",
            "winget install zig.zig",
        ],
    },
    Tool {
        name: "AWS CLI",
        command: "aws",
        arguments: VERSION,
        purpose: "aws configure, aws login; sam works without it",
        get: [
            "see the AWS CLI guide, \"Installing\"",
            "brew install awscli",
            "winget install Amazon.AWSCLI",
        ],
    },
];

const EXTRAS: [Tool; 3] = [
    Tool {
        name: "npx",
        command: "npx",
        arguments: VERSION,
        purpose: "npx wscat, a WebSocket client; cargo workbook listen is one too",
        get: [
            "install Node.js with your package manager",
            "brew install node",
            "winget install OpenJS.NodeJS.LTS",
        ],
    },
    Tool {
        name: "Stripe CLI",
        command: "stripe",
        arguments: VERSION,
        purpose: "stripe listen, stripe trigger: real test events",
        get: [
            "see docs.stripe.com/stripe-cli",
            "brew install stripe/stripe-cli/stripe",
            "scoop bucket add stripe https://github.com/stripe/scoop-stripe-cli.git && scoop install stripe",
        ],
    },
    Tool {
        name: "OpenSSL",
        command: "openssl",
        arguments: &["version"],
        purpose: "signs by hand, for the curl lines",
        get: [
            "install openssl with your package manager",
            "part of macOS",
            "winget install ShiningLight.OpenSSL.Light",
        ],
    },
];

/// Examines this machine. The exit code is 0 if everything is there that the
/// local commands need.
///
/// # Errors
/// If the result cannot be printed.
pub fn run() -> Result<ExitCode> {
    let report = examine(&ThisMachine, this_system());
    print(&report.text)?;
    Ok(ExitCode::from(u8::from(!report.local)))
}

fn this_system() -> System {
    match std::env::consts::OS {
        "macos" => System::MacOs,
        "windows" => System::Windows,
        _ => System::Linux,
    }
}

/// The report, and whether everything for local work is there.
struct Report {
    text: String,
    local: bool,
}

/// How a line of the report begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    There,
    Missing,
    /// Missing, and nothing depends on it.
    Optional,
}

fn examine(machine: &dyn Machine, system: System) -> Report {
    let mut report = Report {
        text: String::new(),
        local: true,
    };
    report.title("To run everything on this machine");
    examine_local(machine, system, &mut report);
    report.title("To deploy to AWS");
    for tool in &DEPLOY[..3] {
        report.tool(machine, system, tool, Mark::Missing);
    }
    report.tool(machine, system, &DEPLOY[3], Mark::Optional);
    examine_account(machine, &mut report);
    report.title("Useful");
    for tool in &EXTRAS {
        report.tool(machine, system, tool, Mark::Optional);
    }
    let end = match report.local {
        true => painted(
            GOOD,
            "Ready: cargo workbook up, and cargo workbook book to read along",
        ),
        false => painted(
            BAD,
            "Not ready yet: see the lines marked ✗ under the first heading.",
        ),
    };
    report.text.push_str(&format!("\n{end}\n"));
    report
}

fn examine_local(machine: &dyn Machine, system: System, report: &mut Report) {
    let get_rust = match system {
        System::Linux | System::MacOs => "see rustup.rs",
        System::Windows => "winget install Rustlang.Rustup",
    };
    match machine.version("rustc", VERSION) {
        None => report.local_missing("rustc", &format!("Rust {RUST} or later"), get_rust),
        Some(version) if !is_recent(&version) => {
            let needed = format!("{version} is older than {RUST}");
            report.local_missing("rustc", &needed, "rustup update stable");
        }
        Some(version) => report.line(Mark::There, "rustc", &version, ""),
    }
    match machine.version("cargo", VERSION) {
        None => report.local_missing("cargo", "builds the functions", get_rust),
        Some(version) => report.line(Mark::There, "cargo", &version, ""),
    }
    match machine.links() {
        Ok(()) => report.line(
            Mark::There,
            "C linker",
            "a program was compiled and linked",
            "",
        ),
        Err(reason) => report.local_missing(
            "C linker",
            &reason,
            match system {
                System::Linux => "apt install build-essential, dnf install gcc, or the like",
                System::MacOs => "xcode-select --install",
                System::Windows => {
                    "install the Visual Studio Build Tools with \"Desktop development with C++\""
                }
            },
        ),
    }
}

/// Whether the version that rustc prints is at least the one asked for.
fn is_recent(version: &str) -> bool {
    let numbers = |text: &str| -> Vec<u32> {
        text.split(['.', '-'])
            .map_while(|part| part.parse().ok())
            .collect()
    };
    let found = version
        .split_whitespace()
        .nth(1)
        .map(numbers)
        .unwrap_or_default();
    found >= numbers(RUST)
}

/// Whether credentials and a region can be found: by names only, nothing is
/// read.
fn examine_account(machine: &dyn Machine, report: &mut Report) {
    let in_home = |name: &str| machine.has_home_file(&Path::new(".aws").join(name));
    let keys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    let credentials = if keys.iter().all(|name| machine.has_variable(name)) {
        Some("in the environment")
    } else if machine.has_variable("AWS_PROFILE") {
        Some("a profile is chosen with AWS_PROFILE")
    } else if in_home("credentials") || machine.has_variable("AWS_SHARED_CREDENTIALS_FILE") {
        Some("there is a credentials file (not read)")
    } else if in_home("config") {
        Some("there is a config file, perhaps with a sign-on (not read)")
    } else {
        None
    };
    match credentials {
        Some(where_from) => report.line(Mark::There, "Credentials", where_from, ""),
        None => report.line(
            Mark::Missing,
            "Credentials",
            "of an AWS account",
            "aws configure sso, or aws configure",
        ),
    }
    let region = ["AWS_REGION", "AWS_DEFAULT_REGION"];
    if let Some(name) = region.iter().find(|name| machine.has_variable(name)) {
        report.line(Mark::There, "Region", &format!("set with {name}"), "");
    } else if in_home("config") || machine.has_variable("AWS_CONFIG_FILE") {
        report.line(
            Mark::There,
            "Region",
            "there is a config file (not read)",
            "",
        );
    } else {
        report.line(
            Mark::Missing,
            "Region",
            "where to deploy",
            "set AWS_REGION, for example eu-west-1",
        );
    }
}

impl Report {
    fn title(&mut self, title: &str) {
        let gap = if self.text.is_empty() { "" } else { "\n" };
        self.text
            .push_str(&format!("{gap}{}\n", painted(BOLD, title)));
    }

    fn line(&mut self, mark: Mark, name: &str, what: &str, get: &str) {
        let mark = match mark {
            Mark::There => painted(GOOD, "✓"),
            Mark::Missing => painted(BAD, "✗"),
            Mark::Optional => painted(WARN, "–"),
        };
        let name = painted(NAME, &format!("{name:12}"));
        // Writing to a string does not fail.
        let _ = writeln!(self.text, "  {mark} {name} {what}");
        if !get.is_empty() {
            let _ = writeln!(
                self.text,
                "    {:12} {}",
                "",
                painted(DIM, &format!("get it: {get}"))
            );
        }
    }

    fn local_missing(&mut self, name: &str, what: &str, get: &str) {
        self.local = false;
        self.line(Mark::Missing, name, what, get);
    }

    fn tool(&mut self, machine: &dyn Machine, system: System, tool: &Tool, absent: Mark) {
        let [linux, macos, windows] = tool.get;
        let get = match system {
            System::Linux => linux,
            System::MacOs => macos,
            System::Windows => windows,
        };
        match machine.version(tool.command, tool.arguments) {
            Some(version) => self.line(Mark::There, tool.name, &version, ""),
            None => self.line(absent, tool.name, tool.purpose, get),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine with these tools, variables and files.
    #[derive(Default)]
    struct Fake {
        tools: Vec<(&'static str, &'static str)>,
        links: bool,
        variables: Vec<&'static str>,
        files: Vec<&'static str>,
    }

    impl Machine for Fake {
        fn version(&self, tool: &str, _: &[&str]) -> Option<String> {
            let tool = self.tools.iter().find(|(name, _)| *name == tool);
            tool.map(|(_, version)| (*version).to_owned())
        }

        fn links(&self) -> std::result::Result<(), String> {
            if self.links {
                Ok(())
            } else {
                Err("error: linker `cc` not found".into())
            }
        }

        fn has_variable(&self, name: &str) -> bool {
            self.variables.contains(&name)
        }

        fn has_home_file(&self, path: &Path) -> bool {
            self.files.iter().any(|file| Path::new(file) == path)
        }
    }

    fn complete() -> Fake {
        Fake {
            tools: vec![
                ("rustc", "rustc 1.99.0 (abc 2026-01-01)"),
                ("cargo", "cargo 1.99.0"),
                ("sam", "SAM CLI, version 1.150.0"),
                ("cargo-lambda", "cargo-lambda 1.9.0"),
                ("zig", "0.15.1"),
                ("aws", "aws-cli/2.30.0"),
                ("npx", "11.0.0"),
                ("stripe", "stripe version 1.40.0"),
                ("openssl", "OpenSSL 3.5.0"),
            ],
            links: true,
            variables: vec!["AWS_REGION"],
            files: vec![".aws/credentials"],
        }
    }

    fn text(report: &Report) -> String {
        // The version asked for changes with the workspace.
        anstream::adapter::strip_str(&report.text)
            .to_string()
            .replace(RUST, "[rust-version]")
    }

    #[test]
    fn a_complete_machine_is_ready() {
        let report = examine(&complete(), System::Linux);
        assert!(report.local);
        insta::assert_snapshot!(text(&report));
    }

    #[test]
    fn a_bare_machine_is_told_what_to_get_on_each_system() {
        let mut all = String::new();
        for system in [System::Linux, System::MacOs, System::Windows] {
            let report = examine(&Fake::default(), system);
            assert!(!report.local);
            all.push_str(&format!("== {system:?}\n{}", text(&report)));
        }
        insta::assert_snapshot!(all);
    }

    #[test]
    fn what_is_only_for_deploying_does_not_stop_local_work() {
        let mut machine = complete();
        machine.tools.truncate(2);
        assert!(examine(&machine, System::MacOs).local);
        machine.links = false;
        assert!(!examine(&machine, System::MacOs).local);
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(is_recent(&format!("rustc {RUST} (abc)")));
        assert!(is_recent("rustc 1.100.0-nightly (abc)"));
        assert!(!is_recent("rustc 1.9.0 (abc)"));
        assert!(!is_recent("something else") && !is_recent(""));
    }

    #[test]
    fn an_old_rust_is_told_to_update() {
        let mut machine = complete();
        machine.tools[0].1 = "rustc 1.70.0 (abc)";
        let report = examine(&machine, System::Linux);
        assert!(!report.local);
        assert!(text(&report).contains("1.70.0 (abc) is older than"));
        assert!(text(&report).contains("rustup update"));
    }
}
