//! The listener with real sockets and a real database.

#[cfg(feature = "control")]
mod control;
mod frames;
mod rest;
mod site;

use std::time::Duration;

use causerie_server::{conn::ConnConfig, listener::Options};
use serde_json::json;
use site::{Site, device, exchange};
use tokio::net::TcpSocket;

#[tokio::test]
async fn what_one_says_the_other_receives_and_finds_in_the_history() {
    let site = Site::dev().await;
    let (mut alice, mut bob) = (site.connect("alice").await, site.connect("bob").await);
    let room = alice.group(&["bob"]).await;
    bob.next("conversation_created").await;
    bob.subscribe(room).await;
    let sent = alice.say(room, "hello").await;
    let event = bob.next("new_message").await;
    assert_eq!(event["payload"]["message_id"], sent["message_id"]);
    assert_eq!(event["payload"]["content"], "hello");
    assert_eq!(event["meta"]["sender_id"], "alice");
    let page = bob.call("history", json!({"conversation_id": room})).await;
    assert_eq!(page["payload"]["messages"][0]["content"], "hello");
    let (status, text) = site.http("GET", "/metrics", "").await;
    assert_eq!(status, 200);
    assert!(text.contains("causerie_connections 2"), "{text}");
    assert!(text.contains("causerie_messages_total 1"), "{text}");
}

#[tokio::test]
async fn the_subprotocol_is_named_if_it_was_offered_and_unknown_ones_are_refused() {
    let site = Site::dev().await;
    let name = "sec-websocket-protocol";
    let several = site.upgrade(&[(name, "foo, causerie.v1.json")]).await;
    let chosen = several.expect("an upgrade").protocol;
    assert_eq!(chosen.as_deref(), Some("causerie.v1.json"));
    assert!(site.open().await.protocol.is_none());
    let unknown = site.upgrade(&[(name, "foo")]).await;
    assert_eq!(unknown.err(), Some(400));
}

