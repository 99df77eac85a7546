//! What is wrong with a durable write, whose names are read first (docs/protocol.md §4).

use causerie_protocol::*;
use serde_json::{Value, json};

use crate::faults::{CONVERSATION, TEMP_ID, fault, read};

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
            json!({"user_ids": vec!["bob"; 1001]}),
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
