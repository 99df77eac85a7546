//! `causerie serve` when it cannot.

use std::{
    net::TcpListener,
    process::{Command, Output},
};

use causerie_e2e::program;

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
