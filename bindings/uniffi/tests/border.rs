//! The border from this side: what another language's objects do, done by Rust's.

mod common;

use std::sync::{Arc, Mutex, mpsc};

use causerie_border::{
    Action,
    record::{
        ConnectionKind, DiffKind, Event, EventFilter, EventKind, MessageTarget, NewConversation,
        NewMessage, OutboxDiffKind, OutboxUpdate, SendKind, TimelineBatch,
    },
};
use causerie_ffi::{
    Cancellation, EventListener, ListenerError, OutboxListener, TimelineListener, version,
};
use common::{NEWEST, PATIENCE, fault, open, thrown};

/// Throws at every call, once it has passed on what it got.
struct Thrower<T>(Mutex<mpsc::Sender<T>>);

impl<T> Thrower<T> {
    fn pass_on(&self, told: T) -> Result<(), ListenerError> {
        self.0.lock().unwrap().send(told).unwrap();
        Err(thrown())
    }
}

impl TimelineListener for Thrower<TimelineBatch> {
    fn on_batch(&self, batch: TimelineBatch) -> Result<(), ListenerError> {
        self.pass_on(batch)
    }
}

impl OutboxListener for Thrower<OutboxUpdate> {
    fn on_update(&self, update: OutboxUpdate) -> Result<(), ListenerError> {
        self.pass_on(update)
    }
}

impl EventListener for Thrower<Vec<Event>> {
    fn on_events(&self, events: Vec<Event>) -> Result<(), ListenerError> {
        self.pass_on(events)
    }
}

fn thrower<T>() -> (Arc<Thrower<T>>, mpsc::Receiver<T>) {
    let (tell, told) = mpsc::channel();
    (Arc::new(Thrower(tell.into())), told)
}

fn text(text: &str) -> NewMessage {
    NewMessage {
        text: Some(text.into()),
        object: None,
        kind: None,
        attachments: Vec::new(),
        reply_to: None,
        mentions: Vec::new(),
        metadata: None,
    }
}

fn by_key(key: &str) -> MessageTarget {
    MessageTarget {
        message_id: None,
        key: Some(key.into()),
    }
}

fn everything() -> EventFilter {
    EventFilter {
        kinds: Vec::new(),
        conversation_id: None,
    }
}

#[tokio::test]
async fn what_is_sent_is_listed_asked_for_and_told_also_to_a_listener_that_throws() {
    let folder = tempfile::tempdir().unwrap();
    let client = open(folder.path(), "alice").await.unwrap();
    let chat = client.open_direct("bob").await.unwrap();
    let timeline = chat.timeline(NEWEST, Some(20)).await.unwrap();
    assert_eq!(timeline.conversation_id(), chat.id());
    let (listener, told) = thrower::<TimelineBatch>();
    let subscription = timeline.on_batch(listener);
    let next = || told.recv_timeout(PATIENCE).unwrap();
    assert_eq!(next().diffs[0].kind, DiffKind::Reset);

    let key = chat.send("Bonjour").await.unwrap();
    let diff = next().diffs.remove(0);
    assert_eq!(
        (diff.kind, diff.items[0].key.as_str()),
        (DiffKind::Insert, key.as_str())
    );
    assert_eq!(diff.items[0].seq, None, "not confirmed");
    let status = client.write_status(&key).unwrap().unwrap();
    assert_eq!(status.kind, SendKind::Queued);
    let updates = timeline.updates();
    let batch = updates.next().await.unwrap();
    assert_eq!(batch.diffs[0].items, timeline.items());
    assert_eq!(batch.state, timeline.state());
    let snapshot = timeline.snapshot();
    assert_eq!(
        (snapshot.items, snapshot.state),
        (timeline.items(), timeline.state())
    );
    let entry = client.conversations().remove(0);
    assert_eq!((entry.title.as_str(), &entry.last), ("bob", &None));
    assert_eq!(entry.pending_key.as_deref(), Some(key.as_str()));
    assert_eq!(client.entry(&chat.id()).unwrap(), Some(entry));

    subscription.cancel();
    updates.end();
    assert!(updates.next().await.is_none());
    client.end().await;
}

