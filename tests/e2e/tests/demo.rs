//! The demo keeps its promises, and would say if it did not.

use std::process::{Command, Output};

use causerie_e2e::program;
use serde_json::Value;

#[test]
fn the_demo_keeps_every_promise_and_says_so_in_json_and_as_a_picture() {
    let folder = tempfile::tempdir().expect("a folder");
    let picture = folder.path().join("demo.svg");
    let output = demo(&[
        "--seed",
        "11",
        "--svg",
        picture.to_str().expect("a plain path"),
    ]);
    let result = result(&output);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    for key in [
        "lost",
        "doubled",
        "out_of_order",
        "altered",
        "strange",
        "stuck",
    ] {
        assert_eq!(result[key], 0, "{key} in {result}");
    }
    let sent = result["sent"].as_u64().expect("a count");
    assert!(sent >= 200, "{result}");
    for key in ["shown", "acknowledged", "delivered"] {
        assert_eq!(result[key], sent, "{key} in {result}");
    }
    assert!(
        result["seconds"].as_f64().expect("a time") < 30.0,
        "{result}"
    );
    assert!(result["server_kills"].as_u64() >= Some(2), "{result}");
    assert!(result["client_kills"].as_u64() >= Some(1), "{result}");
    assert!(result["reconnects"].as_u64() >= Some(6), "{result}");
    let svg = std::fs::read_to_string(picture).expect("a picture");
    assert!(
        svg.starts_with("<svg") && svg.contains("alice, phone"),
        "{svg}"
    );
}

#[test]
fn a_doubled_message_is_seen() {
    planted("double", "doubled");
}

#[test]
fn a_lost_message_is_seen() {
    planted("lose", "lost");
}

#[test]
fn a_wrong_order_is_seen() {
    planted("reorder", "out_of_order");
}

/// The run itself is sound; what was seen of it is spoiled, in one place.
fn planted(plant: &str, count: &str) {
    let output = demo(&["--messages", "20", "--plant", plant]);
    let result = result(&output);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    for key in ["lost", "doubled", "out_of_order"] {
        assert_eq!(result[key], u64::from(key == count), "{key} in {result}");
    }
}

fn demo(arguments: &[&str]) -> Output {
    let mut command = Command::new(program());
    command.args(["demo", "--json"]).args(arguments);
    command.output().expect("runs")
}

fn result(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().last().unwrap_or_default();
    serde_json::from_str(line)
        .unwrap_or_else(|_| panic!("no JSON at the end: {}", self::text(output)))
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}
