//! Faults on order, in a build that takes orders.

use std::time::Duration;

use serde_json::json;

use crate::site::{Site, device};

#[tokio::test]
async fn a_set_clock_is_noticed_by_connections_that_say_nothing() {
    let site = Site::dev().await;
    let mut wire = site.open().await;
    let token = site.token("alice", Duration::from_secs(600));
    wire.authenticate(&token, device("alice")).await;
    site.order("/clock", json!({"offset_ms": 550_000})).await;
    let event = wire.next("connection_event").await;
    assert_eq!(event["payload"]["event"], "token_expiring");
    site.order("/clock", json!({"offset_ms": 700_000})).await;
    assert_eq!(wire.end().await, Some(4004));
}

#[tokio::test]
async fn refused_writes_stop_their_conversation_until_they_come_again() {
    let site = Site::dev().await;
    let mut alice = site.connect("alice").await;
    let room = alice.group(&["bob"]).await;
    site.order("/refuse", json!({"count": 1, "code": "unavailable"}))
        .await;
    let mut payloads = Vec::new();
    for text in ["one", "two"] {
        let temp_id = alice.uuid();
        payloads.push(json!({
            "temp_id": temp_id, "conversation_id": room, "kind": "text", "content": text,
        }));
    }
    for (payload, code) in payloads.iter().zip(["unavailable", "aborted"]) {
        let reply = alice.call("send_message", payload.clone()).await;
        assert_eq!(reply["payload"]["code"], code, "{reply}");
    }
    for payload in payloads {
        let reply = alice.call("send_message", payload).await;
        assert_eq!(reply["type"], "message_sent", "{reply}");
    }
}

#[tokio::test]
async fn one_users_connections_are_cut_and_others_are_not() {
    let site = Site::dev().await;
    let (mut alice, mut bob) = (site.connect("alice").await, site.connect("bob").await);
    site.order("/cut", json!({"user_id": "alice"})).await;
    assert_eq!(alice.end().await, None);
    assert_eq!(bob.call("ping", json!({"t": 1})).await["type"], "pong");
    let (_, body) = site.http_on(site.control, "GET", "/connections", "").await;
    assert!(body.contains("bob"), "{body}");
}

#[tokio::test]
async fn answers_that_are_held_back_come_in_their_order_when_that_ends() {
    let site = Site::dev().await;
    let mut alice = site.connect("alice").await;
    let room = alice.group(&["bob"]).await;
    site.order("/delay", json!({"ms": 50})).await;
    let before = site.clock.now().mono;
    let sent = alice.say(room, "late").await;
    assert!(site.clock.now().mono - before >= Duration::from_millis(50));
    site.order("/delay", json!({"ms": 0})).await;
    assert_eq!(sent["seq"], 1);
    assert_eq!(alice.say(room, "at once").await["seq"], 2);
}

#[tokio::test]
async fn an_acknowledgement_that_is_dropped_leaves_its_write_behind() {
    let site = Site::dev().await;
    let (mut alice, mut bob) = (site.connect("alice").await, site.connect("bob").await);
    let room = alice.group(&["bob"]).await;
    bob.subscribe(room).await;
    site.order("/drop_acks", json!({"count": 1, "user_id": "alice"}))
        .await;
    assert_eq!(bob.say(room, "not alice").await["seq"], 1);
    let temp_id = alice.uuid();
    let payload = json!({
        "temp_id": temp_id, "conversation_id": room, "kind": "text", "content": "once",
    });
    alice.ask("send_message", payload.clone()).await;
    assert_eq!(alice.end().await, None);
    let mut again = site.connect("alice").await;
    let reply = again.call("send_message", payload).await;
    assert_eq!(reply["payload"]["duplicate"], true, "{reply}");
    assert_eq!(reply["payload"]["seq"], 2, "{reply}");
}

#[tokio::test]
async fn whoever_is_muted_hears_nothing_until_that_ends() {
    let site = Site::dev().await;
    let mut alice = site.connect("alice").await;
    let mut bob = site.connect("bob").await;
    for user in ["alice", "bob"] {
        let order = json!({"on": true, "user_id": user});
        site.order("/mute", order).await;
    }
    alice.take();
    alice.ask("ping", json!({"t": 7})).await;
    bob.ask("ping", json!({"t": 8})).await;
    site.order("/mute", json!({"on": false, "user_id": "bob"}))
        .await;
    assert_eq!(bob.next("pong").await["payload"]["t"], 8);
    site.order("/cut", json!({"user_id": "alice"})).await;
    assert_eq!(alice.end().await, None);
    assert!(alice.take().is_empty());
}

#[tokio::test]
async fn only_the_socket_of_whom_is_meant_is_not_read() {
    let site = Site::dev().await;
    let mut alice = site.connect("alice").await;
    let mut bob = site.connect("bob").await;
    site.order("/stall", json!({"on": true, "user_id": "alice"}))
        .await;
    alice.ask("ping", json!({"t": 7})).await;
    assert_eq!(bob.call("ping", json!({"t": 8})).await["type"], "pong");
    site.order("/stall", json!({"on": false})).await;
    site.order("/stall", json!({"on": false, "user_id": "alice"}))
        .await;
    assert_eq!(alice.next("pong").await["payload"]["t"], 7);
}

#[tokio::test]
async fn a_token_is_good_for_as_long_as_asked() {
    let site = Site::dev().await;
    let ask = json!({"user_id": "alice", "lifetime_ms": 600_000}).to_string();
    let (status, body) = site.http_on(site.control, "POST", "/token", &ask).await;
    assert_eq!(status, 200, "{body}");
    let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    let token = body["token"].as_str().expect("a token");
    let mut wire = site.open().await;
    wire.authenticate(token, device("alice")).await;
    site.order("/clock", json!({"offset_ms": 599_000})).await;
    assert_eq!(wire.call("ping", json!({"t": 1})).await["type"], "pong");
    site.order("/clock", json!({"offset_ms": 700_000})).await;
    assert_eq!(wire.end().await, Some(4004));
}
