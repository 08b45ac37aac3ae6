//! What functions print, line by line.

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::console::{Console, Event, LogLine};

/// Longest line passed on whole, in bytes; a longer one comes in parts. As much
/// as CloudWatch Logs takes in one event.
const LONGEST_LINE: usize = 256 * 1024;

/// Passes on what `source` says until it ends.
pub async fn follow(
    source: impl AsyncRead + Unpin,
    console: Console,
    function: String,
    environment: u64,
) {
    let mut source = source;
    let mut pending = Vec::new();
    let mut chunk = vec![0; 8 * 1024];
    let tell = |line: &[u8]| {
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end_matches(['\r', '\n']).to_owned();
        console(Event::Log(LogLine {
            function: function.clone(),
            environment,
            line,
        }));
    };
    // A read error ends the log like its end: the process is gone either way.
    while let Ok(length @ 1..) = source.read(&mut chunk).await {
        for part in chunk[..length].split_inclusive(|byte| *byte == b'\n') {
            pending.extend_from_slice(part);
            if part.ends_with(b"\n") || pending.len() >= LONGEST_LINE {
                tell(&pending);
                pending.clear();
            }
        }
    }
    if !pending.is_empty() {
        tell(&pending);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    async fn lines(source: &[u8]) -> Vec<String> {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let console: Console = Arc::new({
            let lines = lines.clone();
            move |event| {
                if let Event::Log(log) = event {
                    lines.lock().unwrap().push(log.line);
                }
            }
        });
        follow(source, console, "Handler".to_owned(), 1).await;
        let lines = lines.lock().unwrap();
        lines.clone()
    }

    #[tokio::test]
    async fn lines_come_whole_whatever_they_hold() {
        assert_eq!(
            lines(b"one\r\ntwo\n\nlast").await,
            ["one", "two", "", "last"]
        );
        assert_eq!(lines(b"\xff\xfe\n").await, ["\u{fffd}\u{fffd}"]);
    }

    #[tokio::test]
    async fn an_endless_line_comes_in_parts() {
        let endless = vec![b'x'; 2 * LONGEST_LINE + 1];
        let lines = lines(&endless).await;
        assert!(lines.len() > 1);
        assert_eq!(lines.iter().map(String::len).sum::<usize>(), endless.len());
    }
}
