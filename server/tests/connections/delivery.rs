//! Reading forward from a position (docs/protocol.md §5 to §7).

use causerie_protocol::{EditMessage, Target, WriteOp};
use proptest::prelude::*;
use serde_json::json;

use crate::world::{World, error, kinds, of, seqs};

#[test]
fn a_subscriber_receives_everything_once_and_in_order() {
    let mut world = World::new();
    let room = world.group("alice", &["bob"]);
    let bob = world.member("bob", room);
    for _ in 0..300 {
        world.say("alice", room, "hello");
    }
    world.settle();
    assert_eq!(seqs(&world.take(bob)), (1..=300).collect::<Vec<_>>());
}

#[test]
fn a_reader_that_is_behind_the_ring_reads_the_store_and_comes_back_to_the_ring() {
    let mut world = World::with_ring(8);
    let room = world.group("alice", &["bob"]);
    let bob = world.member("bob", room);
    world.block(bob);
    for _ in 0..200 {
        world.say("alice", room, "hello");
        world.settle();
    }
    assert_eq!(world.waiting_queries(), 0);
    world.unblock(bob);
    assert_eq!(seqs(&world.take(bob)), (1..=200).collect::<Vec<_>>());
    world.say("alice", room, "live again");
    world.holds_answers = true;
    world.settle();
    assert_eq!(seqs(&world.take(bob)), [201]);
}

#[test]
fn a_store_that_cannot_be_read_for_a_moment_costs_nobody_an_event() {
    let mut world = World::with_ring(2);
    let room = world.group("alice", &["bob"]);
    let bob = world.member("bob", room);
    for _ in 0..10 {
        world.say("alice", room, "hello");
    }
    world.failing_queries = 2;
    world.settle();
    assert!(seqs(&world.take(bob)).is_empty());
    world.pass(300);
    assert_eq!(seqs(&world.take(bob)), (1..=10).collect::<Vec<_>>());
}

#[test]
fn what_is_deleted_before_it_is_read_is_not_read() {
    for ring in [100, 2] {
        let mut world = World::with_ring(ring);
        let room = world.group("alice", &["bob"]);
        let bob = world.member("bob", room);
        world.block(bob);
        let (_, message_id) = world.say("alice", room, "SECRET");
        let target = Target::Message { message_id };
        let content = "SECRET still".into();
        let edit = WriteOp::EditMessage(EditMessage { target, content });
        world.write("alice", room, edit);
        world.say("alice", room, "harmless");
        world.delete("alice", room, message_id);
        world.unblock(bob);
        let frames = world.take(bob);
        assert_eq!(seqs(&frames), [1, 2, 3, 4], "ring of {ring}");
        let text = serde_json::to_string(&frames).unwrap();
        assert!(!text.contains("SECRET"), "ring of {ring}: {text}");
        let message = of(&frames, "new_message")[0];
        assert!(message["content"].is_null() && message["deleted_at"].is_u64());
    }
}

#[test]
fn who_is_removed_hears_of_it_and_of_nothing_after_it() {
    for ring in [100, 1] {
        let mut world = World::with_ring(ring);
        let room = world.group("alice", &["bob", "carol"]);
        let subscribed = world.member("bob", room);
        let elsewhere = world.connect("bob");
        world.take(elsewhere);
        world.say("alice", room, "before");
        world.remove("alice", room, "bob");
        world.say("alice", room, "after");
        world.settle();
        world.pass(1_000);
        let frames = world.take(subscribed);
        let expected = ["new_message", "member_left", "connection_event"];
        assert_eq!(kinds(&frames), expected, "ring of {ring}");
        let event = of(&frames, "connection_event")[0];
        assert_eq!(event["event"], "membership_revoked");
        assert_eq!(event["room"], format!("conv:{room}"));
        assert_eq!(event["seq"], 2);
        let frames = world.take(elsewhere);
        assert_eq!(kinds(&frames), ["connection_event"], "ring of {ring}");
        world.subscribe(subscribed, room);
        assert_eq!(error(&world.take(subscribed)), "forbidden");
    }
}

#[test]
fn who_is_let_in_again_while_behind_must_subscribe_again() {
    let mut world = World::with_ring(1);
    let room = world.group("alice", &["bob"]);
    let bob = world.member("bob", room);
    world.block(bob);
    world.say("alice", room, "before");
    world.remove("alice", room, "bob");
    world.say("alice", room, "not for bob");
    world.add("alice", room, "bob");
    world.say("alice", room, "after");
    world.unblock(bob);
    let frames = world.take(bob);
    let text = serde_json::to_string(&frames).unwrap();
    assert!(!text.contains("not for bob"));
    let revoked = of(&frames, "connection_event");
    assert_eq!(revoked.len(), 1, "{text}");
    assert_eq!(revoked[0]["event"], "membership_revoked");
    assert_eq!(of(&frames, "conversation_created").len(), 1);
    world.subscribe(bob, room);
    let frames = world.take(bob);
    assert_eq!(of(&frames, "subscribed")[0]["visible_from"], 4);
    world.say("alice", room, "and on");
    world.settle();
    assert_eq!(seqs(&world.take(bob)), [6]);
}

