//! What no app can do on purpose: for the tests of the border.

use causerie_border::record::{DiffKind, TimelineBatch, TimelineDiff, TimelineItem, TimelineState};
use futures_util::stream;
use napi::{Env, bindgen_prelude::PromiseRaw};
use napi_derive::napi;

use crate::{
    call::{call, look, promise},
    updates::{Listener, Subscription, listen},
};

/// Panics.
#[napi(catch_unwind)]
pub fn trial_panic() -> napi::Result<()> {
    call(|| -> Result<(), causerie::Error> { panic!("on purpose") })
}

/// Panics in a future, once it was woken.
#[napi(catch_unwind)]
pub fn trial_panic_later(env: &Env) -> napi::Result<PromiseRaw<'_, ()>> {
    promise(env, async {
        tokio::task::yield_now().await;
        if true {
            panic!("on purpose, later");
        }
        Ok::<_, causerie::Error>(())
    })
}

/// Logs so many records.
#[napi(catch_unwind)]
pub fn trial_log(count: i64) -> napi::Result<()> {
    look(|| {
        for number in 0..count {
            tracing::info!(number, "on purpose");
        }
    })
}

/// Nothing: what a call costs.
#[napi(catch_unwind)]
pub fn trial_call() -> napi::Result<i64> {
    look(|| (1 << 53) - 1)
}

/// Nothing: what a promise costs.
#[napi(catch_unwind)]
pub fn trial_future(env: &Env) -> napi::Result<PromiseRaw<'_, i64>> {
    promise(env, async { Ok::<_, causerie::Error>((1 << 53) - 1) })
}

/// Tells a listener so many batches with so many items each.
#[napi(
    catch_unwind,
    ts_args_type = "listener: (batch: TimelineBatch | null) => void, calls: number, items: number"
)]
pub fn trial_flood(
    listener: Listener<TimelineBatch>,
    calls: i64,
    items: i64,
) -> napi::Result<Subscription> {
    listen(stream::iter(0..calls), move |_| batch(items), listener)
}

/// What one asks for instead.
#[napi(catch_unwind)]
pub fn trial_batch(env: &Env, items: i64) -> napi::Result<PromiseRaw<'_, TimelineBatch>> {
    promise(env, async move { Ok::<_, causerie::Error>(batch(items)) })
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
