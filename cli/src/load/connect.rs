//! Connections that are opened, stay, and cost memory. At the end something is said in every
//! conversation, and each of them must hear it.

use std::{collections::VecDeque, io, rc::Rc, time::Duration};

use tokio::task::JoinHandle;

use super::{
    LoadError,
    histogram::Histogram,
    member::{Member, Opened},
    now,
    part::{Bounds, Pace, Run, Sending, Used},
    process::{Memory, Process},
    report::Report,
    stage::{AT_ONCE, Stage, make_room_for, open},
};

/// The first few make what every server has once: pools, caches, prepared statements. They do not
/// count.
const FIRST: usize = 100;
/// How long the server's last answers may take to leave its memory.
const SETTLE: Duration = Duration::from_millis(300);

/// One that is being opened, and how long that takes.
type Task = JoinHandle<io::Result<(Duration, Opened)>>;

/// What became of a range of them.
#[derive(Default)]
struct Opening {
    /// Those that are open, by their number.
    opened: Vec<(usize, Opened)>,
    /// Why it ended there, if it was not stopped.
    failed: Option<LoadError>,
}

impl Opening {
    /// Waits for one, unless it ended before.
    async fn take(&mut self, stage: &Stage, n: usize, mut task: Task, times: &mut Histogram) {
        if self.failed.is_some() {
            return task.abort();
        }
        let opens = async {
            let opened = (&mut task).await.map_err(LoadError::of)?;
            opened.map_err(LoadError::of)
        };
        match stage.stop.or(opens).await {
            Some(Ok((took, opened))) => {
                times.add(took);
                self.opened.push((n, opened));
            }
            Some(Err(error)) => self.failed = Some(error),
            None => task.abort(),
        }
    }
}

/// The scenario.
#[derive(Debug, Clone)]
pub struct Connect {
    /// How many.
    pub connections: usize,
    /// How many a second; without, as fast as they are answered, 256 at a time.
    pub rate: Option<u32>,
    /// Members of one conversation.
    pub room: usize,
    /// How long they stay.
    pub hold: Duration,
}

impl Connect {
    /// Runs it.
    ///
    /// # Errors
    /// If it cannot be set up.
    pub async fn measure(&self, stage: &Stage) -> Result<Report, LoadError> {
        make_room_for(self.connections + self.connections.div_ceil(self.room.max(1)))?;
        stage.say(format_args!(
            "connect: {} users and their tokens",
            self.connections
        ));
        let users = stage.users(self.connections);
        let members = stage.members(&users, self.room.max(1)).await?;
        let first = FIRST.min(members.len() / 2);
        let mut times = Histogram::default();
        let run = Run::new(stage);
        let join = |n: usize, opened| run.join(&users[n], &members[n].rooms, opened, None);

        let begin = now();
        let opening = self.open(stage, &members, 0..first, &mut times).await;
        // With none of them open, there is no load.
        if let Some(error) = opening.failed {
            return Err(error);
        }
        let mut open = opening.opened.len();
        for (n, opened) in opening.opened {
            join(n, opened);
        }
        let mut took = begin.elapsed();
        let before = self.memory(stage).await?;
        let (begin, processor) = (now(), self.processor(stage)?);
        let mut rest = Histogram::default();
        let opening = self.open(stage, &members, first..members.len(), &mut rest);
        let opening = opening.await;
        let count = rest.count();
        if count > 0 {
            (times, took) = (rest, begin.elapsed());
        }
        open += opening.opened.len();
        for (n, opened) in opening.opened {
            join(n, opened);
        }
        if open == 0 {
            return Err(opening.failed.unwrap_or_else(|| stage.stop.too_early()));
        }
        let mut report = Report::new(format!("connect: {} connections", self.connections));
        // A server that is gone by now is a fault of its connections, which is told.
        let used = self.processor(stage).unwrap_or_default();
        let used = used.saturating_sub(processor);
        let after = self.memory(stage).await.ok().flatten();
        let mut said = false;
        match opening.failed {
            Some(error) => report.fault(format!("after {open} connections: {error}")),
            None => {
                self.stay(stage).await;
                if open == members.len() && !stage.stop.is_set() {
                    match self.say(stage, &users, &members, &run).await {
                        Ok(talk) => said = !talk.interrupted,
                        Err(_) if stage.stop.is_set() => {}
                        Err(error) => report.fault(format!("at the end: {error}")),
                    }
                }
            }
        }

        let tally = run.tally.borrow();
        report.interrupted = stage.stop.is_interrupted();
        report.limit = stage.stop.limit().filter(|_| !said);
        report.figure("connections", "connections, subscribed", open as f64, "");
        let rate = (times.count() as f64 / took.as_secs_f64()).round();
        report.figure("connects_per_s", "opened", rate, "/s");
        report.times("open", "opened and subscribed", &times);
        if let Some((before, after)) = before.zip(after)
            && count > 0
        {
            let each = |before: u64, after: u64| {
                let kib = after.saturating_sub(before) as f64 / count as f64 / 1024.0;
                (kib * 100.0).round() / 100.0
            };
            let resident = each(before.resident, after.resident);
            let key = "rss_kib_per_connection";
            report.figure(key, "resident memory per connection", resident, "KiB");
            let proportional = each(before.proportional, after.proportional);
            let key = "pss_kib_per_connection";
            report.figure(key, "proportional share of it (Pss)", proportional, "KiB");
            let all = (after.resident as f64 / 1024.0 / 1024.0 * 10.0).round() / 10.0;
            report.figure("rss_mib", "resident memory in all", all, "MiB");
            let micros = (used.as_secs_f64() * 1e6 / count as f64).round();
            let key = "server_cpu_us_per_connection";
            report.figure(key, "the server's processor time per opening", micros, "µs");
        }
        if said {
            let woken = tally.delivered as f64;
            report.figure("deliveries", "heard what was said at the end", woken, "");
        }
        // What was ended early has no word at the end that all of them must hear.
        tally.judge(&mut report, |n| {
            if said {
                u64::from(n < members.len())
            } else {
                tally.receivers[n].received()
            }
        });
        Ok(report)
    }

