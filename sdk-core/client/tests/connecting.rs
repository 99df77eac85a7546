//! Connecting, sending, being cut, tokens: against a server that does what the test says.

mod common;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use causerie::{
    Client, ConnectionState, Event, EventFilter, EventKind, SendState, TimelineDiff, TimelineStart,
    TokenError, TokenRequest,
};
use causerie_protocol::{AuthCode, AuthError, ErrorCode, ErrorReply, ServerMessage};
use common::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Waits for a state of the connection.
async fn state(client: &Client, wanted: impl Fn(&ConnectionState) -> bool) -> ConnectionState {
    let mut states = client.connection_state();
    soon("a state of the connection", async {
        loop {
            let state = states.next().await.expect("the client is open");
            if wanted(&state) {
                return state;
            }
        }
    })
    .await
}

#[tokio::test]
async fn what_was_queued_offline_is_sent_in_order_and_confirmed_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    let client = builder(&server.url(), folder.path()).open().await.unwrap();
    let conversation = client.open_direct("bob").await.unwrap();
    let timeline = conversation.timeline(TimelineStart::Newest).await.unwrap();
    let mut keys = Vec::new();
    for text in ["one", "two", "three"] {
        keys.push(conversation.send(text).await.unwrap());
    }
    let mut updates = timeline.updates();
    updates.next().await.unwrap();
    client.start().await.unwrap();
    let mut peer = server.accept().await;
    let hello = peer.welcome().await;
    assert_eq!(hello.token.as_deref(), Some("a token"));
    for (n, (key, text)) in keys.iter().zip(["one", "two", "three"]).enumerate() {
        let (id, temp_id, message) = peer.receive_message().await;
        assert_eq!(temp_id, *key);
        assert_eq!(message.content.text(), Some(text));
        peer.acknowledge(id, temp_id, n as u64 + 1).await;
    }
    for key in &keys {
        let settled = soon("the acknowledgement", client.outbox().settled(*key)).await;
        assert!(
            matches!(settled, Ok(SendState::Sent { seq: Some(_) })),
            "{settled:?}"
        );
    }
    let items = timeline.items();
    let shown: Vec<_> = items.iter().map(|item| item.key.0).collect();
    let sent: Vec<_> = keys.iter().map(|key| key.uuid()).collect();
    assert_eq!(shown, sent, "each under the key it was sent with, in order");
    assert!(items.iter().all(|item| item.send.is_none()), "{items:?}");
    // In place: nothing was inserted, moved or removed on the way.
    client.close().await;
    while let Some(batch) = updates.next().await {
        for diff in batch.diffs {
            match diff {
                TimelineDiff::Update(_) => {}
                TimelineDiff::Reset(items) => {
                    let shown: Vec<_> = items.iter().map(|item| item.key.0).collect();
                    assert_eq!(shown, sent);
                }
                TimelineDiff::Insert { .. }
                | TimelineDiff::Move { .. }
                | TimelineDiff::Remove(_) => panic!("{diff:?}"),
            }
        }
    }
    assert_eq!(
        peer.receive().await,
        None,
        "the socket is closed with the client"
    );
}

#[tokio::test]
async fn what_was_not_acknowledged_goes_again_under_the_same_name_after_a_cut() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    let client = builder(&server.url(), folder.path()).open().await.unwrap();
    let conversation = client.open_direct("bob").await.unwrap();
    let key = conversation.send("Bonjour").await.unwrap();
    client.start().await.unwrap();
    for _ in 0..3 {
        let mut peer = server.welcome().await;
        let (_, temp_id, _) = peer.receive_message().await;
        assert_eq!(temp_id, key);
    }
    let mut peer = server.welcome().await;
    let (id, temp_id, _) = peer.receive_message().await;
    peer.acknowledge(id, temp_id, 1).await;
    soon("the acknowledgement", client.outbox().settled(key))
        .await
        .unwrap();
    assert!(client.stats().await.unwrap().messages_acknowledged <= 1);
    client.close().await;
}

