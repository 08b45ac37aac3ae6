//! Ctrl-C and its relatives.

use tokio::sync::watch;

use crate::error::{Result, failed};

/// Exit code of an end before the work was done, as shells know it: 128 + SIGINT.
pub const INTERRUPTED: u8 = 130;

/// Knows whether the command shall stop. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Listens for Ctrl-C, for a closed terminal, and for a polite `kill`. The
    /// first asks for a clean end; a second Ctrl-C ends at once, and then the
    /// system or the reaper ends the functions.
    ///
    /// Must be called on a runtime.
    ///
    /// # Errors
    /// If the system does not let it listen.
    pub fn listen() -> Result<Self> {
        let mut signals =
            Signals::new().map_err(|error| failed(format!("cannot listen for Ctrl-C: {error}")))?;
        let (asked, stop) = watch::channel(false);
        tokio::spawn(async move {
            signals.next().await;
            asked.send_replace(true);
            signals.next().await;
            std::process::exit(INTERRUPTED.into());
        });
        Ok(Self(stop))
    }

    /// One that a test asks for, without touching the process's signals.
    #[cfg(test)]
    pub(crate) fn by_hand() -> (watch::Sender<bool>, Self) {
        let (asked, stop) = watch::channel(false);
        (asked, Self(stop))
    }

    /// Waits until the command shall stop.
    pub async fn asked(&mut self) {
        // The sender lives as long as the runtime; if it is gone, so are we.
        let _ = self.0.wait_for(|asked| *asked).await;
    }
}

#[cfg(unix)]
struct Signals([tokio::signal::unix::Signal; 3]);

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self([
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ]))
    }

    async fn next(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

#[cfg(windows)]
struct Signals {
    c: tokio::signal::windows::CtrlC,
    r#break: tokio::signal::windows::CtrlBreak,
    close: tokio::signal::windows::CtrlClose,
}

#[cfg(windows)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close};
        Ok(Self {
            c: ctrl_c()?,
            r#break: ctrl_break()?,
            close: ctrl_close()?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.c.recv() => {}
            _ = self.r#break.recv() => {}
            _ = self.close.recv() => {}
        }
    }
}
