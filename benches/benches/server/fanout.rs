//! 1,000 members of one conversation, all subscribed; ten of them send 100 messages a second in
//! all. Measured from the write of a message to its reading by each receiver.

use std::{
    cell::RefCell,
    io,
    rc::Rc,
    time::{Duration, Instant},
};

use causerie_cli::load::{
    light::after,
    member::{Opened, pong, send_text},
    watch::Watch,
};
use tokio::time::{MissedTickBehavior, interval_at, timeout};

use super::{
    Figure,
    stage::{Stage, StageError, millis, new_id, now, raise_file_limit, share, users, verify},
};

const MEMBERS: usize = 1_000;
const SENDERS: u32 = 10;
const PER_SECOND: u32 = 100;
/// Of a message's text: a sentence or two.
const TEXT: usize = 100;

/// What one receiver found.
struct Received {
    watch: Watch,
    times: Vec<Duration>,
}

/// A sender's part.
#[derive(Clone)]
struct Pace {
    conversation: String,
    first: tokio::time::Instant,
    every: Duration,
    count: u32,
}

pub async fn measure(mut stage: Stage, length: Duration) -> Result<Vec<Figure>, StageError> {
    raise_file_limit()?;
    stage.start().await?;
    let users = users(MEMBERS);
    let conversation = stage.conversation(&users).await?;
    let members: Result<Vec<_>, StageError> = users
        .iter()
        .map(|user| {
            let mut member = stage.member(user)?;
            member.rooms.push((conversation.clone(), None));
            Ok(member)
        })
        .collect();
    let opened = stage.open(&members?).await?;

    let each = u32::try_from(length.as_secs()).unwrap_or(u32::MAX) * PER_SECOND / SENDERS;
    let total = u64::from(each) * u64::from(SENDERS);
    let every = Duration::from_secs(1) * SENDERS / PER_SECOND;
    let begin = tokio::time::Instant::from_std(now()) + Duration::from_millis(200);
    let epoch = now();
    let [server_before, load_before] = stage.processor_time()?;
    let tasks: Vec<_> = opened
        .into_iter()
        .zip(0..)
        .map(|(opened, n): (_, u32)| {
            let pace = (n < SENDERS).then(|| Pace {
                conversation: conversation.clone(),
                first: begin + every * n / SENDERS,
                every,
                count: each,
            });
            let buffer = Rc::clone(&stage.buffer);
            tokio::task::spawn_local(receive(opened, pace, total, epoch, buffer))
        })
        .collect();
    let mut all = Watch::default();
    let mut times = Vec::new();
    let patience = length + Duration::from_secs(30);
    for task in tasks {
        let received = timeout(patience, task)
            .await
            .map_err(|_| format!("not everything arrived within {patience:?}"))?;
        let received = received.map_err(io::Error::other)??;
        all.add(&received.watch);
        times.extend(received.times);
    }
    verify(&all, total * MEMBERS as u64)?;
    let took = now() - epoch;
    let [server_after, load_after] = stage.processor_time()?;
    times.sort_unstable();
    let at = |percent: usize| millis(times[(times.len() - 1) * percent / 100]);
    Ok(vec![
        Figure::new("deliveries, all verified", times.len() as f64, ""),
        Figure::new("p50", at(50), "ms"),
        Figure::new("p95", at(95), "ms").at_most(15.0),
        Figure::new("p99", at(99), "ms"),
        Figure::new("slowest", at(100), "ms"),
        Figure::new(
            "the server's core was busy",
            share(server_before, server_after, took),
            "%",
        ),
        Figure::new(
            "the load's core was busy",
            share(load_before, load_after, took),
            "%",
        ),
    ])
}

/// Receives until everything came; sends meanwhile, if it has a pace.
async fn receive(
    opened: Opened,
    pace: Option<Pace>,
    total: u64,
    epoch: Instant,
    buffer: Rc<RefCell<Vec<u8>>>,
) -> io::Result<Received> {
    let Opened {
        mut speaker,
        mut listener,
        rooms,
        ..
    } = opened;
    let mut watch = Watch::after(rooms[0].head_seq);
    let mut times = Vec::with_capacity(usize::try_from(total).unwrap_or_default());
    let mut left = pace.as_ref().map_or(0, |pace| pace.count);
    let first = pace
        .as_ref()
        .map_or(tokio::time::Instant::from_std(epoch), |p| p.first);
    let every = pace.as_ref().map_or(Duration::from_secs(1), |p| p.every);
    let mut ticks = interval_at(first, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    while watch.received < total {
        let mut answers = None;
        tokio::select! {
            read = listener.read(&buffer, |line| {
                if watch.handle_line(line).is_some() {
                    times.extend(sent_at(line).map(|at| (now() - epoch).saturating_sub(at)));
                } else if let Some(pong) = pong(line) {
                    answers = Some(pong);
                }
            }) => {
                if let Some(code) = read?.closed {
                    return Err(io::Error::other(format!("closed with {code}")));
                }
            }
            _ = ticks.tick(), if left > 0 => {
                left -= 1;
                if let Some(pace) = &pace {
                    let micros = (now() - epoch).as_micros();
                    let text = format!("{micros:016}{}", "x".repeat(TEXT - 16));
                    let id = 10 + u64::from(left);
                    speaker.send(&send_text(id, new_id(), &pace.conversation, &text)).await?;
                }
            }
        }
        if let Some(answer) = answers {
            speaker.send(&answer).await?;
        }
    }
    Ok(Received { watch, times })
}

/// When a message was written, which stands at the beginning of its text.
fn sent_at(line: &[u8]) -> Option<Duration> {
    let digits = after(line, "content")?.get(1..17)?;
    let micros = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some(Duration::from_micros(micros))
}