#[tokio::test]
async fn a_foreign_origin_is_refused_unless_it_is_on_the_list_or_this_is_dev() {
    let site = Site::new(
        ConnConfig::default(),
        Options {
            allowed_origins: vec!["https://app.example".into()],
            ..Options::default()
        },
    )
    .await;
    let own = format!("http://{}", site.addr);
    for (origin, refused) in [
        ("https://evil.example", Some(403)),
        ("https://app.example", None),
        (own.as_str(), None),
    ] {
        let upgrade = site.upgrade(&[("origin", origin)]).await;
        assert_eq!(upgrade.err(), refused, "{origin}");
    }
    let dev = Site::dev().await;
    assert!(
        dev.upgrade(&[("origin", "https://evil.example")])
            .await
            .is_ok()
    );
    let ask = r#"{"user_id":"alice"}"#;
    assert_eq!(site.http("POST", "/dev/token", ask).await.0, 404);
    let (status, body) = dev.http("POST", "/dev/token", ask).await;
    assert_eq!(status, 200);
    let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    let mut wire = dev.open().await;
    let token = body["token"].as_str().expect("a token");
    wire.authenticate(token, device("alice")).await;
    assert_eq!(
        dev.http("POST", "/dev/token", r#"{"user_id":""}"#).await.0,
        400
    );
}

#[tokio::test]
async fn a_token_for_developers_is_not_for_pages_from_elsewhere() {
    let site = Site::dev().await;
    let body = r#"{"user_id":"alice"}"#;
    for (headers, status) in [
        ("host: localhost:4000\r\n", "200"),
        ("host: 10.0.2.2:4000\r\n", "200"),
        (
            "host: localhost\r\norigin: http://localhost:5173\r\n",
            "200",
        ),
        ("host: rebound.example\r\n", "403"),
        ("host: localhost\r\norigin: https://evil.example\r\n", "403"),
    ] {
        let request = format!(
            "POST /dev/token HTTP/1.1\r\n{headers}connection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let response = exchange(site.addr, &request).await;
        assert_eq!(response.get(9..12), Some(status), "{headers}: {response}");
    }
}

#[tokio::test]
async fn another_version_of_the_websocket_is_told_which_one_there_is() {
    let site = Site::dev().await;
    for versions in [
        "",
        "sec-websocket-version: 8\r\n",
        "sec-websocket-version: 13\r\nsec-websocket-version: 8\r\n",
    ] {
        let request = format!(
            "GET /ws HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade, close\r\nupgrade: websocket\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{versions}\r\n"
        );
        let response = exchange(site.addr, &request).await.to_lowercase();
        assert_eq!(response.get(9..12), Some("426"), "{response}");
        assert!(
            response.contains("\r\nsec-websocket-version: 13\r\n"),
            "{response}"
        );
    }
}

#[tokio::test]
async fn the_token_may_come_with_the_upgrade_but_not_in_the_query() {
    let site = Site::dev().await;
    let bearer = format!("Bearer {}", site.token("alice", Duration::from_secs(60)));
    let mut wire = site
        .upgrade(&[("authorization", &bearer)])
        .await
        .expect("an upgrade");
    let payload = json!({"client_id": device("alice"), "protocol": 1});
    let reply = wire.call("authenticate", payload.clone()).await;
    assert_eq!(reply["payload"]["user_id"], "alice");
    let mut wire = site.open().await;
    let reply = wire.call("authenticate", payload).await;
    assert_eq!(reply["payload"]["code"], "token_invalid");
    assert_eq!(wire.end().await, Some(4500));
}

#[tokio::test]
async fn a_message_of_several_megabytes_is_refused_readably_and_costs_others_nothing() {
    let site = Site::dev().await;
    let mut other = site.connect("bob").await;
    for size in [300 * 1024, 5 * 1024 * 1024] {
        let mut wire = site.connect("alice").await;
        wire.text("x".repeat(size)).await;
        assert_eq!(wire.next("error").await["payload"]["code"], "too_large");
        assert_eq!(wire.end().await, Some(1009));
    }
    assert_eq!(other.call("ping", json!({"t": 1})).await["type"], "pong");
}

#[tokio::test]
async fn the_same_installation_connects_twice_and_the_older_one_is_closed() {
    let site = Site::dev().await;
    let mut old = site.connect("alice").await;
    let mut new = site.connect("alice").await;
    let event = old.next("connection_event").await;
    assert_eq!(event["payload"]["event"], "kicked");
    assert_eq!(old.end().await, Some(4007));
    assert_eq!(new.call("ping", json!({"t": 1})).await["type"], "pong");
}

#[tokio::test]
async fn a_token_that_ended_while_the_clock_jumped_ends_its_connection() {
    let site = Site::dev().await;
    let mut wire = site.open().await;
    let token = site.token("alice", Duration::from_secs(600));
    wire.authenticate(&token, device("alice")).await;
    site.clock.set_offset_ms(550_000);
    wire.ask("ping", json!({"t": 1})).await;
    let event = wire.next("connection_event").await;
    assert_eq!(event["payload"]["event"], "token_expiring");
    site.clock.set_offset_ms(626_000);
    wire.ask("ping", json!({"t": 1})).await;
    assert_eq!(wire.end().await, Some(4004));
}

#[tokio::test]
async fn a_server_that_drains_says_when_to_come_back_and_ends() {
    let mut site = Site::dev().await;
    let (mut alice, mut bob) = (site.connect("alice").await, site.connect("bob").await);
    let room = alice.group(&["bob"]).await;
    let payload = json!({
        "temp_id": alice.uuid(), "conversation_id": room, "kind": "text", "content": "last words",
    });
    alice.ask("send_message", payload).await;
    // So that the message is with the server before it is told to end.
    alice.call("ping", json!({"t": 1})).await;
    site.stop();
    let event = bob.next("connection_event").await;
    assert_eq!(event["payload"]["event"], "draining");
    assert!(event["payload"]["retry_after_ms"].is_u64());
    alice.next("message_sent").await;
    assert_eq!(alice.end().await, Some(4000));
    assert_eq!(bob.end().await, Some(4000));
    site.stopped().await;
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_closed_and_delays_nobody() {
    let config = ConnConfig {
        stall_timeout: Duration::from_millis(300),
        rate: None,
        ..ConnConfig::default()
    };
    let site = Site::new(config, Options::default()).await;
    let (mut alice, mut bob) = (site.connect("alice").await, site.connect("bob").await);
    let room = alice.group(&["bob", "carol"]).await;
    bob.subscribe(room).await;
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let stream = socket.connect(site.addr).await.expect("a connection");
    let mut lazy = site.upgrade_on(stream, &[]).await.expect("an upgrade");
    let token = site.token("carol", Duration::from_secs(60));
    lazy.authenticate(&token, device("carol")).await;
    lazy.subscribe(room).await;
    let text = "x".repeat(15_000);
    let mut sent = 0;
    while !site
        .metrics
        .render()
        .contains("causerie_slow_consumers_total 1")
    {
        alice.say(room, &text).await;
        sent += 1;
        assert!(sent < 5_000, "the reader is never closed");
    }
    for seq in 1..=sent {
        let event = bob.next("new_message").await;
        assert_eq!(event["payload"]["seq"], seq);
    }
    // What it had been given before is whole, and without a hole.
    lazy.end().await;
    let seqs: Vec<_> = lazy
        .take()
        .iter()
        .filter_map(|frame| frame["payload"]["seq"].as_u64())
        .collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
    assert!(seqs.len() < sent as usize);
}

#[tokio::test]
async fn health_is_told_and_other_paths_are_not_there() {
    let site = Site::dev().await;
    for (path, status) in [
        ("/healthz", 200),
        ("/readyz", 200),
        ("/ws", 426),
        ("/no", 404),
    ] {
        assert_eq!(site.http("GET", path, "").await.0, status, "{path}");
    }
}
