//! Serves the pages while the book is written: a saved file builds them anew, and open pages follow.

mod changes;
mod site;

use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mdbook_driver::errors::Error;
use tokio::net::TcpListener;

use self::changes::Changes;
use self::site::Site;

/// What of the repository the pages are made from. The builder itself is compiled in.
const WATCHED: [&str; 10] = [
    "book/book.toml",
    "book/mechanical",
    "book/plans.toml",
    "book/proofs",
    "book/sessions",
    "book/src",
    "book/theme",
    "events",
    "steps",
    "final",
];

/// Options of `serve`.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Port on 127.0.0.1.
    pub port: u16,
    /// Whether to open a browser.
    pub open: bool,
}

/// Builds the pages of the repository in `root` and serves them until Ctrl-C. What is wrong in
/// the book ends nothing: it is shown, and the next saved file is another chance.
///
/// # Errors
/// If the port is taken.
pub fn serve(root: &Path, options: Options) -> Result<(), Error> {
    let runtime = tokio::runtime::Runtime::new()?;
    let root = root.to_owned();
    let done = runtime.block_on(async {
        let listener = listen(options.port).await?;
        let address = format!("http://{}", listener.local_addr()?);
        let watched = WATCHED.map(|path| root.join(path));
        let build = move || crate::build::build(&root);
        tokio::select! {
            done = run(listener, build, &watched, |event| tell(&event, &address, options.open)) => done,
            stopped = tokio::signal::ctrl_c() => Ok(stopped?),
        }
    });
    // A build that is under way is not waited for.
    runtime.shutdown_background();
    done
}

async fn listen(port: u16) -> Result<TcpListener, Error> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    listener.map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => Error::msg(format!(
            "port {port} is taken, perhaps by a book that is already served: choose another one \
             with --port, for example --port {}",
            port.checked_add(1).unwrap_or(3000)
        )),
        _ => Error::msg(format!("cannot listen on 127.0.0.1:{port}: {error}")),
    })
}

/// What happened, for the person at the terminal.
enum Event {
    /// The pages can be read; the first time with `true`.
    Built(bool),
    /// They were not built, for this reason.
    Failed(String),
    /// Nothing is watched, for this reason.
    Unwatched(String),
}

fn tell(event: &Event, address: &str, open: bool) {
    match event {
        Event::Built(true) => {
            println!("The book is at {address} and follows what you save. Ctrl-C ends it.");
            if open && has_display() {
                let address = address.to_owned();
                // It may wait for the browser to end.
                std::thread::spawn(move || opener::open_browser(address));
            }
        }
        Event::Built(false) => println!("built again"),
        Event::Failed(problem) => eprintln!("{problem}\nnot built; save a file to try again"),
        Event::Unwatched(problem) => {
            eprintln!("saved files are not noticed, start again to see changes: {problem}");
        }
    }
}

fn has_display() -> bool {
    let unix_desktop = cfg!(all(unix, not(target_os = "macos")));
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !unix_desktop || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

/// Serves what `build` makes, anew after each change of what is watched.
async fn run(
    listener: TcpListener,
    build: impl Fn() -> Result<PathBuf, Error> + Send + Sync + 'static,
    watched: &[PathBuf],
    tell: impl Fn(Event),
) -> Result<(), Error> {
    // Before the first build, so that nothing is missed.
    let mut changes = Changes::watch(watched).unwrap_or_else(|error| {
        tell(Event::Unwatched(error.to_string()));
        Changes::none()
    });
    let build = Arc::new(build);
    let site = Site::new();
    let server = axum::serve(listener, site.router()).into_future();
    let rebuild = async {
        let mut first = true;
        loop {
            let build = build.clone();
            let built = tokio::task::spawn_blocking(move || site::Pages::read(&build()?)).await?;
            match built {
                Ok(pages) => {
                    site.show(pages);
                    tell(Event::Built(std::mem::take(&mut first)));
                }
                Err(error) => {
                    let problem = format!("{error:#}");
                    site.complain(&problem);
                    if first {
                        println!("The pages will be shown once they can be built.");
                    }
                    tell(Event::Failed(problem));
                }
            }
            changes.next().await;
        }
    };
    tokio::select! {
        ended = server => Ok(ended?),
        failed = rebuild => failed,
    }
}

#[cfg(test)]
mod tests;
