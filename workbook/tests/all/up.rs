//! `up` as a reader lives with it: a crate made by `new`, outside of the
//! repository, is built, run, changed and stopped.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::Mutex;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{stderr, workbook};

/// The crates of these tests share a target folder, where their binaries have
/// one name: so one test runs after the other.
static TARGET: Mutex<()> = Mutex::new(());

/// A crate made from step 01, which needs no AWS SDK and so builds quickly.
fn fresh_crate() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let mut new = workbook(&["new", "mine", "--from", "1"]);
    assert!(
        new.current_dir(folder.path())
            .output()
            .unwrap()
            .status
            .success()
    );
    let dir = folder.path().join("mine");
    (folder, dir)
}

/// A running `up`, and what it says on standard output.
struct Up {
    child: Child,
    lines: BufReader<ChildStdout>,
    port: u16,
}

impl Up {
    fn start(dir: &Path, more: &[&str]) -> Self {
        // Free a moment ago; nothing else on this machine asks for ports by number.
        let port = TcpListener::bind(("127.0.0.1", 0))
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut command = workbook(&["up", "--json", "--port", &port.to_string()]);
        // One target folder for all runs of these tests: the first run builds.
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("up");
        command
            .args(more)
            .current_dir(dir)
            .env("CARGO_TARGET_DIR", target);
        command
            .env("CARGO_NET_OFFLINE", "true")
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines, port }
    }

    /// The next line that has this field.
    fn line_with(&mut self, field: &str) -> Value {
        loop {
            let mut line = String::new();
            assert_ne!(
                self.lines.read_line(&mut line).unwrap(),
                0,
                "it ended before any {field}"
            );
            let line: Value = serde_json::from_str(&line).unwrap();
            if line.get(field).is_some() {
                return line;
            }
        }
    }

    /// Status of the answer to an event posted to a path.
    fn post(&self, path: &str) -> u16 {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{{}}"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        // It may have ended, as it should.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn edit(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{} has no {from}", file.display());
    fs::write(file, text.replace(from, to)).unwrap();
}

#[test]
fn what_is_saved_runs_on_the_same_port_and_what_is_broken_does_not() {
    let _one_at_a_time = TARGET.lock();
    let (_folder, dir) = fresh_crate();
    let handler = dir.join("src").join("webhook.rs");
    let mut up = Up::start(&dir, &[]);

    let ready = up.line_with("ready");
    assert_eq!(ready["step"], "mine");
    let url = format!("http://127.0.0.1:{}/prod", up.port);
    assert_eq!(ready["outputs"], json!({ "RestApiInvokeUrl": url }));
    assert_eq!(up.post("/prod/webhook"), 200);
    assert_eq!(
        up.line_with("trail")["hops"][1]["name"],
        "PaymentWebhookHandler"
    );

    edit(&handler, "json(200", "json(201");
    assert_eq!(up.line_with("rebuilt")["rebuilt"], true);
    assert_eq!(up.post("/prod/webhook"), 201);

    edit(&handler, "json(201", "jso n(202");
    assert_eq!(up.line_with("rebuilt")["rebuilt"], false);
    assert_eq!(up.post("/prod/webhook"), 201, "the old code goes on");
    edit(&handler, "jso n(202", "json(202");
    assert_eq!(up.line_with("rebuilt")["rebuilt"], true);
    assert_eq!(up.post("/prod/webhook"), 202);

    edit(&dir.join("template.yaml"), "Path: /webhook", "Path: /hook");
    assert_eq!(up.line_with("rebuilt")["rebuilt"], true);
    assert_eq!(
        (up.post("/prod/hook"), up.post("/prod/webhook")),
        (202, 403)
    );
    edit(&dir.join("template.yaml"), "Path: /hook", "Pfad: /hook");
    let refused = up.line_with("rebuilt");
    assert!(
        refused["error"]
            .as_str()
            .unwrap()
            .contains("template.yaml:"),
        "{refused}"
    );
    assert_eq!(up.post("/prod/hook"), 202, "the old template goes on");
    edit(&handler, "json(202", "json(203");
    let refused = up.line_with("rebuilt");
    assert_eq!(refused["rebuilt"], false, "the template is still broken");
    assert_eq!(up.post("/prod/hook"), 202);
    edit(&dir.join("template.yaml"), "Pfad: /hook", "Path: /hook");
    assert_eq!(up.line_with("rebuilt")["rebuilt"], true);
    assert_eq!(up.post("/prod/hook"), 203, "both changes have come");

    let template = fs::read_to_string(dir.join("template.yaml")).unwrap();
    let renamed = template
        .replace("  Api:", "  Rest:")
        .replace("!Ref Api", "!Ref Rest");
    fs::write(
        dir.join("template.yaml"),
        renamed.replace("${Api}", "${Rest}"),
    )
    .unwrap();
    let rebuilt = up.line_with("rebuilt");
    assert_eq!(rebuilt["rebuilt"], true, "{rebuilt}");
    assert_eq!(up.post("/prod/hook"), 203, "the renamed API keeps the port");
}

