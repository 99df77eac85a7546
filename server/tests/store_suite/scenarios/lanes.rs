//! The order of one connection's writes: `aborted`, `skip`, and what a failed commit does.

use causerie_protocol::*;
use causerie_server::store::{Command, LaneId, Outcome};

use crate::harness::*;

fn limited(command: Command) -> Command {
    let Command::Write {
        lane, actor, write, ..
    } = command
    else {
        unreachable!("only writes are limited");
    };
    let reply = ErrorReply {
        retry_after_ms: Some(500),
        ..ErrorReply::new(ErrorCode::RateLimited, "slower, please")
    };
    Command::Write {
        lane,
        actor,
        write,
        refuse: Some(Box::new(reply)),
    }
}

impl Harness {
    fn limit(&mut self, who: &str, write: Write) -> Outcome {
        let command = limited(self.write_command(who, write));
        self.command(command)
    }

    fn run(&mut self, who: &str, write: Write) -> Outcome {
        let command = self.write_command(who, write);
        self.command(command)
    }
}

for_every_store! {
    fn after_a_retryable_refusal_later_writes_are_aborted_until_it_comes_again(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let first = Write::new(h.temp(), room, text("one"));
        let refusal = h.limit("alice", first.clone());
        assert_eq!(code(&refusal), ErrorCode::RateLimited);
        assert_eq!(refused(&refusal).retry_after_ms, Some(500));
        let second = Write::new(h.temp(), room, text("two"));
        let waiting = h.run("alice", second.clone());
        assert_eq!(code(&waiting), ErrorCode::Aborted);
        assert!(refused(&waiting).retryable);
        assert_eq!(sent(h.run("alice", first)).seq, 1);
        assert_eq!(sent(h.run("alice", second)).seq, 2);
    }

    fn a_write_may_skip_the_refused_one(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let given_up = Write::new(h.temp(), room, text("one"));
        h.limit("alice", given_up.clone());
        let wrong = Write { skip: Some(h.temp()), ..Write::new(h.temp(), room, text("two")) };
        assert_eq!(code(&h.run("alice", wrong)), ErrorCode::Aborted);
        let right = Write {
            skip: Some(given_up.temp_id),
            ..Write::new(h.temp(), room, text("three"))
        };
        sent(h.run("alice", right));
        sent(h.run("alice", Write::new(h.temp(), room, text("four"))));
    }

    fn a_skip_without_a_refusal_is_ignored(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let write = Write { skip: Some(h.temp()), ..Write::new(h.temp(), room, text("one")) };
        sent(h.run("alice", write));
    }

    fn a_refusal_that_cannot_be_retried_stops_nothing(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let missing = by_id(MessageId::from_uuid(h.sources.uuid()));
        assert_eq!(h.refused("alice", room, edit(missing, "x")), ErrorCode::NotFound);
        h.send("alice", room, "goes on");
    }

    fn aborted_stands_before_a_writes_own_fault(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        h.limit("alice", Write::new(h.temp(), room, text("one")));
        let fault = WriteFault {
            kind: WriteKind::SendMessage,
            code: ErrorCode::TooLarge,
            message: "too large".into(),
            field: None,
        };
        let faulty = Write { op: Err(fault), ..Write::new(h.temp(), room, quit()) };
        assert_eq!(code(&h.run("alice", faulty)), ErrorCode::Aborted);
    }

    fn a_committed_write_is_answered_even_while_the_lane_waits(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let taken = Write::new(h.temp(), room, text("zero"));
        sent(h.run("alice", taken.clone()));
        h.limit("alice", Write::new(h.temp(), room, text("one")));
        assert!(sent(h.run("alice", taken)).duplicate);
        assert_eq!(h.refused("alice", room, text("two")), ErrorCode::Aborted);
    }

    fn other_lanes_and_other_conversations_go_on(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let other = h.group("alice", &["bob"]);
        h.limit("alice", Write::new(h.temp(), room, text("one")));
        h.send("bob", room, "another lane");
        h.send("alice", other, "another conversation");
        let command = h.write_in(LaneId(99), "alice", Write::new(h.temp(), room, text("other")));
        sent(h.command(command));
        assert_eq!(h.refused("alice", room, text("two")), ErrorCode::Aborted);
    }

    fn the_first_refusal_counts(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let first = Write::new(h.temp(), room, text("one"));
        let second = Write::new(h.temp(), room, text("two"));
        h.limit("alice", first.clone());
        assert_eq!(code(&h.limit("alice", second.clone())), ErrorCode::Aborted);
        assert_eq!(code(&h.run("alice", second.clone())), ErrorCode::Aborted);
        sent(h.run("alice", first));
        sent(h.run("alice", second));
    }

    fn a_refused_write_that_is_refused_again_keeps_the_lane(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let first = Write::new(h.temp(), room, text("one"));
        h.limit("alice", first.clone());
        assert_eq!(code(&h.limit("alice", first.clone())), ErrorCode::RateLimited);
        assert_eq!(h.refused("alice", room, text("two")), ErrorCode::Aborted);
        sent(h.run("alice", first));
        h.send("alice", room, "two");
    }

    fn the_refusal_of_a_creation_holds_back_what_follows_it(h: &mut Harness) {
        let id = h.conversation_id();
        let create = create(ConversationKind::Group, &["bob"]);
        let creation = Write::new(h.temp(), id, WriteOp::CreateConversation(create));
        h.limit("alice", creation.clone());
        assert_eq!(h.refused("alice", id, text("hello")), ErrorCode::Aborted);
        acked(h.run("alice", creation));
        assert_eq!(h.send("alice", id, "hello").seq, 1);
    }

    fn a_closed_lane_is_forgotten(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        let write = Write::new(h.temp(), room, text("one"));
        let command = h.write_in(LaneId(5), "alice", write);
        h.command(limited(command));
        assert_eq!(h.command(Command::CloseLane(LaneId(5))), Outcome::Done);
        let command = h.write_in(LaneId(5), "alice", Write::new(h.temp(), room, text("two")));
        sent(h.command(command));
    }

    fn a_commit_that_fails_refuses_each_write_and_then_goes_on(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        h.take_commits();
        let first = Write::new(h.temp(), room, text("one"));
        h.fail_next_commit();
        let outcome = h.run("alice", first.clone());
        assert_eq!(code(&outcome), ErrorCode::Unavailable);
        assert!(refused(&outcome).retryable);
        assert!(h.take_commits().is_empty(), "what is not durable is not published");
        assert_eq!(h.refused("alice", room, text("two")), ErrorCode::Aborted);
        h.send("bob", room, "zero");
        assert_eq!(sent(h.run("alice", first)).seq, 2);
        h.send("alice", room, "two");
        assert_eq!(texts(&h.history("bob", room)), ["zero", "one", "two"]);
    }

    fn a_failed_commit_leaves_nothing_behind(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        h.send("alice", room, "kept");
        let before = (h.item("alice", room), h.item("bob", room));
        h.fail_next_commit();
        assert_eq!(h.refused("alice", room, add(&["carol"])), ErrorCode::Unavailable);
        h.fail_next_commit();
        assert_eq!(code(&h.mark_read("bob", room, 1)), ErrorCode::Unavailable);
        h.fail_next_commit();
        let lost = h.conversation_id();
        let create = WriteOp::CreateConversation(create(ConversationKind::Group, &["dave"]));
        assert_eq!(h.refused("carol", lost, create), ErrorCode::Unavailable);
        assert_eq!((h.item("alice", room), h.item("bob", room)), before);
        assert_eq!(h.refused("carol", room, text("am I in?")), ErrorCode::Forbidden);
        assert_eq!(h.read("bob", room, 1).read_seq, 1);
    }

    fn a_removal_that_was_not_durable_takes_no_right_and_one_that_was_leaves_none(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        h.send("bob", room, "in the cache");
        h.fail_next_commit();
        let removal = Write::new(h.temp(), room, remove(&["bob"]));
        assert_eq!(code(&h.run("alice", removal.clone())), ErrorCode::Unavailable);
        h.send("bob", room, "still a member");
        acked(h.run("alice", removal));
        assert_eq!(h.refused("bob", room, text("no more")), ErrorCode::Forbidden);
    }

    fn a_removal_counts_for_the_next_command_of_its_batch(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        h.send("bob", room, "in the cache");
        let commands = vec![
            h.write_command("alice", Write::new(h.temp(), room, remove(&["bob"]))),
            h.write_command("bob", Write::new(h.temp(), room, text("too late"))),
            h.write_command("alice", Write::new(h.temp(), room, add(&["bob"]))),
            h.write_command("bob", Write::new(h.temp(), room, text("back again"))),
        ];
        let outcomes = h.batch(commands);
        assert_eq!(code(&outcomes[1]), ErrorCode::Forbidden);
        assert!(matches!(outcomes[3], Outcome::Sent(_)));
    }

    fn lanes_live_as_long_as_the_process(h: &mut Harness) {
        let room = h.group("alice", &["bob"]);
        h.limit("alice", Write::new(h.temp(), room, text("one")));
        h.restart();
        h.send("alice", room, "a new connection");
    }
}
