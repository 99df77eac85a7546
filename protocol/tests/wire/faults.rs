//! What a faulty client frame is answered: the code, the field, and the names it came with.

use causerie_protocol::*;
use serde_json::{Value, json};

use crate::samples;

const TEMP_ID: &str = "01920000-0000-7000-8000-000000000004";
const CONVERSATION: &str = "279b6bf7-01b6-5bc5-a7a4-2d8fac10fc0e";

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
fn a_write_without_sound_names_is_refused_with_those_that_can_be_read() {
    let sound = json!({"temp_id": TEMP_ID, "conversation_id": CONVERSATION, "content": "x"});
    for (name, value, field) in [
        ("temp_id", Value::Null, "temp_id"),
        ("temp_id", json!("first"), "temp_id"),
        (
            "temp_id",
            json!("279b6bf7-01b6-5bc5-a7a4-2d8fac10fc0e"),
            "temp_id",
        ),
        ("conversation_id", Value::Null, "conversation_id"),
        ("conversation_id", json!(5), "conversation_id"),
        ("skip", json!("that one"), "skip"),
    ] {
        let mut payload = sound.clone();
        payload[name] = value;
        let fault =
            fault(&json!({"type": "send_message", "id": 7, "payload": payload}).to_string());
        assert_eq!(fault.error.code, ErrorCode::Invalid);
        assert_eq!(fault.error.field.as_deref(), Some(field));
        let names_itself = payload["temp_id"].as_str().is_some_and(|id| id != "first");
        assert_eq!(fault.error.temp_id.is_some(), names_itself, "{payload}");
        let conversation = payload["conversation_id"].is_string();
        assert_eq!(
            fault.error.conversation_id.is_some(),
            conversation,
            "{payload}"
        );
        let answer = if names_itself {
            "message_error"
        } else {
            "error"
        };
        assert_eq!(fault.into_frame().message.kind(), answer);
    }
}

