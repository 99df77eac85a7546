//! What works without a server: nearly everything.

mod common;

use std::{
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
};

use causerie::{
    Action, Client, ConnectionState, MessageTarget, SendState, TimelineDiff, TimelineStart,
    TokenError, TokenRequest, Unsent,
};
use common::*;

#[tokio::test]
async fn a_message_sent_offline_is_shown_and_queued_and_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let client = offline(folder.path()).await;
    let conversation = client.open_direct("bob").await.unwrap();
    let key = conversation.send("Bonjour").await.unwrap();
    client.close().await;

    let client = offline(folder.path()).await;
    assert_eq!(client.outbox().state(key), Some(SendState::Queued));
    let conversation = client.conversation(direct());
    let timeline = conversation.timeline(TimelineStart::Newest).await.unwrap();
    let items = timeline.items();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0].key.0, key.uuid());
    assert_eq!(items[0].message.content.text(), Some("Bonjour"));
    assert_eq!(items[0].send, Some(SendState::Queued));
    assert_eq!(client.conversations().items()[0].title, "bob");
    client.close().await;
}

#[tokio::test]
async fn edits_and_deletions_of_what_was_not_sent_are_seen_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let client = offline(folder.path()).await;
    let conversation = client.open_direct("bob").await.unwrap();
    let timeline = conversation.timeline(TimelineStart::Newest).await.unwrap();
    let one = conversation.send("one").await.unwrap();
    let two = conversation.send("two").await.unwrap();
    conversation
        .edit(MessageTarget::Key(one), "first")
        .await
        .unwrap();
    conversation.delete(MessageTarget::Key(two)).await.unwrap();
    let texts: Vec<_> = timeline
        .items()
        .into_iter()
        .map(|item| item.message.content.text().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(texts, ["first"]);
    client.close().await;
}

#[tokio::test]
async fn opening_a_folder_twice_gives_the_same_core() {
    let folder = tempfile::tempdir().unwrap();
    let one = offline(folder.path()).await;
    let two = offline(folder.path()).await;
    let conversation = one.open_direct("bob").await.unwrap();
    let timeline = two
        .conversation(direct())
        .timeline(TimelineStart::Newest)
        .await
        .unwrap();
    conversation.send("seen by both").await.unwrap();
    assert_eq!(timeline.items().len(), 1);

    one.close().await;
    two.conversation(direct()).send("still open").await.unwrap();
    assert_eq!(timeline.items().len(), 2);
    two.close().await;
    let refused = two
        .conversation(direct())
        .send("too late")
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), refused.action()),
        ("closed", Action::FixCode)
    );
}

#[tokio::test]
async fn many_who_open_a_folder_at_once_share_one_core() {
    let folder = tempfile::tempdir().unwrap();
    let opening = (0..8).map(|_| {
        let folder = folder.path().to_owned();
        tokio::spawn(async move { offline(&folder).await })
    });
    let mut clients = Vec::new();
    for task in opening {
        clients.push(task.await.unwrap());
    }
    clients[0].open_direct("bob").await.unwrap();
    assert!(
        clients
            .iter()
            .all(|client| client.conversations().items().len() == 1)
    );
    for client in clients {
        client.close().await;
    }
    offline(folder.path()).await.close().await;
}

#[tokio::test]
async fn a_folder_that_was_just_let_go_can_be_opened_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..10 {
        // Dropped, not closed: the core ends on its own time.
        drop(offline(folder.path()).await);
    }
    offline(folder.path()).await.close().await;
}

#[tokio::test]
async fn an_open_folder_refuses_another_user_and_another_server() {
    let folder = tempfile::tempdir().unwrap();
    let client = offline(folder.path()).await;
    let other = Client::builder("ws://localhost:1", "bob").data_dir(folder.path());
    let error = other.open().await.unwrap_err();
    assert_eq!(
        (error.code(), error.action()),
        ("other_user", Action::SignIn)
    );
    let other = Client::builder("ws://localhost:2", "alice").data_dir(folder.path());
    assert_eq!(other.open().await.unwrap_err().code(), "other_server");
    client.close().await;
    // And so does its data, once it is closed.
    let other = Client::builder("ws://localhost:1", "bob").data_dir(folder.path());
    assert_eq!(other.open().await.unwrap_err().code(), "other_user");
}

