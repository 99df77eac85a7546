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
