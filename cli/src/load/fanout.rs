//! Many members of one conversation, a few of whom write. Measured is the way of a message from
//! its sender's write to its reading by each receiver.

use std::time::Duration;

use super::{
    LoadError, now,
    part::{Bounds, Pace, Run, Sending},
    report::Report,
    stage::{Stage, make_room_for},
};

/// The scenario.
#[derive(Debug, Clone)]
pub struct Fanout {
    /// Members, all subscribed.
    pub members: usize,
    /// How many of them write.
    pub senders: usize,
    /// Messages a second of all senders together; as fast as it goes without. At a rate at which
    /// the server keeps up, each delivery is a write of its own; as fast as it goes, many share
    /// one.
    pub rate: Option<u32>,
    /// Messages of each sender that wait for their acknowledgement, without a rate.
    pub in_flight: usize,
    /// Of a message's text, in bytes.
    pub text: usize,
    /// When it ends.
    pub bounds: Bounds,
}

impl Fanout {
    /// Runs it.
    ///
    /// # Errors
    /// If it cannot be set up.
    pub async fn measure(&self, stage: &Stage) -> Result<Report, LoadError> {
        make_room_for(self.members)?;
        let users = stage.users(self.members);
        stage.say(format_args!("fanout: {} members connect", self.members));
        let members = stage.members(&users, self.members).await?;
        let opened = stage.open(&members, 0).await?;

        let senders = self.senders.clamp(1, self.members.max(1));
        let number = u32::try_from(senders).unwrap_or(u32::MAX);
        let first = tokio::time::Instant::from_std(now()) + Duration::from_millis(200);
        let pace = |n: u32| match self.rate {
            Some(rate) => {
                let every = Duration::from_secs(1) * number / rate.max(1);
                Pace::Every(every, first + every * n / number)
            }
            None => Pace::Window(self.in_flight),
        };
        let run = Run::new(stage);
        for (n, ((user, member), opened)) in (0..).zip(users.iter().zip(&members).zip(opened)) {
            let sending = (n < number).then(|| Sending {
                sender: n as usize,
                room: member.rooms[0].0.clone(),
                pace: pace(n),
                text: self.text,
                most: u64::MAX,
            });
            run.join(user, &member.rooms, opened, sending);
        }
        let copies = self.members as u64;
        let used = run
            .conduct(stage, self.bounds, |said| said * copies)
            .await?;

        let tally = run.tally.borrow();
        let name = match self.rate {
            Some(rate) => format!("fanout: {copies} members, {rate} messages/s"),
            None => format!("fanout: {copies} members, as fast as it goes"),
        };
        let mut report = Report::new(name);
        let delivered = tally.watch().received;
        let seconds = used.took.as_secs_f64();
        report.figure("messages", "messages", tally.acknowledged as f64, "");
        report.figure(
            "deliveries",
            "deliveries, all checked",
            delivered as f64,
            "",
        );
        let rate = (delivered as f64 / seconds).round();
        report.figure("deliveries_per_s", "deliveries", rate, "/s");
        let coalesced = delivered as f64 / tally.writes.max(1) as f64;
        let coalesced = (coalesced * 100.0).round() / 100.0;
        report.figure(
            "deliveries_per_write",
            "deliveries per write",
            coalesced,
            "",
        );
        report.times("delivery", "delivered", &tally.delivery);
        report.times("ack", "acknowledged", &tally.ack);
        used.tell(&mut report, "delivery", delivered);
        let expected = tally.acknowledged;
        tally.judge(&mut report, |_| expected);
        Ok(report)
    }
}
