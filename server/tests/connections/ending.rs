//! Heartbeats, stalls and closing (docs/protocol.md §5, §7 and §8).

use causerie_server::conn::Input;
use serde_json::json;

use crate::world::{World, kinds, of};

#[test]
fn a_silent_connection_is_closed_ten_seconds_after_a_ping() {
    let mut world = World::new();
    let (mute, alive) = (world.connect("mute"), world.connect("alive"));
    world.take(mute);
    world.pass(24_000);
    assert!(world.take(mute).is_empty());
    world.pass(2_000);
    assert_eq!(kinds(&world.take(mute)), ["ping"]);
    world.text(alive, r#"{"type":"pong","payload":{"t":1}}"#);
    world.pass(8_000);
    assert_eq!(world.closed(mute), None);
    world.pass(2_000);
    let frames = world.take(mute);
    assert_eq!(of(&frames, "connection_event")[0]["code"], 4001);
    assert_eq!(world.closed(mute), Some(4001));
    assert_eq!(world.closed(alive), None);
}

#[test]
fn a_socket_that_takes_nothing_for_30_s_is_closed_and_one_that_takes_a_little_is_not() {
    let mut world = World::new();
    let room = world.group("alice", &["bob", "carol"]);
    let (stuck, slow) = (world.member("bob", room), world.member("carol", room));
    world.say("alice", room, "hello");
    let now = world.now();
    for at in [stuck, slow] {
        world.block(at);
        world.input(at, Input::Woken);
        assert!(world.conn(at).poll_transmit(now).is_some());
    }
    for _ in 0..6 {
        world.pass(5_500);
        world.input(slow, Input::Progress);
        world.input(slow, Input::Life);
        world.input(stuck, Input::Life);
    }
    world.unblock(stuck);
    world.unblock(slow);
    assert_eq!(world.closed(stuck), Some(4002));
    assert_eq!(world.closed(slow), None);
}

#[test]
fn a_server_that_drains_lets_writes_under_way_be_answered() {
    let mut world = World::new();
    let room = world.group("alice", &["bob"]);
    let (alice, bob) = (world.connect("alice"), world.connect("bob"));
    world.take(alice);
    world.take(bob);
    world.holds_commits = true;
    let payload = json!({
        "temp_id": world.uuid(), "conversation_id": room, "kind": "text", "content": "hello",
    });
    world.ask(alice, "send_message", payload);
    for at in [alice, bob] {
        world.input(at, Input::Drain { retry_after_ms: 7 });
    }
    world.settle();
    let frames = world.take(bob);
    let event = of(&frames, "connection_event")[0];
    assert_eq!(event["event"], "draining");
    assert_eq!(
        (&event["code"], &event["retry_after_ms"]),
        (&json!(4000), &json!(7))
    );
    assert_eq!(world.closed(bob), Some(4000));
    assert_eq!(world.closed(alice), None);
    // What comes now is not begun any more.
    world.ask(alice, "ping", json!({"t": 1}));
    world.holds_commits = false;
    world.settle();
    let frames = world.take(alice);
    assert_eq!(kinds(&frames), ["connection_event", "message_sent"]);
    assert_eq!(world.closed(alice), Some(4000));
}

#[test]
fn a_drain_does_not_wait_for_ever() {
    let mut world = World::new();
    let room = world.group("alice", &[]);
    let alice = world.connect("alice");
    world.holds_commits = true;
    let payload = json!({
        "temp_id": world.uuid(), "conversation_id": room, "kind": "text", "content": "hello",
    });
    world.ask(alice, "send_message", payload);
    world.input(alice, Input::Drain { retry_after_ms: 0 });
    world.pass(4_900);
    assert_eq!(world.closed(alice), None);
    world.pass(200);
    assert_eq!(world.closed(alice), Some(4000));
}

#[test]
fn a_delivery_mark_that_was_held_back_is_written_when_the_connection_ends() {
    let mut world = World::new();
    let room = world.group("alice", &["bob"]);
    for _ in 0..9 {
        world.say("alice", room, "hello");
    }
    let alice = world.member("alice", room);
    let bob = world.connect("bob");
    for seq in [1, 5, 9] {
        let mark = json!({"conversation_id": room, "seq": seq});
        world.ask(bob, "mark_delivered", mark);
        world.settle();
    }
    assert_eq!(of(&world.take(bob), "ack").len(), 3);
    world.input(bob, Input::Closed);
    world.settle();
    let frames = world.take(alice);
    let seqs: Vec<_> = of(&frames, "delivery_receipt")
        .iter()
        .map(|receipt| receipt["seq"].as_u64().unwrap())
        .collect();
    assert_eq!(seqs, [1, 9]);
}
