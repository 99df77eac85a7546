//! `causerie serve` when it cannot.

use std::{
    net::TcpListener,
    process::{Command, Output, Stdio},
};

use causerie_e2e::{program, within};
use tokio::io::{AsyncBufReadExt, BufReader};

#[test]
fn a_flag_that_there_is_not_gives_one_line_and_exit_2() {
    refused(&serve(&["--dev", "--lisen", "127.0.0.1:0"]), "--lisen");
}

#[test]
fn a_folder_that_cannot_be_written_gives_one_line_and_exit_2() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    // Below a file no folder can be made, not even by root.
    let folder = file.path().join("data");
    let folder = folder.to_str().expect("a plain path");
    let output = serve(&["--dev", "--listen", "127.0.0.1:0", "--data", folder]);
    refused(&output, "data");
}

#[test]
fn a_port_that_is_taken_gives_one_line_and_exit_2() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addr = taken.local_addr().expect("bound").to_string();
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_str().expect("a plain path");
    refused(&serve(&["--dev", "--listen", &addr, "--data", data]), &addr);
}

#[test]
fn without_a_key_for_tokens_it_says_how_to_give_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_str().expect("a plain path");
    let output = serve(&["--listen", "127.0.0.1:0", "--data", data]);
    refused(&output, "CAUSERIE_JWT_SECRET");
}

#[test]
fn what_is_no_origin_gives_one_line_and_exit_2() {
    let output = serve(&["--dev", "--check-config", "--allow-origin", "not a url"]);
    refused(&output, "`not a url` is no origin");
}

#[test]
fn a_claim_with_a_meaning_of_its_own_gives_one_line_and_exit_2() {
    let output = serve(&["--dev", "--check-config", "--jwt-user-claim", "exp"]);
    refused(&output, "`exp`");
    let output = Command::new(program())
        .args(["token", "--user", "alice", "--user-claim", "exp"])
        .env("CAUSERIE_JWT_SECRET", "a secret")
        .output();
    refused(&output.expect("runs"), "`exp`");
}

#[test]
fn a_picture_that_cannot_be_written_is_told_before_the_demo_runs() {
    let output = Command::new(program())
        .args(["demo", "--svg", "/nonexistent/demo.svg"])
        .output()
        .expect("runs");
    refused(&output, "/nonexistent/demo.svg");
    assert!(output.stdout.is_empty(), "nothing was played");
}

#[tokio::test]
async fn a_short_secret_is_served_and_warned_of() {
    let folder = tempfile::tempdir().expect("a folder");
    for (secret, warned) in [("s", true), ("0123456789abcdef0123456789abcdef", false)] {
        let child = tokio::process::Command::new(program())
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.path())
            .env("CAUSERIE_JWT_SECRET", secret)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let mut child = child.expect("it starts");
        let stdout = child.stdout.take().expect("a pipe");
        let mut lines = BufReader::new(stdout).lines();
        let line = within(20, "a start", lines.next_line()).await;
        let line = line.expect("output");
        assert!(line.expect("a line").starts_with("listening on"));
        child.start_kill().expect("killed");
        let output = within(20, "an end", child.wait_with_output()).await;
        let log = String::from_utf8_lossy(&output.expect("output").stderr).into_owned();
        assert_eq!(log.contains("RFC 7518"), warned, "{log}");
    }
}

fn serve(arguments: &[&str]) -> Output {
    Command::new(program())
        .arg("serve")
        .args(arguments)
        .env_remove("CAUSERIE_JWT_SECRET")
        .output()
        .expect("runs")
}

fn refused(output: &Output, names: &str) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains(names), "{text}");
}
