//! What a faulty client frame is answered: the code, the field, and the names it came with.

use causerie_protocol::*;
use serde_json::json;

use crate::samples;

pub const TEMP_ID: &str = "01920000-0000-7000-8000-000000000004";
pub const CONVERSATION: &str = "279b6bf7-01b6-5bc5-a7a4-2d8fac10fc0e";

#[test]
fn an_id_that_is_no_integer_below_2_53_is_invalid() {
    for id in [
        "-1",
        "1.5",
        "1e3",
        "9007199254740992",
        "18446744073709551616",
        "\"7\"",
        "true",
        "[]",
        "{}",
    ] {
        let fault = fault(&format!(r#"{{"type":"activity","id":{id}}}"#));
        assert_eq!(fault.id, None, "{id}");
        assert_eq!(fault.error.code, ErrorCode::Invalid, "{id}");
        assert_eq!(fault.error.field.as_deref(), Some("id"), "{id}");
    }
}

#[test]
fn the_largest_id_and_no_id_are_fine() {
    let frame = read(r#"{"type":"activity","id":9007199254740991}"#);
    assert_eq!(frame.id, Some(limits::MAX_INTEGER - 1));
    assert_eq!(read(r#"{"type":"activity","id":null}"#).id, None);
    assert_eq!(read(r#"{"type":"activity"}"#).id, None);
}

#[test]
fn a_missing_or_null_payload_is_an_empty_one() {
    for text in [
        r#"{"type":"sync"}"#,
        r#"{"type":"sync","payload":null}"#,
        r#"{"type":"sync","payload":{}}"#,
    ] {
        assert_eq!(read(text).request, Request::Sync(Sync::default()), "{text}");
        let (_, raw) = raw_frames(text).next().expect("a frame");
        assert_eq!(raw.expect("sound").payload_json(), "{}");
    }
}

#[test]
fn a_frame_of_the_wrong_shape_is_answered_with_its_id() {
    for (text, field) in [
        (r#"{"id":7}"#, Some("type")),
        (r#"{"id":7,"type":5}"#, Some("type")),
        (r#"{"id":7,"type":null}"#, Some("type")),
        (r#"{"id":7,"type":"x","payload":[]}"#, Some("payload")),
        (r#"{"id":7,"type":"x","payload":"{}"}"#, Some("payload")),
        (r#"{"id":7,"type":"x","type":"y"}"#, Some("type")),
        (r#"{"id":7,"type":"x","y":"\u0000"}"#, None),
    ] {
        let fault = fault(text);
        assert_eq!(fault.id, Some(7), "{text}");
        assert_eq!(fault.error.code, ErrorCode::Invalid, "{text}");
        assert_eq!(fault.error.field.as_deref(), field, "{text}");
        let answer = fault.into_frame();
        assert_eq!(answer.id, Some(7));
        assert_eq!(answer.message.kind(), "error");
    }
}

#[test]
fn what_is_no_object_is_no_frame_and_the_next_one_is_read() {
    let text = r#"[] "ping" 5 null ["activity",1,{}] {"type":"activity","id":8}"#;
    let read: Vec<_> = decode_client(text).collect();
    assert_eq!(read.len(), 6);
    let (last, faults) = read.split_last().expect("six");
    for fault in faults {
        assert_eq!(code_of(fault), Some(&ErrorCode::Invalid));
    }
    assert_eq!(last.as_ref().expect("sound").id, Some(8));
}

#[test]
fn malformed_json_ends_its_message_and_not_what_came_before() {
    for broken in [
        "{\"type\"}",
        "{",
        "tru",
        "\u{feff}{}",
        "}",
        "{\"type\":\"a\u{1}\"}",
    ] {
        let text = format!(r#"{{"type":"activity"}}{broken} {{"type":"activity"}}"#);
        let read: Vec<_> = decode_client(&text).collect();
        assert_eq!(read.len(), 2, "{broken}");
        assert!(read[0].is_ok(), "{broken}");
        assert_eq!(code_of(&read[1]), Some(&ErrorCode::Invalid), "{broken}");
    }
}

#[test]
fn a_fault_in_a_payload_names_the_field_at_its_first_level() {
    for (kind, payload, field) in [
        ("subscribe", json!({}), "room"),
        ("subscribe", json!({"room": "lobby"}), "room"),
        (
            "subscribe",
            json!({"room": format!("conv:{CONVERSATION}"), "since": -1}),
            "since",
        ),
        (
            "subscribe",
            json!({"room": format!("conv:{CONVERSATION}"), "since": 1_u64 << 53}),
            "since",
        ),
        (
            "subscribe",
            json!({"room": format!("conv:{CONVERSATION}"), "since_id": "5"}),
            "since_id",
        ),
        (
            "mark_read",
            json!({"conversation_id": CONVERSATION.replace('-', ""), "seq": 1}),
            "conversation_id",
        ),
        (
            "mark_read",
            json!({"conversation_id": CONVERSATION, "seq": 1.5}),
            "seq",
        ),
        (
            "history",
            json!({"conversation_id": CONVERSATION, "limit": -1}),
            "limit",
        ),
        ("users", json!({"user_ids": ["bob", ""]}), "user_ids"),
        ("users", json!({"user_ids": ["b\tb"]}), "user_ids"),
        ("users", json!({"user_ids": ["b".repeat(129)]}), "user_ids"),
        ("signal", json!({"target": {}, "name": "x"}), "target"),
        (
            "signal",
            json!({"target": {"user_id": "bob", "conversation_id": CONVERSATION}, "name": "x"}),
            "target",
        ),
        ("update_status", json!({"status": "sleepy"}), "status"),
        (
            "authenticate",
            json!({"client_id": TEMP_ID, "protocol": "1"}),
            "protocol",
        ),
        (
            "authenticate",
            json!({"client_id": TEMP_ID, "protocol": 1, "subscriptions": [{}]}),
            "subscriptions",
        ),
        (
            "set_preferences",
            json!({"preferences": "loud"}),
            "preferences",
        ),
    ] {
        let text = json!({"type": kind, "id": 7, "payload": payload}).to_string();
        let fault = fault(&text);
        assert_eq!(fault.id, Some(7));
        assert_eq!(fault.error.code, ErrorCode::Invalid, "{text}");
        assert_eq!(fault.error.field.as_deref(), Some(field), "{text}");
    }
}

#[test]
fn the_field_is_found_in_a_payload_of_several_lines() {
    let text = "{\"type\":\"history\",\"payload\":{\n  \"conversation_id\":\n\n \"279b6bf7-01b6-5bc5-a7a4-2d8fac10fc0e\",\n\"limit\": 5,\n \"before\"\n: [\n1]\n, \"after\": 7}}";
    assert_eq!(fault(text).error.field.as_deref(), Some("before"));
}

#[test]
fn a_frame_beyond_64_kib_is_too_large_and_keeps_its_names() {
    let filler = "x".repeat(limits::MAX_FRAME_BYTES);
    let text = json!({"type": "activity", "id": 7, "filler": filler}).to_string();
    let fault = fault(&text);
    assert_eq!(fault.id, Some(7));
    assert_eq!(fault.error.code, ErrorCode::TooLarge);

    let payload = json!({"temp_id": TEMP_ID, "conversation_id": CONVERSATION, "content": filler});
    let text = json!({"type": "send_message", "id": 8, "payload": payload}).to_string();
    let batch = text + r#"{"type":"activity","id":9}"#;
    let read: Vec<_> = decode_client(&batch).collect();
    let Ok(ClientFrame {
        id: Some(8),
        request: Request::Write(write),
    }) = &read[0]
    else {
        panic!("a write, not {:?}", read[0]);
    };
    let too_large = write.op.as_ref().expect_err("too large");
    assert_eq!(too_large.code, ErrorCode::TooLarge);
    assert_eq!(read[1].as_ref().expect("the next frame").id, Some(9));
}

#[test]
fn a_frame_of_exactly_64_kib_passes() {
    let empty = json!({"type": "activity", "filler": ""}).to_string();
    let filler = "x".repeat(limits::MAX_FRAME_BYTES - empty.len());
    let text = json!({"type": "activity", "filler": filler}).to_string();
    assert_eq!(text.len(), limits::MAX_FRAME_BYTES);
    assert_eq!(read(&text).request, Request::Activity(Nothing {}));
}

#[test]
fn requests_beyond_their_size_are_too_large() {
    for (kind, payload, field) in [
        ("users", json!({"user_ids": vec!["bob"; 101]}), "user_ids"),
        (
            "watch_presence",
            json!({"user_ids": vec!["bob"; 101]}),
            "user_ids",
        ),
        (
            "signal",
            json!({"target": {"user_id": "bob"}, "name": "x", "data": "x".repeat(8191)}),
            "data",
        ),
    ] {
        let fault = fault(&json!({"type": kind, "payload": payload}).to_string());
        assert_eq!(fault.error.code, ErrorCode::TooLarge, "{kind}");
        assert_eq!(fault.error.field.as_deref(), Some(field));
    }
}

#[test]
fn neither_an_error_nor_debug_output_repeats_what_a_person_wrote() {
    let secret = "the \", expected secret";
    for (kind, payload) in [
        ("send_message", json!({"metadata": secret})),
        ("send_message", json!({"content": [secret]})),
        ("send_message", json!({"attachments": secret})),
        ("send_message", json!({"temp_id": secret})),
        ("edit_message", json!({"content": secret})),
        ("set_preferences", json!({"preferences": secret})),
        ("signal", json!({"target": secret, "data": secret})),
        ("subscribe", json!({"room": secret})),
        ("unheard_of", json!({"content": secret})),
    ] {
        for names in [
            json!({}),
            json!({"temp_id": TEMP_ID, "conversation_id": CONVERSATION}),
        ] {
            let mut payload = payload.clone();
            for (name, value) in samples::object(names) {
                payload[name] = value;
            }
            let text = json!({"type": kind, "payload": payload}).to_string();
            let outcome = format!("{:?}", decode_client(&text).collect::<Vec<_>>());
            assert!(!outcome.contains("secret"), "{outcome}");
            let raw = format!(
                "{:?}",
                raw_frames(&text).map(|(_, raw)| raw).collect::<Vec<_>>()
            );
            assert!(!raw.contains("secret"), "{raw}");
        }
    }
    let said = json!({"type": "new_message", "payload": {"content": {"a": secret}, "seq": secret}});
    let outcome = format!("{:?}", decode_server(&said.to_string()).collect::<Vec<_>>());
    assert!(!outcome.contains("secret"), "{outcome}");
}

pub fn read(text: &str) -> ClientFrame {
    let mut frames = decode_client(text);
    let frame = frames.next().expect("a frame");
    assert!(frames.next().is_none(), "one frame");
    frame.unwrap_or_else(|fault| panic!("{text}: {fault:?}"))
}

pub fn fault(text: &str) -> FrameFault {
    let mut frames = decode_client(text);
    let frame = frames.next().expect("a frame");
    assert!(frames.next().is_none(), "one frame");
    frame.expect_err(text)
}

fn code_of(outcome: &Result<ClientFrame, FrameFault>) -> Option<&ErrorCode> {
    outcome.as_ref().err().map(|fault| &fault.error.code)
}
