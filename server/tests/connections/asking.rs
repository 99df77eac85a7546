//! Requests, their order and their limits (docs/protocol.md §1 and §4).

use causerie_server::{
    conn::{ConnConfig, Input, RateConfig},
    hub::RingLimits,
};
use serde_json::{Value, json};

use crate::world::{World, error, kinds, of};

#[test]
fn a_read_waits_for_the_writes_before_it() {
    let mut world = World::new();
    let room = world.group("alice", &["bob"]);
    let alice = world.member("alice", room);
    world.holds_commits = true;
    let payload = message(&mut world, room);
    world.ask(alice, "send_message", payload);
    world.ask(
        alice,
        "history",
        json!({"conversation_id": room, "before": 1000}),
    );
    world.ask(alice, "members", json!({"conversation_id": room}));
    world.settle();
    assert_eq!(world.waiting_commands(), 1);
    assert!(world.take(alice).is_empty());
    world.holds_commits = false;
    world.settle();
    let frames = world.take(alice);
    let expected = [
        "message_sent",
        "history_page",
        "members_page",
        "new_message",
    ];
    assert_eq!(kinds(&frames), expected);
    let page = of(&frames, "history_page")[0];
    assert_eq!(page["messages"].as_array().unwrap().len(), 1);
}

#[test]
fn a_slow_history_delays_no_send() {
    let mut world = World::new();
    let room = world.group("alice", &["bob"]);
    let alice = world.connect("alice");
    world.take(alice);
    world.holds_answers = true;
    for _ in 0..40 {
        world.ask(alice, "history", json!({"conversation_id": room}));
    }
    let payload = message(&mut world, room);
    world.ask(alice, "send_message", payload);
    world.settle();
    assert_eq!(kinds(&world.take(alice)), ["message_sent"]);
    assert!(world.waiting_queries() <= 8, "queries wait their turn");
    world.holds_answers = false;
    world.settle();
    assert_eq!(of(&world.take(alice), "history_page").len(), 40);
}

#[test]
fn who_subscribes_and_then_speaks_receives_what_was_said() {
    let mut world = World::new();
    let alice = world.connect("alice");
    world.take(alice);
    let room = causerie_protocol::ConversationId::from_uuid(world.uuid());
    let create = json!({"temp_id": world.uuid(), "conversation_id": room, "kind": "group"});
    let payload = message(&mut world, room);
    world.ask(alice, "create_conversation", create);
    world.ask(alice, "subscribe", json!({"room": format!("conv:{room}")}));
    world.ask(alice, "send_message", payload);
    world.settle();
    let frames = world.take(alice);
    assert_eq!(of(&frames, "subscribed")[0]["head_seq"], 0);
    assert_eq!(of(&frames, "new_message")[0]["seq"], 1);
    assert_eq!(of(&frames, "message_sent").len(), 1);
}

#[test]
fn a_request_without_id_gets_no_success_reply_but_its_errors() {
    let mut world = World::new();
    let room = world.group("alice", &["bob"]);
    let alice = world.connect("alice");
    world.take(alice);
    let payload = message(&mut world, room);
    for (kind, payload) in [
        ("send_message", payload),
        ("ping", json!({"t": 1})),
        ("mark_read", json!({"conversation_id": room, "seq": 1})),
        ("history", json!({"conversation_id": room})),
    ] {
        world.text(
            alice,
            &json!({"type": kind, "payload": payload}).to_string(),
        );
    }
    world.settle();
    assert!(
        world
            .take(alice)
            .iter()
            .all(|frame| frame["type"] == "conversation_activity")
    );
    world.text(
        alice,
        r#"{"type":"signal","payload":{"target":{"user_id":"x"},"name":"n"}}"#,
    );
    world.settle();
    let frames = world.take(alice);
    assert_eq!(error(&frames), "unknown_type");
    assert!(frames[0].get("id").is_none());
}

#[test]
fn what_is_malformed_ends_its_message_and_not_the_connection() {
    let mut world = World::new();
    let alice = world.connect("alice");
    world.take(alice);
    let ping = |id| json!({"type": "ping", "id": id, "payload": {"t": 1}}).to_string();
    world.text(
        alice,
        &format!("{}[1]\n{}{{bad {}", ping(10), ping(11), ping(12)),
    );
    world.input(alice, Input::Binary);
    world.text(alice, &ping(13));
    world.settle();
    let frames = world.take(alice);
    assert_eq!(
        kinds(&frames),
        ["pong", "error", "pong", "error", "error", "pong"]
    );
    let ids: Vec<_> = frames
        .iter()
        .filter_map(|frame| frame["id"].as_u64())
        .collect();
    assert_eq!(ids, [10, 11, 13]);
}

#[test]
fn a_message_too_large_is_said_and_closed() {
    let mut world = World::new();
    let alice = world.connect("alice");
    world.take(alice);
    world.input(alice, Input::TooLarge);
    world.settle();
    assert_eq!(error(&world.take(alice)), "too_large");
    assert_eq!(world.closed(alice), Some(1009));
}

#[test]
fn a_refused_subscription_names_its_room() {
    let mut world = World::new();
    let room = world.group("alice", &[]);
    let bob = world.connect("bob");
    world.take(bob);
    world.subscribe(bob, room);
    let frames = world.take(bob);
    assert_eq!(error(&frames), "forbidden");
    assert_eq!(frames[0]["payload"]["room"], format!("conv:{room}"));
    let own = world.ask(bob, "subscribe", json!({"room": "user:bob"}));
    world.settle();
    let frames = world.take(bob);
    assert_eq!(error(&frames), "invalid");
    assert_eq!(frames[0]["id"], own);
    let audit = world.store.tables();
    let lines = causerie_server::store::tables::Rows::audit(audit, 10).unwrap();
    assert!(
        lines
            .iter()
            .any(|(_, line)| line.action == "subscribe" && line.outcome == "forbidden")
    );
}