#[tokio::test]
async fn every_write_is_in_the_outbox_with_what_it_does_until_it_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let client = open(folder.path(), "alice").await.unwrap();
    let (listener, told) = thrower::<OutboxUpdate>();
    let subscription = client.on_outbox(listener);
    let chat = client
        .create_conversation(NewConversation {
            kind: "group".into(),
            title: Some("Trip".into()),
            members: vec!["bob".into()],
            history: Some("all".into()),
        })
        .await
        .unwrap();
    let first = told.recv_timeout(PATIENCE).unwrap();
    assert_eq!(first.diffs[0].kind, OutboxDiffKind::Reset);

    let timeline = chat.timeline(NEWEST, None).await.unwrap();
    let key = chat.send_message(text("See you at ate")).await.unwrap();
    let edit = chat.edit(by_key(&key), "See you at eight").await.unwrap();
    let react = chat.react(by_key(&key), "👍").await.unwrap();
    let add = chat.add_members(vec!["carol".into()]).await.unwrap();
    let shown = timeline.items().remove(0);
    assert_eq!(shown.text.as_deref(), Some("See you at eight"));
    assert_eq!(shown.reactions[0].user_ids, ["alice"]);
    assert_eq!(shown.conversation_id, chat.id());

    let entries = client.outbox();
    let kinds: Vec<_> = entries.iter().map(|entry| entry.kind.as_str()).collect();
    assert_eq!(kinds[0], "create_conversation");
    let entry = |key: &str| entries.iter().find(|entry| entry.key == key).unwrap();
    assert_eq!(entry(&key).text.as_deref(), Some("See you at ate"));
    assert_eq!(entry(&edit).text.as_deref(), Some("See you at eight"));
    assert_eq!(entry(&edit).target_key.as_deref(), Some(key.as_str()));
    assert_eq!(entry(&add).user_ids, ["carol"]);
    assert_eq!(entry(&react).emoji.as_deref(), Some("👍"));
    assert_eq!(entry(&react).target_key.as_deref(), Some(key.as_str()));

    client.cancel_write(&add).await.unwrap();
    let removed = loop {
        let diffs = told.recv_timeout(PATIENCE).unwrap().diffs;
        if let Some(diff) = diffs
            .into_iter()
            .find(|diff| diff.kind == OutboxDiffKind::Remove)
        {
            break diff;
        }
    };
    assert_eq!(removed.key.as_deref(), Some(add.as_str()));
    assert_eq!(client.write_status(&add).unwrap(), None);
    subscription.cancel();
    client.end().await;
}

#[tokio::test]
async fn a_change_of_the_outbox_brings_the_new_write() {
    let folder = tempfile::tempdir().unwrap();
    let client = open(folder.path(), "alice").await.unwrap();
    let chat = client.open_direct("bob").await.unwrap();
    let updates = client.outbox_updates();
    updates.next().await.unwrap();
    let key = chat.send("Bonjour").await.unwrap();
    let diff = updates.next().await.unwrap().diffs.remove(0);
    assert_eq!(diff.kind, OutboxDiffKind::Update);
    assert_eq!(diff.key.as_deref(), Some(key.as_str()));
    assert_eq!(diff.entries[0].text.as_deref(), Some("Bonjour"));
    assert_eq!(diff.status.unwrap().kind, SendKind::Queued);
    client.end().await;
}

#[tokio::test]
async fn a_call_that_waits_ends_when_it_is_cancelled_and_one_that_was_cancelled_before_is_not_begun()
 {
    let folder = tempfile::tempdir().unwrap();
    let client = open(folder.path(), "alice").await.unwrap();
    let chat = client.open_direct("bob").await.unwrap();
    let key = chat.send("never settled offline").await.unwrap();
    let cancel = Cancellation::new();
    let settling = tokio::spawn({
        let (client, key, cancel) = (client.clone(), key.clone(), cancel.clone());
        async move { client.settled(&key, Some(cancel)).await }
    });
    tokio::task::yield_now().await;
    assert!(!settling.is_finished());
    cancel.cancel();
    cancel.cancel();
    let fault_of = |result| {
        let fault = fault(result);
        (fault.code, fault.action, fault.retryable)
    };
    let cancelled = ("cancelled".to_owned(), Action::RetryLater, true);
    let settled = tokio::time::timeout(PATIENCE, settling).await.unwrap();
    assert_eq!(fault_of(settled.unwrap().map(drop)), cancelled);
    let late = Some(cancel.clone());
    assert_eq!(
        fault_of(client.settled(&key, late).await.map(drop)),
        cancelled
    );
    let late = Some(cancel.clone());
    assert_eq!(
        fault_of(client.fetch_users(vec![], late).await.map(drop)),
        cancelled
    );
    assert_eq!(
        fault_of(chat.members(None, Some(cancel)).await.map(drop)),
        cancelled
    );
    // One that is not cancelled gives what the call gives.
    let heard = Some(Cancellation::new());
    let offline = fault(client.fetch_users(vec!["bob".into()], heard).await);
    assert_eq!(offline.code, "offline");
    client.end().await;
}

