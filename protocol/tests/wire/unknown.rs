//! What a newer peer sends is kept or passed over, and never an error (docs/protocol.md, opening).

use causerie_protocol::*;
use serde_json::{Value, json};

use crate::samples;

#[test]
fn an_unknown_type_is_kept_as_it_came() {
    let text = r#"{"type":"wave","id":7,"payload":{ "b" : [1.50, {}], "a":"\u00e9" }}"#;
    let frame = decode_client(text)
        .next()
        .expect("a frame")
        .expect("unknown");
    assert_eq!(frame.id, Some(7));
    assert_eq!(frame.request.kind(), "wave");
    assert_eq!(encode_client(&frame).expect("sound"), text);

    let text = r#"{"type":"wave","payload":{ "b" : [1.50, {}] },"meta":{"timestamp":5}}"#;
    let frame = decode_server(text)
        .next()
        .expect("a frame")
        .expect("unknown");
    assert_eq!(frame.message.kind(), "wave");
    assert_eq!(encode_server(&frame).expect("sound"), text);
}

#[test]
fn a_durable_event_of_an_unknown_type_has_its_place() {
    let text = r#"{"type":"poll_opened","payload":{"conversation_id":"279b6bf7-01b6-5bc5-a7a4-2d8fac10fc0e","seq":9,"event_id":"01920000-0000-7000-8000-000000000009","options":2}}"#;
    let frame = decode_server(text)
        .next()
        .expect("a frame")
        .expect("unknown");
    assert_eq!(frame.message.position(), Some((samples::direct(), 9)));
    assert_eq!(frame.message.event_id(), Some(samples::id(9)));

    let text = r#"{"type":"poll_hint","payload":{"conversation_id":"279b6bf7-01b6-5bc5-a7a4-2d8fac10fc0e","seq":9}}"#;
    let frame = decode_server(text)
        .next()
        .expect("a frame")
        .expect("unknown");
    assert_eq!(frame.message.position(), None);
    assert_eq!(frame.message.event_id(), None);
}

#[test]
fn an_event_of_an_unknown_type_stands_in_a_backlog() {
    let (_, mut frame) = samples::replies()
        .into_iter()
        .find(|(name, _)| *name == "subscribed")
        .expect("a sample");
    let text = r#"{"type":"wave","payload":{"a": 1}}"#;
    let ServerMessage::Subscribed(subscribed) = &mut frame.message else {
        panic!("a subscribed");
    };
    subscribed
        .events
        .push(serde_json::from_str(text).expect("unknown"));
    let line = encode_server(&frame).expect("sound");
    assert!(line.contains(text));
    let read = decode_server(&line)
        .next()
        .expect("a frame")
        .expect("sound");
    assert_eq!(read, frame);
}

#[test]
fn unknown_fields_change_nothing() {
    for (name, frame) in [samples::requests(), samples::writes()].concat() {
        let line = with_unknown_fields(&encode_client(&frame).expect("sound"));
        let read: Vec<_> = decode_client(&line).collect();
        assert_eq!(read, [Ok(frame)], "{name}");
    }
    for (name, frame) in [samples::replies(), samples::events()].concat() {
        let line = with_unknown_fields(&encode_server(&frame).expect("sound"));
        let read: Result<Vec<_>, _> = decode_server(&line).collect();
        assert_eq!(read.expect(name), [frame], "{name}");
    }
}

#[test]
fn a_raw_frame_passes_on_every_byte_of_its_payload() {
    let client = [samples::requests(), samples::writes()].concat();
    let server = [samples::replies(), samples::events()].concat();
    let client = client.iter().map(|(_, frame)| encode_client(frame));
    let server = server.iter().map(|(_, frame)| encode_server(frame));
    let odd = [
        r#"{"type":"new_message","payload":{ "seq" : 1e0,"new":[ ],"a":"\u00e9\/" },"meta":{ }}"#,
        r#"{"type":"p\"q","id":1,"payload":{}}"#,
    ];
    let odd = odd.map(|line| Ok(line.to_owned()));
    for line in client.chain(server).chain(odd) {
        let line = line.expect("sound");
        let (text, raw) = raw_frames(&line).next().expect("a frame");
        assert_eq!(text, line);
        let raw = raw.expect("sound");
        assert_eq!(serde_json::to_string(&raw).expect("sound"), line);
    }
}

#[test]
fn unknown_words_are_kept() {
    let text = r#"{"type":"error","payload":{"code":"tired","message":"zzz","retryable":true}}"#;
    let frame = decode_server(text).next().expect("a frame").expect("sound");
    let ServerMessage::Error(error) = &frame.message else {
        panic!("an error");
    };
    assert_eq!(error.code, ErrorCode::Other("tired".into()));
    assert_eq!(encode_server(&frame).expect("sound"), text);
    assert_eq!(CloseCode::from_number(4999), CloseCode::Other(4999));
    assert_eq!(CloseCode::from_number(4999).number(), 4999);
}

/// Adds a field that no version has to the frame and to every object of the protocol's own in it.
fn with_unknown_fields(line: &str) -> String {
    fn add(value: &mut Value) {
        match value {
            Value::Object(object) => {
                for (name, value) in object.iter_mut() {
                    let of_the_app = ["content", "metadata", "settings", "preferences", "data"]
                        .contains(&&**name);
                    if !of_the_app {
                        add(value);
                    }
                }
                object.insert("from_the_future".into(), json!({"a": [null, "\\u0000"]}));
            }
            Value::Array(values) => values.iter_mut().for_each(add),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut value = serde_json::from_str(line).expect("JSON");
    add(&mut value);
    value.to_string()
}
