//! The public `send` until a subscriber has the diff.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

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
        let mut slowest = Slowest::default();
        let threads = Threads::find()?;
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
            let before = threads.times()?;
            let sample = one(&conversation, &mut updates, n).await?;
            if n >= WARM_UP {
                online.add(sample);
                slowest.consider(sample, before, threads.times()?);
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
            Figure::millis("of it the core's thread waited for a CPU", slowest.core, ""),
            Figure::millis(
                "of it the caller's thread waited for a CPU",
                slowest.caller,
                "",
            ),
            Figure::millis("of it either of them ran", slowest.ran, ""),
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

/// What the kernel counts of a thread: the time that it ran, and that it was ready and had no CPU.
#[derive(Debug, Clone, Copy, Default)]
struct Times {
    ran: Duration,
    waited: Duration,
}

/// The two threads that an echo takes, by their accounts.
struct Threads {
    core: PathBuf,
    caller: PathBuf,
}

impl Threads {
    fn find() -> Result<Self, Failed> {
        for task in std::fs::read_dir("/proc/self/task")? {
            let task = task?.path();
            if std::fs::read_to_string(task.join("comm"))?.trim() == "causerie-core" {
                return Ok(Self {
                    core: task.join("schedstat"),
                    caller: "/proc/thread-self/schedstat".into(),
                });
            }
        }
        Err("the core's thread is not there".into())
    }

    fn times(&self) -> Result<[Times; 2], Failed> {
        let read = |path: &Path| -> Result<Times, Failed> {
            let text = std::fs::read_to_string(path)?;
            let mut numbers = text.split_whitespace().map(str::parse::<u64>);
            let mut next = || {
                numbers
                    .next()
                    .ok_or("no account")
                    .map(|n| n.map(Duration::from_nanos))
            };
            let (ran, waited) = (next()??, next()??);
            Ok(Times { ran, waited })
        };
        Ok([read(&self.core)?, read(&self.caller)?])
    }
}

/// Where the time of the slowest echo went. What is neither is sleep: for the disk, or a lock.
#[derive(Debug, Default)]
struct Slowest {
    sample: Duration,
    core: Duration,
    caller: Duration,
    ran: Duration,
}

impl Slowest {
    fn consider(&mut self, sample: Duration, before: [Times; 2], after: [Times; 2]) {
        if sample <= self.sample {
            return;
        }
        let [core, caller] = [0, 1].map(|n| Times {
            ran: after[n].ran.saturating_sub(before[n].ran),
            waited: after[n].waited.saturating_sub(before[n].waited),
        });
        *self = Self {
            sample,
            core: core.waited,
            caller: caller.waited,
            ran: core.ran + caller.ran,
        };
    }
}
