//! The pages as they are served: from memory, so that a build under way, or one that fails,
//! takes nothing away that is being read.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use futures_util::Stream;
use mdbook_driver::errors::Error;
use serde::Serialize;
use tokio::sync::watch;

use crate::html;

/// Built files, by their path from `/`.
#[derive(Debug, Default)]
pub struct Pages(BTreeMap<String, Vec<u8>>);

impl Pages {
    /// Reads all files of a folder.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let mut pages = Self::default();
        pages.add(folder, "")?;
        Ok(pages)
    }

    fn add(&mut self, folder: &Path, path: &str) -> Result<(), Error> {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let path = format!("{path}/{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                self.add(&entry.path(), &path)?;
            } else {
                self.0.insert(path, std::fs::read(entry.path())?);
            }
        }
        Ok(())
    }
}

/// What open pages are told: which build is served, and what is wrong with a later one.
#[derive(Clone, Debug, Default, Serialize)]
struct News {
    build: u64,
    problem: Option<String>,
}

#[derive(Clone, Debug, Default)]
struct Shown {
    pages: Arc<Pages>,
    news: News,
}

/// What is served now. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Site(Arc<watch::Sender<Shown>>);

impl Site {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::default()))
    }

    /// Serves these pages from now on; open ones load themselves again.
    pub fn show(&self, pages: Pages) {
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed();
        // A time, so that a page of a server that has been started again is told apart.
        let now = now.map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        });
        self.0.send_modify(|shown| {
            shown.news = News {
                build: now.max(shown.news.build + 1),
                problem: None,
            };
            shown.pages = Arc::new(pages);
        });
    }

    /// Tells open pages what is wrong.
    pub fn complain(&self, problem: &str) {
        self.0
            .send_modify(|shown| shown.news.problem = Some(problem.to_owned()));
    }

    /// Answers requests.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/__news", get(news))
            .fallback(get(file))
            .with_state(self.clone())
    }
}

async fn news(State(site): State<Site>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut shown = site.0.subscribe();
    shown.mark_changed();
    let news = futures_util::stream::unfold(shown, async |mut shown| {
        shown.changed().await.ok()?;
        let news = serde_json::to_string(&shown.borrow_and_update().news).ok()?;
        Some((Ok(Event::default().data(news)), shown))
    });
    Sse::new(news).keep_alive(KeepAlive::default())
}

async fn file(State(site): State<Site>, uri: Uri) -> Response {
    let shown = site.0.borrow().clone();
    let path = uri.path();
    let index = |path: &str| format!("{path}index.html");
    if shown.pages.0.is_empty() {
        return not_built(&shown.news);
    }
    let found = match path.ends_with('/') {
        true => shown.pages.0.get_key_value(&index(path)),
        false => shown.pages.0.get_key_value(path),
    };
    if let Some((path, content)) = found {
        return answer(StatusCode::OK, path, content, &shown.news);
    }
    let folder = format!("{path}/");
    if shown.pages.0.contains_key(&index(&folder)) {
        return Redirect::temporary(&folder).into_response();
    }
    match shown.pages.0.get("/404.html") {
        Some(page) => answer(StatusCode::NOT_FOUND, "/404.html", page, &shown.news),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn answer(status: StatusCode, path: &str, content: &[u8], news: &News) -> Response {
    let kind = content_type(path);
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
    ];
    if kind.starts_with("text/html") {
        let page = with_news(&String::from_utf8_lossy(content), news);
        return (status, headers, page).into_response();
    }
    (status, headers, content.to_vec()).into_response()
}

/// What is shown as long as there was no build without a problem.
fn not_built(news: &News) -> Response {
    let text = match &news.problem {
        Some(problem) => format!(
            "<h1>The book could not be built</h1><pre>{}</pre><p>This page follows what you save.</p>",
            html::escape(problem)
        ),
        None => "<h1>The book is being built</h1>".to_owned(),
    };
    let page = format!(
        "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>Payments on Lambda</title>\
         <style>:root{{color-scheme:light dark;font-family:sans-serif}}body{{margin:2rem}}\
         pre{{white-space:pre-wrap}}</style><body>{text}</body></html>"
    );
    // The text is already there: only a build makes a difference to this page.
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    let page = with_news(
        &page,
        &News {
            build: news.build,
            problem: None,
        },
    );
    (StatusCode::SERVICE_UNAVAILABLE, headers, page).into_response()
}

/// The page with the script that follows the news; built pages do not have it.
fn with_news(page: &str, news: &News) -> String {
    let script = include_str!("news.js").replace("BUILD", &news.build.to_string());
    let script = format!("<script>{script}</script>\n");
    match page.rfind("</body>") {
        Some(end) => format!("{}{script}{}", &page[..end], &page[end..]),
        None => format!("{page}{script}"),
    }
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "txt" => "text/plain; charset=utf-8",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}
