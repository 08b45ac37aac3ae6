//! Tells when a file of a step has been saved.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;

/// Quiet time after which a change is taken as complete: an editor writes a
/// file in several steps, a formatter saves many files.
const QUIET: Duration = Duration::from_millis(100);
/// Longest wait for quiet.
const PATIENCE: Duration = Duration::from_secs(2);

/// What was saved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Something the binaries are built from.
    pub code: bool,
    /// The template.
    pub template: bool,
}

impl Change {
    const CODE: Self = Self {
        code: true,
        template: false,
    };
    const TEMPLATE: Self = Self {
        code: false,
        template: true,
    };

    /// Either's changes.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            code: self.code || other.code,
            template: self.template || other.template,
        }
    }
}

/// Changes of the watched files, those that happen while nobody asks included.
pub struct Changes {
    received: UnboundedReceiver<Change>,
    watcher: Option<RecommendedWatcher>,
    watched: Arc<Mutex<Watched>>,
}

impl Changes {
    /// Watches the template and the crates in `crates`.
    ///
    /// # Errors
    /// If the system refuses to watch, e.g. because of a limit.
    pub fn watch<'a>(
        template: &Path,
        crates: impl Iterator<Item = &'a Path>,
    ) -> notify::Result<Self> {
        let (sender, received) = unbounded_channel();
        // Canonical, since that is how macOS reports what changed.
        let template = template.canonicalize().map_err(notify::Error::io)?;
        let folder = template.parent().map(Path::to_owned);
        let watched = Watched {
            template,
            ..Watched::default()
        };
        let watched = Arc::new(Mutex::new(watched));
        let of_watcher = watched.clone();
        let mut watcher = notify::recommended_watcher(move |event| {
            let mut watched = of_watcher.lock().unwrap_or_else(PoisonError::into_inner);
            tell(&mut watched, event, &sender);
        })?;
        // A folder and not the file: editors replace files, and a watch on a
        // file ends with the file.
        if let Some(folder) = folder {
            watcher.watch(&folder, RecursiveMode::NonRecursive)?;
        }
        let mut changes = Self {
            received,
            watcher: Some(watcher),
            watched,
        };
        for dir in crates {
            changes.add(dir)?;
        }
        Ok(changes)
    }

    /// Watches these crates too, as far as the system lets it.
    pub fn watch_too<'a>(&mut self, crates: impl Iterator<Item = &'a Path>) {
        for dir in crates {
            // Saving there is then simply not noticed; the rest goes on.
            let _ = self.add(dir);
        }
    }

    fn add(&mut self, dir: &Path) -> notify::Result<()> {
        let Some(watcher) = &mut self.watcher else {
            return Ok(());
        };
        let dir = dir.canonicalize().map_err(notify::Error::io)?;
        let sources = dir.join("src");
        let manifests = ["Cargo.toml", "build.rs"].map(|name| dir.join(name));
        let known = {
            let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
            let known = watched.sources.contains(&sources);
            if !known {
                watched.sources.push(sources.clone());
                watched.manifests.extend(manifests);
            }
            known
        };
        if !known {
            watcher.watch(&dir, RecursiveMode::NonRecursive)?;
            if sources.is_dir() {
                watcher.watch(&sources, RecursiveMode::Recursive)?;
            }
        }
        Ok(())
    }

    /// Watches source folders again that were made anew, as `git checkout` does:
    /// a watch ends with its folder. Not in the watcher's own callback, where it
    /// cannot be asked.
    fn watch_replaced(&mut self) {
        let Some(watcher) = &mut self.watcher else {
            return;
        };
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let replaced = std::mem::take(&mut watched.replaced);
        // The callback, which the watcher may be waiting for, needs it.
        drop(watched);
        for sources in replaced.iter().filter(|sources| sources.is_dir()) {
            // What is left of the old watch; usually nothing.
            let _ = watcher.unwatch(sources);
            // As in `watch_too`.
            let _ = watcher.watch(sources, RecursiveMode::Recursive);
        }
    }

    /// Changes that never come.
    #[must_use]
    pub fn none() -> Self {
        let (_, received) = unbounded_channel();
        Self {
            received,
            watcher: None,
            watched: Arc::default(),
        }
    }

    /// Whether anything is watched.
    #[must_use]
    pub fn watching(&self) -> bool {
        self.watcher.is_some()
    }

    /// Waits for a change and until nothing more comes for a moment.
    pub async fn next(&mut self) -> Change {
        let change = self.settled().await;
        // Now, so that nothing saved there after the build has begun is missed.
        self.watch_replaced();
        change
    }

    async fn settled(&mut self) -> Change {
        let Some(mut change) = self.received.recv().await else {
            return std::future::pending().await;
        };
        let latest = Instant::now() + PATIENCE;
        loop {
            let quiet = (Instant::now() + QUIET).min(latest);
            match tokio::time::timeout_at(quiet, self.received.recv()).await {
                Ok(Some(more)) => change = change.and(more),
                Ok(None) | Err(_) => return change,
            }
        }
    }
}

