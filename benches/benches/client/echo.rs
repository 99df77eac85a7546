//! The public `send` until a subscriber has the diff.

use std::{path::Path, time::Duration};

use causerie::{
    Client, ItemKey, TimelineDiff, TimelineStart, TimelineUpdates, TokenError, TokenRequest,
};
use tokio::time::{MissedTickBehavior, interval};

use crate::{
    Failed, Figure, Samples, cache, clock,
    peer::{Server, Talk},
};

const CACHED: u64 = 1_000_000;
const EVENTS_A_SECOND: u32 = 500;
/// One every 10 ms: 20 s.
const SENDS: usize = 2_000;
const WARM_UP: usize = 200;

pub fn measure(folder: &Path) -> Result<Vec<Figure>, Failed> {
    drop(cache::fill(folder, CACHED)?);
    let server = Server::start(CACHED, Talk::Steady(EVENTS_A_SECOND))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let client = Client::builder(&server.url(), "alice")
            .data_dir(folder)
            .token_provider(|_: TokenRequest| async { Ok::<_, TokenError>("token".to_owned()) })
            .open()
            .await?;
        let conversation = client.conversation(cache::conversation());
        let timeline = conversation.timeline(TimelineStart::Newest).await?;
        let mut updates = timeline.updates();
        updates.next().await;

        let mut offline = Samples::default();
        for n in 0..SENDS / 4 {
            let sample = one(&conversation, &mut updates, n).await?;
            offline.add(sample);
        }
        client.start().await?;
        let mut events = 0;
        while client.stats().await?.events_received < 100 {
            updates.next().await;
        }
        let mut online = Samples::default();
        let mut pace = interval(Duration::from_millis(10));
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let before = client.stats().await?.events_received;
        let began = clock();
        for n in 0..SENDS + WARM_UP {
            // What comes in is read meanwhile, as a screen does.
            loop {
                tokio::select! {
                    _ = pace.tick() => break,
                    _ = updates.next() => {}
                }
            }
            let sample = one(&conversation, &mut updates, n).await?;
            if n >= WARM_UP {
                online.add(sample);
            }
        }
        let took = began.elapsed();
        events += client.stats().await?.events_received - before;
        let stats = client.stats().await?;
        client.close().await;
        let rate = events as f64 / took.as_secs_f64();
        Ok(vec![
            Figure::millis("offline, p50", offline.percentile(50), ""),
            Figure::millis("offline, p99", offline.percentile(99), ""),
            Figure::millis(
                "with events coming in, p50",
                online.percentile(50),
                "goal < 0.2",
            ),
            Figure::millis(
                "with events coming in, p99",
                online.percentile(99),
                "goal < 1",
            ),
            Figure::millis("with events coming in, slowest", online.percentile(100), ""),
            Figure::new("events coming in, own ones included", rate, "/s", ""),
            Figure::millis("stats().echo_p50", stats.echo_p50.unwrap_or_default(), ""),
            Figure::millis("stats().ack_p50", stats.ack_p50.unwrap_or_default(), ""),
            Figure::millis("stats().ack_p99", stats.ack_p99.unwrap_or_default(), ""),
        ])
    })
}

async fn one(
    conversation: &causerie::Conversation,
    updates: &mut TimelineUpdates,
    n: usize,
) -> Result<Duration, Failed> {
    let began = clock();
    let key = conversation.send(&format!("the message {n}")).await?;
    let key = ItemKey(key.uuid());
    loop {
        let batch = updates.next().await.ok_or("the client ended")?;
        let here = batch.diffs.iter().any(|diff| match diff {
            TimelineDiff::Insert { item, .. } => item.key == key,
            TimelineDiff::Reset(items) => items.iter().any(|item| item.key == key),
            TimelineDiff::Update(_) | TimelineDiff::Move { .. } | TimelineDiff::Remove(_) => false,
        });
        if here {
            return Ok(began.elapsed());
        }
    }
}
