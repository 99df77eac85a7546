//! Many senders with several messages in flight each: how many acknowledgements a second, each
//! after its commit. Every conversation has a receiver that checks it.

use super::{
    LoadError,
    member::Member,
    part::{Bounds, Pace, Run, Sending},
    report::Report,
    stage::{Stage, make_room_for},
};

/// Conversations of one receiver; a connection may have 128 subscriptions.
const PER_RECEIVER: usize = 100;

/// The scenario.
#[derive(Debug, Clone)]
pub struct Throughput {
    /// Connections that write.
    pub senders: usize,
    /// Messages of each that wait for their acknowledgement.
    pub in_flight: usize,
    /// Conversations; the senders are spread over them.
    pub conversations: usize,
    /// Of a message's text, in bytes.
    pub text: usize,
    /// When it ends.
    pub bounds: Bounds,
}

impl Throughput {
    /// Runs it.
    ///
    /// # Errors
    /// If it cannot be set up.
    pub async fn measure(&self, stage: &Stage) -> Result<Report, LoadError> {
        let conversations = self.conversations.clamp(1, self.senders.max(1));
        let receivers = conversations.div_ceil(PER_RECEIVER);
        make_room_for(self.senders + receivers)?;
        stage.say(format_args!("throughput: {} senders connect", self.senders));
        let users = stage.users(self.senders + receivers);
        let (senders, receivers) = users.split_at(self.senders);
        let mut rooms = Vec::new();
        let mut checkers: Vec<Member> = Vec::new();
        for n in 0..conversations {
            let receiver = &receivers[n / PER_RECEIVER];
            // Each with its receiver, and with the senders that write into it.
            let mut present = vec![receiver.clone()];
            present.extend(senders.iter().skip(n).step_by(conversations).cloned());
            let room = stage.conversation(&present).await?;
            if n % PER_RECEIVER == 0 {
                checkers.push(stage.member(receiver).await?);
            }
            if let Some(checker) = checkers.last_mut() {
                checker.rooms.push((room.clone(), None));
            }
            rooms.push(room);
        }
        let mut members = Vec::new();
        for user in senders {
            members.push(stage.member(user).await?);
        }

        let run = Run::new(stage);
        let opened = stage.open(&checkers, 0).await?;
        for ((user, member), opened) in receivers.iter().zip(&checkers).zip(opened) {
            run.join(user, &member.rooms, opened, None);
        }
        let opened = stage.open(&members, receivers.len()).await?;
        for (n, (user, opened)) in senders.iter().zip(opened).enumerate() {
            let sending = Sending {
                sender: n,
                room: rooms[n % conversations].clone(),
                pace: Pace::Window(self.in_flight),
                text: self.text,
                most: u64::MAX,
            };
            run.join(user, &[], opened, Some(sending));
        }
        let used = run.conduct(stage, self.bounds, |said| said).await?;

        let tally = run.tally.borrow();
        let mut report = Report::new(format!(
            "throughput: {} senders, {} in flight each, {conversations} conversations",
            self.senders, self.in_flight
        ));
        let rate = (tally.acknowledged as f64 / used.took.as_secs_f64()).round();
        let acknowledged = tally.acknowledged as f64;
        report.figure("messages", "messages, all checked", acknowledged, "");
        report.figure("acks_per_s", "acknowledged", rate, "/s");
        report.times("ack", "acknowledged", &tally.ack);
        report.times("delivery", "delivered", &tally.delivery);
        used.tell(&mut report, "message", tally.acknowledged);
        // How many each receiver must have is known only in sum; its seqs say the rest.
        let missing = tally.acknowledged.saturating_sub(tally.watch().received);
        if missing > 0 {
            report.fault(format!("{missing} acknowledged messages never came"));
        }
        tally.judge(&mut report, |n| tally.receivers[n].received());
        Ok(report)
    }
}
