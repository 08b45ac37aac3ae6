//! `listen`: shows what a WebSocket client gets.

mod message;
pub mod socket;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use self::message::{is_about_a_ping, json_line, short_line};
use self::socket::{Socket, connect};
use crate::cli;
use crate::error::{Result, failed};
use crate::net;
use crate::output::{DIM, WARN, one_line, painted, print_line, print_to_reader};
use crate::project::{Project, current_dir};
use crate::send::endpoint::Endpoint;
use crate::up::ready::SOCKET;
use crate::up::state;
use crate::up::stop::Stop;

/// What keeps the connection: API Gateway closes one on which nothing is sent
/// for 10 minutes, and counts no WebSocket ping.
const PING: &str = r#"{"action":"ping"}"#;
/// How often it is sent.
const PING_EVERY: Duration = Duration::from_secs(5 * 60);
/// A connection to a deployed API that lasted this long was a good one.
const GOOD: Duration = Duration::from_secs(10);
/// First pause before another try.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// Longest pause before another try at a deployed API.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The same on this machine, where it spares nobody anything and who starts
/// `up` again wants the client back before sending.
const LONGEST_PAUSE_HERE: Duration = Duration::from_secs(1);
/// How long the goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);
/// Columns of a terminal that does not tell.
const COLUMNS: u16 = 100;

/// Prints messages until Ctrl-C, or until there were as many as asked for.
///
/// # Errors
/// If there is nothing to connect to, or the server refuses.
pub fn run(options: &cli::Listen) -> Result<ExitCode> {
    let endpoint = Endpoint::read_websocket(&url(options)?)?;
    let tls = match endpoint.tls {
        true => Some(net::tls()?),
        false => None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| failed(format!("cannot start: {error}")))?;
    let mut listener = Listener {
        endpoint,
        tls,
        json: options.json || !std::io::stdout().is_terminal(),
        wanted: options.count,
        ping_every: PING_EVERY,
    };
    runtime.block_on(listener.run())?;
    Ok(ExitCode::SUCCESS)
}

/// The URL that was given, else that of what `up` runs.
fn url(options: &cli::Listen) -> Result<String> {
    if let Some(url) = &options.url {
        return Ok(url.clone());
    }
    let current = current_dir()?;
    let found = state::find(&Project::find(&current)?.target_dir(), &current);
    found.tell();
    let running = found.need(", or name a deployed stack with --url")?;
    let url = running.output(SOCKET).map(str::to_owned);
    url.ok_or_else(|| {
        failed(format!(
            "{} has no WebSocket API (its template has no output {SOCKET}); \
             run a later step, `cargo workbook steps` lists them",
            running.step
        ))
    })
}

struct Listener {
    endpoint: Endpoint,
    tls: Option<TlsConnector>,
    json: bool,
    /// How many messages are still to come.
    wanted: Option<u64>,
    ping_every: Duration,
}

/// Why a connection ended.
enum End {
    /// Nothing more is wanted.
    Done,
    /// The other side ended it.
    Lost(String),
}

impl Listener {
    async fn run(&mut self) -> Result<()> {
        let mut stop = Stop::listen()?;
        let mut ever = false;
        let mut attempt = 0;
        loop {
            let connected = tokio::select! {
                connected = connect(&self.endpoint, self.tls.as_ref()) => connected,
                () = stop.asked() => return Ok(()),
            };
            let why = match connected {
                Ok(socket) => {
                    ever = true;
                    tell(
                        DIM,
                        &format!("Listening to {}", self.endpoint.websocket_url()),
                    );
                    let began = Instant::now();
                    match self.follow(socket, &mut stop).await? {
                        End::Done => return Ok(()),
                        End::Lost(why) => {
                            if self.endpoint.is_local() || began.elapsed() >= GOOD {
                                attempt = 0;
                            }
                            why
                        }
                    }
                }
                Err(trouble) if ever && trouble.passing => trouble.message,
                Err(trouble) => return Err(failed(trouble.message)),
            };
            let longest = match self.endpoint.is_local() {
                true => LONGEST_PAUSE_HERE,
                false => LONGEST_PAUSE,
            };
            let pause = pause(attempt, longest, random());
            attempt += 1;
            tell(
                WARN,
                &format!("{why}; again in {:.1} s", pause.as_secs_f64()),
            );
            tokio::select! {
                () = sleep(pause) => {}
                () = stop.asked() => return Ok(()),
            }
        }
    }