#[test]
fn who_is_removed_while_behind_does_not_see_who_reads_or_types_later() {
    let mut world = World::new();
    let room = world.group("alice", &["bob", "carol"]);
    let bob = world.member("bob", room);
    let carol = world.member("carol", room);
    world.say("alice", room, "before");
    world.block(bob);
    world.remove("alice", room, "bob");
    world.ask(
        carol,
        "mark_read",
        json!({"conversation_id": room, "seq": 2}),
    );
    world.ask(carol, "typing_start", json!({"conversation_id": room}));
    world.settle();
    world.unblock(bob);
    let expected = ["new_message", "member_left", "connection_event"];
    assert_eq!(kinds(&world.take(bob)), expected);
    // Let in again, and subscribed again, bob sees them as before.
    world.add("alice", room, "bob");
    world.settle();
    world.subscribe(bob, room);
    world.take(bob);
    world.ask(carol, "typing_stop", json!({"conversation_id": room}));
    world.settle();
    assert_eq!(kinds(&world.take(bob)), ["typing_indicator"]);
}

#[test]
fn changes_to_messages_below_what_one_may_see_are_skipped() {
    let mut world = World::new();
    let room = world.group("alice", &["bob"]);
    let (_, early) = world.say("alice", room, "EARLY");
    world.add("alice", room, "carol");
    let carol = world.member("carol", room);
    let target = Target::Message { message_id: early };
    let content = "EARLY changed".into();
    let edit = WriteOp::EditMessage(EditMessage { target, content });
    world.write("alice", room, edit);
    world.say("alice", room, "late");
    world.settle();
    let frames = world.take(carol);
    assert_eq!(kinds(&frames), ["skipped", "new_message"]);
    assert_eq!(seqs(&frames), [3, 4]);
    assert!(frames[0]["meta"].get("sender_id").is_none());
}

#[test]
fn only_the_senders_devices_see_the_temp_id() {
    let mut world = World::new();
    let room = world.group("alice", &["bob"]);
    let alice = world.member("alice", room);
    let bob = world.member("bob", room);
    world.say("alice", room, "hello");
    world.settle();
    let frames = world.take(alice);
    assert!(of(&frames, "new_message")[0]["temp_id"].is_string());
    let frames = world.take(bob);
    assert!(of(&frames, "new_message")[0].get("temp_id").is_none());
}

#[test]
fn a_page_of_history_is_never_older_than_what_was_said_before_it() {
    let mut world = World::new();
    let room = world.group("alice", &["bob"]);
    let bob = world.member("bob", room);
    world.say("alice", room, "one");
    world.settle();
    world.take(bob);
    world.holds_answers = true;
    let history = json!({"conversation_id": room, "before": 1000});
    world.ask(bob, "history", history);
    world.read_early();
    world.say("alice", room, "two");
    world.settle();
    assert_eq!(seqs(&world.take(bob)), [2]);
    // The page that was read early is handed over, and read again; meanwhile nothing overtakes it.
    world.answer();
    world.say("alice", room, "three");
    world.settle();
    assert!(world.take(bob).is_empty());
    world.holds_answers = false;
    world.settle();
    let frames = world.take(bob);
    assert_eq!(kinds(&frames), ["history_page", "new_message"]);
    assert!(of(&frames, "history_page")[0]["as_of_seq"].as_u64() >= Some(2));
    assert_eq!(seqs(&frames[1..]), [3]);
}

#[test]
fn a_slow_reader_gets_the_newest_receipt_and_it_goes_before_the_backlog() {
    let mut world = World::new();
    let room = world.group("alice", &["bob"]);
    let (alice, bob) = (world.member("alice", room), world.member("bob", room));
    world.block(alice);
    for _ in 0..40 {
        let (seq, _) = world.say("alice", room, &"long ".repeat(200));
        world.ask(
            bob,
            "mark_read",
            json!({"conversation_id": room, "seq": seq}),
        );
        world.settle();
    }
    world.unblock(alice);
    let frames = world.take(alice);
    assert_eq!(kinds(&frames)[..2], ["read_receipt", "new_message"]);
    let receipts = of(&frames, "read_receipt");
    assert_eq!(receipts.len(), 1);
    assert_eq!(receipts[0]["seq"], 40);
    assert!(receipts[0].get("rev").is_none());
    assert_eq!(seqs(&frames).len(), 40);
}

