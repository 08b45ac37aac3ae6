//! Tells when a file that the pages are made from has been saved.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// Quiet time after which a change is taken as complete.
const QUIET: Duration = Duration::from_millis(120);

/// Changes, those that happen while nobody asks included.
pub struct Changes {
    received: UnboundedReceiver<()>,
    _watcher: Option<RecommendedWatcher>,
}

impl Changes {
    /// Watches folders with all that is in them, and files; what is not there is left out.
    ///
    /// # Errors
    /// If the system refuses to watch, e.g. because of a limit.
    pub fn watch(paths: &[PathBuf]) -> notify::Result<Self> {
        let (sender, received) = unbounded_channel();
        let mut watcher = notify::recommended_watcher(move |event| {
            if matters(event) {
                // Nobody listens any more at the end.
                let _ = sender.send(());
            }
        })?;
        for path in paths.iter().filter(|path| path.exists()) {
            watcher.watch(path, RecursiveMode::Recursive)?;
        }
        Ok(Self {
            received,
            _watcher: Some(watcher),
        })
    }

    /// Changes that never come.
    #[must_use]
    pub fn none() -> Self {
        let (_, received) = unbounded_channel();
        Self {
            received,
            _watcher: None,
        }
    }

    /// Waits for a change and until nothing more comes for a moment.
    pub async fn next(&mut self) {
        if self.received.recv().await.is_none() {
            return std::future::pending().await;
        }
        while let Ok(Some(())) = tokio::time::timeout(QUIET, self.received.recv()).await {}
    }
}

/// Whether a file may hold something new. Reading is an event too, and a build reads every file.
fn matters(event: notify::Result<notify::Event>) -> bool {
    // Events that were lost may be of anything.
    event.is_ok_and(|event| match event.kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        _ => !event.paths.iter().all(|path| is_temporary(path)),
    })
}

/// Whether an editor made this file for itself.
fn is_temporary(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let ends = [".swp", ".swx", ".tmp", ".snap.new", "~"];
    name == "4913" || name.starts_with(".#") || ends.iter().any(|end| name.ends_with(end))
}