#[tokio::test]
async fn a_message_of_others_is_shown_and_listed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    let client = builder(&server.url(), folder.path()).open().await.unwrap();
    client.start().await.unwrap();
    let mut peer = server.welcome().await;
    let mut lists = client.conversations().updates();
    soon("the list", async {
        while client.conversations().items().is_empty() {
            lists.next().await.unwrap();
        }
    })
    .await;
    let conversation = client.conversation(direct());
    let timeline = conversation.timeline(TimelineStart::Newest).await.unwrap();
    let mut events = client.events(EventFilter::kinds(vec![EventKind::Server]));
    soon("the subscription", async {
        loop {
            let frame = peer.receive().await.unwrap();
            if let causerie_protocol::Request::Subscribe(subscribe) = frame.request {
                peer.subscribed(frame.id, subscribe.room).await;
                break;
            }
        }
    })
    .await;
    peer.send(said(1, "Salut")).await;
    let mut updates = timeline.updates();
    soon("bob's message", async {
        while timeline.items().is_empty() {
            updates.next().await.unwrap();
        }
    })
    .await;
    assert_eq!(timeline.items()[0].message.content.text(), Some("Salut"));
    let entry = conversation.entry().unwrap();
    assert_eq!(entry.unread, 1, "{entry:?}");
    soon("the event", async {
        while let Some(Event::Server(frame)) = events.next().await {
            if matches!(frame.message, ServerMessage::NewMessage(_)) {
                break;
            }
        }
    })
    .await;
    assert_eq!(client.stats().await.unwrap().messages_received, 1);
    assert!(client.stats().await.unwrap().delivery_p50.is_some());
    client.close().await;
}

#[tokio::test]
async fn a_token_provider_that_fails_and_panics_is_asked_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let client = builder(&server.url(), folder.path())
        .token_provider(move |_: TokenRequest| {
            let call = count.fetch_add(1, Ordering::SeqCst);
            async move {
                match call {
                    0 => Err(TokenError::Temporary("the backend is away".into())),
                    1 => panic!("a bug of the app's"),
                    _ => Ok("the third".to_owned()),
                }
            }
        })
        .open()
        .await
        .unwrap();
    client.start().await.unwrap();
    let hello = loop {
        let mut peer = server.accept().await;
        if let Some(frame) = peer.receive().await
            && let causerie_protocol::Request::Authenticate(hello) = frame.request
        {
            peer.let_in(frame.id, &hello, Vec::new()).await;
            state(&client, |state| *state == ConnectionState::Live).await;
            break hello;
        }
    };
    assert_eq!(hello.token.as_deref(), Some("the third"));
    assert_eq!(asked.load(Ordering::SeqCst), 3);
    client.close().await;
}

#[tokio::test]
async fn a_user_who_must_sign_in_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    let signed_in = Arc::new(AtomicUsize::new(0));
    let check = Arc::clone(&signed_in);
    let client = builder(&server.url(), folder.path())
        .token_provider(move |_: TokenRequest| {
            let signed_in = check.load(Ordering::SeqCst) == 1;
            async move {
                if signed_in {
                    Ok("a token".to_owned())
                } else {
                    Err(TokenError::SignInNeeded("signed out elsewhere".into()))
                }
            }
        })
        .open()
        .await
        .unwrap();
    client.start().await.unwrap();
    let waiting = state(&client, |s| {
        matches!(s, ConnectionState::SignInNeeded { .. })
    })
    .await;
    assert_eq!(
        waiting,
        ConnectionState::SignInNeeded {
            reason: "signed out elsewhere".into()
        }
    );
    signed_in.store(1, Ordering::SeqCst);
    client.start().await.unwrap();
    loop {
        let mut peer = server.accept().await;
        if let Some(frame) = peer.receive().await
            && let causerie_protocol::Request::Authenticate(hello) = frame.request
        {
            peer.let_in(frame.id, &hello, Vec::new()).await;
            state(&client, |state| *state == ConnectionState::Live).await;
            break;
        }
    }
    client.close().await;
}

#[tokio::test]
async fn a_refused_token_is_not_given_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    let client = builder(&server.url(), folder.path())
        .token_provider(|request: TokenRequest| async move {
            Ok::<_, TokenError>(if request.refused { "new" } else { "old" }.to_owned())
        })
        .open()
        .await
        .unwrap();
    client.start().await.unwrap();
    let mut peer = server.accept().await;
    let (id, hello) = peer.authenticate().await;
    assert_eq!(hello.token.as_deref(), Some("old"));
    peer.reply(
        id,
        ServerMessage::AuthError(AuthError {
            code: AuthCode::TokenExpired,
            message: "it ended".into(),
            retryable: true,
        }),
    )
    .await;
    peer.close(4004).await;
    let mut peer = server.accept().await;
    assert_eq!(peer.welcome().await.token.as_deref(), Some("new"));
    state(&client, |state| *state == ConnectionState::Live).await;
    client.close().await;
}