#[tokio::test]
async fn what_needs_the_server_says_that_the_user_has_to_sign_in() {
    let folder = tempfile::tempdir().unwrap();
    let builder = Client::builder("ws://localhost:1", "alice").data_dir(folder.path());
    let signed_out = |_: TokenRequest| async {
        let why = "the session ended".to_owned();
        Err::<String, _>(TokenError::SignInNeeded(why))
    };
    let client = builder.token_provider(signed_out).open().await.unwrap();
    let conversation = client.open_direct("bob").await.unwrap();
    let mut states = client.connection_state();
    client.start().await.unwrap();
    while !matches!(
        states.next().await,
        Some(ConnectionState::SignInNeeded { .. })
    ) {}
    for error in [
        client.users().fetch(vec!["bob".into()]).await.unwrap_err(),
        conversation.members(None).await.unwrap_err(),
    ] {
        assert_eq!(
            (error.code(), error.action(), error.retryable()),
            ("sign_in_needed", Action::SignIn, false)
        );
        assert!(error.to_string().contains("the session ended"), "{error}");
    }
    client.stop().await.unwrap();
    let error = client.users().fetch(vec!["bob".into()]).await.unwrap_err();
    assert_eq!(error.code(), "offline");
    client.close().await;
}

#[tokio::test]
async fn an_address_or_a_user_that_can_be_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let open = |server: &str, user: &str| {
        let builder = Client::builder(server, user).data_dir(folder.path());
        async { builder.open().await.map_err(|error| error.to_string()) }
    };
    for server in ["http://localhost:1", "https://localhost:1", "localhost:1"] {
        let error = open(server, "alice").await.unwrap_err();
        assert!(error.starts_with("server_url: "), "{error}");
    }
    for user in ["", " ", "a\nb"] {
        let error = open("ws://localhost:1", user).await.unwrap_err();
        assert!(error.starts_with("user_id: "), "{error}");
    }
    open("WS://localhost:1", "alice")
        .await
        .unwrap()
        .close()
        .await;
}

const CHILD: &str = "CAUSERIE_TEST_FOLDER";

/// Not a test of its own: run as another process by the ones below.
#[tokio::test]
async fn child_process_tries_to_open() {
    let Ok(folder) = std::env::var(CHILD) else {
        return;
    };
    match builder("ws://localhost:1", Path::new(&folder)).open().await {
        Ok(client) => {
            println!("verdict: opened");
            client.close().await;
        }
        Err(error) => println!("verdict: {}: {error}", error.code()),
    }
}

fn verdict_of_another_process(folder: &Path) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_process_tries_to_open", "--nocapture"])
        .env(CHILD, folder)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let start = text.find("verdict: ").expect("the child gave a verdict") + 9;
    text[start..].lines().next().unwrap().to_owned()
}

#[tokio::test]
async fn another_process_is_refused_until_the_app_is_in_the_background() {
    let folder = tempfile::tempdir().unwrap();
    let client = offline(folder.path()).await;
    let verdict = verdict_of_another_process(folder.path());
    assert!(verdict.starts_with("in_use: "), "{verdict}");
    client.suspend().await.unwrap();
    assert_eq!(verdict_of_another_process(folder.path()), "opened");
    client.resume().await.unwrap();
    assert!(verdict_of_another_process(folder.path()).starts_with("in_use"));
    client.close().await;
}

#[tokio::test]
async fn what_is_sent_in_the_background_is_committed_and_the_folder_let_go_again() {
    let folder = tempfile::tempdir().unwrap();
    let client = offline(folder.path()).await;
    let conversation = client.open_direct("bob").await.unwrap();
    client.suspend().await.unwrap();
    assert_eq!(
        client.connection_state().current(),
        ConnectionState::Suspended
    );
    let key = conversation
        .send("by a notification's reply")
        .await
        .unwrap();
    assert_eq!(verdict_of_another_process(folder.path()), "opened");
    client.resume().await.unwrap();
    assert_eq!(client.outbox().state(key), Some(SendState::Queued));
    let timeline = conversation.timeline(TimelineStart::Newest).await.unwrap();
    assert_eq!(timeline.items().len(), 1);
    client.close().await;
}

