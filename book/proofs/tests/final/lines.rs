//! What `payments::telemetry` writes while something is done.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, Once};

use lambda_runtime::tracing::subscriber::filter::LevelFilter;
use lambda_runtime::tracing::subscriber::fmt::time::SystemTime;
use tracing::Subscriber;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

/// With one subscriber alone, a line is switched off for good if a thread that
/// does not have it is the first to log the line. So there is always another.
static ANOTHER: Once = Once::new();

#[derive(Clone)]
pub struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    pub fn new() -> Self {
        ANOTHER.call_once(|| {
            tracing::subscriber::set_global_default(NoSubscriber::default()).unwrap();
        });
        Lines(Arc::default())
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The log of `final` at this level, and where its lines are.
fn log(level: LevelFilter) -> (impl Subscriber + Send + Sync, Lines) {
    let lines = Lines::new();
    let writer = lines.clone();
    let log = payments::telemetry::log(level, SystemTime, move || writer.clone());
    (log, lines)
}

/// Everything that is logged meanwhile.
pub fn logged(level: LevelFilter, work: impl FnOnce()) -> String {
    let (log, lines) = log(level);
    tracing::subscriber::with_default(log, work);
    lines.text()
}

/// The same for a future.
pub async fn logged_while<T>(level: LevelFilter, work: impl Future<Output = T>) -> (T, String) {
    let (log, lines) = log(level);
    let result = work.with_subscriber(log).await;
    (result, lines.text())
}
