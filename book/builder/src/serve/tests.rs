use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use super::*;

/// A served folder `pages`, which a file `fail` beside it keeps from being built.
struct Served {
    folder: tempfile::TempDir,
    address: SocketAddr,
}

impl Served {
    /// Serves once the first build is done.
    fn start(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().to_owned();
        std::fs::create_dir_all(dir.join("pages").join("01")).unwrap();
        for (path, text) in files {
            std::fs::write(dir.join(path), text).unwrap();
        }
        let (told, heard) = mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let listener = listen(0).await.unwrap();
                let address = listener.local_addr().unwrap();
                let watched = [dir.clone()];
                let build = move || match std::fs::read_to_string(dir.join("fail")) {
                    Ok(problem) => Err(Error::msg(problem)),
                    Err(_) => Ok(dir.join("pages")),
                };
                let tell = |_| told.send(address).unwrap();
                run(listener, build, &watched, tell).await.unwrap();
            });
        });
        let address = heard.recv_timeout(Duration::from_secs(60)).unwrap();
        // Later news is of no interest, but somebody must hear it.
        std::thread::spawn(move || heard.iter().count());
        Self { folder, address }
    }

    fn write(&self, path: &str, text: &str) {
        std::fs::write(self.folder.path().join(path), text).unwrap();
    }

    /// The request line as it stands here: a client would tidy up the path.
    fn open(&self, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        stream
    }

    fn get(&self, path: &str) -> String {
        let mut answer = String::new();
        self.open(path).read_to_string(&mut answer).unwrap();
        answer
    }

    /// What an open page hears, one after the other.
    fn news(&self) -> impl Iterator<Item = serde_json::Value> + use<> {
        let lines = BufReader::new(self.open("/__news")).lines();
        lines.filter_map(|line| {
            let line = line.unwrap();
            Some(serde_json::from_str(line.strip_prefix("data: ")?).unwrap())
        })
    }
}

const PAGES: [(&str, &str); 4] = [
    ("pages/index.html", "<body>Welcome</body>"),
    ("pages/01/index.html", "<body>One</body>"),
    ("pages/404.html", "<body>Nothing here</body>"),
    ("pages/book.css", "a {}"),
];

#[test]
fn pages_are_served_with_a_script_that_other_files_do_not_get() {
    let served = Served::start(&PAGES);
    let page = served.get("/");
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(page.contains("text/html") && page.contains("Welcome"));
    assert!(page.contains("EventSource") && page.ends_with("</script>\n</body>"));
    let css = served.get("/book.css");
    assert!(css.contains("text/css") && css.ends_with("a {}"), "{css}");
    assert!(!css.contains("EventSource"));
}

#[test]
fn a_folder_is_its_index_under_an_address_that_relative_links_fit_to() {
    let served = Served::start(&PAGES);
    assert!(served.get("/01/").contains("One"));
    assert!(
        served
            .get("/01")
            .to_lowercase()
            .contains("\r\nlocation: /01/\r\n")
    );
}

#[test]
fn what_is_outside_is_not_served() {
    let served = Served::start(&PAGES);
    served.write("secret.txt", "a secret");
    for path in [
        "/../secret.txt",
        "/..%2fsecret.txt",
        "/01/../../secret.txt",
        "//secret.txt",
        "/%2e%2e/secret.txt",
    ] {
        let answer = served.get(path);
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
        assert!(answer.contains("Nothing here") && !answer.contains("a secret"));
    }
}

#[test]
fn a_saved_file_is_news_and_the_page_is_the_new_one() {
    let served = Served::start(&PAGES);
    let mut news = served.news();
    let before = news.next().unwrap();
    assert_eq!(before["problem"], serde_json::Value::Null);
    served.write("pages/index.html", "<body>Changed</body>");
    let after = news.next().unwrap();
    assert!(after["build"].as_u64() > before["build"].as_u64());
    assert!(served.get("/").contains("Changed"));
}

#[test]
fn a_build_that_fails_leaves_the_pages_and_says_why() {
    let served = Served::start(&PAGES);
    let mut news = served.news();
    let before = news.next().unwrap();
    served.write("fail", "welcome.md:3: no such step");
    let after = news.next().unwrap();
    assert_eq!(after["build"], before["build"]);
    assert_eq!(after["problem"], "welcome.md:3: no such step");
    assert!(served.get("/").contains("Welcome"));
    std::fs::remove_file(served.folder.path().join("fail")).unwrap();
    assert!(news.next().unwrap()["build"].as_u64() > before["build"].as_u64());
}

#[test]
fn before_the_first_good_build_every_page_says_what_is_wrong() {
    let served = Served::start(&[("fail", "welcome.md:3: <b> is not closed")]);
    let page = served.get("/01/");
    assert!(page.starts_with("HTTP/1.1 503"), "{page}");
    assert!(page.contains("welcome.md:3: &lt;b&gt; is not closed"));
    assert!(page.contains("EventSource"));
}

#[tokio::test]
async fn a_taken_port_is_told_with_a_way_out() {
    let taken = listen(0).await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let message = listen(port).await.unwrap_err().to_string();
    assert!(
        message.contains(&format!("port {port} is taken")),
        "{message}"
    );
    assert!(message.contains("--port"));
}

#[test]
fn everything_that_is_watched_is_in_the_repository() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    // Files that authors have not written yet.
    let later = ["book/mechanical", "book/plans.toml", "book/sessions"];
    for path in WATCHED.iter().filter(|path| !later.contains(path)) {
        assert!(root.join(path).exists(), "{path}");
    }
}
