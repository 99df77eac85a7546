//! One row that cannot be read costs neither its page nor its stream, and what is nested too deep is
//! refused where it is written (docs/protocol.md §11, "Frames").

use causerie_protocol::*;
use serde_json::{Value, json};

use crate::{
    faults::{CONVERSATION, TEMP_ID, fault, read},
    samples,
};

/// An object with lists in each other; so many levels in all.
fn nested(levels: usize) -> Value {
    let mut value = json!([]);
    for _ in 2..levels {
        value = json!([value]);
    }
    json!({ "a": value })
}

fn reply(name: &str) -> Value {
    let (_, frame) = samples::replies()
        .into_iter()
        .find(|(sample, _)| *sample == name)
        .expect("a sample");
    serde_json::to_value(frame).expect("sound")
}

/// The error, and what is left.
fn left(frame: &Value) -> ServerFrame {
    let read: Vec<_> = decode_server(&frame.to_string()).collect();
    let [Err(_), Ok(left)] = &read[..] else {
        panic!("an error and what is left: {read:?}");
    };
    left.clone()
}

fn message(seq: Seq, content: Value) -> Value {
    let mut message = serde_json::to_value(samples::said()).expect("sound");
    message["seq"] = json!(seq);
    message["state_seq"] = json!(seq);
    message["kind"] = json!(if content.is_object() {
        "custom"
    } else {
        "text"
    });
    message["content"] = content;
    message
}

fn page(messages: Vec<Value>) -> Value {
    json!({"type": "history_page", "id": 7, "payload": {
        "conversation_id": CONVERSATION, "messages": messages, "lo": 1, "hi": 9,
        "as_of_seq": 9, "visible_from": 1, "more": false, "users": [],
    }})
}

fn history(frame: &Value) -> HistoryPage {
    match left(frame).message {
        ServerMessage::HistoryPage(page) => page,
        other => panic!("a page: {other:?}"),
    }
}

#[test]
fn what_is_nested_too_deep_is_refused_with_its_field() {
    let deep = limits::MAX_NESTING + 1;
    for (kind, field, rest) in [
        ("send_message", "content", json!({"kind": "custom"})),
        ("send_message", "metadata", json!({"content": "x"})),
        (
            "edit_message",
            "content",
            json!({"target_temp_id": TEMP_ID}),
        ),
        ("update_conversation", "settings", json!({})),
        ("update_group", "settings", json!({})),
        (
            "signal",
            "data",
            json!({"target": {"user_id": "bob"}, "name": "n"}),
        ),
        ("set_preferences", "preferences", json!({})),
        ("update_membership", "settings", json!({})),
    ] {
        let frame = |levels: usize| {
            let mut payload = rest.clone();
            payload["temp_id"] = json!(TEMP_ID);
            payload["conversation_id"] = json!(CONVERSATION);
            payload[field] = nested(levels);
            json!({"type": kind, "id": 7, "payload": payload}).to_string()
        };
        let (code, found) = match WriteKind::from_type(kind) {
            None => {
                let error = fault(&frame(deep)).error;
                (error.code, error.field)
            }
            Some(_) => match read(&frame(deep)).request {
                Request::Write(write) => {
                    let fault = write.op.expect_err("too deep");
                    (fault.code, fault.field)
                }
                other => panic!("a write: {other:?}"),
            },
        };
        assert_eq!(code, ErrorCode::Invalid, "{kind}");
        assert_eq!(found.as_deref(), Some(field), "{kind}");
        if let Request::Write(write) = read(&frame(deep - 1)).request {
            assert!(write.op.is_ok(), "{kind}: {:?}", write.op);
        }
    }
}

#[test]
fn a_write_made_here_is_refused_for_what_the_server_refuses() {
    let mut send = SendMessage::text("x");
    send.metadata = Some(samples::object(nested(1000)));
    let error = WriteOp::SendMessage(send).check().expect_err("too deep");
    assert_eq!(error.field.as_deref(), Some("metadata"));

    let text = |text: &str| WriteOp::SendMessage(SendMessage::text(text)).check();
    let error = text("a\0b").expect_err("U+0000");
    assert_eq!(error.code, ErrorCode::Invalid);
    assert_eq!(error.field.as_deref(), Some("content"));
    let told = read(
        &json!({"type": "send_message", "payload": {
            "temp_id": TEMP_ID, "conversation_id": CONVERSATION, "content": "a\0b",
        }})
        .to_string(),
    );
    let Request::Write(told) = told.request else {
        panic!("a write");
    };
    assert_eq!(told.op.expect_err("U+0000").message, error.message);
    assert_eq!(text("a\\u0000b"), Ok(()), "only a text that looks like it");

    let title = WriteOp::UpdateConversation(UpdateConversation {
        title: Some("\0".into()),
        ..UpdateConversation::default()
    });
    let error = title.check().expect_err("U+0000");
    assert_eq!(error.field.as_deref(), Some("title"));
}

