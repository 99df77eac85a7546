//! What every other language leans on: batches, ends, and futures that any executor may poll.

mod common;

use std::{
    future::Future,
    pin::pin,
    sync::{Arc, mpsc},
    task::{Context, Poll, Wake, Waker},
    thread,
    time::Duration,
};

use causerie::{
    Client, Event, EventFilter, EventKind, ListDiff, OutboxDiff, SendState, TimelineDiff,
    TimelineStart, Unsent,
};
use common::*;

/// The simplest executor there is: no runtime of any library is around what it polls.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

#[test]
fn every_call_may_be_polled_by_an_executor_that_knows_no_tokio() {
    let folder = tempfile::tempdir().unwrap();
    block_on(async {
        let client = Client::builder("ws://localhost:1", "alice")
            .data_dir(folder.path())
            .open()
            .await
            .unwrap();
        client.start().await.unwrap();
        let conversation = client.open_direct("bob").await.unwrap();
        let timeline = conversation.timeline(TimelineStart::Newest).await.unwrap();
        let mut updates = timeline.updates();
        updates.next().await.unwrap();
        let key = conversation.send("Bonjour").await.unwrap();
        assert_eq!(updates.next().await.unwrap().diffs.len(), 1);
        client.outbox().cancel(key).await.unwrap();
        client.stats().await.unwrap();
        client.suspend().await.unwrap();
        client.resume().await.unwrap();
        client.close().await;
        while updates.next().await.is_some() {}
    });
}

#[test]
fn a_call_whose_future_is_dropped_is_carried_out_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    block_on(async {
        let client = offline(folder.path()).await;
        let conversation = client.open_direct("bob").await.unwrap();
        {
            let mut sending = pin!(conversation.send("nobody waits for this"));
            let mut context = Context::from_waker(Waker::noop());
            // It may be ready already; it is asked for in either case.
            let _ = sending.as_mut().poll(&mut context);
        }
        conversation.send("after").await.unwrap();
        let timeline = conversation.timeline(TimelineStart::Newest).await.unwrap();
        let texts: Vec<_> = timeline
            .items()
            .iter()
            .filter_map(|item| item.message.content.text().map(str::to_owned))
            .collect();
        assert_eq!(texts, ["nobody waits for this", "after"]);
        client.close().await;
    });
}

#[tokio::test]
async fn diffs_that_wait_come_as_one_batch_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let client = offline(folder.path()).await;
    let conversation = client.open_direct("bob").await.unwrap();
    let timeline = conversation.timeline(TimelineStart::Newest).await.unwrap();
    let (mut items, mut writes) = (timeline.updates(), client.outbox().updates());
    items.next().await.unwrap();
    writes.next().await.unwrap();

    let mut keys = Vec::new();
    for n in 0..100 {
        keys.push(conversation.send(&n.to_string()).await.unwrap());
    }
    let batch = items.next().await.unwrap();
    let inserted: Vec<_> = batch
        .diffs
        .iter()
        .filter_map(|diff| match diff {
            TimelineDiff::Insert { item, .. } => Some(item.key.0),
            TimelineDiff::Reset(_)
            | TimelineDiff::Update(_)
            | TimelineDiff::Move { .. }
            | TimelineDiff::Remove(_) => None,
        })
        .collect();
    let sent: Vec<_> = keys.iter().map(|key| key.uuid()).collect();
    assert_eq!(inserted, sent);
    let update = writes.next().await.unwrap();
    let queued: Vec<_> = keys
        .into_iter()
        .map(|key| OutboxDiff::Changed {
            key,
            state: Some(SendState::Queued),
        })
        .collect();
    assert_eq!(update.diffs, queued);
    client.close().await;
}

