//! The first frame and what follows it (docs/protocol.md §3).

use std::time::Duration;

use causerie_server::{
    conn::{ConnConfig, Input},
    hub::RingLimits,
};
use serde_json::json;

use crate::world::{World, error, kinds, of, seqs};

#[test]
fn what_is_wanted_comes_in_the_order_asked_and_live_events_behind_it() {
    let mut world = World::new();
    let rooms = [
        world.group("alice", &["bob"]),
        world.group("alice", &["carol"]),
        world.group("alice", &["bob"]),
    ];
    let bob = world.open("bob");
    let subscriptions: Vec<_> = rooms
        .iter()
        .map(|room| json!({"room": format!("conv:{room}"), "since": 0}))
        .collect();
    world.holds_answers = true;
    world.authenticate(
        bob,
        json!({"subscriptions": subscriptions, "sync_token": null}),
    );
    assert_eq!(kinds(&world.take(bob)), ["authenticated"]);
    for _ in 0..4 {
        // Something happens while the opening is under way.
        world.say("alice", rooms[0], "hello");
        world.answer();
        world.settle();
    }
    world.holds_answers = false;
    world.settle();
    let frames = world.take(bob);
    assert_eq!(
        kinds(&frames)[..4],
        ["subscribed", "error", "subscribed", "sync_page"]
    );
    for (frame, room) in frames.iter().zip(rooms) {
        assert_eq!(frame["payload"]["room"], format!("conv:{room}"));
        assert!(frame.get("id").is_none());
    }
    let head = frames[0]["payload"]["head_seq"].as_u64().unwrap();
    assert_eq!(seqs(&frames[4..]), (head + 1..=4).collect::<Vec<_>>());
}

#[test]
fn one_connection_too_many_is_told_so_and_one_that_supersedes_is_not_one_more() {
    let config = ConnConfig {
        max_connections: Some(2),
        ..ConnConfig::default()
    };
    let mut world = World::with(config, RingLimits::default());
    let first = world.connect("alice");
    let second = world.connect("alice");
    let third = world.connect("alice");
    let frames = world.take(third);
    assert_eq!(kinds(&frames), ["connection_event"]);
    assert_eq!(frames[0]["payload"]["event"], "kicked");
    assert_eq!(frames[0]["payload"]["code"], 4504);
    assert_eq!(world.closed(third), Some(4504));
    let other = world.connect("bob");
    assert_eq!(world.closed(other), None);

    let again = world.open_as("alice", world.client_id(first));
    world.authenticate(again, json!({}));
    assert_eq!(kinds(&world.take(again)), ["authenticated"]);
    assert_eq!(world.closed(first), Some(4007));
    world.input(second, Input::Closed);
    let fourth = world.connect("alice");
    assert_eq!(kinds(&world.take(fourth)), ["authenticated"]);
}

#[test]
fn nobody_is_served_before_authenticating() {
    for frame in [
        r#"{"type":"ping","id":1,"payload":{"t":1}}"#,
        r#"{"type":"authenticate","id":1,"payload":{"token":5}}"#,
        "garbage",
    ] {
        let mut world = World::new();
        let at = world.open("alice");
        world.text(at, frame);
        world.settle();
        let frames = world.take(at);
        assert_eq!(kinds(&frames), ["error"], "{frame}");
        assert_eq!(world.closed(at), Some(4501), "{frame}");
    }
}

#[test]
fn who_says_nothing_for_ten_seconds_is_closed() {
    let mut world = World::new();
    let at = world.open("alice");
    world.pass(9_900);
    world.text(at, " \n ");
    assert_eq!(world.closed(at), None);
    world.pass(200);
    let frames = world.take(at);
    assert_eq!(of(&frames, "connection_event")[0]["code"], 4008);
    assert_eq!(world.closed(at), Some(4008));
}

#[test]
fn a_bad_token_and_another_version_are_told_apart() {
    for (more, code, close) in [
        (json!({"token": "garbage"}), "token_invalid", 4500),
        (json!({"token": null}), "token_invalid", 4500),
        (json!({"protocol": 2}), "version_unsupported", 4505),
    ] {
        let mut world = World::new();
        let at = world.open("alice");
        world.authenticate(at, more.clone());
        let frames = world.take(at);
        assert_eq!(of(&frames, "auth_error")[0]["code"], code, "{more}");
        assert_eq!(world.closed(at), Some(close), "{more}");
    }
}

