//! 64 senders with 8 messages in flight each: how many acknowledgements a second, each of them
//! after an fsync. One receiver is subscribed to everything and checks the order.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    io,
    rc::Rc,
    time::{Duration, Instant},
};

use causerie_cli::load::{
    light::{after, is_type, number},
    member::{Member, Opened, pong, send_text},
    watch::Watch,
};
use tokio::{sync::watch as signal, time::timeout};

use super::{
    Figure,
    stage::{Stage, StageError, millis, new_id, now, raise_file_limit, users, verify},
};

const SENDERS: usize = 64;
const IN_FLIGHT: usize = 8;
const TEXT: usize = 100;

/// What one sender found.
struct Sent {
    acknowledged: u64,
    times: Vec<Duration>,
}

pub async fn measure(mut stage: Stage, length: Duration) -> Result<Vec<Figure>, StageError> {
    raise_file_limit()?;
    stage.start().await?;
    let mut figures = Vec::new();
    for (conversations, names) in [
        (
            SENDERS,
            ["64 conversations: acknowledged", "  p50", "  p99"],
        ),
        (1, ["one conversation: acknowledged", "  p50 ", "  p99 "]),
    ] {
        let (rate, times) = one(&stage, conversations, length / 2).await?;
        let at = |percent: usize| millis(times[(times.len() - 1) * percent / 100]);
        figures.push(Figure::new(names[0], rate.round(), "/s").at_least(15_000.0));
        figures.push(Figure::new(names[1], at(50), "ms"));
        figures.push(Figure::new(names[2], at(99), "ms"));
    }
    Ok(figures)
}

async fn one(
    stage: &Stage,
    conversations: usize,
    length: Duration,
) -> Result<(f64, Vec<Duration>), StageError> {
    let users = users(SENDERS + 1);
    let mut rooms = Vec::new();
    for n in 0..conversations {
        // Each with the receiver, and with the senders that write into it.
        let mut present = vec![users[SENDERS].clone()];
        present.extend(
            users[..SENDERS]
                .iter()
                .skip(n)
                .step_by(conversations)
                .cloned(),
        );
        rooms.push(stage.conversation(&present).await?);
    }
    let mut receiver = stage.member(&users[SENDERS])?;
    receiver.rooms = rooms.iter().map(|room| (room.clone(), None)).collect();
    let senders: Result<Vec<Member>, _> =
        users[..SENDERS].iter().map(|u| stage.member(u)).collect();
    let mut opened = stage.open(&senders?).await?;
    let receiver_opened = stage.open(std::slice::from_ref(&receiver)).await?.remove(0);

    let (stop, stopped) = signal::channel(None::<u64>);
    let buffer = Rc::clone(&stage.buffer);
    let checks = tokio::task::spawn_local(check(receiver_opened, rooms.clone(), stopped, buffer));
    let begin = now();
    let tasks: Vec<_> = opened
        .drain(..)
        .enumerate()
        .map(|(n, opened)| {
            let room = rooms[n % conversations].clone();
            tokio::task::spawn_local(send(opened, room, begin + length, Rc::clone(&stage.buffer)))
        })
        .collect();
    let mut acknowledged = 0;
    let mut times = Vec::new();
    for task in tasks {
        let sent = task.await.map_err(io::Error::other)??;
        acknowledged += sent.acknowledged;
        times.extend(sent.times);
    }
    let took = now() - begin;
    stop.send_replace(Some(acknowledged));
    let watch = timeout(Duration::from_secs(60), checks)
        .await
        .map_err(|_| "the receiver did not get everything within a minute".to_owned())?;
    verify(&watch.map_err(io::Error::other)??, acknowledged)?;
    times.sort_unstable();
    Ok((acknowledged as f64 / took.as_secs_f64(), times))
}

/// Keeps its messages in flight until the time is over, then waits for the last ones.
async fn send(
    opened: Opened,
    room: String,
    end: Instant,
    buffer: Rc<RefCell<Vec<u8>>>,
) -> io::Result<Sent> {
    let Opened {
        mut speaker,
        mut listener,
        ..
    } = opened;
    let text = "x".repeat(TEXT);
    let mut on_their_way = BTreeMap::new();
    let mut next_id = 10;
    let mut sent = Sent {
        acknowledged: 0,
        times: Vec::new(),
    };
    let mut free = IN_FLIGHT;
    loop {
        let mut batch = String::new();
        let at = now();
        if at < end {
            for _ in 0..free {
                batch += &send_text(next_id, new_id(), &room, &text);
                batch.push('\n');
                on_their_way.insert(next_id, at);
                next_id += 1;
            }
        }
        if on_their_way.is_empty() {
            return Ok(sent);
        }
        if !batch.is_empty() {
            speaker.send(&batch).await?;
        }
        free = 0;
        let mut problem = None;
        let mut answer = None;
        let aside = listener
            .read(&buffer, |line| {
                if is_type(line, "message_sent") {
                    let begun = number(line, "id").and_then(|id| on_their_way.remove(&id));
                    match begun {
                        Some(begun) => {
                            sent.acknowledged += 1;
                            sent.times.push(now() - begun);
                            free += 1;
                        }
                        None => problem = Some("acknowledged twice".to_owned()),
                    }
                } else if is_type(line, "message_error") || is_type(line, "error") {
                    problem = Some(String::from_utf8_lossy(line).into_owned());
                } else if let Some(pong) = pong(line) {
                    answer = Some(pong);
                }
            })
            .await?;
        if let Some(code) = aside.closed {
            problem = Some(format!("closed with {code}"));
        }
        if let Some(problem) = problem {
            return Err(io::Error::other(problem));
        }
        if let Some(answer) = answer {
            speaker.send(&answer).await?;
        }
    }
}

/// Receives until it has as many as were acknowledged, once that is known.
async fn check(
    opened: Opened,
    rooms: Vec<String>,
    mut stopped: signal::Receiver<Option<u64>>,
    buffer: Rc<RefCell<Vec<u8>>>,
) -> io::Result<Watch> {
    let Opened {
        mut speaker,
        mut listener,
        rooms: positions,
        ..
    } = opened;
    let mut watches: BTreeMap<Vec<u8>, Watch> = rooms
        .into_iter()
        .zip(positions)
        .map(|(room, position)| (room.into_bytes(), Watch::after(position.head_seq)))
        .collect();
    loop {
        let received: u64 = watches.values().map(|watch| watch.received).sum();
        let expected = *stopped.borrow_and_update();
        if expected.is_some_and(|expected| received >= expected) {
            let mut all = Watch::default();
            watches.values().for_each(|watch| all.add(watch));
            return Ok(all);
        }
        let mut answer = None;
        tokio::select! {
            read = listener.read(&buffer, |line| {
                let room = after(line, "conversation_id").and_then(|rest| rest.get(1..37));
                match room.and_then(|room| watches.get_mut(room)) {
                    Some(watch) => drop(watch.handle_line(line)),
                    None => answer = pong(line),
                }
            }) => {
                if let Some(code) = read?.closed {
                    return Err(io::Error::other(format!("closed with {code}")));
                }
            }
            changed = stopped.changed() => changed.map_err(io::Error::other)?,
        }
        if let Some(answer) = answer {
            speaker.send(&answer).await?;
        }
    }
}