/// The files that matter.
#[derive(Default)]
struct Watched {
    template: PathBuf,
    sources: Vec<PathBuf>,
    manifests: Vec<PathBuf>,
    /// Those of the sources that have been made anew since they were watched.
    replaced: BTreeSet<PathBuf>,
}

impl Watched {
    /// Remembers source folders that this event puts in place.
    fn note_replaced(&mut self, event: &notify::Event) {
        if !matches!(
            event.kind,
            EventKind::Create(_) | EventKind::Modify(ModifyKind::Name(_))
        ) {
            return;
        }
        let paths = event.paths.iter();
        let replaced = paths.filter(|path| self.sources.contains(path)).cloned();
        self.replaced.extend(replaced);
    }

    fn change(&self, path: &Path) -> Option<Change> {
        if path == self.template {
            Some(Change::TEMPLATE)
        } else if self.manifests.iter().any(|manifest| manifest == path) {
            Some(Change::CODE)
        } else {
            let source = self.sources.iter().any(|dir| path.starts_with(dir));
            (source && !is_temporary(path)).then_some(Change::CODE)
        }
    }
}

fn tell(
    watched: &mut Watched,
    event: notify::Result<notify::Event>,
    sender: &UnboundedSender<Change>,
) {
    if let Ok(event) = &event {
        watched.note_replaced(event);
    }
    let change = match event {
        // Events were lost: anything may have changed.
        Err(_) => Some(Change::CODE.and(Change::TEMPLATE)),
        Ok(event) if event.need_rescan() => Some(Change::CODE.and(Change::TEMPLATE)),
        Ok(event) if !writes(event.kind) => None,
        Ok(event) => event
            .paths
            .iter()
            .filter_map(|path| watched.change(path))
            .reduce(Change::and),
    };
    if let Some(change) = change {
        // Nobody listens any more at the end of `up`.
        let _ = sender.send(change);
    }
}

/// Whether an event means that a file may hold something new. Reading is an
/// event too, and the compiler reads every file.
fn writes(kind: EventKind) -> bool {
    !matches!(kind, EventKind::Access(access) if access != AccessKind::Close(AccessMode::Write))
}