#[test]
fn typing_is_shown_to_others_and_ends_with_the_connection() {
    let mut world = World::new();
    let room = world.group("alice", &["bob"]);
    let (alice, bob) = (world.member("alice", room), world.member("bob", room));
    let stranger = world.connect("eve");
    for at in [alice, stranger] {
        world.ask(at, "typing_start", json!({"conversation_id": room}));
    }
    world.settle();
    assert!(world.take(alice).is_empty());
    let frames = world.take(bob);
    let shown = of(&frames, "typing_indicator");
    assert_eq!(shown.len(), 1);
    assert_eq!(
        (&shown[0]["user_id"], &shown[0]["typing"]),
        (&json!("alice"), &json!(true))
    );
    world.input(alice, causerie_server::conn::Input::Closed);
    world.settle();
    let frames = world.take(bob);
    assert_eq!(of(&frames, "typing_indicator")[0]["typing"], false);
}

#[test]
fn a_backlog_stops_at_256_kib_and_says_so() {
    let mut world = World::new();
    let room = world.group("alice", &["bob"]);
    for _ in 0..100 {
        world.say("alice", room, &"x".repeat(10_000));
    }
    let bob = world.connect("bob");
    world.take(bob);
    let subscribe = json!({"room": format!("conv:{room}"), "since": 0});
    world.ask(bob, "subscribe", subscribe);
    world.settle();
    let frames = world.take(bob);
    let subscribed = of(&frames, "subscribed")[0];
    assert!(subscribed.to_string().len() <= 256 * 1024);
    assert_eq!(subscribed["complete"], false);
    let events = subscribed["events"].as_array().unwrap();
    assert!(events.len() > 20);
    let first = events[0]["payload"]["seq"].as_u64().unwrap();
    assert_eq!(subscribed["from_seq"], first);
    assert_eq!(first + events.len() as u64, 101);
}

#[test]
fn nothing_durable_is_queued_for_a_socket_that_takes_nothing() {
    let mut world = World::new();
    let room = world.group("alice", &["bob"]);
    let bob = world.member("bob", room);
    world.block(bob);
    for _ in 0..400 {
        world.say("alice", room, "hello");
        world.settle();
    }
    let now = world.now();
    let conn = world.conn(bob);
    assert!(conn.poll_output().is_none());
    let message = conn.poll_transmit(now).expect("a message");
    assert!(message.len() < 17 * 1024, "{} bytes", message.len());
    world.unblock(bob);
    let first = message.split(|byte| *byte == b'\n').count() as u64;
    assert_eq!(
        seqs(&world.take(bob)),
        (first + 1..=400).collect::<Vec<_>>()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is blocked, failed, joined again or held up: positions move by one.
    #[test]
    fn positions_have_no_hole_and_no_repeat(
        steps in prop::collection::vec(0u8..10, 1..120),
        ring in 1usize..20,
    ) {
        let mut world = World::with_ring(ring);
        let room = world.group("alice", &["bob"]);
        let bob = world.member("bob", room);
        let mut position = 0;
        let mut head = 0;
        for step in steps {
            match step {
                0..=3 => {
                    for _ in 0..step * 3 {
                        head = world.say("alice", room, "hello").0;
                    }
                }
                4 => world.block(bob),
                5 => world.unblock(bob),
                6 => world.failing_queries = 1,
                7 => {
                    let since = json!({"room": format!("conv:{room}"), "since": position});
                    world.ask(bob, "subscribe", since);
                }
                8 => world.pass(150),
                _ => world.holds_answers = !world.holds_answers,
            }
            world.settle();
            follow(&world.take(bob), &mut position);
        }
        world.failing_queries = 0;
        world.holds_answers = false;
        world.unblock(bob);
        world.pass(1_000);
        follow(&world.take(bob), &mut position);
        prop_assert_eq!(position, head);
    }
}

/// Applies frames as a client does.
fn follow(frames: &[serde_json::Value], position: &mut u64) {
    for frame in frames {
        let payload = &frame["payload"];
        if frame["type"] == "subscribed" {
            let head = payload["head_seq"].as_u64().unwrap();
            assert!(head >= *position, "{head} after {position}");
            if payload["complete"] == true {
                let events = payload["events"].as_array().unwrap();
                assert_eq!(
                    payload["from_seq"].as_u64().unwrap() + events.len() as u64,
                    head + 1
                );
            }
            *position = head;
        } else if let Some(seq) = payload["seq"].as_u64()
            && payload["event_id"].is_string()
        {
            assert_eq!(seq, *position + 1, "{frame}");
            *position = seq;
        }
    }
}
