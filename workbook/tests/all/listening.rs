//! `listen` against a WebSocket server.

use std::net::TcpListener;
use std::process::Output;
use std::thread::{self, JoinHandle};

use futures_util::SinkExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use workbook::up::state::{Running, StateFile};

use crate::server::Server;
use crate::{run, stderr, stdout, workbook};

/// What the server does with a client.
#[derive(Clone, Copy)]
enum Client {
    /// Refuses the handshake with this status line.
    Refuse(&'static str),
    /// Sends these messages, then closes with 1001 if that is said.
    Send(&'static [&'static str], bool),
}

/// Serves one client after the other, each as told, then ends.
fn serve(clients: &'static [Client]) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/prod", listener.local_addr().unwrap());
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
    };
    let server = thread::spawn(move || {
        runtime().unwrap().block_on(async move {
            listener.set_nonblocking(true).unwrap();
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            for client in clients {
                let (stream, _) = listener.accept().await.unwrap();
                serve_one(stream, *client).await;
            }
        });
    });
    (url, server)
}

async fn serve_one(mut stream: tokio::net::TcpStream, client: Client) {
    match client {
        Client::Refuse(status) => {
            let mut head = [0; 4096];
            assert!(stream.read(&mut head).await.unwrap() > 0);
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        Client::Send(messages, close) => {
            let mut socket = accept_async(stream).await.unwrap();
            for message in messages {
                // It may have seen enough.
                let _ = socket.send(Message::text(*message)).await;
            }
            let away = CloseFrame {
                code: CloseCode::Away,
                reason: "Going away".into(),
            };
            if close {
                socket.close(Some(away)).await.unwrap();
            }
            // Until the client goes.
            let mut rest = Vec::new();
            let _ = socket.get_mut().read_to_end(&mut rest).await;
        }
    }
}

fn listen(url: &str, more: &[&str]) -> Output {
    run(&[&["listen", "--url", url], more].concat())
}

#[test]
fn into_a_pipe_each_message_is_one_line_as_it_came() {
    let (url, server) = serve(&[Client::Send(
        &[
            r#"{"id": "evt_1",  "amount": 1.50}"#,
            r#"{"message": "Forbidden", "connectionId":"L0=", "requestId":"X="}"#,
            "{\n  \"b\": 1.0,\n  \"a\": \"ä\"\n}",
            "not json",
            "{}",
        ],
        false,
    )]);
    let output = listen(&url, &["--count", "3"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(
        stdout(&output),
        "{\"id\": \"evt_1\",  \"amount\": 1.50}\n{\"b\":1.0,\"a\":\"ä\"}\n\"not json\"\n"
    );
    assert_eq!(stderr(&output), format!("Listening to {url}\n"));
    server.join().unwrap();
}

#[test]
fn it_comes_back_when_the_server_ends_the_connection() {
    let (url, server) = serve(&[
        Client::Send(&["1"], true),
        Client::Refuse("503 Service Unavailable"),
        Client::Send(&["2"], false),
    ]);
    let output = listen(&url, &["--count", "2"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output), "1\n2\n");
    let told: Vec<&str> = stderr(&output).lines().collect();
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(
        told[1].contains("(1001 Going away); again in 0."),
        "{told:?}"
    );
    assert!(
        told[2].contains("503") && told[2].contains("again in"),
        "{told:?}"
    );
    server.join().unwrap();
}

#[test]
fn a_refused_handshake_is_an_error() {
    let (url, server) = serve(&[Client::Refuse("403 Forbidden")]);
    let output = listen(&url, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let message = stderr(&output);
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(
        message.contains("403") && message.contains("WebSocketApiUrl"),
        "{message}"
    );
    server.join().unwrap();
}

#[test]
fn what_runs_is_found() {
    let (url, server) = serve(&[Client::Send(&["{}"], false)]);
    // What is running answers webhooks, too.
    let webhooks = Server::start(|_| 200);
    let target = tempfile::tempdir().unwrap();
    let mut running = Running {
        step: "03-sns-publish".into(),
        url: webhooks.url(),
        ..Running::default()
    };
    let listen = || {
        let mut command = workbook(&["listen", "--count", "1"]);
        command
            .env("CARGO_TARGET_DIR", target.path())
            .output()
            .unwrap()
    };
    let file = StateFile::write(target.path(), webhooks.port, &running).unwrap();
    let output = listen();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("03-sns-publish has no WebSocket API"),
        "{}",
        stderr(&output)
    );
    drop(file);
    running.outputs = [("WebSocketApiUrl".to_owned(), url)].into();
    let _file = StateFile::write(target.path(), webhooks.port, &running).unwrap();
    let output = listen();
    assert_eq!(stdout(&output), "{}\n", "{}", stderr(&output));
    server.join().unwrap();
}

#[test]
fn with_nothing_there_it_says_what_to_do() {
    let nothing = run(&["listen"]);
    assert_eq!(nothing.status.code(), Some(1));
    assert!(stderr(&nothing).contains("cargo workbook up") && stderr(&nothing).contains("--url"));
    let wrong = run(&["listen", "--url", "https://a.example/prod"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(stderr(&wrong).contains("wss://"), "{}", stderr(&wrong));
}

/// Ctrl-C is the usual end.
#[cfg(unix)]
#[test]
fn interrupted_it_says_goodbye_and_succeeds() {
    use rustix::process::{Pid, Signal, kill_process};
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    let (url, server) = serve(&[Client::Send(&["{}"], false)]);
    let mut command = workbook(&["listen", "--url", &url]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "{}\n");
    let pid = Pid::from_raw(child.id().cast_signed()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    server.join().unwrap();
}