#[tokio::test]
async fn open_timelines_live_on_when_another_process_wrote_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let client = offline(folder.path()).await;
    let conversation = client.open_direct("bob").await.unwrap();
    let timeline = conversation.timeline(TimelineStart::Newest).await.unwrap();
    let mut updates = timeline.updates();
    soon("all of it", updates.next()).await.unwrap();
    client.suspend().await.unwrap();
    // Another process has it open for a moment, which makes this one read all of it again.
    assert_eq!(verdict_of_another_process(folder.path()), "opened");
    client.resume().await.unwrap();
    let batch = soon("the timeline anew", updates.next()).await.unwrap();
    assert!(
        matches!(batch.diffs[0], TimelineDiff::Reset(_)),
        "{batch:?}"
    );
    conversation.send("after").await.unwrap();
    let batch = soon("the message", updates.next()).await.unwrap();
    assert!(
        matches!(batch.diffs[0], TimelineDiff::Insert { .. }),
        "{batch:?}"
    );
    client.close().await;
}

#[tokio::test]
async fn a_listener_that_falls_behind_gets_the_present_state_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let client = offline(folder.path()).await;
    let conversation = client.open_direct("bob").await.unwrap();
    let timeline = conversation.timeline(TimelineStart::Newest).await.unwrap();
    let mut slow = timeline.updates();
    soon("the slow listener", slow.next()).await.unwrap();
    for n in 0..600 {
        conversation.send(&n.to_string()).await.unwrap();
    }
    let batch = soon("the slow listener", slow.next()).await.unwrap();
    let [TimelineDiff::Reset(items)] = &batch.diffs[..] else {
        panic!("not a reset: {} diffs", batch.diffs.len());
    };
    assert_eq!(items, &timeline.items());
    assert_eq!(items.len(), 600);
    conversation.send("next").await.unwrap();
    let batch = soon("the slow listener", slow.next()).await.unwrap();
    assert!(
        matches!(&batch.diffs[..], [TimelineDiff::Insert { .. }]),
        "{batch:?}"
    );
    client.close().await;
    assert!(soon("the slow listener", slow.next()).await.is_none());
}

#[tokio::test]
async fn a_callback_that_panics_is_called_again_and_one_that_is_dropped_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let client = offline(folder.path()).await;
    let conversation = client.open_direct("bob").await.unwrap();
    let timeline = conversation.timeline(TimelineStart::Newest).await.unwrap();
    let (seen, sees) = mpsc::channel();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let subscription = timeline.on_update(move |batch| {
        let call = counted.fetch_add(1, Ordering::SeqCst);
        seen.send(batch.diffs.len()).unwrap();
        assert_ne!(call, 1, "the second call panics");
    });
    let next = || {
        sees.recv_timeout(std::time::Duration::from_secs(20))
            .unwrap()
    };
    assert_eq!(next(), 1, "first, all of it");
    conversation.send("one").await.unwrap();
    next();
    conversation.send("two").await.unwrap();
    next();
    assert_eq!(calls.load(Ordering::SeqCst), 3);
    subscription.cancel();
    conversation.send("three").await.unwrap();
    // The channel's other end goes with the callback, once its task is gone.
    assert!(
        sees.recv_timeout(std::time::Duration::from_secs(20))
            .is_err()
    );
    assert_eq!(calls.load(Ordering::SeqCst), 3);
    client.close().await;
}

#[tokio::test]
async fn signing_out_refuses_to_lose_messages_unless_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let client = offline(folder.path()).await;
    let conversation = client.open_direct("bob").await.unwrap();
    let key = conversation.send("not sent").await.unwrap();
    let error = client.sign_out(true, Unsent::Refuse).await.unwrap_err();
    assert_eq!((error.code(), error.action()), ("unsent", Action::AskUser));
    assert_eq!(
        client.outbox().state(key),
        Some(SendState::Queued),
        "nothing changed"
    );

    client.sign_out(false, Unsent::Discard).await.unwrap();
    assert_eq!(conversation.send("x").await.unwrap_err().code(), "closed");
    let client = offline(folder.path()).await;
    assert!(client.outbox().list().is_empty());
    client.sign_out(false, Unsent::Refuse).await.unwrap();
}

#[tokio::test]
async fn signing_out_with_wiping_makes_room_for_another_user() {
    let folder = tempfile::tempdir().unwrap();
    let client = offline(folder.path()).await;
    client
        .open_direct("bob")
        .await
        .unwrap()
        .send("gone")
        .await
        .unwrap();
    client.sign_out(true, Unsent::Discard).await.unwrap();
    let bob = Client::builder("ws://localhost:1", "bob").data_dir(folder.path());
    let bob = bob.open().await.unwrap();
    assert!(bob.conversations().items().is_empty());
    bob.close().await;
}