#[tokio::test]
async fn a_callback_that_is_busy_gets_the_events_that_came_meanwhile_in_one_call() {
    let folder = tempfile::tempdir().unwrap();
    let client = offline(folder.path()).await;
    let (calls, called) = mpsc::channel();
    let (release, go_on) = mpsc::channel();
    let go_on = std::sync::Mutex::new(go_on);
    let subscription = client.on_events(
        EventFilter::kinds(vec![EventKind::Connection]),
        move |events: Vec<Event>| {
            calls.send(events.len()).unwrap();
            let _ = go_on.lock().unwrap().recv();
        },
    );
    let next = || called.recv_timeout(Duration::from_secs(20)).unwrap();
    client.start().await.unwrap();
    assert!(next() >= 1);
    // The callback is held; each of these is at least one event.
    for _ in 0..5 {
        client.stop().await.unwrap();
        client.start().await.unwrap();
    }
    release.send(()).unwrap();
    assert!(next() >= 10);
    drop(subscription);
    drop(release);
    client.close().await;
}

#[tokio::test]
async fn a_closed_timeline_ends_its_listeners_and_refuses_to_load() {
    let folder = tempfile::tempdir().unwrap();
    let client = offline(folder.path()).await;
    let conversation = client.open_direct("bob").await.unwrap();
    let timeline = conversation.timeline(TimelineStart::Newest).await.unwrap();
    let other = conversation.timeline(TimelineStart::Newest).await.unwrap();
    let mut updates = timeline.updates();
    updates.next().await.unwrap();

    timeline.close();
    timeline.close();
    let ended = async { while updates.next().await.is_some() {} };
    soon("the end of a listener", ended).await;
    let mut late = timeline.updates();
    let last = late.next().await.unwrap();
    assert!(matches!(&last.diffs[..], [TimelineDiff::Reset(items)] if items.is_empty()));
    assert!(late.next().await.is_none());
    let error = timeline.load_older().await.unwrap_err();
    assert_eq!(error.code(), "timeline_closed");
    conversation.send("the other one goes on").await.unwrap();
    assert_eq!(other.items().len(), 1);
    client.close().await;
}

#[tokio::test]
async fn a_cancelled_subscription_is_not_called_again() {
    let folder = tempfile::tempdir().unwrap();
    let client = offline(folder.path()).await;
    let (calls, called) = mpsc::channel();
    let subscription = client
        .conversations()
        .on_update(move |update| calls.send(update.diffs.len()).unwrap());
    called.recv_timeout(Duration::from_secs(20)).unwrap();
    subscription.cancel();
    subscription.cancel();
    client.open_direct("bob").await.unwrap();
    // The channel's other end goes with the callback.
    assert!(called.recv_timeout(Duration::from_secs(20)).is_err());
    client.close().await;
}

#[tokio::test]
async fn after_a_wipe_every_handle_shows_nothing_and_tells_so_before_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let client = offline(folder.path()).await;
    let other = offline(folder.path()).await;
    let conversation = client.open_direct("bob").await.unwrap();
    conversation.send("of the one before").await.unwrap();
    conversation.set_draft(Some("half".into())).await.unwrap();
    let chat = other.conversation(conversation.id());
    let timeline = chat.timeline(TimelineStart::Newest).await.unwrap();
    assert_eq!(other.conversations().items().len(), 1);
    let mut lists = other.conversations().updates();
    let mut writes = other.outbox().updates();
    let mut items = timeline.updates();
    lists.next().await.unwrap();
    writes.next().await.unwrap();
    items.next().await.unwrap();

    client.sign_out(true, Unsent::Discard).await.unwrap();
    for client in [&client, &other] {
        assert!(client.conversations().items().is_empty());
        assert!(client.outbox().list().is_empty());
        assert!(client.users().list().is_empty());
        assert_eq!(client.conversation(conversation.id()).draft(), None);
    }
    assert!(timeline.items().is_empty());
    let told = soon("the empty list", lists.next()).await.unwrap();
    assert!(matches!(&told.diffs[..], [ListDiff::Reset(list)] if list.is_empty()));
    let told = soon("the empty outbox", writes.next()).await.unwrap();
    assert!(matches!(&told.diffs[..], [OutboxDiff::Reset(list)] if list.is_empty()));
    let told = soon("the empty timeline", items.next()).await.unwrap();
    assert!(matches!(&told.diffs[..], [TimelineDiff::Reset(list)] if list.is_empty()));
    assert!(soon("the end", lists.next()).await.is_none());
    assert!(soon("the end", writes.next()).await.is_none());
    assert!(soon("the end", items.next()).await.is_none());
}