#[test]
fn what_was_built_last_runs_without_a_build() {
    let _one_at_a_time = TARGET.lock();
    let (_folder, dir) = fresh_crate();
    let mut built = Up::start(&dir, &["--no-watch"]);
    built.line_with("ready");
    drop(built);
    // With this no build succeeds.
    edit(&dir.join("src").join("webhook.rs"), "json(200", "jso n(200");
    let mut up = Up::start(&dir, &["--no-build"]);
    up.line_with("ready");
    assert_eq!(up.post("/prod/webhook"), 200);

    let missing = workbook(&["up", "--no-build"])
        .current_dir(&dir)
        .output()
        .unwrap();
    assert_eq!(missing.status.code(), Some(1));
    let message = stderr(&missing);
    assert!(message.contains("is not built"), "{message}");
    assert!(
        message.contains("`cargo build --manifest-path"),
        "{message}"
    );
}

/// Processes that are children of `parent`, by Linux's own list.
#[cfg(target_os = "linux")]
fn children(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| stat(*pid).is_some_and(|(_, of)| of == parent))
        .collect()
}

/// State and parent of a process that is there.
#[cfg(target_os = "linux")]
fn stat(pid: u32) -> Option<(char, u32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

#[cfg(target_os = "linux")]
fn wait_until_gone(pids: &[u32]) {
    // A zombie has ended; it only waits for somebody to look.
    while pids
        .iter()
        .any(|pid| stat(*pid).is_some_and(|(state, _)| state != 'Z'))
    {
        std::thread::yield_now();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn no_process_is_left_behind_whether_it_is_interrupted_or_killed() {
    use rustix::process::{Pid, Signal, kill_process};

    let _one_at_a_time = TARGET.lock();
    let (_folder, dir) = fresh_crate();
    for signal in [Signal::INT, Signal::TERM, Signal::KILL] {
        let mut up = Up::start(&dir, &["--no-watch"]);
        up.line_with("ready");
        assert_eq!(up.post("/prod/webhook"), 200);
        let children = children(up.child.id());
        assert_eq!(children.len(), 2, "the function and the reaper");
        let pid = Pid::from_raw(up.child.id().cast_signed()).unwrap();

        kill_process(pid, signal).unwrap();
        let status = up.child.wait().unwrap();

        assert_eq!(status.success(), signal != Signal::KILL, "{signal:?}");
        wait_until_gone(&children);
    }
}

/// A build script that never ends, and says which process it is.
#[cfg(target_os = "linux")]
const ENDLESS: &str = r#"fn main() {
    std::fs::write("pid.new", std::process::id().to_string()).unwrap();
    std::fs::rename("pid.new", "pid").unwrap();
    loop {
        std::thread::park();
    }
}
"#;

#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_build_leaves_nothing_behind_and_is_no_success() {
    use rustix::process::{Pid, Signal, kill_process};

    let _one_at_a_time = TARGET.lock();
    let (_folder, dir) = fresh_crate();
    fs::write(dir.join("build.rs"), ENDLESS).unwrap();
    let mut up = Up::start(&dir, &[]);
    let builder = loop {
        match fs::read_to_string(dir.join("pid")) {
            Ok(pid) => break pid.parse().unwrap(),
            Err(_) => std::thread::yield_now(),
        }
    };
    assert!(stat(builder).is_some());

    // To `up` alone, not to the terminal's group as Ctrl-C.
    let pid = Pid::from_raw(up.child.id().cast_signed()).unwrap();
    kill_process(pid, Signal::INT).unwrap();

    assert_eq!(up.child.wait().unwrap().code(), Some(130));
    wait_until_gone(&[builder]);
}
