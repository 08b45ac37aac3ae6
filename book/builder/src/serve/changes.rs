//! Tells when a file that the pages are made from has been saved.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant, timeout_at};

/// Quiet time after which a change is taken as complete.
const QUIET: Duration = Duration::from_millis(120);
/// Longest wait for quiet.
const PATIENCE: Duration = Duration::from_secs(2);

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
        let latest = Instant::now() + PATIENCE;
        let quiet = || (Instant::now() + QUIET).min(latest);
        while let Ok(Some(())) = timeout_at(quiet(), self.received.recv()).await {}
    }
}

/// Whether a file may hold something new. Reading is an event too, and a build reads every file.
fn matters(event: notify::Result<notify::Event>) -> bool {
    match event {
        // Events were lost: they may be of anything.
        Err(_) => true,
        Ok(event) if event.need_rescan() => true,
        Ok(event) => {
            let writes = !matches!(
                event.kind,
                EventKind::Access(access) if access != AccessKind::Close(AccessMode::Write)
            );
            writes && !event.paths.iter().all(|path| is_temporary(path))
        }
    }
}

/// Whether an editor made this file for itself.
fn is_temporary(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let ends = [".swp", ".swx", ".tmp", ".snap.new", "~"];
    name == "4913" || name.starts_with(".#") || ends.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::Event;
    use notify::event::{CreateKind, ModifyKind};

    #[test]
    fn writing_matters_and_reading_does_not() {
        let event = |kind, path: &str| Ok(Event::new(kind).add_path(path.into()));
        let modified = EventKind::Modify(ModifyKind::Any);
        assert!(matters(event(modified, "src/welcome.md")));
        assert!(matters(event(
            EventKind::Create(CreateKind::File),
            "src/a.md"
        )));
        let closed = |mode| EventKind::Access(AccessKind::Close(mode));
        assert!(matters(event(closed(AccessMode::Write), "src/a.md")));
        assert!(!matters(event(closed(AccessMode::Read), "src/a.md")));
        for path in ["src/.a.md.swp", "src/4913", "src/a.md~", "src/.#a.md"] {
            assert!(!matters(event(modified, path)), "{path}");
        }
    }

    #[test]
    fn events_that_were_lost_may_be_of_anything() {
        assert!(matters(Err(notify::Error::generic("overflow"))));
        let rescan = Event::new(EventKind::Other).set_flag(notify::event::Flag::Rescan);
        assert!(matters(Ok(rescan)));
    }
}
