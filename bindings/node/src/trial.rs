//! What no app can do on purpose: for the script that tries the border.

use causerie_border::record::{DiffKind, TimelineBatch, TimelineDiff, TimelineItem, TimelineState};
use napi_derive::napi;

use crate::listener::{Listener, tell};

/// Panics.
#[napi(catch_unwind)]
pub fn trial_panic() {
    panic!("on purpose");
}

/// Panics in a future.
#[napi]
pub async fn trial_panic_later() {
    panic!("on purpose, later");
}

/// Nothing: what a call costs.
#[napi(catch_unwind)]
pub fn trial_call() -> i64 {
    (1 << 53) - 1
}

/// Nothing: what a promise costs.
#[napi]
pub async fn trial_future() -> i64 {
    (1 << 53) - 1
}

/// Calls a listener so many times with so many items each, from a thread of its own.
#[napi(catch_unwind)]
pub fn trial_flood(listener: Listener<TimelineBatch>, calls: i64, items: i64) {
    std::thread::spawn(move || {
        for _ in 0..calls {
            tell(&listener, batch(items));
        }
    });
}

/// What one asks for instead.
#[napi]
pub async fn trial_batch(items: i64) -> TimelineBatch {
    batch(items)
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
