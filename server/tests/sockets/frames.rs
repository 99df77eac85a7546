//! The WebSocket itself, from the side of a client that does as it likes with it.

use std::time::Duration;

use causerie_server::{conn::ConnConfig, listener::Options};
use serde_json::{Value, json};
use tokio::net::TcpSocket;
use tokio_tungstenite::tungstenite::{Message, protocol::CloseFrame};

use super::site::{Site, Wire, device};

/// A client's frame. The mask is all zeros, so that it is what it looks like.
fn frame(head: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).expect("short");
    assert!(length < 126);
    let mut frame = vec![head, 0x80 | length, 0, 0, 0, 0];
    frame.extend(payload);
    frame
}

/// Reads until a text comes; gives the pongs before it, and the text.
async fn pongs_and_text(wire: &mut Wire) -> (Vec<Vec<u8>>, Value) {
    let mut pongs = Vec::new();
    loop {
        match wire.message().await {
            Some(Message::Pong(payload)) => pongs.push(payload.to_vec()),
            Some(Message::Text(text)) => {
                return (pongs, serde_json::from_str(&text).expect("a frame"));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_message_in_fragments_is_one_and_a_ping_between_them_is_answered_first() {
    let site = Site::dev().await;
    let mut wire = site.connect("alice").await;
    let text = json!({"type": "ping", "id": 90, "payload": {"t": 7}}).to_string();
    let (first, second) = text.as_bytes().split_at(9);
    let bytes = [
        frame(0x01, first),
        frame(0x89, b"still there?"),
        frame(0x00, b""),
        frame(0x80, second),
    ]
    .concat();
    // Byte by byte, as a slow network may bring it.
    for byte in bytes {
        wire.raw(&[byte]).await;
    }
    let (pongs, reply) = pongs_and_text(&mut wire).await;
    assert_eq!(pongs, [b"still there?".to_vec()]);
    assert_eq!(reply["type"], "pong");
    assert_eq!(reply["id"], 90);
}

#[tokio::test]
async fn what_is_no_websocket_ends_with_the_code_that_says_so() {
    let site = Site::dev().await;
    let mut unmasked = frame(0x81, b"x");
    unmasked[1] &= 0x7F;
    unmasked.drain(2..6);
    for (bytes, code) in [
        (unmasked, 1002),
        (frame(0xC1, b"x"), 1002),
        (frame(0x80, b"a continuation of nothing"), 1002),
        (frame(0x83, b"x"), 1002),
        (frame(0x81, b"\xC3\x28"), 1007),
    ] {
        let mut wire = site.connect("alice").await;
        wire.raw(&bytes).await;
        assert_eq!(wire.end().await, Some(code), "{bytes:?}");
    }
}

#[tokio::test]
async fn a_close_is_answered_with_the_same_code() {
    let site = Site::dev().await;
    let mut wire = site.connect("alice").await;
    let close = CloseFrame {
        code: 4321.into(),
        reason: "enough".into(),
    };
    wire.send(Message::Close(Some(close))).await;
    assert_eq!(wire.end().await, Some(4321));
    let mut wire = site.connect("alice").await;
    wire.raw(&frame(0x88, b"")).await;
    assert!(matches!(wire.message().await, Some(Message::Close(None))));
}

#[tokio::test]
async fn a_ping_while_much_waits_to_be_written_is_answered_between_two_messages() {
    let config = ConnConfig {
        rate: None,
        ..ConnConfig::default()
    };
    let site = Site::new(config, Options::default()).await;
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let stream = socket.connect(site.addr).await.expect("a connection");
    let mut alice = site.upgrade_on(stream, &[]).await.expect("an upgrade");
    let token = site.token("alice", Duration::from_secs(60));
    alice.authenticate(&token, device("alice")).await;
    let room = alice.group(&[]).await;
    let text = "x".repeat(15_000);
    for _ in 0..20 {
        alice.say(room, &text).await;
    }
    // More than the sockets hold, and none of it is read while pings come.
    let history = json!({"conversation_id": room, "limit": 200});
    let mut ids = Vec::new();
    for _ in 0..8 {
        ids.push(alice.ask("history", history.clone()).await);
        alice.raw(&frame(0x89, b"hey")).await;
    }
    let mut pongs = 0;
    let mut messages = 0;
    while messages < ids.len() || pongs == 0 {
        match alice.message().await {
            Some(Message::Pong(payload)) => {
                assert_eq!(&payload[..], b"hey");
                pongs += 1;
            }
            Some(Message::Text(text)) => {
                for line in text.lines() {
                    let frame: Value = serde_json::from_str(line).expect("a whole frame");
                    // The activity of the room comes between the replies.
                    if frame["id"].as_u64().is_some_and(|id| ids.contains(&id)) {
                        assert_eq!(frame["type"], "history_page");
                        messages += 1;
                    }
                }
            }
            other => panic!("{other:?}"),
        }
    }
    let reply = alice.call("ping", json!({"t": 1})).await;
    assert_eq!(reply["type"], "pong");
}
