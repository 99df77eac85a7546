//! What all receivers and senders of a scenario have seen so far. They run on one thread and share
//! it.

use std::time::{Duration, Instant};

use super::{
    histogram::Histogram, light::is_type, member::Aimed, now, report::Report, watch::Watch,
};

/// Most problems that are kept in words.
const MAX_PROBLEMS: usize = 100;

/// One receiver: what it has seen of each of its conversations, and of each sender.
#[derive(Debug)]
pub struct Receiver {
    /// Its user, for the words of a fault.
    pub user: String,
    rooms: Vec<(String, Watch)>,
    /// By the number of a sender: its messages are numbered too, so that also a server that counts
    /// wrong is seen.
    senders: Vec<Watch>,
}

impl Receiver {
    /// One that is subscribed to these conversations, each up to a seq.
    pub fn new(user: String, rooms: impl IntoIterator<Item = (String, u64)>) -> Self {
        let rooms = rooms.into_iter();
        Self {
            user,
            rooms: rooms
                .map(|(room, head)| (room, Watch::after(head)))
                .collect(),
            senders: Vec::new(),
        }
    }

    /// How many messages it has received, each counted once.
    pub fn received(&self) -> u64 {
        self.rooms.iter().map(|(_, watch)| watch.received).sum()
    }

    /// All conversations together.
    pub fn watch(&self) -> Watch {
        let mut all = Watch::default();
        self.rooms.iter().for_each(|(_, watch)| all.add(watch));
        all
    }

    fn room(&mut self, id: &[u8]) -> Option<&mut Watch> {
        // Most have one.
        let mut rooms = self.rooms.iter_mut();
        let found = rooms.find(|(room, _)| room.as_bytes() == id);
        found.map(|(_, watch)| watch)
    }

    fn sender(&mut self, sender: usize) -> &mut Watch {
        if self.senders.len() <= sender {
            self.senders.resize(sender + 1, Watch::default());
        }
        &mut self.senders[sender]
    }
}

/// The counts.
#[derive(Debug)]
pub struct Tally {
    /// Against this the times in messages are counted.
    pub epoch: Instant,
    /// By their number.
    pub receivers: Vec<Receiver>,
    /// From the write of a message to its reading by one receiver.
    pub delivery: Histogram,
    /// From the write of a message to its acknowledgement.
    pub ack: Histogram,
    /// Messages written.
    pub sent: u64,
    /// Messages acknowledged.
    pub acknowledged: u64,
    /// Messages received, at all receivers together.
    pub delivered: u64,
    /// WebSocket messages that brought them; one read together with an acknowledgement counts too.
    pub writes: u64,
    /// When the last one was received.
    pub last: Instant,
    problems: Vec<String>,
    problem_count: u64,
}

impl Default for Tally {
    fn default() -> Self {
        let epoch = now();
        Self {
            epoch,
            receivers: Vec::new(),
            delivery: Histogram::default(),
            ack: Histogram::default(),
            sent: 0,
            acknowledged: 0,
            delivered: 0,
            writes: 0,
            last: epoch,
            problems: Vec::new(),
            problem_count: 0,
        }
    }
}

impl Tally {
    /// Adds a receiver and gives its number.
    pub fn add(&mut self, receiver: Receiver) -> usize {
        self.receivers.push(receiver);
        self.receivers.len() - 1
    }

    /// Takes in a line of this receiver. Returns whether it was a message.
    pub fn handle_line(&mut self, receiver: usize, line: &[u8], at: Instant) -> bool {
        if !is_type(line, "new_message") {
            return false;
        }
        let Some(message) = Aimed::read(line) else {
            let line = String::from_utf8_lossy(&line[..line.len().min(120)]).into_owned();
            self.problem(receiver, format!("got what is no message: {line}"));
            return true;
        };
        let receiver_of = &mut self.receivers[receiver];
        let Some(watch) = receiver_of.room(message.conversation) else {
            self.problem(receiver, "got a message of another conversation");
            return true;
        };
        watch.handle(message.seq);
        self.delivered += 1;
        self.last = at;
        if let Some(note) = message.note {
            receiver_of.sender(note.sender).handle(note.count);
            let taken = (at - self.epoch).saturating_sub(note.at);
            self.delivery.add(taken);
        }
        true
    }

    /// Something else went wrong with one of them.
    pub fn problem(&mut self, receiver: usize, what: impl AsRef<str>) {
        let user = self.receivers.get(receiver);
        let user = user.map_or("somebody", |receiver| receiver.user.as_str());
        self.problem_count += 1;
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(format!("{user}: {}", what.as_ref()));
        }
    }

    /// Whether something broke that the counts do not tell.
    pub fn has_problems(&self) -> bool {
        self.problem_count > 0
    }

    /// Puts every fault into the report; each receiver must have received `expected(n)` messages.
    pub fn judge(&self, report: &mut Report, expected: impl Fn(usize) -> u64) {
        for problem in &self.problems {
            report.fault(problem.as_str());
        }
        report.fault_count += self.problem_count - self.problems.len() as u64;
        for (n, receiver) in self.receivers.iter().enumerate() {
            for (room, watch) in &receiver.rooms {
                if let Some(fault) = watch.fault {
                    let more = match watch.lost + watch.doubled + watch.out_of_order {
                        0 | 1 => String::new(),
                        _ => format!(
                            " (in all {} lost, {} doubled, {} out of order)",
                            watch.lost, watch.doubled, watch.out_of_order
                        ),
                    };
                    let user = &receiver.user;
                    report.fault(format!("{user}: seq {fault}, in conversation {room}{more}"));
                }
            }
            for (sender, watch) in receiver.senders.iter().enumerate() {
                if let Some(fault) = watch.fault {
                    let user = &receiver.user;
                    report.fault(format!("{user}: of sender {sender}, message {fault}"));
                }
            }
            let (received, expected) = (receiver.received(), expected(n));
            if received != expected {
                let user = &receiver.user;
                report.fault(format!(
                    "{user}: received {received} of {expected} messages"
                ));
            }
        }
        if self.acknowledged < self.sent {
            let left = self.sent - self.acknowledged;
            report.fault(format!("{left} messages were never acknowledged"));
        }
    }

    /// All receivers together.
    pub fn watch(&self) -> Watch {
        let mut all = Watch::default();
        for receiver in &self.receivers {
            all.add(&receiver.watch());
        }
        all
    }

    /// The time since it began.
    pub fn elapsed(&self) -> Duration {
        now() - self.epoch
    }
}
