//! Standard output that nobody reads, or that has no room: no command panics.

use std::{
    fs::File,
    io,
    process::{Command, Output, Stdio},
};

use causerie_cli::raw::RawClient;
use causerie_e2e::{House, program, within};

const SECRET: &str = "a secret for tests that is long enough";

/// A pipe whose reader has gone.
fn unread() -> Stdio {
    let (reader, writer) = io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

/// A device without room.
fn full() -> Stdio {
    let file = File::options().write(true).open("/dev/full");
    file.expect("there is one").into()
}

fn run(arguments: &[&str], stdout: Stdio) -> Output {
    Command::new(program())
        .args(arguments)
        .env("CAUSERIE_JWT_SECRET", SECRET)
        .stdin(Stdio::null())
        .stdout(stdout)
        .output()
        .expect("runs")
}

const PRINTING: [&[&str]; 4] = [
    &["token", "--user", "alice"],
    &["token", "--user", "alice", "--json"],
    &["serve", "--dev", "--check-config"],
    &["--help"],
];

#[test]
fn a_command_whose_reader_has_gone_ends_without_a_word() {
    for arguments in PRINTING {
        let output = run(arguments, unread());
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(text, "", "{arguments:?}");
        assert_eq!(output.status.code(), Some(141), "{arguments:?}");
    }
}

#[test]
fn a_command_that_finds_no_room_for_its_output_says_so_in_one_line() {
    for arguments in PRINTING {
        let output = run(arguments, full());
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(text.lines().count(), 1, "{arguments:?}: {text}");
        assert!(text.contains("standard output"), "{arguments:?}: {text}");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    }
}

/// A chat with a server that is not there: it has something to say at once.
fn chat(stdout: Stdio) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_str().expect("a plain path");
    let server = "ws://127.0.0.1:9";
    let chat = [
        "chat", "--server", server, "--user", "alice", "--direct", "bob", "--data", data,
    ];
    run(&chat, stdout)
}

#[test]
fn a_chat_ends_where_nobody_reads_or_there_is_no_room_for_it() {
    let output = chat(unread());
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!text.contains("panicked"), "{text}");
    assert_eq!(output.status.code(), Some(141), "{text}");
    let output = chat(full());
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("standard output cannot be written"), "{text}");
    assert_eq!(output.status.code(), Some(1), "{text}");
}

#[test]
fn a_load_whose_figures_find_no_reader_or_no_room_ends_without_a_panic() {
    let load = [
        "load", "--spawn", "--quiet", "--json", "connect", "-n", "4", "--hold", "0",
    ];
    for (stdout, code) in [(unread(), 141), (full(), 1)] {
        let output = run(&load, stdout);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(!text.contains("panicked"), "{text}");
        assert_eq!(output.status.code(), Some(code), "{text}");
    }
}

#[test]
fn what_cannot_be_said_on_standard_error_changes_no_exit_code() {
    for stderr in [unread(), full()] {
        let status = Command::new(program())
            .args(["serve", "--no-such-flag"])
            .stderr(stderr)
            .status();
        assert_eq!(status.expect("runs").code(), Some(2));
    }
}

#[tokio::test]
async fn a_server_that_cannot_say_where_it_listens_serves() {
    for stdout in [unread(), full()] {
        let mut house = House::build();
        let mut command = house.server.command().expect("a command");
        let mut child = command.stdout(stdout).spawn().expect("it starts");
        let connected = within(20, "a connection", async {
            while RawClient::connect(house.server.addr()).await.is_err() {
                let ended = child.try_wait().expect("a child");
                assert_eq!(ended, None, "{}", house.server.log());
                tokio::task::yield_now().await;
            }
        });
        connected.await;
        house.client("alice").await;
        child.kill().expect("killed");
        child.wait().expect("gone");
        house.server.kill();
    }
}