#[tokio::test]
async fn what_happens_is_asked_for_and_told_in_batches() {
    let folder = tempfile::tempdir().unwrap();
    let client = open(folder.path(), "alice").await.unwrap();
    let events = client.events(everything()).unwrap();
    let (listener, told) = thrower::<Vec<Event>>();
    let subscription = client.on_events(everything(), listener).unwrap();
    client.start().await.unwrap();
    let first = events.next().await.unwrap().remove(0);
    assert_eq!(first.kind, EventKind::Connection);
    assert!(first.connection.is_some());
    assert_eq!(told.recv_timeout(PATIENCE).unwrap()[0], first);
    events.end();
    assert_eq!(events.next().await, None);
    subscription.cancel();
    client.end().await;
}

#[tokio::test]
async fn a_draft_is_kept_and_the_counters_are_had() {
    let folder = tempfile::tempdir().unwrap();
    let client = open(folder.path(), "alice").await.unwrap();
    let chat = client.open_direct("bob").await.unwrap();
    chat.set_draft(Some("and bring".into())).await.unwrap();
    assert_eq!(chat.draft().as_deref(), Some("and bring"));
    assert_eq!(chat.entry().unwrap().draft, chat.draft());
    chat.set_draft(None).await.unwrap();
    assert_eq!(chat.draft(), None);
    let stats = client.stats().await.unwrap();
    assert_eq!((stats.outbox, stats.conversations), (1, 1));
    assert!(stats.database_bytes > 0);
    assert_eq!(client.user("bob"), None);
    assert!(chat.typing_users().is_empty());
    assert!(chat.read_cursors().await.unwrap().is_empty());
    assert_eq!(version(), env!("CARGO_PKG_VERSION"));
    client.end().await;
}

#[tokio::test]
async fn a_failure_names_code_and_action() {
    let folder = tempfile::tempdir().unwrap();
    let client = open(folder.path(), "alice").await.unwrap();
    let other = fault(open(folder.path(), "bob").await);
    assert_eq!(
        (other.code.as_str(), other.action),
        ("other_user", Action::SignIn)
    );
    let chat = client.open_direct("bob").await.unwrap();
    let untold = fault(chat.delete(by_key("no key")).await);
    assert!(untold.message.starts_with("key: "), "{untold:?}");
    let negative = fault(chat.mark_read(Some(-1)).await);
    assert!(negative.message.starts_with("seq: "), "{negative:?}");

    client.end().await;
    let closed = fault(client.start().await);
    assert_eq!(
        (closed.code.as_str(), closed.action),
        ("closed", Action::FixCode)
    );
    assert_eq!(client.connection().kind, ConnectionKind::Disconnected);
}

#[tokio::test]
async fn who_signs_out_with_writes_unsent_is_asked_and_then_all_is_gone() {
    use causerie_border::record::Unsent;

    let folder = tempfile::tempdir().unwrap();
    let client = open(folder.path(), "alice").await.unwrap();
    let chat = client.open_direct("bob").await.unwrap();
    chat.send("Bonjour").await.unwrap();
    let refused = fault(client.sign_out(true, Unsent::Refuse).await);
    assert_eq!(
        (refused.code.as_str(), refused.action),
        ("unsent", Action::AskUser)
    );
    client.sign_out(true, Unsent::Discard).await.unwrap();
    assert_eq!(fault(client.start().await).code, "closed");
    let other = open(folder.path(), "bob").await.unwrap();
    assert!(other.conversations().is_empty());
    other.end().await;
}
