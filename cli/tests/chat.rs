//! `causerie chat` as a process of its own, fed through a pipe.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write},
    path::Path,
    process::{Child, ChildStderr, Command, Output, Stdio},
};

use causerie_cli::backend::Backend;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

fn chat(server: &str, user: &str, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_causerie"));
    command
        .args(["chat", "--server", server, "--user", user, "--data"])
        .arg(folder.join(user))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Types these lines, ends the input, and waits for its end.
fn type_in(command: &mut Command, lines: &str) -> Output {
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(lines.as_bytes()).unwrap();
    drop(input);
    child.wait_with_output().unwrap()
}

fn text(output: &Output) -> String {
    let printed = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    format!("{printed}{errors}")
}

/// An address where nobody listens.
const NOWHERE: &str = "ws://127.0.0.1:9";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_offline_is_sent_by_the_next_run_and_read_by_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Backend::new(
        Path::new(env!("CARGO_BIN_EXE_causerie")),
        &folder.path().join("server"),
    )
    .unwrap();
    // The address is known, and nobody is there yet.
    let url = format!("ws://{}", server.addr());
    let offline = type_in(
        chat(&url, "alice", folder.path()).args(["--direct", "bob"]),
        "Bonjour\n/edit 1 Bonjour, Bob\n/quit\n",
    );
    let printed = text(&offline);
    assert!(offline.status.success(), "{printed}");
    assert!(printed.contains("you: Bonjour"), "{printed}");
    assert!(printed.contains("not sent yet"), "{printed}");

    server.start().await.unwrap();
    let online = type_in(
        chat(&url, "alice", folder.path()).args(["--direct", "bob"]),
        "",
    );
    let printed = text(&online);
    assert!(online.status.success(), "{printed}");
    assert!(printed.contains("you: Bonjour, Bob"), "{printed}");
    assert!(!printed.contains("not sent yet"), "{printed}");

    // Bob's device knows nothing, and answers so that it has to be connected before it ends.
    let bob = type_in(
        chat(&url, "bob", folder.path()).args(["--direct", "alice"]),
        "Salut\n",
    );
    let printed = text(&bob);
    assert!(bob.status.success(), "{printed}");
    let again = type_in(
        chat(&url, "bob", folder.path()).args(["--direct", "alice"]),
        "",
    );
    let printed = format!("{printed}{}", text(&again));
    assert!(printed.contains("alice: Bonjour, Bob"), "{printed}");
    assert!(printed.contains("you: Salut"), "{printed}");
}

/// A pipe that has ended while there is no server, as soon as the chat has said that it waits.
fn waiting(url: &str, folder: &Path) -> (Child, BufReader<ChildStderr>) {
    let mut command = chat(url, "alice", folder);
    let mut child = command.args(["--direct", "bob"]).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"one\ntwo\n").unwrap();
    drop(input);
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    assert!(errors.read_line(&mut said).unwrap() > 0, "it ended");
    for expected in ["not connected yet", "2 messages wait", "database"] {
        assert!(said.contains(expected), "{expected} is missing in: {said}");
    }
    (child, errors)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_pipe_waits_until_there_is_a_server_and_everything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_causerie"));
    let mut server = Backend::new(program, &folder.path().join("server")).unwrap();
    let url = format!("ws://{}", server.addr());
    let (child, _errors) = waiting(&url, folder.path());
    server.start().await.unwrap();
    let output = child.wait_with_output().unwrap();
    let printed = text(&output);
    assert_eq!(output.status.code(), Some(0), "{printed}");
    assert!(printed.contains("you: two  ✓"), "{printed}");
}

#[test]
fn an_interrupt_of_the_waiting_says_what_waits_and_ends_with_130() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, mut errors) = waiting(NOWHERE, folder.path());
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap());
    kill(pid, Signal::SIGINT).unwrap();
    let mut said = String::new();
    errors.read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
    assert!(
        said.contains("2 messages wait and will be sent when this runs again"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_will_never_be_sent_ends_the_pipe_with_1_and_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_causerie"));
    let mut server = Backend::new(program, &folder.path().join("server")).unwrap();
    server.start().await.unwrap();
    let url = format!("ws://{}", server.addr());
    let long = "x".repeat(200_000);
    for (user, arguments, line, reason) in [
        ("alice", &["--token", "none"][..], "Bonjour", "--token"),
        ("carol", &[], long.as_str(), "the limit is"),
    ] {
        let mut command = chat(&url, user, folder.path());
        let command = command.args(["--direct", "bob"]).args(arguments);
        let output = type_in(command, &format!("{line}\n"));
        let printed = text(&output);
        assert_eq!(output.status.code(), Some(1), "{printed}");
        assert!(printed.contains(reason), "{reason} is missing in {printed}");
    }
}

#[test]
fn commands_are_explained_and_mistakes_do_not_end_the_chat() {
    let folder = tempfile::tempdir().unwrap();
    let output = type_in(
        chat(NOWHERE, "alice", folder.path()).args(["--direct", "bob"]),
        "/help\n/dance\n/edit 7 x\n//slash\n/delete 1\n/outbox\n/quit\nnever said\n",
    );
    let printed = text(&output);
    assert!(output.status.success(), "{printed}");
    for expected in [
        "/react N EMOJI",
        "there is no /dance",
        "no message 7",
        "you: /slash",
        "(gone)",
        "create_conversation queued",
    ] {
        assert!(
            printed.contains(expected),
            "{expected} is missing in:\n{printed}"
        );
    }
    assert!(!printed.contains("never said"), "{printed}");
}

#[test]
fn what_cannot_work_is_said_in_one_line_and_ends_with_two() {
    let folder = tempfile::tempdir().unwrap();
    type_in(
        chat(NOWHERE, "alice", folder.path()).args(["--direct", "bob"]),
        "/quit\n",
    );
    let alices = folder.path().join("alice");
    // Bob, who would sit down at alice's place.
    std::os::unix::fs::symlink(&alices, folder.path().join("bob")).unwrap();
    let cases = [
        (NOWHERE, "alice", &[][..], "--conversation"),
        ("ftp://x", "carol", &["--direct", "bob"], "ws://"),
        (NOWHERE, "bob", &["--direct", "alice"], "another user"),
        (NOWHERE, "carol", &["--conversation", "x"], "not a UUID"),
    ];
    for (server, user, arguments, expected) in cases {
        let output = type_in(chat(server, user, folder.path()).args(arguments), "");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(expected), "{expected} is missing in: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}
