//! A reconnect storm: connections are reset all at once and come back all at once, each with the
//! position that it had. They missed some messages meanwhile, and each must get them.

use std::{rc::Rc, time::Duration};

use serde_json::json;
use tokio::task::JoinSet;

use super::{
    LoadError,
    histogram::Histogram,
    member::{Member, Opened},
    new_id, now,
    process::{Process, own_time},
    report::Report,
    stage::{Stage, make_room_for, open},
    watch::Watch,
};

/// The scenario.
#[derive(Debug, Clone)]
pub struct Storm {
    /// How many connections.
    pub connections: usize,
    /// How many messages each of them misses, at most 200.
    pub missed: usize,
    /// Members of one conversation.
    pub room: usize,
    /// How often.
    pub rounds: usize,
}

impl Storm {
    /// Runs it.
    ///
    /// # Errors
    /// If it cannot be set up.
    pub async fn measure(&self, stage: &Stage) -> Result<Report, LoadError> {
        make_room_for(self.connections)?;
        stage.say(format_args!(
            "storm: {} users and their tokens",
            self.connections
        ));
        let users = stage.users(self.connections);
        let mut members = stage.members(&users, self.room.max(1)).await?;
        let mut report = Report::new(format!(
            "storm: {} connections come back at once, {} messages behind",
            self.connections, self.missed
        ));
        let mut each = Histogram::default();
        let mut rounds = Vec::new();
        let (mut server, mut load) = (Duration::ZERO, Duration::ZERO);
        let count = self.rounds.max(1);
        for n in 1..=count {
            stage.say(format_args!("storm: round {n} of {count}"));
            // With none to reset, there is no load.
            let opened = match stage.stop.or(stage.open(&members, 0)).await {
                Some(Err(error)) if n == 1 => return Err(error),
                Some(Err(_)) if stage.stop.is_set() => break,
                Some(opened) => opened,
                None => break,
            };
            let round = async {
                drop_all(&mut members, opened?)?;
                self.round(stage, &members, &users).await
            };
            // A round that is not over has no figures.
            match stage.stop.or(round).await {
                Some(Ok(round)) => {
                    round.each.iter().for_each(|time| each.add(*time));
                    rounds.push(round.took);
                    server += round.server;
                    load += round.load;
                    for ((user, member), opened) in users.iter().zip(&members).zip(&round.back) {
                        self.check(&mut report, user, member, opened);
                    }
                    drop_all(&mut members, round.back)?;
                }
                Some(Err(error)) => {
                    report.fault(format!("round {n}: {error}"));
                    break;
                }
                None => break,
            }
        }
        if rounds.is_empty() && report.is_clean() {
            return Err(stage.stop.too_early());
        }
        report.interrupted = stage.stop.is_interrupted();
        report.limit = stage.stop.limit().filter(|_| rounds.len() < count);
        report.figure("connections", "connections", self.connections as f64, "");
        report.figure("rounds", "rounds", rounds.len() as f64, "");
        rounds.sort_unstable();
        let messages = each.count() * self.missed as u64;
        report.figure(
            "messages",
            "missed messages, all checked",
            messages as f64,
            "",
        );
        let (Some(median), Some(slowest)) = (rounds.get(rounds.len() / 2), rounds.last()) else {
            return Ok(report);
        };
        report.time("storm_ms", "all are back, median round", *median);
        report.time("storm_max_ms", "all are back, slowest round", *slowest);
        report.times("back", "one is back", &each);
        let count = u32::try_from(rounds.len()).unwrap_or(u32::MAX);
        if stage.server.is_some() {
            let key = "server_cpu_ms";
            report.time(key, "the server's processor time, a round", server / count);
        }
        report.time("load_cpu_ms", "the load's own, a round", load / count);
        Ok(report)
    }

    /// One round: they miss something, and come back.
    async fn round(
        &self,
        stage: &Stage,
        members: &[Member],
        users: &[String],
    ) -> Result<Round, LoadError> {
        self.say(stage, members, users).await?;
        let before = used(stage)?;
        let begin = now();
        // They end with the round.
        let mut tasks = JoinSet::new();
        for (n, member) in members.iter().cloned().enumerate() {
            let (buffer, from) = (Rc::clone(&stage.buffer), stage.source(n));
            tasks.spawn_local(async move {
                let opened = open(&member, from, &buffer).await;
                (n, opened, now())
            });
        }
        let mut back = Vec::new();
        while let Some(task) = tasks.join_next().await {
            let (n, opened, at) = task.map_err(LoadError::of)?;
            let user = &users[n];
            let opened = opened.map_err(|error| {
                LoadError::new(format!("{user}: the connection did not come back: {error}"))
            })?;
            back.push((n, opened, at - begin));
        }
        let took = begin.elapsed();
        let after = used(stage)?;
        back.sort_unstable_by_key(|(n, ..)| *n);
        Ok(Round {
            took,
            server: after.0 - before.0,
            load: after.1 - before.1,
            each: back.iter().map(|(_, _, time)| *time).collect(),
            back: back.into_iter().map(|(_, opened, _)| opened).collect(),
        })
    }

    /// What it came back to must be exactly what it missed.
    fn check(&self, report: &mut Report, user: &str, member: &Member, opened: &Opened) {
        let since = member.rooms[0].1.unwrap_or_default();
        let room = &opened.rooms[0];
        let mut watch = Watch::after(since);
        room.seqs.iter().for_each(|seq| watch.handle(*seq));
        if let Some(fault) = watch.fault {
            report.fault(format!("{user}: seq {fault}, of what was missed"));
        }
        if !room.complete || watch.last() != room.head_seq {
            report.fault(format!(
                "{user}: got up to {} and is told that the head is {}",
                watch.last(),
                room.head_seq
            ));
        }
        let expected = since + self.missed as u64;
        if room.head_seq != expected {
            let head = room.head_seq;
            report.fault(format!(
                "{user}: the head is {head} and should be {expected}"
            ));
        }
    }

    /// What they miss: some messages in each conversation.
    async fn say(
        &self,
        stage: &Stage,
        members: &[Member],
        users: &[String],
    ) -> Result<(), LoadError> {
        for (member, user) in members.iter().zip(users).step_by(self.room.max(1)) {
            let mut client = stage.client(user).await?;
            for _ in 0..self.missed {
                let message = json!({
                    "temp_id": new_id(), "conversation_id": member.rooms[0].0,
                    "kind": "text", "content": "missed",
                });
                client.request("send_message", message).await?;
            }
            client.close().await;
        }
        Ok(())
    }
}

/// A round that is over.
struct Round {
    took: Duration,
    server: Duration,
    load: Duration,
    /// How long each of them took, in their order.
    each: Vec<Duration>,
    back: Vec<Opened>,
}

/// Resets the connections, each with its position kept.
fn drop_all(members: &mut [Member], opened: Vec<Opened>) -> Result<(), LoadError> {
    for (member, opened) in members.iter_mut().zip(&opened) {
        member.epoch.clone_from(&opened.epoch);
        member.rooms[0].1 = Some(opened.rooms[0].head_seq);
        opened.speaker.reset_on_drop()?;
    }
    Ok(())
}

/// Processor time so far, of the server and of the load.
fn used(stage: &Stage) -> Result<(Duration, Duration), LoadError> {
    let server = stage.server.map(Process::processor_time).transpose()?;
    Ok((server.unwrap_or_default(), own_time()?))
}
