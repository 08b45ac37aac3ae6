//! All sessions, some side by side.

use std::fs;
use std::sync::Mutex;

use book_proofs::root;
use book_proofs::session::{self, Session};

use crate::compare::{Wanted, compare};
use crate::replay::{Got, Until, at, missing, play};
use crate::update::updated;

/// How many sessions are played at a time.
const SIDE_BY_SIDE: usize = 2;

#[test]
fn sessions_print_what_the_book_shows() {
    let update = std::env::var("BOOK_SESSIONS").is_ok_and(|value| value == "update");
    // A part of a name plays some of them.
    let only = std::env::var("BOOK_SESSION").unwrap_or_default();
    let names = session::names(root()).unwrap();
    let names = Mutex::new(names.into_iter().filter(|name| name.contains(&only)));
    let troubles = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                while let Some(name) = next(&names) {
                    let found = match update {
                        true => write(&name),
                        false => check(&name),
                    };
                    troubles.lock().unwrap().extend(found);
                }
            });
        }
    });
    let mut troubles = troubles.into_inner().unwrap();
    troubles.sort();
    assert!(
        troubles.is_empty(),
        "\n\n{}\nWhere what is printed is right: BOOK_SESSIONS=update, and read the files before \
         you keep them",
        troubles.join("\n")
    );
}

/// Not in the condition of a loop, which would keep the lock for its body.
fn next(names: &Mutex<impl Iterator<Item = String>>) -> Option<String> {
    names.lock().unwrap().next()
}

/// What is wrong with a session.
fn check(name: &str) -> Vec<String> {
    let session = match Session::read(root(), name) {
        Ok(session) => session,
        Err(error) => return vec![error.to_string()],
    };
    match missing(&session) {
        Some(why) if std::env::var_os("CI").is_some() => vec![format!("{name}: {why}")],
        Some(why) => {
            eprintln!("{name} is left out: {why}");
            Vec::new()
        }
        None => match play(&session, Until::Shown) {
            Ok(got) => differences(&session, &got),
            Err(error) => vec![error],
        },
    }
}

/// Writes what a session prints into its file.
fn write(name: &str) -> Vec<String> {
    let result = Session::read(root(), name).map_err(|error| error.to_string());
    let result = result.and_then(|session| {
        if let Some(why) = missing(&session) {
            return Err(format!("{name}: {why}"));
        }
        let got = play(&session, Until::Quiet)?;
        if !differences(&session, &got).is_empty() {
            let path = root().join(session::file(name));
            let text = fs::read_to_string(&path).unwrap();
            fs::write(&path, updated(&text, &session, &got)).unwrap();
        }
        Ok(())
    });
    result.err().into_iter().collect()
}

/// Where what was printed is not what is shown.
fn differences(session: &Session, got: &[Got]) -> Vec<String> {
    let mut found = Vec::new();
    for (run, got) in session.runs.iter().zip(got) {
        if run.exit != got.exit {
            let message = format!("its exit code is {}, shown is {}", got.exit, run.exit);
            found.push(at(session, run, &message));
        }
        if let Err(trouble) = compare(&run.output, &got.output, Wanted::of(run)) {
            found.push(at(session, run, &trouble));
        }
    }
    found
}

/// A session that needs nothing to be built.
const STEPS: &str = "
[[run]]
command = 'cargo workbook send'
exit = 1
output = '''
error: nothing is running; start it with `cargo workbook up`, or name a deployed stack with --url
'''
";

fn played(text: &str) -> Vec<String> {
    let session = Session::parse("a", text).unwrap();
    let got = play(&session, Until::Shown).unwrap();
    differences(&session, &got)
}

#[test]
fn a_session_is_as_shown_or_the_place_is_told() {
    assert_eq!(played(STEPS), Vec::<String>::new());
    let place = "book/sessions/a.toml:2: `cargo workbook send` in terminal 1: ";
    let [code] = &played(&STEPS.replace("exit = 1", "exit = 0"))[..] else {
        panic!("one thing is wrong");
    };
    assert_eq!(*code, format!("{place}its exit code is 1, shown is 0"));
    for (shown, wrong) in [
        (
            STEPS.replace("error: ", "fault: "),
            "not printed there:\n  fault: nothing",
        ),
        (
            STEPS.replace("error: ", "before\nerror: "),
            "not printed there:\n  before\n",
        ),
        (
            STEPS.replace("url\n", "url\nafter\n"),
            "not printed there:\n  after\n",
        ),
    ] {
        let [message] = &played(&shown)[..] else {
            panic!("one thing is wrong");
        };
        assert!(
            message.starts_with(place) && message.contains(wrong),
            "{message}"
        );
        assert!(message.contains("--- shown\n+++ printed\n"), "{message}");
    }
}

#[test]
fn what_cannot_be_played_is_told_with_its_place() {
    let error = |text: &str| play(&Session::parse("a", text).unwrap(), Until::Shown).unwrap_err();
    let place = "book/sessions/a.toml:1: ";
    let shell = error("[[run]]\ncommand = 'echo'\noutput = ''\n");
    assert!(
        shell.starts_with(place) && shell.contains("shell = true"),
        "{shell}"
    );
    let ended = error("[[run]]\ncommand = 'cargo workbook up 77'\nstays = true\noutput = ''\n");
    assert!(
        ended.starts_with(place) && ended.contains("there is no step"),
        "{ended}"
    );
}
