//! A run of the benchmark: where it writes, and when it must be over.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::error::{Result, cannot};

/// How long everything together may take, builds and installations aside.
const AT_MOST: Duration = Duration::from_secs(120);

/// A run that has begun.
#[derive(Debug)]
pub struct Run {
    /// Folder for what the functions say.
    pub logs: PathBuf,
    end: Instant,
}

impl Run {
    /// Begins a run that writes to `logs`.
    ///
    /// # Errors
    /// If there can be no such folder.
    pub fn begin(logs: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(&logs).map_err(cannot(format_args!("make {}", logs.display())))?;
        Ok(Self {
            logs,
            end: Instant::now() + AT_MOST,
        })
    }

    /// How long one thing may take that should never take longer than `most`.
    pub fn patience(&self, most: Duration) -> Duration {
        most.min(self.end.saturating_duration_since(Instant::now()))
    }
}
