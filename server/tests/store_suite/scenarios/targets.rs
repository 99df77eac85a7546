//! Edits, deletions and reactions.

use causerie_protocol::*;
use causerie_server::store::EventBody;

use crate::harness::*;

for_every_store! {
    fn an_edit_changes_what_is_read_but_not_the_event_of_the_message(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let sent = h.send("alice", room, "helo");
        h.tick(50);
        let ack = h.ack("alice", room, edit(by_id(sent.message_id), "hello"));
        assert_eq!(ack.seq, Some(2));
        let now = h.message("bob", room, 1);
        assert_eq!((now.content, now.state_seq), (Content::from("hello"), 2));
        assert_eq!(now.edited_at, Some(h.sources.now()));
        let events = h.all_events("bob", room);
        let EventBody::Message(then) = &events[0].body else {
            panic!("expected a message");
        };
        assert_eq!((&then.content, then.state_seq), (&Content::from("helo"), 1));
        assert_eq!(then.edited_at, None);
        let EventBody::Edited { target_seq, content, .. } = &events[1].body else {
            panic!("expected an edit");
        };
        assert_eq!((*target_seq, content), (1, &Content::from("hello")));
    }

    fn an_edit_follows_its_message_by_the_senders_name(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let temp = h.temp();
        let commands = vec![
            h.write_command("alice", Write::new(temp, room, text("helo"))),
            h.write_command("alice", Write::new(h.temp(), room, edit(by_temp(temp), "hello"))),
            h.write_command("alice", Write::new(h.temp(), room, react(by_temp(temp), "🎉"))),
            h.write_command("alice", Write::new(h.temp(), room, edit(by_temp(temp), "hello!"))),
        ];
        let outcomes = h.batch(commands);
        assert_eq!(acked(outcomes[3].clone()).seq, Some(4));
        let message = h.message("bob", room, 1);
        assert_eq!(message.content, Content::from("hello!"));
        assert_eq!(message.reactions[0].emoji, "🎉");
    }

    fn only_its_sender_edits_a_message(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let message = by_id(h.send("bob", room, "mine").message_id);
        assert_eq!(h.refused("alice", room, edit(message, "yours")), ErrorCode::Forbidden);
        assert_eq!(h.refused("mallory", room, edit(message, "yours")), ErrorCode::Forbidden);
    }

    fn another_senders_name_is_no_target(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let temp = h.temp();
        sent(h.write_as(temp, "alice", room, text("hers")));
        assert_eq!(h.refused("bob", room, edit(by_temp(temp), "x")), ErrorCode::NotFound);
    }

    fn an_edit_keeps_the_kind_of_its_message(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let message = by_id(h.send("alice", room, "text").message_id);
        let op = WriteOp::EditMessage(EditMessage {
            target: message,
            content: Content::Object(Object::new()),
        });
        let outcome = h.write("alice", room, op);
        assert_eq!(code(&outcome), ErrorCode::Invalid);
        assert_eq!(refused(&outcome).field.as_deref(), Some("content"));
    }

    fn an_edit_that_changes_nothing_makes_no_event(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let message = by_id(h.send("alice", room, "same").message_id);
        assert_eq!(h.ack("alice", room, edit(message, "same")).seq, None);
        h.ack("alice", room, edit(message, "other"));
        assert_eq!(h.ack("alice", room, edit(message, "other")).seq, None);
        assert_eq!(h.ack("alice", room, edit(message, "same")).seq, Some(3));
    }

    fn what_was_never_there_cannot_be_edited(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let (id, temp) = (MessageId::from_uuid(h.sources.uuid()), h.temp());
        assert_eq!(h.refused("alice", room, edit(by_id(id), "x")), ErrorCode::NotFound);
        assert_eq!(h.refused("alice", room, edit(by_temp(temp), "x")), ErrorCode::NotFound);
        assert_eq!(h.refused("alice", room, react(by_temp(temp), "👍")), ErrorCode::NotFound);
        assert_eq!(h.refused("alice", room, delete(by_id(id))), ErrorCode::NotFound);
    }

    fn a_message_of_another_conversation_is_no_target(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let other = h.group("alice", &["bob"]);
        let message = by_id(h.send("alice", other, "there").message_id);
        assert_eq!(h.refused("alice", room, delete(message)), ErrorCode::NotFound);
    }

    fn a_deleted_message_keeps_its_place_and_loses_what_it_said(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let sent = h.send("alice", room, "a secret");
        let message = by_id(sent.message_id);
        h.ack("alice", room, edit(message, "another secret"));
        h.ack("bob", room, react(message, "😮"));
        let ack = h.ack("alice", room, delete(message));
        assert_eq!(ack.seq, Some(4));
        let now = h.message("bob", room, 1);
        assert_eq!((now.content, now.number, now.state_seq), (Content::Empty, 1, 4));
        assert!(now.deleted_at.is_some());
        for event in h.all_events("bob", room) {
            match event.body {
                EventBody::Message(message) => {
                    assert_eq!((message.content, message.state_seq), (Content::Empty, 1));
                    assert!(message.deleted_at.is_some());
                }
                EventBody::Edited { content, .. } => assert_eq!(content, Content::Empty),
                _ => {}
            }
        }
    }

    fn deletion_erases_attachments_and_metadata_and_ends_mentions(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let metadata = serde_json::json!({"place": "home"});
        let op = WriteOp::SendMessage(SendMessage {
            metadata: metadata.as_object().cloned(),
            mentions: users(&["bob"]),
            ..SendMessage::text("look")
        });
        let message = by_id(sent(h.write("alice", room, op)).message_id);
        assert_eq!(h.item("bob", room).mentions_unread, 1);
        h.ack("alice", room, delete(message));
        let now = h.message("bob", room, 1);
        assert!(now.metadata.is_none() && now.attachments.is_empty());
        assert_eq!(now.mentions, users(&["bob"]));
        assert_eq!(h.item("bob", room).mentions_unread, 0);
    }

    fn sender_admins_and_owner_delete_and_nobody_else(h: &mut Harness) {
        let room = h.group("alice", &["bob", "carol", "dave"]);
        h.ack("alice", room, set_role(&["bob"], Role::Admin));
        let messages: Vec<_> = (0..3)
            .map(|_| by_id(h.send("carol", room, "hm").message_id))
            .collect();
        assert_eq!(h.refused("dave", room, delete(messages[0])), ErrorCode::Forbidden);
        for (who, message) in ["alice", "bob", "carol"].into_iter().zip(messages) {
            assert!(h.ack(who, room, delete(message)).seq.is_some());
        }
    }

    fn deleting_twice_changes_nothing_and_a_deleted_message_cannot_change(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let message = by_id(h.send("alice", room, "gone").message_id);
        h.ack("alice", room, delete(message));
        assert_eq!(h.ack("alice", room, delete(message)).seq, None);
        assert_eq!(h.refused("alice", room, edit(message, "back")), ErrorCode::Conflict);
        assert_eq!(h.refused("bob", room, react(message, "👍")), ErrorCode::Conflict);
        assert_eq!(h.refused("bob", room, unreact(message, "👍")), ErrorCode::Conflict);
    }

    fn a_message_deleted_before_it_came_is_cancelled_for_ever(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let temp = h.temp();
        let deletion = h.temp();
        let ack = acked(h.write_as(deletion, "alice", room, delete(by_temp(temp))));
        assert_eq!(ack.seq, None);
        let late = h.write_as(temp, "alice", room, text("too late"));
        assert_eq!(code(&late), ErrorCode::Cancelled);
        assert!(!refused(&late).retryable);
        h.restart();
        assert_eq!(code(&h.write_as(temp, "alice", room, text("x"))), ErrorCode::Cancelled);
        let again = acked(h.write_as(deletion, "alice", room, delete(by_temp(temp))));
        assert_eq!((again.seq, again.duplicate), (None, true));
        assert_eq!(h.ack("alice", room, delete(by_temp(temp))).seq, None);
        assert_eq!(h.refused("alice", room, edit(by_temp(temp), "x")), ErrorCode::NotFound);
        assert!(h.history("bob", room).messages.is_empty());
        assert_eq!(h.item("bob", room).head_seq, 0);
    }

    fn a_name_that_stands_for_no_message_is_no_target(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let temp = h.temp();
        acked(h.write_as(temp, "alice", room, add(&["carol"])));
        assert_eq!(h.refused("alice", room, delete(by_temp(temp))), ErrorCode::Conflict);
        assert_eq!(h.refused("alice", room, edit(by_temp(temp), "x")), ErrorCode::Conflict);
    }

    fn reactions_are_counted_in_the_order_in_which_each_emoji_first_came(h: &mut Harness) {
        let room = h.group("alice", &["bob", "carol"]);
        let sent = h.send("alice", room, "dinner?");
        let message = by_id(sent.message_id);
        h.ack("bob", room, react(message, "👎"));
        h.ack("carol", room, react(message, "👍"));
        h.ack("bob", room, react(message, "👍"));
        assert_eq!(h.ack("bob", room, react(message, "👍")).seq, None);
        let reactions = h.message("bob", room, 1).reactions;
        assert_eq!(reactions.len(), 2);
        assert_eq!((reactions[0].emoji.as_str(), reactions[0].count), ("👎", 1));
        assert_eq!(reactions[1].users, users(&["carol", "bob"]));
        assert!(reactions[1].me);
        assert!(!h.message("alice", room, 1).reactions[1].me);
        assert_eq!(h.message("alice", room, 1).state_seq, 4);
    }

    fn a_reaction_that_is_taken_off_is_gone(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let message = by_id(h.send("alice", room, "dinner?").message_id);
        h.ack("bob", room, react(message, "👍"));
        assert_eq!(h.ack("bob", room, unreact(message, "👍")).seq, Some(3));
        assert_eq!(h.ack("bob", room, unreact(message, "👍")).seq, None);
        let now = h.message("bob", room, 1);
        assert_eq!((now.reactions.len(), now.state_seq), (0, 3));
        let events = h.all_events("alice", room);
        assert!(matches!(
            &events[2].body,
            EventBody::ReactionRemoved { emoji, target_seq: 1, .. } if emoji == "👍"
        ));
    }

    fn five_users_are_named_beside_an_emoji_and_all_are_counted(h: &mut Harness) {
        let names: Vec<String> = (0..8).map(|n| format!("user{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let room = h.group("alice", &names);
        let message = by_id(h.send("alice", room, "all in?").message_id);
        for name in &names {
            h.ack(name, room, react(message, "🙌"));
        }
        let reactions = h.message("user7", room, 1).reactions;
        assert_eq!((reactions[0].count, reactions[0].me), (8, true));
        assert_eq!(reactions[0].users, users(&names[..5]));
    }

    fn a_message_has_at_most_32_distinct_emoji(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let message = by_id(h.send("alice", room, "go on").message_id);
        for n in 0..32 {
            h.ack("alice", room, react(message, &format!("e{n}")));
        }
        let outcome = h.write("bob", room, react(message, "e32"));
        assert_eq!(code(&outcome), ErrorCode::TooLarge);
        assert!(h.ack("bob", room, react(message, "e31")).seq.is_some());
    }
}