#[tokio::test]
async fn a_message_that_the_server_refuses_fails_and_the_next_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    let client = builder(&server.url(), folder.path()).open().await.unwrap();
    let conversation = client.open_direct("bob").await.unwrap();
    let refused = conversation.send("refused").await.unwrap();
    let taken = conversation.send("taken").await.unwrap();
    client.start().await.unwrap();
    let mut peer = server.welcome().await;
    let (id, temp_id, _) = peer.receive_message().await;
    let mut error = ErrorReply::new(ErrorCode::Forbidden, "not you");
    error.temp_id = Some(temp_id);
    error.conversation_id = Some(direct());
    peer.reply(id, ServerMessage::MessageError(error)).await;
    let (id, temp_id, _) = peer.receive_message().await;
    peer.acknowledge(id, temp_id, 1).await;
    let sent = soon("the second", client.outbox().settled(taken))
        .await
        .unwrap();
    assert!(matches!(sent, SendState::Sent { .. }));
    let failed = client.outbox().settled(refused).await.unwrap();
    assert!(
        matches!(&failed, SendState::Failed { code, .. } if *code == ErrorCode::Forbidden),
        "{failed:?}"
    );
    // Again, under the same name.
    client.outbox().retry(refused).await.unwrap();
    let (id, temp_id, _) = peer.receive_message().await;
    assert_eq!(temp_id, refused);
    peer.acknowledge(id, temp_id, 2).await;
    soon("the first", async {
        while !matches!(
            client.outbox().settled(refused).await,
            Ok(SendState::Sent { .. })
        ) {}
    })
    .await;
    client.close().await;
}

#[tokio::test]
async fn a_server_that_is_none_is_said_to_be_none_and_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    let client = builder(&server.url(), folder.path()).open().await.unwrap();
    client.start().await.unwrap();
    let mut states = client.connection_state();
    let mut stream = server.accept_tcp().await;
    let mut request = [0; 64];
    let _ = stream.read(&mut request).await.unwrap();
    stream
        .write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
        .await
        .unwrap();
    let reason = soon("the reason", async {
        loop {
            if let Some(ConnectionState::Waiting { reason, .. }) = states.next().await {
                return reason;
            }
        }
    })
    .await;
    assert!(reason.contains("HTTP 404"), "{reason}");
    server.welcome().await;
    state(&client, |state| *state == ConnectionState::Live).await;
    client.close().await;
}

#[tokio::test]
async fn malformed_json_ends_the_connection_and_the_client_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    let client = builder(&server.url(), folder.path()).open().await.unwrap();
    client.start().await.unwrap();
    let mut peer = server.welcome().await;
    peer.send_text("{\"type\":\"pong\",\"payl").await;
    server.welcome().await;
    client.close().await;
}

#[tokio::test]
async fn frames_of_types_yet_to_be_invented_are_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    let client = builder(&server.url(), folder.path()).open().await.unwrap();
    client.start().await.unwrap();
    let mut peer = server.welcome().await;
    peer.send_text(r#"{"type":"hologram","payload":{"x":1}}"#)
        .await;
    peer.send_text(r#"{"type":"ping","payload":{"t":7}}"#).await;
    soon("the pong", async {
        loop {
            let frame = peer.receive().await.expect("the connection holds");
            if let causerie_protocol::Request::Pong(pong) = frame.request {
                assert_eq!(pong.t, 7);
                break;
            }
        }
    })
    .await;
    client.close().await;
}

#[tokio::test]
async fn the_socket_closes_in_the_background_and_opens_again_in_the_foreground() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    let client = builder(&server.url(), folder.path()).open().await.unwrap();
    let conversation = client.open_direct("bob").await.unwrap();
    client.start().await.unwrap();
    let mut peer = server.welcome().await;
    client.suspend().await.unwrap();
    while peer.receive().await.is_some() {}
    let key = conversation.send("meanwhile").await.unwrap();
    client.resume().await.unwrap();
    let mut peer = server.welcome().await;
    let (_, temp_id, _) = peer.receive_message().await;
    assert_eq!(temp_id, key);
    client.close().await;
}

#[tokio::test]
async fn stopping_ends_attempts_until_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    let client = builder(&server.url(), folder.path()).open().await.unwrap();
    client.start().await.unwrap();
    let mut peer = server.welcome().await;
    client.stop().await.unwrap();
    while peer.receive().await.is_some() {}
    assert_eq!(
        client.connection_state().current(),
        ConnectionState::Disconnected
    );
    client.start().await.unwrap();
    server.welcome().await;
    client.close().await;
}

#[tokio::test]
async fn a_client_lives_on_the_callers_runtime_if_it_is_given_one() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    let client = builder(&server.url(), folder.path())
        .runtime(tokio::runtime::Handle::current())
        .open()
        .await
        .unwrap();
    client.start().await.unwrap();
    server.welcome().await;
    state(&client, |state| *state == ConnectionState::Live).await;
    client.close().await;
}