#[test]
fn a_write_with_sound_names_keeps_its_fault_for_after_the_look_for_a_repeat() {
    let nul = json!({"kind": "text", "content": "a\u{0}b"});
    let surrogate = r#"{"kind":"custom","content":{"a":["\ud800"]}}"#;
    let long = |bytes| "x".repeat(bytes);
    let file = json!({"media_id": "m", "name": "n", "content_type": "t", "size": 1, "sha256": "s"});
    let send = "send_message";
    for (kind, rest, code, field) in [
        (send, json!({}), "invalid", "content"),
        (send, json!({"content": ""}), "invalid", "content"),
        (send, json!({"content": 5}), "invalid", "content"),
        (send, json!({"content": {}}), "invalid", "content"),
        (
            send,
            json!({"kind": "custom", "content": "x"}),
            "invalid",
            "content",
        ),
        (
            send,
            json!({"kind": "poll", "content": "x"}),
            "invalid",
            "kind",
        ),
        (send, json!({"kind": "media"}), "invalid", "attachments"),
        (
            send,
            json!({"kind": "media", "attachments": [{"media_id": "m"}]}),
            "invalid",
            "attachments",
        ),
        (
            send,
            json!({"content": "x", "metadata": []}),
            "invalid",
            "metadata",
        ),
        (
            send,
            json!({"content": "x", "reply_to": "y"}),
            "invalid",
            "reply_to",
        ),
        (send, nul, "invalid", "content"),
        (
            send,
            json!({"content": "x", "mentions": [""]}),
            "invalid",
            "mentions",
        ),
        (
            send,
            json!({"content": long(16 * 1024 - 1)}),
            "too_large",
            "content",
        ),
        (
            send,
            json!({"content": "x", "metadata": {"m": long(4096)}}),
            "too_large",
            "metadata",
        ),
        (
            send,
            json!({"content": "x", "attachments": vec![file; 11]}),
            "too_large",
            "attachments",
        ),
        (
            send,
            json!({"content": "x", "mentions": vec!["bob"; 65]}),
            "too_large",
            "mentions",
        ),
        (
            "edit_message",
            json!({"content": "x"}),
            "invalid",
            "message_id",
        ),
        (
            "edit_message",
            json!({"target_temp_id": TEMP_ID}),
            "invalid",
            "content",
        ),
        (
            "edit_message",
            json!({"target_temp_id": 1, "content": "x"}),
            "invalid",
            "target_temp_id",
        ),
        ("delete_message", json!({}), "invalid", "message_id"),
        (
            "add_reaction",
            json!({"message_id": TEMP_ID}),
            "invalid",
            "emoji",
        ),
        (
            "add_reaction",
            json!({"message_id": TEMP_ID, "emoji": ""}),
            "invalid",
            "emoji",
        ),
        (
            "add_reaction",
            json!({"message_id": TEMP_ID, "emoji": "a\n"}),
            "invalid",
            "emoji",
        ),
        (
            "add_reaction",
            json!({"message_id": TEMP_ID, "emoji": long(65)}),
            "too_large",
            "emoji",
        ),
        ("create_conversation", json!({}), "invalid", "kind"),
        (
            "create_conversation",
            json!({"kind": "channel"}),
            "invalid",
            "kind",
        ),
        (
            "create_conversation",
            json!({"kind": "group", "history": "some"}),
            "invalid",
            "history",
        ),
        (
            "create_conversation",
            json!({"kind": "group", "title": long(513)}),
            "too_large",
            "title",
        ),
        (
            "create_conversation",
            json!({"kind": "group", "members": vec!["bob"; 1001]}),
            "too_large",
            "members",
        ),
        (
            "update_conversation",
            json!({"avatar": long(2049)}),
            "too_large",
            "avatar",
        ),
        ("add_members", json!({}), "invalid", "user_ids"),
        (
            "add_members",
            json!({"user_ids": vec!["bob"; 101]}),
            "too_large",
            "user_ids",
        ),
        ("set_role", json!({"user_ids": ["bob"]}), "invalid", "role"),
        (
            "set_role",
            json!({"user_ids": ["bob"], "role": "king"}),
            "invalid",
            "role",
        ),
        (
            "set_group_role",
            json!({"user_ids": ["bob"]}),
            "invalid",
            "role",
        ),
        (
            send,
            serde_json::from_str(&surrogate.replace("\\ud800", "SURROGATE")).expect("JSON"),
            "invalid",
            "content",
        ),
    ] {
        let mut payload = rest;
        payload["temp_id"] = TEMP_ID.into();
        payload["conversation_id"] = CONVERSATION.into();
        let text = json!({"type": kind, "id": 7, "payload": payload}).to_string();
        let frame = read(&text.replace("SURROGATE", "\\ud800"));
        assert_eq!(frame.id, Some(7));
        let Request::Write(write) = frame.request else {
            panic!("a write, not {:?}", frame.request);
        };
        assert_eq!(write.temp_id.to_string(), TEMP_ID);
        assert_eq!(write.conversation_id.to_string(), CONVERSATION);
        assert_eq!(write.kind().as_str(), kind);
        let fault = write.op.expect_err(&text);
        assert_eq!(fault.code.as_str(), code, "{text}: {}", fault.message);
        assert_eq!(
            fault.field.as_deref(),
            Some(field),
            "{text}: {}",
            fault.message
        );
    }
}

#[test]
fn content_and_metadata_of_exactly_the_limit_pass() {
    let payload = json!({
        "temp_id": TEMP_ID, "conversation_id": CONVERSATION,
        "content": "x".repeat(limits::MAX_CONTENT_BYTES - 2),
        "metadata": {"m": "x".repeat(limits::MAX_METADATA_BYTES - 8)},
    });
    let frame = read(&json!({"type": "send_message", "payload": payload}).to_string());
    let Request::Write(write) = frame.request else {
        panic!("a write");
    };
    assert!(write.op.is_ok(), "{:?}", write.op);
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
fn null_is_an_absent_option() {
    let payload = json!({
        "temp_id": TEMP_ID, "conversation_id": CONVERSATION, "skip": null, "kind": "text",
        "content": "x", "attachments": null, "reply_to": null, "mentions": null, "metadata": null,
    });
    let frame = read(&json!({"type": "send_message", "payload": payload}).to_string());
    let Request::Write(write) = frame.request else {
        panic!("a write");
    };
    assert_eq!(write.op, Ok(WriteOp::SendMessage(SendMessage::text("x"))));
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

fn read(text: &str) -> ClientFrame {
    let mut frames = decode_client(text);
    let frame = frames.next().expect("a frame");
    assert!(frames.next().is_none(), "one frame");
    frame.unwrap_or_else(|fault| panic!("{text}: {fault:?}"))
}

fn fault(text: &str) -> FrameFault {
    let mut frames = decode_client(text);
    let frame = frames.next().expect("a frame");
    assert!(frames.next().is_none(), "one frame");
    frame.expect_err(text)
}

fn code_of(outcome: &Result<ClientFrame, FrameFault>) -> Option<&ErrorCode> {
    outcome.as_ref().err().map(|fault| &fault.error.code)
}