/// Whether an editor made this file for itself: vim's swap files and its probe
/// `4913`, backups, Emacs' locks, JetBrains' safe writes.
fn is_temporary(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name == "4913"
        || name.starts_with(".#")
        || (name.starts_with('#') && name.ends_with('#'))
        || [
            ".swp",
            ".swx",
            ".swo",
            ".tmp",
            "~",
            "___jb_tmp___",
            "___jb_old___",
        ]
        .iter()
        .any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().canonicalize().unwrap();
        fs::create_dir(dir.join("src")).unwrap();
        for name in ["template.yaml", "Cargo.toml", "README.md"] {
            fs::write(dir.join(name), "").unwrap();
        }
        fs::write(dir.join("src").join("lib.rs"), "").unwrap();
        (folder, dir)
    }

    fn watched(dir: &Path) -> Watched {
        Watched {
            template: dir.join("template.yaml"),
            sources: vec![dir.join("src")],
            manifests: vec![dir.join("Cargo.toml")],
            replaced: BTreeSet::new(),
        }
    }

    #[test]
    fn only_what_is_built_or_run_counts() {
        let dir = Path::new("crate");
        let watched = watched(dir);
        let of = |path: &str| watched.change(&dir.join(path));
        assert_eq!(of("template.yaml"), Some(Change::TEMPLATE));
        for path in [
            "Cargo.toml",
            "src/lib.rs",
            "src/bin/webhook.rs",
            "src/data.json",
        ] {
            assert_eq!(of(path), Some(Change::CODE), "{path}");
        }
        for path in [
            "README.md",
            "target/debug/x",
            "tests/all/main.rs",
            "src/.lib.rs.swp",
            "src/4913",
            "src/lib.rs~",
            "src/.#lib.rs",
            "src/#lib.rs#",
            "src/lib.rs___jb_tmp___",
        ] {
            assert_eq!(of(path), None, "{path}");
        }
    }

    #[test]
    fn reading_a_file_is_no_change() {
        use notify::event::CreateKind;
        assert!(writes(EventKind::Modify(ModifyKind::Any)));
        assert!(writes(EventKind::Create(CreateKind::Any)));
        assert!(writes(EventKind::Access(AccessKind::Close(
            AccessMode::Write
        ))));
        assert!(!writes(EventKind::Access(AccessKind::Close(
            AccessMode::Read
        ))));
        assert!(!writes(EventKind::Access(AccessKind::Open(
            AccessMode::Any
        ))));
    }

    #[tokio::test]
    async fn a_saved_file_is_noticed_however_it_is_saved() {
        let (_folder, dir) = folder();
        let crates = [dir.as_path()];
        let mut changes = Changes::watch(&dir.join("template.yaml"), crates.into_iter()).unwrap();
        fs::write(dir.join("README.md"), "ignored").unwrap();
        fs::write(dir.join("src").join("lib.rs"), "fn a() {}").unwrap();
        assert_eq!(changes.next().await, Change::CODE);
        // As many editors save: written aside, moved over.
        fs::write(dir.join("template.new"), "a: 1").unwrap();
        fs::rename(dir.join("template.new"), dir.join("template.yaml")).unwrap();
        assert_eq!(changes.next().await, Change::TEMPLATE);
        fs::write(dir.join("template.yaml"), "a: 2").unwrap();
        assert_eq!(changes.next().await, Change::TEMPLATE);
    }

    #[tokio::test]
    async fn sources_that_are_replaced_are_still_watched() {
        let (_folder, dir) = folder();
        let crates = [dir.as_path()];
        let mut changes = Changes::watch(&dir.join("template.yaml"), crates.into_iter()).unwrap();
        let sources = dir.join("src");
        fs::remove_dir_all(&sources).unwrap();
        assert_eq!(changes.next().await, Change::CODE);
        fs::create_dir(&sources).unwrap();
        assert_eq!(changes.next().await, Change::CODE);
        fs::write(sources.join("lib.rs"), "fn b() {}").unwrap();
        assert_eq!(changes.next().await, Change::CODE);
    }

    #[tokio::test]
    async fn what_is_saved_while_nobody_asks_is_not_lost() {
        let (sender, received) = unbounded_channel();
        let mut changes = Changes {
            received,
            watcher: None,
            watched: Arc::default(),
        };
        sender.send(Change::CODE).unwrap();
        sender.send(Change::TEMPLATE).unwrap();
        let both = Change {
            code: true,
            template: true,
        };
        assert_eq!(changes.next().await, both);
    }
}