#[tokio::test]
async fn drafts_stay_with_their_conversation() {
    let folder = tempfile::tempdir().unwrap();
    let client = offline(folder.path()).await;
    let conversation = client.open_direct("bob").await.unwrap();
    conversation
        .set_draft(Some("half a tho".into()))
        .await
        .unwrap();
    client.close().await;
    let client = offline(folder.path()).await;
    let conversation = client.conversation(direct());
    assert_eq!(conversation.draft().as_deref(), Some("half a tho"));
    conversation.set_draft(None).await.unwrap();
    assert_eq!(conversation.draft(), None);
    client.close().await;
}

#[tokio::test]
async fn what_breaks_a_limit_is_refused_before_it_is_queued() {
    let folder = tempfile::tempdir().unwrap();
    let client = offline(folder.path()).await;
    let conversation = client.open_direct("bob").await.unwrap();
    let error = conversation.send(&"x".repeat(20_000)).await.unwrap_err();
    assert_eq!(
        (error.code(), error.action()),
        ("too_large", Action::AskUser),
        "the user can shorten it"
    );
    assert_eq!(client.outbox().list().len(), 1, "only the creation");
    let unknown = client.conversation(causerie::ConversationId::from_uuid(key_of_nothing()));
    assert_eq!(
        unknown.send("x").await.unwrap_err().code(),
        "unknown_conversation"
    );
    assert!(client.open_direct("alice").await.is_err(), "oneself");
    assert!(client.open_direct("").await.is_err());
    client.close().await;
}

fn key_of_nothing() -> uuid::Uuid {
    uuid::Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001)
}

#[tokio::test]
async fn echo_is_measured_from_the_call_to_the_listener() {
    let folder = tempfile::tempdir().unwrap();
    let client = offline(folder.path()).await;
    let conversation = client.open_direct("bob").await.unwrap();
    assert_eq!(client.stats().await.unwrap().echo_p50, None);
    let timeline = conversation.timeline(TimelineStart::Newest).await.unwrap();
    let mut updates = timeline.updates();
    updates.next().await.unwrap();
    conversation.send("Bonjour").await.unwrap();
    updates.next().await.unwrap();
    let stats = client.stats().await.unwrap();
    assert!(stats.echo_p50.is_some_and(|echo| !echo.is_zero()));
    assert_eq!(stats.conversations, 1);
    client.close().await;
}

#[tokio::test]
async fn what_a_client_needs_to_open_is_asked_for_in_words() {
    let folder = tempfile::tempdir().unwrap();
    for url in ["", "  "] {
        let error = builder(url, folder.path()).open().await.unwrap_err();
        assert_eq!(error.code(), "invalid");
        let told = error.to_string();
        assert!(
            told.starts_with("server_url: name the server's address"),
            "{told}"
        );
    }
    let nowhere = Path::new("");
    let error = builder("ws://localhost:1", nowhere)
        .open()
        .await
        .unwrap_err();
    assert_eq!(error.code(), "no_data_dir");
}

#[tokio::test]
async fn a_page_has_one_to_two_hundred_messages() {
    let folder = tempfile::tempdir().unwrap();
    let client = offline(folder.path()).await;
    let conversation = client.open_direct("bob").await.unwrap();
    let newest = TimelineStart::Newest;
    for page in [1, 200] {
        conversation.timeline_paged(newest, page).await.unwrap();
    }
    for page in [0, 201, u32::MAX] {
        let error = conversation.timeline_paged(newest, page).await.unwrap_err();
        assert_eq!(error.code(), "invalid");
        assert!(error.to_string().contains("1 to 200"), "{error}");
    }
    client.close().await;
}

#[tokio::test]
async fn a_draft_may_be_as_long_as_what_can_be_sent_and_a_longer_one_leaves_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let client = offline(folder.path()).await;
    let conversation = client.open_direct("bob").await.unwrap();
    let longest = "x".repeat(16_382);
    // As JSON has it, with quotes: a line's end takes two bytes.
    for beyond in [format!("{longest}x"), "\n".repeat(8_192)] {
        let sent = conversation.send(&beyond).await.unwrap_err();
        assert_eq!((sent.code(), sent.action()), ("too_large", Action::AskUser));
        conversation.set_draft(Some(longest.clone())).await.unwrap();
        let kept = conversation.set_draft(Some(beyond)).await.unwrap_err();
        assert_eq!((kept.code(), kept.action()), ("too_large", Action::AskUser));
        assert_eq!(conversation.draft().as_ref(), Some(&longest));
    }
    conversation.send(&longest).await.unwrap();
    client.close().await;
}
