//! Permanent idempotency: `(conversation, sender, temp_id)` is taken once, for ever.

use causerie_protocol::*;
use causerie_server::store::{Command, Outcome};

use crate::harness::*;

for_every_store! {
    fn a_repeat_is_answered_with_the_first_result_and_makes_no_second_event(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let temp = h.temp();
        let first = sent(h.write_as(temp, "alice", room, text("hello")));
        h.tick(1000);
        let again = sent(h.write_as(temp, "alice", room, text("something else")));
        assert!(again.duplicate);
        assert_eq!((again.message_id, again.seq), (first.message_id, first.seq));
        assert_eq!((again.number, again.created_at), (first.number, first.created_at));
        assert_eq!(again.message.expect("the folded state").content, Content::from("hello"));
        assert_eq!(texts(&h.history("bob", room)), ["hello"]);
    }

    fn a_repeat_in_the_same_batch_is_one_too(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let write = Write::new(h.temp(), room, text("hello"));
        let commands = vec![
            h.write_command("alice", write.clone()),
            h.write_command("alice", write),
        ];
        let mut outcomes = h.batch(commands);
        let again = sent(outcomes.remove(1));
        let first = sent(outcomes.remove(0));
        assert!(!first.duplicate && again.duplicate);
        assert_eq!(first.message_id, again.message_id);
    }

    fn a_repeat_survives_a_restart(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let temp = h.temp();
        let first = sent(h.write_as(temp, "alice", room, text("hello")));
        h.restart();
        let again = sent(h.write_as(temp, "alice", room, text("hello")));
        assert_eq!((again.duplicate, again.message_id), (true, first.message_id));
    }

    fn a_repeat_tells_the_message_as_it_is_now(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let temp = h.temp();
        let first = sent(h.write_as(temp, "alice", room, text("helo")));
        h.ack("alice", room, edit(by_temp(temp), "hello"));
        h.ack("bob", room, react(by_id(first.message_id), "👍"));
        let again = sent(h.write_as(temp, "alice", room, text("helo")));
        let message = again.message.expect("the folded state");
        assert_eq!(message.content, Content::from("hello"));
        assert_eq!(message.state_seq, 3);
        assert_eq!(message.reactions.len(), 1);
        assert_eq!(message.temp_id, Some(temp));
        assert!(message.edited_at.is_some());
    }

    fn a_repeat_of_a_message_that_was_deleted_since_has_no_content(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let temp = h.temp();
        sent(h.write_as(temp, "alice", room, text("secret")));
        h.ack("alice", room, delete(by_temp(temp)));
        let again = sent(h.write_as(temp, "alice", room, text("secret")));
        let message = again.message.expect("the folded state");
        assert_eq!((message.content, message.state_seq), (Content::Empty, 2));
        assert!(message.deleted_at.is_some());
    }

    fn the_same_name_for_another_kind_is_a_conflict(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let temp = h.temp();
        let message = sent(h.write_as(temp, "alice", room, text("hello"))).message_id;
        let outcome = h.write_as(temp, "alice", room, react(by_id(message), "👍"));
        assert_eq!(code(&outcome), ErrorCode::Conflict);
        let reaction = h.temp();
        acked(h.write_as(reaction, "alice", room, react(by_id(message), "👍")));
        let outcome = h.write_as(reaction, "alice", room, unreact(by_id(message), "👍"));
        assert_eq!(code(&outcome), ErrorCode::Conflict);
    }

    fn the_same_name_is_free_for_another_sender_and_another_conversation(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let other = h.group("alice", &["bob"]);
        let temp = h.temp();
        assert!(!sent(h.write_as(temp, "alice", room, text("a"))).duplicate);
        assert!(!sent(h.write_as(temp, "bob", room, text("b"))).duplicate);
        assert!(!sent(h.write_as(temp, "alice", other, text("c"))).duplicate);
    }

    fn every_kind_of_write_is_answered_again_with_its_first_seq(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let message = by_id(h.send("alice", room, "hello").message_id);
        let update = UpdateConversation {
            title: Some("Our room".into()),
            ..UpdateConversation::default()
        };
        let ops = [
            edit(message, "hello!"),
            react(message, "👍"),
            unreact(message, "👍"),
            add(&["carol", "dave"]),
            set_role(&["carol"], Role::Admin),
            remove(&["dave"]),
            WriteOp::UpdateConversation(update),
            delete(message),
            quit(),
        ];
        let mut taken = Vec::new();
        for op in ops {
            let temp = h.temp();
            h.tick(10);
            let ack = acked(h.write_as(temp, "alice", room, op.clone()));
            assert!(ack.seq.is_some() && !ack.duplicate, "{op:?}");
            taken.push((temp, op, ack));
        }
        let head = taken.last().and_then(|(_, _, ack)| ack.seq);
        for (temp, op, first) in taken {
            let again = acked(h.write_as(temp, "alice", room, op));
            assert!(again.duplicate);
            assert_eq!((again.seq, again.at), (first.seq, first.at));
        }
        assert_eq!(Some(h.item("bob", room).head_seq), head, "nothing happened twice");
    }

    fn what_changed_nothing_is_remembered_too(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let temp = h.temp();
        let nothing = acked(h.write_as(temp, "alice", room, add(&["bob"])));
        assert_eq!(nothing.seq, None);
        h.ack("alice", room, remove(&["bob"]));
        let again = acked(h.write_as(temp, "alice", room, add(&["bob"])));
        assert_eq!((again.seq, again.duplicate), (None, true));
        assert_eq!(h.item("bob", room).membership, MembershipState::Left);
    }

    fn a_repeat_is_answered_after_its_sender_was_removed_and_tells_nothing_later(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let temp = h.temp();
        let first = sent(h.write_as(temp, "bob", room, text("hello")));
        h.ack("alice", room, remove(&["bob"]));
        h.ack("alice", room, react(by_id(first.message_id), "👋"));
        assert_eq!(h.refused("bob", room, text("still here?")), ErrorCode::Forbidden);
        let again = sent(h.write_as(temp, "bob", room, text("hello")));
        assert_eq!((again.duplicate, again.seq), (true, first.seq));
        let message = again.message.expect("the message as it was");
        assert_eq!((message.reactions.len(), message.state_seq), (0, first.seq));
    }

    fn a_repeat_is_answered_though_it_is_malformed_or_the_connection_refuses(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let temp = h.temp();
        let first = sent(h.write_as(temp, "alice", room, text("hello")));
        let fault = WriteFault {
            kind: WriteKind::SendMessage,
            code: ErrorCode::TooLarge,
            message: "too large".into(),
            field: None,
        };
        let write = Write { temp_id: temp, conversation_id: room, skip: None, op: Err(fault) };
        let Command::Write { lane, actor, write, .. } = h.write_command("alice", write) else {
            unreachable!("it is a write");
        };
        let limit = ErrorReply::new(ErrorCode::RateLimited, "slower, please");
        let again = h.command(Command::Write { lane, actor, write, refuse: Some(Box::new(limit)) });
        assert_eq!(sent(again).message_id, first.message_id);
    }

    fn a_refused_write_takes_no_name(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let temp = h.temp();
        let nowhere = WriteOp::SendMessage(SendMessage {
            reply_to: Some(MessageId::from_uuid(h.sources.uuid())),
            ..SendMessage::text("re")
        });
        assert_eq!(code(&h.write_as(temp, "alice", room, nowhere)), ErrorCode::Invalid);
        let outcome = h.write_as(temp, "alice", room, react(by_temp(temp), "👍"));
        assert_eq!(code(&outcome), ErrorCode::Invalid, "a write is not its own target");
        assert!(!sent(h.write_as(temp, "alice", room, text("hello"))).duplicate);
    }

    fn a_repeat_of_a_creation_gives_the_item_as_it_is_now(h: &mut Harness) {
        let (temp, id) = (h.temp(), h.conversation_id());
        let op = WriteOp::CreateConversation(create(ConversationKind::Group, &["bob"]));
        let first = acked(h.write_as(temp, "alice", id, op.clone()));
        h.send("bob", id, "hi");
        let again = acked(h.write_as(temp, "alice", id, op.clone()));
        assert!(again.duplicate && !first.duplicate);
        assert_eq!(again.at, first.at);
        assert_eq!(again.conversation.expect("the item").head_seq, 1);
        h.ack("alice", id, quit());
        let after = acked(h.write_as(temp, "alice", id, op));
        assert_eq!(after.conversation.expect("the item").membership, MembershipState::Left);
    }

    fn repeats_publish_nothing(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let temp = h.temp();
        sent(h.write_as(temp, "alice", room, text("hello")));
        h.take_commits();
        let outcome = h.write_as(temp, "alice", room, text("hello"));
        assert!(matches!(outcome, Outcome::Sent(_)));
        assert!(h.take_commits().is_empty());
    }
}