    /// Opens a range of the members at the rate asked for, as far as it comes.
    async fn open(
        &self,
        stage: &Stage,
        members: &[Member],
        range: std::ops::Range<usize>,
        times: &mut Histogram,
    ) -> Opening {
        let mut opening = Opening::default();
        let mut under_way = VecDeque::new();
        let begin = now();
        for (done, n) in range.enumerate() {
            if let Some(rate) = self.rate {
                let due = Duration::from_secs_f64(done as f64 / f64::from(rate.max(1)));
                stage.stop.sleep(due.saturating_sub(begin.elapsed())).await;
            }
            if stage.stop.is_set() || opening.failed.is_some() {
                break;
            }
            let (member, from) = (members[n].clone(), stage.source(n));
            let buffer = Rc::clone(&stage.buffer);
            under_way.push_back((
                n,
                tokio::task::spawn_local(async move {
                    let begin = now();
                    let opened = open(&member, from, &buffer).await?;
                    Ok((begin.elapsed(), opened))
                }),
            ));
            if under_way.len() >= AT_ONCE
                && let Some((n, task)) = under_way.pop_front()
            {
                opening.take(stage, n, task, times).await;
                if n % 1000 == 0 {
                    stage.say(format_args!("connect: {n} are open"));
                }
            }
        }
        for (n, task) in under_way {
            opening.take(stage, n, task, times).await;
        }
        opening
    }

    async fn memory(&self, stage: &Stage) -> Result<Option<Memory>, LoadError> {
        stage.stop.sleep(SETTLE).await;
        Ok(stage.server.map(Process::memory).transpose()?)
    }

    fn processor(&self, stage: &Stage) -> Result<Duration, LoadError> {
        let server = stage.server.map(Process::processor_time).transpose()?;
        Ok(server.unwrap_or_default())
    }

    /// Keeps them open.
    async fn stay(&self, stage: &Stage) {
        let begin = now();
        while begin.elapsed() < self.hold {
            let left = self.hold.saturating_sub(begin.elapsed());
            stage.say(format_args!(
                "connect: all are open, {} s left",
                left.as_secs()
            ));
            if stage.stop.sleep(left.min(Duration::from_secs(1))).await {
                return;
            }
        }
    }

    /// Says one thing in each conversation.
    async fn say(
        &self,
        stage: &Stage,
        users: &[String],
        members: &[Member],
        run: &Rc<Run>,
    ) -> Result<Used, LoadError> {
        let mut rooms = 0;
        for (sender, (user, member)) in users.iter().zip(members).step_by(self.room).enumerate() {
            rooms += 1;
            let speaker = stage.member(user).await?;
            let opened = stage.open(&[speaker], sender).await?;
            for opened in opened {
                let sending = Sending {
                    sender,
                    room: member.rooms[0].0.clone(),
                    pace: Pace::Window(1),
                    text: 100,
                    most: 1,
                };
                run.join(user, &[], opened, Some(sending));
            }
        }
        let bounds = Bounds {
            length: Duration::from_secs(10),
            messages: rooms,
        };
        let all = members.len() as u64;
        let heard = |said| if said < rooms { 0 } else { all };
        run.conduct(stage, bounds, heard).await
    }
}
