//! `doctor`: what this machine has, what it lacks, and how to get that.

mod machine;
mod tools;

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

use self::machine::{Machine, ThisMachine};
use self::tools::{DEPLOY, EXTRAS, Tool, VERSION};
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
    for tool in &DEPLOY[3..] {
        report.tool(machine, system, tool, Mark::Optional);
    }
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
    } else if machine.has_variable("AWS_WEB_IDENTITY_TOKEN_FILE") {
        Some("a role for a token, as pipelines have it")
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
        let mut ways = tool.ask.iter();
        let version = ways.find_map(|(command, arguments)| machine.version(command, arguments));
        match version {
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
                ("rustup", "rustup 1.29.0"),
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
    fn zig_may_be_a_package_of_python() {
        let mut machine = complete();
        machine.tools.retain(|(name, _)| *name != "zig");
        assert!(text(&examine(&machine, System::Linux)).contains("✗ Zig"));
        machine.tools.push(("python3", "0.17.1"));
        assert!(text(&examine(&machine, System::Linux)).contains("✓ Zig          0.17.1"));
    }

    #[test]
    fn a_pipeline_has_a_token_for_credentials() {
        let mut machine = complete();
        machine.files.clear();
        assert!(text(&examine(&machine, System::Linux)).contains("✗ Credentials"));
        machine.variables.push("AWS_WEB_IDENTITY_TOKEN_FILE");
        assert!(text(&examine(&machine, System::Linux)).contains("✓ Credentials  a role for"));
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
