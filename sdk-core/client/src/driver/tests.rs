//! What the driver does when the store fails.

use std::time::Duration;

use causerie_store::StoreError;
use tokio::sync::oneshot;

use super::{ask::Ask, clock, thread::CoreThread};
use crate::{
    Action, Client, ConnectionState, Event, EventFilter, EventKind, SendState, TimelineDiff,
    TimelineStart,
};

/// Nothing here takes so long; a test that waits for what does not come fails by it, and says so.
async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(std::time::Duration::from_secs(20), future).await {
        Ok(value) => value,
        Err(_) => panic!("waited in vain for {what}"),
    }
}

async fn client(folder: &tempfile::TempDir) -> Client {
    let builder = Client::builder("ws://localhost:1", "alice").data_dir(folder.path());
    builder.open().await.unwrap()
}

/// Runs something on the core's thread.
async fn meddle<T: Send + 'static>(
    client: &Client,
    work: impl FnOnce(&mut CoreThread) -> T + Send + 'static,
) -> T {
    let (tell, told) = oneshot::channel();
    client.core().inbox.ask(Ask::Meddle(Box::new(move |thread| {
        assert!(tell.send(work(thread)).is_ok());
    })));
    soon("the core's thread", told).await.unwrap()
}

/// No more pages than there are: a full disk.
async fn fill_the_disk(client: &Client) {
    meddle(client, |thread| thread.store.limit_pages(1).unwrap()).await;
}

async fn make_room(client: &Client) {
    meddle(client, |thread| thread.store.limit_pages(u32::MAX).unwrap()).await;
}

fn texts(items: &[crate::TimelineItem]) -> Vec<String> {
    let text = |item: &crate::TimelineItem| {
        item.message.content.text().unwrap_or_default()[..8].to_owned()
    };
    items.iter().map(text).collect()
}