#[test]
fn an_error_about_a_conversation_names_it_also_when_the_store_cannot_answer() {
    let mut world = World::new();
    let room = world.group("alice", &["bob"]);
    let alice = world.member("alice", room);
    for kind in ["history", "members", "typing_start"] {
        world.failing_queries = 1;
        world.ask(alice, kind, json!({"conversation_id": room}));
        world.settle();
        let frames = world.take(alice);
        assert_eq!(kinds(&frames), ["error"], "{kind}");
        assert_eq!(frames[0]["payload"]["code"], "unavailable", "{kind}");
        assert_eq!(
            frames[0]["payload"]["conversation_id"],
            json!(room),
            "{kind}"
        );
    }
    world.store.fail_commits(1);
    let mark = json!({"conversation_id": room, "seq": 1});
    world.ask(alice, "mark_read", mark);
    world.settle();
    let frames = world.take(alice);
    assert_eq!(frames[0]["payload"]["code"], "unavailable");
    assert_eq!(frames[0]["payload"]["conversation_id"], json!(room));
}

#[test]
fn the_129th_subscription_is_one_too_many() {
    let mut world = World::new();
    let alice = world.connect("alice");
    let rooms: Vec<_> = (0..129).map(|_| world.group("alice", &[])).collect();
    for room in &rooms {
        world.subscribe(alice, *room);
    }
    let frames = world.take(alice);
    assert_eq!(of(&frames, "subscribed").len(), 128);
    assert_eq!(error(&frames), "too_large");
    world.ask(
        alice,
        "unsubscribe",
        json!({"room": format!("conv:{}", rooms[0])}),
    );
    world.subscribe(alice, rooms[128]);
    assert_eq!(of(&world.take(alice), "subscribed").len(), 1);
}

#[test]
fn a_client_that_asks_too_often_is_refused_in_order_and_then_closed() {
    let rate = RateConfig {
        per_second: 1.0,
        burst: 5.0,
        flood: 10.0,
    };
    let config = ConnConfig {
        rate: Some(rate),
        ..ConnConfig::default()
    };
    let mut world = World::with(config, RingLimits::default());
    let room = world.group("alice", &["bob"]);
    let alice = world.connect("alice");
    world.take(alice);
    let mut refused = Value::Null;
    for _ in 0..6 {
        let payload = message(&mut world, room);
        refused = payload.clone();
        world.ask(alice, "send_message", payload);
    }
    world.settle();
    let frames = world.take(alice);
    assert_eq!(of(&frames, "message_sent").len(), 5);
    let errors = of(&frames, "message_error");
    assert_eq!(errors[0]["code"], "rate_limited");
    assert_eq!(errors[0]["temp_id"], refused["temp_id"]);
    assert!(errors[0]["retry_after_ms"].as_u64().unwrap() > 0);
    // The conversation has stopped until that one comes again.
    world.pass(3_000);
    let payload = message(&mut world, room);
    world.ask(alice, "send_message", payload);
    world.ask(alice, "send_message", refused);
    world.settle();
    let frames = world.take(alice);
    assert_eq!(error(&frames), "aborted");
    assert_eq!(of(&frames, "message_sent").len(), 1);
    for _ in 0..30 {
        world.ask(alice, "ping", json!({"t": 1}));
    }
    world.settle();
    let frames = world.take(alice);
    assert_eq!(of(&frames, "connection_event")[0]["code"], 4005);
    assert_eq!(world.closed(alice), Some(4005));
}

#[test]
fn a_client_that_does_not_read_its_answers_is_not_read_from() {
    let mut world = World::new();
    let room = world.group("alice", &["bob"]);
    for _ in 0..60 {
        world.say("alice", room, &"x".repeat(10_000));
    }
    let alice = world.connect("alice");
    world.take(alice);
    world.block(alice);
    for _ in 0..20 {
        world.ask(alice, "history", json!({"conversation_id": room}));
    }
    world.settle();
    assert!(!world.conn(alice).wants_input());
    world.unblock(alice);
    assert!(world.conn(alice).wants_input());
    assert_eq!(of(&world.take(alice), "history_page").len(), 20);
}

#[test]
fn many_requests_in_one_message_are_served_in_turn() {
    let mut world = World::new();
    let room = world.group("alice", &["bob"]);
    let alice = world.connect("alice");
    world.take(alice);
    let frames: Vec<_> = (0..600)
        .map(|id| {
            let payload = message(&mut world, room);
            json!({"type": "send_message", "id": 1000 + id, "payload": payload}).to_string()
        })
        .collect();
    world.holds_commits = true;
    world.text(alice, &frames.join("\n"));
    world.settle();
    assert_eq!(world.waiting_commands(), 256);
    world.holds_commits = false;
    world.settle();
    let frames = world.take(alice);
    let ids: Vec<_> = frames
        .iter()
        .filter_map(|frame| frame["id"].as_u64())
        .collect();
    assert_eq!(ids, (1000..1600).collect::<Vec<_>>());
}

fn message(world: &mut World, room: causerie_protocol::ConversationId) -> Value {
    json!({
        "temp_id": world.uuid(), "conversation_id": room, "kind": "text", "content": "hello",
    })
}
