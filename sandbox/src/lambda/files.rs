//! Copies of the binaries, so that the originals can be rebuilt while they run.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::TempDir;

/// Why a binary cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum BinaryError {
    /// The file is not there.
    #[error("the binary of function {function} is missing: {path}\n  build it first: cargo build --bin {name}", path = path.display())]
    Missing {
        /// Logical id of the function.
        function: String,
        /// Name of the binary.
        name: String,
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The copy failed.
    #[error("cannot copy {path} to run it: {source}\n  free some space in the folder for temporary files", path = path.display())]
    Copy {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No folder for the copies.
    #[error(
        "cannot make a folder for the functions' binaries: {0}\n  free some space in the folder for temporary files"
    )]
    Folder(io::Error),
}

const EMPTY: &str = "aws-config";

/// A folder of copies; it is removed when the sandbox ends.
pub struct Files {
    folder: TempDir,
    copies: AtomicU64,
}

impl Files {
    pub fn new() -> Result<Self, BinaryError> {
        let folder = tempfile::Builder::new().prefix("sandbox-").tempdir();
        let folder = folder.map_err(BinaryError::Folder)?;
        std::fs::write(folder.path().join(EMPTY), "").map_err(BinaryError::Folder)?;
        Ok(Self {
            folder,
            copies: AtomicU64::new(0),
        })
    }

    /// A file without content, to be read in place of the user's AWS settings.
    pub fn empty(&self) -> PathBuf {
        self.folder.path().join(EMPTY)
    }

    /// Folder of the copies, the functions' working folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Copies a function's binary. Each copy has a name of its own: a running
    /// file cannot be replaced on Windows.
    pub async fn copy(&self, function: &str, binary: &Path) -> Result<Copy, BinaryError> {
        let number = self.copies.fetch_add(1, Ordering::Relaxed);
        let extension = std::env::consts::EXE_SUFFIX;
        let copy = self
            .folder
            .path()
            .join(format!("{function}-{number}{extension}"));
        match tokio::fs::copy(binary, &copy).await {
            Ok(_) => Ok(Copy(copy)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(BinaryError::Missing {
                function: function.to_owned(),
                name: binary
                    .file_stem()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                path: binary.to_owned(),
            }),
            Err(source) => Err(BinaryError::Copy {
                path: binary.to_owned(),
                source,
            }),
        }
    }
}

/// A copied binary. It is removed when nothing runs it any more: each save makes
/// another one.
pub struct Copy(PathBuf);

impl Copy {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // Windows keeps a file whose process is still ending; then it goes with
        // the folder.
        let _ = std::fs::remove_file(&self.0);
    }
}
