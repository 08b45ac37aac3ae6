//! The subcommands that need no running sandbox.

use std::fs;

use crate::{project, run, stderr, stdout, workbook};

#[test]
fn steps_are_listed_on_standard_output_without_colour() {
    let output = run(&["steps"]);
    assert!(output.status.success());
    let lines: Vec<&str> = stdout(&output).lines().collect();
    let steps = project().steps().unwrap();
    assert_eq!(lines.len(), steps.len());
    for (line, step) in lines.iter().zip(&steps) {
        assert!(line.starts_with(&step.name), "{line}");
    }
    assert!(!stdout(&output).contains('\u{1b}'));
    assert!(stderr(&output).contains("cargo workbook up"));
}

#[test]
fn colour_can_be_forced_and_no_color_wins() {
    let forced = workbook(&["steps"])
        .env("CLICOLOR_FORCE", "1")
        .output()
        .unwrap();
    assert!(stdout(&forced).contains('\u{1b}'));
    let mut command = workbook(&["steps"]);
    let off = command.env("NO_COLOR", "1").output().unwrap();
    assert!(!stdout(&off).contains('\u{1b}') && !stderr(&off).contains('\u{1b}'));
}

#[test]
fn an_unknown_step_is_a_usage_error_in_one_line() {
    for arguments in [&["diff", "1", "99"][..], &["new", "x", "--from", "99"]] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty());
        let message = stderr(&output);
        assert_eq!(message.lines().count(), 1, "{message}");
        assert!(
            message.contains("\"99\"") && message.contains("01-webhook-echo"),
            "{message}"
        );
    }
}

#[test]
fn a_step_does_not_differ_from_itself() {
    let output = run(&["diff", "1", "01-webhook-echo"]);
    assert!(output.status.success());
    assert!(output.stdout.is_empty());
    assert!(stderr(&output).contains("do not differ"));
}

#[test]
fn neighbours_differ_in_what_the_second_adds_and_not_in_names() {
    let output = run(&["diff", "1", "2"]);
    assert!(output.status.success());
    let text = stdout(&output);
    assert!(
        text.contains("+++ 02-signature-checks/src/signature/mod.rs"),
        "{text}"
    );
    assert!(!text.contains("-name = \"step-01"), "{text}");
    let stat = run(&["diff", "1", "2", "--stat"]);
    assert!(
        stdout(&stat)
            .lines()
            .any(|line| line.starts_with("A src/signature/mod.rs"))
    );
}

#[test]
fn a_new_crate_stands_alone_and_is_made_once() {
    let folder = tempfile::tempdir().unwrap();
    let make = || {
        let mut command = workbook(&["new", "mine", "--from", "2"]);
        command.current_dir(folder.path()).output().unwrap()
    };
    let output = make();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("cargo workbook up"));
    let dir = folder.path().join("mine");
    let read = |name: &str| fs::read_to_string(dir.join(name)).unwrap();
    assert!(!read("Cargo.toml").contains("workspace = true"));
    assert!(read("Cargo.toml").contains("\n[workspace]\n"));
    assert!(read(".cargo/config.toml").contains("--manifest-path"));
    for name in [
        "Cargo.lock",
        "template.yaml",
        "samconfig.toml",
        "src/lib.rs",
        ".gitignore",
    ] {
        assert!(dir.join(name).is_file(), "{name}");
    }
    let step = project().resolve("2", folder.path()).unwrap();
    let difference = run(&["diff", "2", dir.to_str().unwrap()]);
    let text = stdout(&difference);
    assert!(
        !text.contains("/src/") && !text.contains("/template.yaml"),
        "{text}"
    );
    assert_eq!(
        read("template.yaml"),
        fs::read_to_string(step.template()).unwrap()
    );

    let again = make();
    assert_eq!(again.status.code(), Some(2));
    assert!(stderr(&again).contains("not empty"));
}

#[test]
fn without_any_tool_the_doctor_says_what_is_missing() {
    let output = workbook(&["doctor"]).env("PATH", "").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("✗ rustc"), "{}", stdout(&output));
}

#[test]
fn here_the_doctor_finds_rust_and_a_linker() {
    let output = run(&["doctor"]);
    assert!(stdout(&output).contains("✓ rustc"), "{}", stdout(&output));
    assert!(
        stdout(&output).contains("✓ C linker"),
        "{}",
        stdout(&output)
    );
    assert!(output.status.success());
}

#[test]
fn what_is_only_for_the_command_itself_is_not_in_the_help() {
    let output = run(&["--help"]);
    assert!(!stdout(&output).contains("reaper"));
    assert!(stdout(&output).contains("cargo workbook up"));
}

#[test]
fn without_the_book_the_command_says_what_to_get() {
    let folder = tempfile::tempdir().unwrap();
    for dir in ["workbook", "steps"] {
        fs::create_dir(folder.path().join(dir)).unwrap();
    }
    fs::write(folder.path().join("Cargo.toml"), "[workspace]\n").unwrap();
    fs::write(folder.path().join("workbook").join("Cargo.toml"), "").unwrap();
    let mut command = workbook(&["book"]);
    let output = command
        .current_dir(folder.path().join("steps"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = stderr(&output);
    assert!(message.contains("there is no book in"), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
}

#[test]
fn the_book_is_either_built_or_served() {
    let output = run(&["book", "--build", "--port", "3001"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--build"));
}
