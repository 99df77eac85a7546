//! Frames as released versions wrote them, one file each way and version, and as a newer version
//! might: with fields that nobody here knows, and of types that nobody here knows. They are read by
//! the present decoder, for ever.
//!
//! A release records its own, once: `CAUSERIE_RECORD_FRAMES=0.2 cargo test -p causerie-protocol
//! --test wire the_frames_of_a_release`. What is recorded is never changed.

use std::{fmt::Debug, fs, path::PathBuf};

use causerie_protocol::*;
use serde_json::{Value, json};

use crate::samples;

const ORDER: &str = "CAUSERIE_RECORD_FRAMES";
/// A line of a type that no version knows yet.
const WAVE: &str = r#"{"type":"wave","id":7,"payload":{"conversation_id":"279b6bf7-01b6-5bc5-a7a4-2d8fac10fc0e","b":[1.50,{}]}}"#;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/wire/recorded")
}

/// Not a test of its own: records the samples when it is told to.
#[test]
fn the_frames_of_a_release_are_recorded_when_it_is_ordered() {
    let Ok(version) = std::env::var(ORDER) else {
        return;
    };
    let folder = folder().join(&version);
    assert!(!folder.exists(), "{version} exists and stays as it is");
    fs::create_dir_all(&folder).expect("a folder");
    let client = [samples::requests(), samples::writes()].concat();
    let client = client.iter().map(|(_, frame)| encode_client(frame));
    let server = [samples::replies(), samples::events()].concat();
    let server = server.iter().map(|(_, frame)| encode_server(frame));
    let client: Vec<_> = client.collect::<Result<_, _>>().expect("sound frames");
    let server: Vec<_> = server.collect::<Result<_, _>>().expect("sound frames");
    for (side, lines) in [("client", client), ("server", server)] {
        let newer: Vec<_> = lines.iter().map(|line| newer(line)).collect();
        for (name, lines) in [(side.to_owned(), lines), (format!("newer-{side}"), newer)] {
            let text = lines.join("\n") + "\n";
            fs::write(folder.join(name + ".jsonl"), text).expect("a file");
        }
    }
}

/// The line with fields from the future, in every object whose fields are the protocol's own.
fn newer(line: &str) -> String {
    let mut frame: Value = serde_json::from_str(line).expect("JSON");
    let payload = frame["payload"].as_object_mut().expect("an object");
    for name in [
        "conversations",
        "groups",
        "users",
        "messages",
        "members",
        "read_cursors",
        "attachments",
        "reactions",
        "subscriptions",
    ] {
        let list = payload.get_mut(name).and_then(Value::as_array_mut);
        list.into_iter().flatten().for_each(grow);
    }
    for name in [
        "conversation",
        "group",
        "user",
        "me",
        "message",
        "last_message",
        "limits",
    ] {
        payload.get_mut(name).into_iter().for_each(grow);
    }
    grow(&mut frame["payload"]);
    grow(&mut frame);
    frame.to_string()
}

fn grow(value: &mut Value) {
    if let Value::Object(fields) = value {
        fields.insert("tomorrow".into(), json!({"deep": [1, null, {"x": "y"}]}));
        fields.insert("zz_flag".into(), json!(true));
    }
}

/// Pairs of lines, as they were recorded and as a newer version would write them.
fn lines(side: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for version in fs::read_dir(folder()).expect("the records") {
        let folder = version.expect("a version").path();
        let read = |name: String| fs::read_to_string(folder.join(name)).expect("a record");
        let (plain, newer) = (
            read(format!("{side}.jsonl")),
            read(format!("newer-{side}.jsonl")),
        );
        assert_eq!(plain.lines().count(), newer.lines().count());
        let both = plain
            .lines()
            .map(str::to_owned)
            .zip(newer.lines().map(str::to_owned));
        pairs.extend(both);
    }
    assert!(pairs.len() > 40, "{side}: {} lines", pairs.len());
    pairs
}

/// Whether everything that was written is written again. A newer version may write more.
fn holds(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => old.iter().all(|(key, value)| {
            new.get(key)
                .map_or(value.is_null(), |new| holds(value, new))
        }),
        (Value::Array(old), Value::Array(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| holds(old, new))
        }
        (old, new) => old == new,
    }
}

/// Reads each line as one frame, the newer one alike, and writes it again as it was.
fn check<F: PartialEq + Debug>(
    side: &str,
    read: impl Fn(&str) -> Vec<F>,
    write: impl Fn(&F) -> (String, bool),
) {
    for (plain, newer) in lines(side) {
        let frames = read(&plain);
        let [frame] = &frames[..] else {
            panic!("{} frames in {plain}", frames.len());
        };
        let (written, known) = write(frame);
        assert!(known, "this type is known no longer: {plain}");
        let old = serde_json::from_str(&plain).expect("JSON");
        let new = serde_json::from_str(&written).expect("JSON");
        assert!(holds(&old, &new), "{plain}\nbecame\n{written}");
        assert_eq!(read(&newer), frames, "{newer}");
        let batch = read(&format!("{plain}\n{WAVE}{newer}\r\n {plain}"));
        assert_eq!(batch.len(), 4, "a batch of {plain}");
        assert_eq!((&batch[0], &batch[2], &batch[3]), (frame, frame, frame));
    }
}

#[test]
fn a_server_of_today_reads_what_released_clients_and_newer_ones_write() {
    check(
        "client",
        |text| {
            decode_client(text)
                .map(|frame| frame.expect(text))
                .collect()
        },
        |frame| {
            let known = !matches!(frame.request, Request::Unknown(_));
            (encode_client(frame).expect("sound"), known)
        },
    );
}

#[test]
fn a_client_of_today_reads_what_released_servers_and_newer_ones_write() {
    check(
        "server",
        |text| {
            decode_server(text)
                .map(|frame| frame.expect(text))
                .collect()
        },
        |frame| {
            let known = !matches!(frame.message, ServerMessage::Unknown(_));
            (encode_server(frame).expect("sound"), known)
        },
    );
}

#[test]
fn every_type_of_a_release_is_still_one() {
    let types = |side| -> std::collections::BTreeSet<String> {
        let kind = |line: &str| {
            let frame: Value = serde_json::from_str(line).expect("JSON");
            frame["type"].as_str().expect("a type").to_owned()
        };
        lines(side).iter().map(|(line, _)| kind(line)).collect()
    };
    let writes = WriteKind::ALL.iter().map(|kind| kind.as_str());
    let requests: Vec<_> = Request::TYPES.iter().copied().chain(writes).collect();
    for kind in types("client") {
        assert!(requests.contains(&kind.as_str()), "{kind}");
    }
    for kind in types("server") {
        assert!(ServerMessage::TYPES.contains(&kind.as_str()), "{kind}");
    }
}
