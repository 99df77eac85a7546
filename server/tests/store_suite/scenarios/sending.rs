//! `send_message`, and repeats of it.

use causerie_protocol::*;
use causerie_server::store::EventBody;

use crate::harness::*;

for_every_store! {
    fn messages_are_numbered_from_one_without_holes(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        for n in 1..=3 {
            let sent = h.send("alice", room, "hello");
            assert_eq!((sent.seq, sent.number, sent.duplicate), (n, n, false));
        }
        assert_eq!(h.history("bob", room).messages.len(), 3);
    }

    fn a_number_counts_messages_and_a_seq_counts_events(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let first = h.send("alice", room, "one");
        h.ack("bob", room, react(by_id(first.message_id), "👍"));
        let second = h.send("bob", room, "two");
        assert_eq!((second.seq, second.number), (3, 2));
    }

    fn every_field_of_a_message_comes_back_as_it_was_sent(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let first = h.send("alice", room, "what do you think?");
        let object = serde_json::json!({"kind": "poll", "ratio": 0.1, "big": 9007199254740991_i64});
        let object = object.as_object().expect("an object").clone();
        let send = SendMessage {
            kind: MessageKind::Custom,
            content: Content::Object(object.clone()),
            attachments: vec![Attachment {
                media_id: "m1".into(),
                name: "cat.jpg".into(),
                content_type: "image/jpeg".into(),
                size: 12345,
                sha256: "ab".into(),
                width: Some(640),
                height: Some(480),
                blurhash: Some("LEHV".into()),
                duration_ms: None,
                waveform: None,
            }],
            reply_to: Some(first.message_id),
            mentions: users(&["bob", "carol"]),
            metadata: Some(object),
        };
        let temp = h.temp();
        h.tick(5);
        sent(h.write_as(temp, "alice", room, WriteOp::SendMessage(send.clone())));
        let message = h.message("alice", room, 2);
        assert_eq!(message.content, send.content);
        assert_eq!(message.attachments, send.attachments);
        assert_eq!(message.mentions, send.mentions);
        assert_eq!(message.metadata, send.metadata);
        assert_eq!(message.reply_to, send.reply_to);
        assert_eq!((message.kind, message.temp_id), (send.kind, Some(temp)));
        assert_eq!((message.state_seq, message.edited_at, message.deleted_at), (2, None, None));
        assert_eq!(message.created_at, h.sources.now());
        assert_eq!(h.message("bob", room, 2).temp_id, None, "a temp_id is its sender's own");
    }

    fn the_event_of_a_message_has_its_id_and_its_device(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let sent = h.send("alice", room, "hello");
        let events = h.all_events("bob", room);
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].event_id, sent.message_id);
        assert_eq!(events[0].actor, user("alice"));
        assert_eq!(events[0].client_id, Some(actor("alice").client_id));
        assert!(sent.message_id.is_v7());
    }

    fn a_missing_and_a_forbidden_conversation_are_refused_alike(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let nowhere = h.conversation_id();
        let closed = h.write("mallory", room, text("let me in"));
        let missing = h.write("mallory", nowhere, text("let me in"));
        let (closed, missing) = (refused(&closed), refused(&missing));
        assert_eq!(closed.code, ErrorCode::Forbidden);
        assert_eq!((&closed.code, &closed.message), (&missing.code, &missing.message));
    }

    fn a_refusal_names_the_write_that_it_refuses(h: &mut Harness) {
        let room = h.group("alice", &[]);
        let temp = h.temp();
        let outcome = h.write_as(temp, "mallory", room, text("x"));
        let reply = refused(&outcome);
        assert_eq!((reply.temp_id, reply.conversation_id), (Some(temp), Some(room)));
        assert!(!reply.retryable);
    }

    fn a_reply_answers_a_message_of_the_same_conversation_that_its_sender_sees(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let elsewhere = h.group("alice", &["bob"]);
        let there = h.send("alice", elsewhere, "elsewhere").message_id;
        let early = h.send("alice", room, "before carol").message_id;
        h.ack("alice", room, add(&["carol"]));
        let reply = |to| WriteOp::SendMessage(SendMessage {
            reply_to: Some(to),
            ..SendMessage::text("re")
        });
        let outcome = h.write("alice", room, reply(there));
        assert_eq!(refused(&outcome).field.as_deref(), Some("reply_to"));
        let outcome = h.write("carol", room, reply(early));
        assert_eq!(code(&outcome), ErrorCode::Invalid);
        sent(h.write("bob", room, reply(early)));
    }

    fn only_owner_and_admins_write_to_a_broadcast(h: &mut Harness) {
        let room = h.broadcast("alice", &["bob", "carol"]);
        h.ack("alice", room, set_role(&["bob"], Role::Admin));
        h.send("alice", room, "from the owner");
        h.send("bob", room, "from an admin");
        assert_eq!(h.refused("carol", room, text("from a member")), ErrorCode::Forbidden);
        let said = h.history("carol", room).messages[0].message_id;
        assert!(h.ack("carol", room, react(by_id(said), "❤")).seq.is_some());
    }

    fn system_messages_come_from_admins_of_the_app_only(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let system = || WriteOp::SendMessage(SendMessage {
            kind: MessageKind::System,
            ..SendMessage::text("the call has ended")
        });
        assert_eq!(h.refused("alice", room, system()), ErrorCode::Forbidden);
        let temp = h.temp();
        let first = sent(h.write_as(temp, "admin:ops", room, system()));
        let again = sent(h.write_as(temp, "admin:ops", room, system()));
        assert_eq!((again.seq, again.duplicate), (first.seq, true));
        assert_eq!(h.refused("admin:ops", room, text("chatting")), ErrorCode::Forbidden);
        let nowhere = h.conversation_id();
        assert_eq!(h.refused("admin:ops", nowhere, system()), ErrorCode::Forbidden);
        assert_eq!(texts(&h.history("bob", room)), ["the call has ended"]);
    }

    fn what_the_codec_found_wrong_is_the_refusal(h: &mut Harness) {
        let room = h.group("alice", &[]);
        let fault = WriteFault {
            kind: WriteKind::SendMessage,
            code: ErrorCode::TooLarge,
            message: "content is 20000, the limit is 16384".into(),
            field: Some("content".into()),
        };
        let write = Write {
            temp_id: h.temp(),
            conversation_id: room,
            skip: None,
            op: Err(fault),
        };
        let command = h.write_command("alice", write);
        let outcome = h.command(command);
        assert_eq!(code(&outcome), ErrorCode::TooLarge);
        assert_eq!(refused(&outcome).field.as_deref(), Some("content"));
    }

    fn writes_that_are_not_served_are_of_unknown_type(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        for op in [
            WriteOp::InviteMembers(Members::default()),
            WriteOp::AcceptInvite(Members::default()),
            WriteOp::DeclineInvite(Members::default()),
            WriteOp::QuitGroup(Members::default()),
        ] {
            assert_eq!(h.refused("alice", room, op), ErrorCode::UnknownType);
        }
    }

    fn many_senders_in_one_batch_share_one_order(h: &mut Harness) {
        let room = h.group("alice", &["bob", "carol"]);
        let mut commands = Vec::new();
        for n in 0..100 {
            let who = ["alice", "bob", "carol"][n % 3];
            let write = Write::new(h.temp(), room, text(&format!("{n}")));
            commands.push(h.write_command(who, write));
        }
        for (n, outcome) in h.batch(commands).into_iter().enumerate() {
            assert_eq!(sent(outcome).seq, n as u64 + 1);
        }
        let events = h.all_events("alice", room);
        assert!(events.iter().zip(1..).all(|(event, seq)| event.seq == seq));
        assert!(events.iter().all(|event| matches!(event.body, EventBody::Message(_))));
    }
}
