//! What goes to the log, and what must not.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, Once};

use lambda_runtime::tracing::subscriber;
use tracing::subscriber::NoSubscriber;

/// With one subscriber alone, a line is switched off for good if a thread that
/// does not have it is the first to log the line. So there is always another.
static ANOTHER: Once = Once::new();

/// Runs the future and returns everything that was logged meanwhile.
pub async fn captured<T>(work: impl Future<Output = T>) -> (T, String) {
    ANOTHER.call_once(|| {
        tracing::subscriber::set_global_default(NoSubscriber::default()).unwrap();
    });

    let lines = Lines::default();
    let writer = lines.clone();
    let log = subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .without_time()
        .with_writer(move || writer.clone())
        .finish();

    let result = {
        let _guard = tracing::subscriber::set_default(log);
        work.await
    };
    let bytes = lines.0.lock().unwrap().clone();
    (result, String::from_utf8(bytes).unwrap())
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
