//! What no app can do on purpose: for the script that tries the border.

use std::sync::Arc;

use causerie_border::record::{DiffKind, TimelineBatch, TimelineDiff, TimelineItem, TimelineState};

use crate::{
    CauserieError, ListenerError, TimelineListener,
    call::{call, called, look, looked},
};

/// Panics.
#[uniffi::export]
pub fn trial_panic() -> Result<(), CauserieError> {
    call(|| -> Result<(), causerie::Error> { panic!("on purpose") })
}

/// Panics in a future, once it was woken.
#[uniffi::export]
pub async fn trial_panic_later() -> Result<(), CauserieError> {
    called(async {
        tokio::task::yield_now().await;
        if true {
            panic!("on purpose, later");
        }
        Ok::<_, causerie::Error>(())
    })
    .await
}

/// Panics where nothing can be thrown.
#[uniffi::export]
pub fn trial_panic_unseen() -> Vec<String> {
    look(|| panic!("on purpose, unseen"))
}

/// Logs so many records.
#[uniffi::export]
pub fn trial_log(count: i64) {
    look(|| {
        for number in 0..count {
            tracing::info!(number, "on purpose");
        }
    });
}

/// Nothing: what a call costs.
#[uniffi::export]
pub fn trial_call() -> i64 {
    look(|| (1 << 53) - 1)
}

/// Nothing: what a future costs.
#[uniffi::export]
pub async fn trial_future() -> i64 {
    looked(async { (1 << 53) - 1 }).await
}

/// Calls a listener so many times with so many items each, from a thread of its own.
#[uniffi::export]
pub fn trial_flood(
    listener: Arc<dyn TimelineListener>,
    calls: i64,
    items: i64,
) -> Result<(), ListenerError> {
    let flood = std::thread::spawn(move || {
        for _ in 0..calls {
            listener.on_batch(batch(items))?;
        }
        Ok(())
    });
    look(|| flood.join().ok()).unwrap_or_else(|| {
        Err(ListenerError::Thrown {
            reason: "panicked".into(),
        })
    })
}

/// What one asks for instead.
#[uniffi::export]
pub async fn trial_batch(items: i64) -> Option<TimelineBatch> {
    looked(async { Some(batch(items)) }).await
}

fn batch(items: i64) -> TimelineBatch {
    TimelineBatch {
        diffs: (0..items)
            .map(|n| TimelineDiff {
                kind: DiffKind::Insert,
                items: vec![item(n)],
                key: None,
                after: None,
            })
            .collect(),
        state: TimelineState::default(),
    }
}

fn item(n: i64) -> TimelineItem {
    TimelineItem {
        key: format!("279b6bf7-01b6-5bc5-a7a4-{n:012x}"),
        conversation_id: "279b6bf7-01b6-5bc5-a7a4-000000000000".into(),
        message_id: None,
        temp_id: None,
        seq: Some(n),
        sender_id: "alice".into(),
        kind: "text".into(),
        text: Some("A line of about the length that people write.".into()),
        object: None,
        attachments: Vec::new(),
        reply_to: None,
        mentions: Vec::new(),
        metadata: None,
        created_at: 1_763_600_000_000,
        edited_at: None,
        deleted_at: None,
        reactions: Vec::new(),
        send: None,
        pending_change: false,
    }
}