    /// Prints what comes over this connection.
    async fn follow(&mut self, mut socket: Socket, stop: &mut Stop) -> Result<End> {
        let mut pings = interval_at(Instant::now() + self.ping_every, self.ping_every);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let message = tokio::select! {
                message = socket.next() => message,
                _ = pings.tick() => match socket.send(Message::text(PING)).await {
                    Ok(()) => continue,
                    Err(error) => return Ok(End::Lost(format!("The connection broke: {error}"))),
                },
                () = stop.asked() => break,
            };
            let enough = match message {
                Some(Ok(Message::Text(text))) => !self.show(&text)?,
                Some(Ok(Message::Binary(bytes))) => !self.show(&String::from_utf8_lossy(&bytes))?,
                Some(Ok(Message::Close(frame))) => return Ok(End::Lost(closed(frame.as_ref()))),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => false,
                Some(Err(error)) => return Ok(End::Lost(format!("The connection broke: {error}"))),
                None => return Ok(End::Lost("The connection was closed".to_owned())),
            };
            if enough {
                break;
            }
        }
        let goodbye = CloseFrame {
            code: CloseCode::Normal,
            reason: "".into(),
        };
        // Whoever does not take it will notice that nobody is there.
        let _ = timeout(GOODBYE, socket.close(Some(goodbye))).await;
        Ok(End::Done)
    }

    /// Shows a message; returns whether more are wanted.
    fn show(&mut self, payload: &str) -> Result<bool> {
        if is_about_a_ping(payload) {
            return Ok(true);
        }
        let line = match self.json {
            true => json_line(payload),
            false => {
                let now = jiff::ZonedDateTime::now().strftime("%H:%M:%S").to_string();
                let columns = terminal_size::terminal_size().map_or(COLUMNS, |(width, _)| width.0);
                short_line(&now, payload, usize::from(columns))
            }
        };
        let read = match self.json {
            true => print_line(&line)?,
            false => print_to_reader(&format!("{line}\n"))?,
        };
        if let Some(wanted) = &mut self.wanted {
            *wanted -= 1;
        }
        Ok(read && self.wanted != Some(0))
    }
}

fn closed(frame: Option<&CloseFrame>) -> String {
    match frame {
        Some(frame) => {
            let text = format!("{} {}", u16::from(frame.code), frame.reason);
            let text = one_line(&text, 80);
            format!("The server closed the connection ({text})")
        }
        None => "The server closed the connection".to_owned(),
    }
}

/// How long to wait before try number `attempt` (from 0): twice as long each
/// time up to `longest`, and by chance up to half less, so that a thousand
/// clients that were disconnected at once do not come back at once.
fn pause(attempt: u32, longest: Duration, chance: f64) -> Duration {
    let full = FIRST_PAUSE
        .saturating_mul(2_u32.saturating_pow(attempt))
        .min(longest);
    full.mul_f64(1.0 - chance / 2.0)
}

/// A number from 0 to 1.
fn random() -> f64 {
    f64::from(uuid::Uuid::new_v4().as_fields().0) / f64::from(u32::MAX)
}

fn tell(style: anstyle::Style, text: &str) {
    anstream::eprintln!("{}", painted(style, text));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_half_a_minute_and_differ() {
        let seconds = |attempt, chance| pause(attempt, LONGEST_PAUSE, chance).as_secs_f64();
        assert_eq!((seconds(0, 0.0), seconds(0, 1.0)), (0.5, 0.25));
        assert_eq!((seconds(3, 0.0), seconds(3, 0.5)), (4.0, 3.0));
        assert_eq!(seconds(6, 0.0), 30.0);
        assert_eq!(
            (seconds(u32::MAX, 0.0), seconds(u32::MAX, 1.0)),
            (30.0, 15.0)
        );
        assert!((0.0..=1.0).contains(&random()));
        let here = pause(u32::MAX, LONGEST_PAUSE_HERE, 0.0);
        assert_eq!(here, Duration::from_secs(1));
    }

    #[tokio::test]
    async fn a_silent_connection_is_kept_alive() {
        let (client, server) = tokio::io::duplex(1024);
        let url = "ws://127.0.0.1:1/prod";
        let client: crate::net::Stream = Box::new(client);
        let (client, server) = tokio::join!(
            tokio_tungstenite::client_async(url, client),
            tokio_tungstenite::accept_async(server)
        );
        let ((client, _), mut server) = (client.unwrap(), server.unwrap());
        let mut listener = Listener {
            endpoint: Endpoint::read_websocket(url).unwrap(),
            tls: None,
            json: true,
            wanted: None,
            ping_every: Duration::from_millis(1),
        };
        let (_asked, mut stop) = Stop::by_hand();
        let pings = async {
            for _ in 0..2 {
                let message = server.next().await.unwrap().unwrap();
                assert_eq!(message, Message::text(PING));
            }
            server.close(None).await.unwrap();
        };
        let (end, ()) = tokio::join!(listener.follow(client, &mut stop), pings);
        assert!(matches!(end, Ok(End::Lost(_))));
    }

    #[test]
    fn a_close_frame_is_told_on_one_line() {
        let frame = CloseFrame {
            code: CloseCode::Away,
            reason: "Going\naway".into(),
        };
        assert_eq!(
            closed(Some(&frame)),
            "The server closed the connection (1001 Going away)"
        );
        assert_eq!(closed(None), "The server closed the connection");
    }
}