#[test]
fn an_expired_token_is_closed_with_a_code_that_asks_for_another() {
    let mut world = World::new();
    let token = world.token("alice", Duration::from_secs(5));
    let at = world.open("alice");
    world.pass(6_000);
    world.authenticate(at, json!({"token": token}));
    let frames = world.take(at);
    assert_eq!(of(&frames, "auth_error")[0]["retryable"], true);
    assert_eq!(world.closed(at), Some(4004));
}

#[test]
fn more_than_32_kib_before_authenticating_is_too_much() {
    let mut world = World::new();
    let at = world.open("alice");
    let payload = world.authentication(at, json!({"padding": "p".repeat(33_000)}));
    world.ask(at, "authenticate", payload);
    world.settle();
    assert_eq!(error(&world.take(at)), "too_large");
    assert_eq!(world.closed(at), Some(1009));
}

#[test]
fn another_epoch_resets_a_room_and_no_epoch_means_nothing_is_known() {
    let mut world = World::new();
    let room = world.group("alice", &["bob"]);
    for _ in 0..3 {
        world.say("alice", room, "hello");
    }
    let subscriptions = json!([{"room": format!("conv:{room}"), "since": 2}]);
    for (epoch, reset, events, complete) in [
        (json!("c0ffee"), false, 1, true),
        (json!("another"), true, 3, false),
        (json!(null), false, 0, false),
    ] {
        let bob = world.open("bob");
        let more = json!({"epoch": epoch, "subscriptions": subscriptions});
        world.authenticate(bob, more);
        let frames = world.take(bob);
        let subscribed = of(&frames, "subscribed")[0];
        assert_eq!(subscribed["reset"], reset, "{epoch}");
        let told = subscribed["events"].as_array().unwrap().len();
        assert_eq!(told, events, "{epoch}");
        if !reset {
            assert_eq!(subscribed["complete"], complete, "{epoch}");
        }
    }
}

#[test]
fn a_newer_connection_of_the_same_installation_takes_over() {
    let mut world = World::new();
    let room = world.group("alice", &["bob"]);
    let old = world.member("bob", room);
    let other = world.open_as("alice", world.client_id(old));
    world.authenticate(other, json!({}));
    assert_eq!(world.closed(old), None);
    let new = world.open_as("bob", world.client_id(old));
    world.authenticate(new, json!({"token": "garbage"}));
    assert_eq!(world.closed(old), None);
    let new = world.open_as("bob", world.client_id(old));
    world.authenticate(new, json!({}));
    let frames = world.take(old);
    let event = of(&frames, "connection_event")[0];
    assert_eq!(
        (&event["event"], &event["code"]),
        (&json!("kicked"), &json!(4007))
    );
    assert_eq!(world.closed(old), Some(4007));
    world.say("alice", room, "hello");
    world.settle();
    assert!(world.take(old).is_empty());
    assert_eq!(of(&world.take(new), "conversation_activity").len(), 1);
}

#[test]
fn a_token_is_refreshed_by_its_own_user_only() {
    let mut world = World::new();
    let token = world.token("alice", Duration::from_secs(90));
    let at = world.open("alice");
    world.authenticate(at, json!({"token": token}));
    world.take(at);
    world.pass(29_000);
    assert!(of(&world.take(at), "connection_event").is_empty());
    world.pass(2_000);
    let frames = world.take(at);
    let event = of(&frames, "connection_event")[0];
    assert_eq!(event["event"], "token_expiring");

    let others = world.token("bob", Duration::from_secs(3600));
    world.ask(at, "refresh_token", json!({"token": others}));
    world.settle();
    assert_eq!(error(&world.take(at)), "forbidden");
    let own = world.token("alice", Duration::from_secs(60));
    world.ask(at, "refresh_token", json!({"token": own}));
    world.settle();
    assert_eq!(of(&world.take(at), "token_refreshed").len(), 1);

    for _ in 0..17 {
        // Alive all the time, and still it ends with its token.
        world.pass(5_000);
        world.text(at, r#"{"type":"activity"}"#);
    }
    let frames = world.take(at);
    let events = of(&frames, "connection_event");
    assert_eq!(events.last().unwrap()["code"], 4004);
    assert_eq!(world.closed(at), Some(4004));
}