#[test]
fn a_page_with_the_deepest_message_that_a_server_ever_took_is_read_whole() {
    let deep = nested(126);
    let page = history(&page(vec![
        message(1, json!("before")),
        message(2, deep.clone()),
        message(3, json!("after")),
    ]));
    assert_eq!((page.lo, page.hi), (1, 9));
    let seqs: Vec<_> = page.messages.iter().map(|message| message.seq).collect();
    assert_eq!(seqs, [1, 2, 3]);
    assert_eq!(
        page.messages[1].content,
        Content::Object(samples::object(deep.clone()))
    );

    let mut sent = reply("message_sent");
    sent["payload"]["message"] = message(2, deep);
    let ServerMessage::MessageSent(sent) = left(&sent).message else {
        panic!("an acknowledgement");
    };
    assert_eq!(sent.message.map(|message| message.seq), Some(2));
}

#[test]
fn a_message_that_cannot_be_read_has_its_place_and_an_unknown_kind() {
    for bad in [nested(200), json!(5), json!("a\0b")] {
        let page = history(&page(vec![
            message(1, json!("before")),
            message(2, bad),
            message(3, json!("after")),
        ]));
        let [before, unreadable, after] = &page.messages[..] else {
            panic!("three messages: {:?}", page.messages);
        };
        assert_eq!(before.content.text(), Some("before"));
        assert_eq!(after.content.text(), Some("after"));
        assert_eq!(unreadable.kind, MessageKind::Other("unreadable".into()));
        assert_eq!(unreadable.content, Content::Empty);
        let said = samples::said();
        assert_eq!(
            (unreadable.seq, unreadable.message_id, unreadable.temp_id),
            (2, said.message_id, said.temp_id)
        );
    }
}

#[test]
fn a_row_that_is_none_at_all_costs_only_itself() {
    let page = history(&page(vec![
        json!({"seq": "two"}),
        message(3, json!("after")),
        json!(7),
    ]));
    let seqs: Vec<_> = page.messages.iter().map(|message| message.seq).collect();
    assert_eq!((seqs, page.lo, page.hi), (vec![3], 1, 9));

    for (name, list) in [
        ("sync_page", "conversations"),
        ("sync_page", "users"),
        ("members_page", "members"),
        ("users_page", "users"),
        ("presence_state", "users"),
        ("subscribed", "read_cursors"),
        ("subscribed", "viewers"),
    ] {
        let sound = reply(name);
        let mut faulty = sound.clone();
        let rows = faulty["payload"][list].as_array_mut().expect("a list");
        rows.push(json!({"user_id": 5}));
        let read = serde_json::to_value(left(&faulty)).expect("sound");
        assert_eq!(read, sound, "{name}.{list}");
    }
}

#[test]
fn an_event_that_cannot_be_read_keeps_its_place_alone_and_in_a_backlog() {
    let edited = json!({"type": "message_edited", "payload": {
        "conversation_id": CONVERSATION, "seq": 43, "event_id": TEMP_ID, "target_seq": "none",
    }});
    assert_eq!(
        left(&edited).message.position(),
        Some((samples::direct(), 43))
    );

    let mut said = serde_json::to_value(samples::new_message()).expect("sound");
    said["payload"]["content"] = nested(300);
    let ServerMessage::NewMessage(event) = left(&said).message else {
        panic!("a message");
    };
    assert_eq!(event.message.kind, MessageKind::Other("unreadable".into()));

    let mut subscribed = reply("subscribed");
    let sound = subscribed["payload"]["events"][0].clone();
    subscribed["payload"]["events"] = json!([said, edited, 5, sound]);
    let ServerMessage::Subscribed(subscribed) = left(&subscribed).message else {
        panic!("a backlog");
    };
    let places: Vec<_> = subscribed
        .events
        .iter()
        .filter_map(|frame| Some(frame.message.position()?.1))
        .collect();
    assert_eq!(places, [42, 43, 42]);
}

#[test]
fn an_acknowledgement_counts_without_what_it_brings() {
    let mut ack = reply("ack-created");
    ack["payload"]["conversation"] = json!({"kind": 5});
    let ServerMessage::Ack(Ack::Write(ack)) = left(&ack).message else {
        panic!("an acknowledgement");
    };
    assert_eq!((ack.conversation, ack.group), (None, None));
}

#[test]
fn an_answer_that_cannot_be_read_at_all_is_an_error_to_who_asked() {
    let mut no_lo = page(vec![]);
    no_lo["payload"]["lo"] = json!("one");
    let mut no_list = page(vec![]);
    no_list["payload"]["messages"] = json!({});
    for answer in [
        no_lo,
        no_list,
        json!({"type": "error", "id": 7, "payload": {"code": 5}}),
        json!({"type": "token_refreshed", "id": 7, "payload": {}}),
        json!({"type": "history_page", "id": 7, "payload": []}),
        json!({"id": 7}),
    ] {
        let frame = left(&answer);
        assert_eq!(frame.id, Some(7), "{answer}");
        let ServerMessage::Error(error) = frame.message else {
            panic!("an error in place of {answer}");
        };
        assert_eq!((error.code, error.retryable), (ErrorCode::Internal, true));
    }
    // What the first frame asked for has no id.
    let room = samples::room().to_string();
    let answer = json!({"type": "subscribed", "payload": {"room": room}});
    let ServerMessage::Error(error) = left(&answer).message else {
        panic!("an error");
    };
    assert_eq!(error.room, Some(room));
    let answer = json!({"type": "sync_page", "payload": {"conversations": 5}});
    assert!(matches!(left(&answer).message, ServerMessage::Error(_)));

    // Nobody asked.
    let event = json!({"type": "read_receipt", "payload": {}}).to_string();
    assert_eq!(decode_server(&event).count(), 1);
}