#[tokio::test]
async fn on_a_full_disk_a_message_is_refused_as_a_whole_and_the_next_one_can_be_sent() {
    let folder = tempfile::tempdir().unwrap();
    let client = client(&folder).await;
    let mut faults = client.events(EventFilter::kinds(vec![EventKind::Fault]));
    let conversation = client.open_direct("bob").await.unwrap();
    let timeline = conversation.timeline(TimelineStart::Newest).await.unwrap();
    let mut updates = timeline.updates();
    fill_the_disk(&client).await;
    let mut sent = Vec::new();
    let refused = loop {
        let text = format!("{:08}{}", sent.len(), "x".repeat(8_000));
        match conversation.send(&text).await {
            Ok(key) => sent.push(key),
            Err(error) => break error,
        }
        assert!(sent.len() < 10_000, "the disk never fills");
    };
    assert_eq!(
        (refused.code(), refused.action()),
        ("disk_full", Action::AskUser)
    );
    assert!(refused.retryable());
    let Some(Event::Fault {
        code, retryable, ..
    }) = soon("a fault", faults.next()).await
    else {
        panic!("no fault was told");
    };
    assert_eq!((code.as_str(), retryable), ("disk_full", true));
    let expected: Vec<_> = (0..sent.len()).map(|n| format!("{n:08}")).collect();
    assert_eq!(texts(&timeline.items()), expected, "nothing is half done");

    make_room(&client).await;
    let key = conversation.send("and again").await.unwrap();
    assert_eq!(client.outbox().state(key), Some(SendState::Queued));
    assert_eq!(timeline.items().len(), sent.len() + 1);
    soon("the end", client.close()).await;

    // What the listener was told is what there is.
    let mut shown = Vec::new();
    while let Some(batch) = soon("an update", updates.next()).await {
        for diff in batch.diffs {
            match diff {
                TimelineDiff::Reset(items) => shown = items,
                TimelineDiff::Insert { item, .. } => shown.push(*item),
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(shown.len(), sent.len() + 1);
    let client = self::client(&folder).await;
    assert_eq!(
        client.outbox().list().len(),
        sent.len() + 2,
        "with the creation"
    );
    soon("the end", client.close()).await;
}

#[tokio::test]
async fn what_has_no_room_is_refused_and_the_connection_knows_nothing_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let client = client(&folder).await;
    let conversation = client.open_direct("bob").await.unwrap();
    let timeline = conversation.timeline(TimelineStart::Newest).await.unwrap();
    let mut updates = timeline.updates();
    soon("what is shown", updates.next()).await.unwrap();
    fill_the_disk(&client).await;
    let text = "x".repeat(8_000);
    let mut sent = 0;
    while conversation.send(&text).await.is_ok() {
        sent += 1;
    }
    let sockets = meddle(&client, |thread| thread.socket_number).await;
    for _ in 0..50 {
        for error in [
            conversation.send(&text).await.map(drop).unwrap_err(),
            conversation
                .set_draft(Some(text.clone()))
                .await
                .unwrap_err(),
        ] {
            assert_eq!(error.code(), "disk_full");
        }
    }
    assert_eq!(
        meddle(&client, |thread| thread.socket_number).await,
        sockets
    );
    assert!(meddle(&client, |thread| thread.trouble.is_none()).await);
    assert_eq!(conversation.draft(), None);
    make_room(&client).await;
    conversation.send("with room").await.unwrap();
    assert_eq!(timeline.items().len(), sent + 1);
    soon("the end", client.close()).await;
    // Nobody was told of what was refused, nor told everything anew.
    let mut shown = 0;
    while let Some(batch) = soon("an update", updates.next()).await {
        for diff in batch.diffs {
            match diff {
                TimelineDiff::Insert { .. } => shown += 1,
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(shown, sent + 1);
}

#[tokio::test]
async fn failures_while_it_waits_make_no_wait_longer_and_what_can_be_stored_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let client = client(&folder).await;
    let conversation = client.open_direct("bob").await.unwrap();
    meddle(&client, |thread| {
        thread.started = true;
        let first = |thread: &CoreThread| {
            let trouble = thread.trouble.as_ref().unwrap();
            (trouble.attempt, trouble.at)
        };
        thread.handle_failure(&StoreError::Full);
        let once = first(thread);
        for _ in 0..100 {
            thread.handle_failure(&StoreError::Full);
        }
        assert_eq!(first(thread), once);
        // It went on in vain, again and again: now the wait is long.
        for _ in 0..10 {
            thread.trouble.as_mut().unwrap().at = None;
            thread.handle_failure(&StoreError::Full);
        }
        let (attempt, at) = first(thread);
        assert_eq!(attempt, 11);
        assert!(at.unwrap() > clock::monotonic() + Duration::from_secs(20));
    })
    .await;
    // It is told every state from its first one on.
    let mut states = client.connection_state();
    let first = soon("a state", states.next()).await;
    assert!(
        matches!(first, Some(ConnectionState::Waiting { .. })),
        "{first:?}"
    );
    conversation.send("there is room").await.unwrap();
    // `soon` is shorter than that wait.
    while soon("a connection", states.next()).await != Some(ConnectionState::Connecting) {}
    soon("the end", client.close()).await;
}

#[tokio::test]
async fn after_a_failure_the_connection_waits_and_then_goes_on_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let client = client(&folder).await;
    client.start().await.unwrap();
    let mut states = client.connection_state();
    soon("a state", states.next()).await;
    meddle(&client, |thread| {
        thread.handle_failure(&StoreError::Full);
        thread.drain();
    })
    .await;
    let mut waited = false;
    loop {
        match soon("a state", states.next()).await.unwrap() {
            ConnectionState::Waiting { reason, .. } if reason.contains("disk is full") => {
                waited = true;
            }
            ConnectionState::Connecting if waited => break,
            _ => {}
        }
    }
    soon("the end", client.close()).await;
}

#[tokio::test]
async fn a_file_that_breaks_while_it_is_open_is_replaced_and_the_outbox_kept() {
    let folder = tempfile::tempdir().unwrap();
    let client = client(&folder).await;
    let mut faults = client.events(EventFilter::kinds(vec![EventKind::Fault]));
    let conversation = client.open_direct("bob").await.unwrap();
    let key = conversation.send("kept").await.unwrap();
    let timeline = conversation.timeline(TimelineStart::Newest).await.unwrap();
    let path = folder.path().join("causerie.db");
    meddle(&client, move |thread| {
        // The header goes while the file is closed; then a read finds it.
        thread.store.suspend();
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[..100].fill(0xAB);
        std::fs::write(&path, bytes).unwrap();
        thread.handle_failure(&StoreError::Damaged("file is not a database".into()));
        thread.drain();
    })
    .await;
    loop {
        match soon("a fault", faults.next()).await.unwrap() {
            Event::Recovered(recovery) => {
                assert_eq!(recovery.outbox, 2);
                assert!(recovery.set_aside.exists());
                break;
            }
            Event::Fault { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(client.outbox().state(key), Some(SendState::Queued));
    conversation.send("and on").await.unwrap();
    assert_eq!(timeline.items().len(), 2);
    soon("the end", client.close()).await;
}

#[tokio::test]
async fn a_timeline_whose_conversation_was_lost_with_the_file_opens_again_once_it_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let client = client(&folder).await;
    let conversation = client.open_direct("bob").await.unwrap();
    let timeline = conversation.timeline(TimelineStart::Newest).await.unwrap();
    let mut updates = timeline.updates();
    let mut cursors = client.events(EventFilter::kinds(vec![EventKind::Cursors]));
    conversation.send("lost with the file").await.unwrap();
    let path = folder.path().join("causerie.db");
    meddle(&client, move |thread| {
        thread.store.suspend();
        // Nothing can be saved of it.
        std::fs::write(&path, [0x5A; 8192]).unwrap();
        thread.handle_failure(&StoreError::Damaged("file is not a database".into()));
        thread.drain();
    })
    .await;
    assert!(timeline.items().is_empty(), "it shows what there is");
    let told = soon("an event", cursors.next()).await.unwrap();
    assert!(
        matches!(&told, Event::Cursors { conversation_id, cursors }
            if *conversation_id == conversation.id() && cursors.is_empty()),
        "{told:?}"
    );
    // Here the user makes it again; else it is the server that tells of it.
    client.open_direct("bob").await.unwrap();
    conversation.send("and on").await.unwrap();
    assert_eq!(timeline.items().len(), 1);
    let mut shown = 0;
    while shown != 1 {
        for diff in soon("an update", updates.next()).await.unwrap().diffs {
            match diff {
                TimelineDiff::Reset(items) => shown = items.len(),
                TimelineDiff::Insert { .. } => shown += 1,
                other => panic!("{other:?}"),
            }
        }
    }
    soon("the end", client.close()).await;
}

#[tokio::test]
async fn a_panic_of_the_core_costs_a_call_and_not_the_client() {
    let folder = tempfile::tempdir().unwrap();
    let client = client(&folder).await;
    let conversation = client.open_direct("bob").await.unwrap();
    let timeline = conversation.timeline(TimelineStart::Newest).await.unwrap();
    let mut updates = timeline.updates();
    let key = conversation.send("before").await.unwrap();
    soon("an update", updates.next()).await.unwrap();
    let (tell, told) = oneshot::channel::<()>();
    client.core().inbox.ask(Ask::Meddle(Box::new(move |_| {
        let _tell = tell;
        panic!("a bug of ours");
    })));
    soon("the panic", told).await.unwrap_err();
    assert_eq!(client.outbox().state(key), Some(SendState::Queued));
    let batch = soon("an update", updates.next()).await.unwrap();
    assert!(
        matches!(batch.diffs[0], TimelineDiff::Reset(_)),
        "{batch:?}"
    );
    conversation.send("after").await.unwrap();
    assert_eq!(timeline.items().len(), 2);
    soon("the end", client.close()).await;
}
