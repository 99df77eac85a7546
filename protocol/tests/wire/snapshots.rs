//! Every frame type as JSON, and read back. A change here is a change of the wire.

use std::collections::BTreeSet;

use causerie_protocol::*;

use crate::samples::{self, Sample};

#[test]
fn every_request_has_its_published_shape_and_reads_back() {
    check_client("request", samples::requests());
}

#[test]
fn every_durable_write_has_its_published_shape_and_reads_back() {
    check_client("write", samples::writes());
}

#[test]
fn every_reply_has_its_published_shape_and_reads_back() {
    check_server("reply", samples::replies());
}

#[test]
fn every_event_has_its_published_shape_and_reads_back() {
    check_server("event", samples::events());
}

#[test]
fn no_frame_type_is_without_a_sample() {
    let sampled: BTreeSet<&str> = samples::requests().iter().map(type_of).collect();
    assert_eq!(sampled, Request::TYPES.iter().copied().collect());

    let sampled: BTreeSet<&str> = samples::writes().iter().map(type_of).collect();
    let all = WriteKind::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(sampled, all);

    let server = [samples::replies(), samples::events()].concat();
    let sampled: BTreeSet<&str> = server.iter().map(type_of).collect();
    assert_eq!(sampled, ServerMessage::TYPES.iter().copied().collect());
}

#[test]
fn every_durable_event_has_a_position_and_an_id() {
    let durable: Vec<&str> = samples::events()
        .iter()
        .filter(|(_, frame)| {
            assert_eq!(
                frame.message.position().is_some(),
                frame.message.event_id().is_some()
            );
            frame.message.position().is_some()
        })
        .map(type_of)
        .collect();
    assert_eq!(
        durable,
        [
            "new_message",
            "message_edited",
            "message_deleted",
            "reaction_added",
            "reaction_removed",
            "member_joined",
            "member_left",
            "member_updated",
            "conversation_updated",
            "skipped",
        ]
    );
}

#[test]
fn a_durable_event_without_its_place_is_an_error() {
    for (name, frame) in samples::events() {
        if frame.message.position().is_none() {
            continue;
        }
        let line = encode_server(&frame).expect("a sound frame");
        for field in ["conversation_id", "seq", "event_id"] {
            for value in [None, Some(serde_json::Value::Null), Some("x".into())] {
                let mut json: serde_json::Value = serde_json::from_str(&line).expect("JSON");
                let payload = json["payload"].as_object_mut().expect("an object");
                payload.remove(field).expect(name);
                payload.extend(value.map(|value| (field.to_owned(), value)));
                let read: Vec<_> = decode_server(&json.to_string()).collect();
                assert!(matches!(read[..], [Err(DecodeError::Shape(_))]), "{json}");
            }
        }
    }
}

fn check_client(group: &str, samples: Vec<Sample<ClientFrame>>) {
    for (name, frame) in samples {
        assert_eq!(frame.request.kind(), type_of(&(name, ())));
        snapshot(group, name, &frame);
        let line = encode_client(&frame).expect("a sound frame");
        let read: Vec<_> = decode_client(&line).collect();
        assert_eq!(read, [Ok(frame)], "{line}");
    }
}

fn check_server(group: &str, samples: Vec<Sample<ServerFrame>>) {
    for (name, frame) in samples {
        assert_eq!(frame.message.kind(), type_of(&(name, ())));
        snapshot(group, name, &frame);
        let line = encode_server(&frame).expect("a sound frame");
        let mut read = decode_server(&line);
        assert_eq!(read.next().expect("a frame").expect("sound"), frame);
        assert!(read.next().is_none());
    }
}

fn snapshot(group: &str, name: &str, frame: &impl serde::Serialize) {
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_json_snapshot!(format!("{group}.{name}"), frame));
}

fn type_of<F>(sample: &Sample<F>) -> &'static str {
    sample.0.split_once('-').map_or(sample.0, |(kind, _)| kind)
}
