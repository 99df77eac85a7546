//! Senders that know the wire and nothing of the SDK, and hold the server to what it acknowledged.

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use causerie_cli::raw::{RawClient, RawError};
use serde_json::Value;
use tokio::{sync::Notify, task::JoinHandle};
use uuid::Uuid;

use crate::{
    House,
    chat::{create_group, message, new_id},
    within,
};

/// As the SDK has it.
const IN_FLIGHT: usize = 8;
/// How long a sender waits after a refusal or in vain, as any client would.
const BACK_OFF: Duration = Duration::from_millis(50);

/// For each temp_id, the first answer.
pub type Answers = BTreeMap<Uuid, Value>;

/// Senders at work in one conversation.
#[derive(Debug)]
pub struct Senders {
    /// Where they talk; `owner` and `reader` are members, too.
    pub conversation: String,
    names: Vec<String>,
    progress: Arc<Progress>,
    tasks: Vec<JoinHandle<Sent>>,
    total: u64,
}

#[derive(Debug, Default)]
struct Progress {
    acknowledged: AtomicU64,
    refused: AtomicU64,
    told: Notify,
}

/// What one sender sent, in order, and how it was answered.
#[derive(Debug)]
struct Sent {
    order: Vec<Uuid>,
    answers: Answers,
}

/// What all of them sent.
#[derive(Debug)]
pub struct AllSent {
    conversation: String,
    by_name: Vec<(String, Sent)>,
}

/// How what the server has differs from what it acknowledged.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Acknowledged, and not there.
    pub lost: usize,
    /// There more than once.
    pub doubled: usize,
    /// At another place, or under another id, than was acknowledged.
    pub altered: usize,
    /// Senders whose messages are not in the order in which they were sent.
    pub reordered: usize,
    /// Whether the conversation's seqs have a hole or a repeat.
    pub broken_seqs: bool,
}

/// Makes a conversation for so many senders; gives it and their names.
pub async fn room_for(house: &House, senders: usize) -> (String, Vec<String>) {
    let names: Vec<_> = (0..senders).map(|n| format!("sender{n}")).collect();
    let mut owner = house.client("owner").await;
    let members: Vec<_> = names.iter().map(String::as_str).chain(["reader"]).collect();
    let conversation = create_group(&mut owner, &members).await;
    owner.close().await;
    (conversation, names)
}

impl Senders {
    /// Has each of them send so many messages, eight in flight, and whatever has no answer again
    /// after each death of the server, under the same temp_id.
    pub fn begin(house: &House, conversation: &str, names: Vec<String>, each: usize) -> Self {
        let progress = Arc::<Progress>::default();
        let tasks = names.iter().map(|name| {
            let sender = Sender {
                addr: house.server.addr(),
                token: house.server.token(name).expect("a token"),
                client_id: new_id().to_string(),
                conversation: conversation.to_owned(),
                progress: Arc::clone(&progress),
            };
            tokio::spawn(sender.send_all(name.clone(), each))
        });
        Self {
            conversation: conversation.to_owned(),
            tasks: tasks.collect(),
            total: (names.len() * each) as u64,
            progress,
            names,
        }
    }

    /// How many messages there will be.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Refusals so far.
    pub fn refused(&self) -> u64 {
        self.progress.refused.load(Ordering::SeqCst)
    }

    /// Acknowledgements so far.
    pub fn acknowledged(&self) -> u64 {
        self.progress.acknowledged.load(Ordering::SeqCst)
    }

    /// Waits until so many are acknowledged.
    pub async fn reach(&self, count: u64) {
        self.until(|progress| progress.acknowledged.load(Ordering::SeqCst) >= count)
            .await;
    }

    /// Waits until so many were refused.
    pub async fn meet_refusals(&self, count: u64) {
        self.until(|progress| progress.refused.load(Ordering::SeqCst) >= count)
            .await;
    }

    async fn until(&self, reached: impl Fn(&Progress) -> bool) {
        loop {
            let told = self.progress.told.notified();
            if reached(&self.progress) {
                return;
            }
            told.await;
        }
    }

    /// Waits until all is acknowledged.
    pub async fn finish(self) -> AllSent {
        let mut by_name = Vec::new();
        for (name, task) in self.names.into_iter().zip(self.tasks) {
            let sent = within(90, "the last acknowledgement", task).await;
            by_name.push((name, sent.expect("no panic")));
        }
        AllSent {
            conversation: self.conversation,
            by_name,
        }
    }
}

impl AllSent {
    /// Holds what the server has now against what it acknowledged.
    pub async fn compare(&self, house: &House) -> Difference {
        let mut difference = Difference::default();
        let mut all = house.client("owner").await;
        let seqs = all.history(&self.conversation).await.expect("a history");
        let seqs = seqs.iter().map(|message| message["seq"].as_u64());
        let count = seqs.len() as u64;
        difference.broken_seqs = !seqs.eq((1..=count).map(Some));
        for (name, sent) in &self.by_name {
            let mut client = house.client(name).await;
            let view = client.history(&self.conversation).await.expect("a history");
            difference.add(name, sent, &view);
        }
        difference
    }
}

impl Difference {
    fn add(&mut self, name: &str, sent: &Sent, view: &[Value]) {
        let own = view.iter().filter(|message| message["sender_id"] == name);
        let mut there: BTreeMap<Uuid, Vec<&Value>> = BTreeMap::new();
        let mut order = Vec::new();
        for message in own {
            let id = message["temp_id"].as_str().and_then(|id| id.parse().ok());
            let id: Uuid = id.expect("one's own messages have a temp_id");
            order.push(id);
            there.entry(id).or_default().push(message);
        }
        for (id, answer) in &sent.answers {
            match there.get(id).map_or(&[][..], Vec::as_slice) {
                [] => self.lost += 1,
                [message] => {
                    let same = ["seq", "message_id"].map(|key| message[key] == answer[key]);
                    self.altered += usize::from(same != [true, true]);
                }
                _ => self.doubled += 1,
            }
        }
        let expected: Vec<_> = sent
            .order
            .iter()
            .filter(|id| there.contains_key(id))
            .collect();
        self.reordered += usize::from(!expected.into_iter().eq(&order));
    }
}

struct Sender {
    addr: SocketAddr,
    token: String,
    client_id: String,
    conversation: String,
    progress: Arc<Progress>,
}

impl Sender {
    async fn send_all(self, name: String, each: usize) -> Sent {
        let order: Vec<_> = (0..each).map(|_| new_id()).collect();
        let mut answers = Answers::new();
        while answers.len() < each {
            match RawClient::open(self.addr, &self.token, &self.client_id).await {
                Ok(client) => self.session(client, &name, &order, &mut answers).await,
                Err(_) => tokio::time::sleep(BACK_OFF).await,
            }
        }
        Sent { order, answers }
    }

    /// One connection's part; ends when it breaks, something is refused, or all is answered.
    async fn session(
        &self,
        mut client: RawClient,
        name: &str,
        order: &[Uuid],
        answers: &mut Answers,
    ) {
        let texts = order.iter().enumerate().map(|(n, id)| (*id, n));
        let left = texts.filter(|(id, _)| !answers.contains_key(id));
        let mut left: VecDeque<_> = left.collect();
        let mut in_flight = 0;
        loop {
            while in_flight < IN_FLIGHT
                && let Some((id, n)) = left.pop_front()
            {
                let payload = message(id, &self.conversation, &format!("{name} {n}"));
                if client.send("send_message", payload).await.is_err() {
                    return;
                }
                in_flight += 1;
            }
            if in_flight == 0 {
                return;
            }
            let answer = client.wait_for("an answer", |frame| {
                frame["type"] == "message_sent" || frame["type"] == "message_error"
            });
            match answer.await {
                Ok(frame) if frame["type"] == "message_error" => {
                    let payload = &frame["payload"];
                    assert_eq!(payload["retryable"], true, "{name}: {frame}");
                    self.progress.refused.fetch_add(1, Ordering::SeqCst);
                    self.progress.told.notify_waiters();
                    // What follows in this lane is refused, too: from the first one again.
                    tokio::time::sleep(BACK_OFF).await;
                    return;
                }
                Ok(mut frame) => {
                    in_flight -= 1;
                    let payload = frame["payload"].take();
                    let id = payload["temp_id"].as_str().and_then(|id| id.parse().ok());
                    answers.insert(id.expect("our own temp_id"), payload);
                    self.progress.acknowledged.fetch_add(1, Ordering::SeqCst);
                    self.progress.told.notify_waiters();
                }
                Err(RawError::Late(what)) => panic!("{name}: {what} did not come"),
                Err(_) => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn compared(sent: usize, there: &[usize]) -> Difference {
        let id = |n: usize| Uuid::from_u128(n as u128);
        let answer = |n: usize| json!({"seq": n, "message_id": n, "temp_id": id(n)});
        let sent = Sent {
            order: (1..=sent).map(id).collect(),
            answers: (1..=sent).map(|n| (id(n), answer(n))).collect(),
        };
        let view = there.iter().map(|n| {
            let mut message = answer(*n);
            message["sender_id"] = "alice".into();
            message
        });
        let mut difference = Difference::default();
        difference.add("alice", &sent, &view.collect::<Vec<_>>());
        difference
    }

    #[test]
    fn what_is_lost_doubled_or_reordered_is_told_apart() {
        let clean = Difference::default();
        assert_eq!(compared(3, &[1, 2, 3]), clean);
        assert_eq!(compared(3, &[1, 3]).lost, 1);
        assert_eq!(compared(3, &[1, 3, 2]).reordered, 1);
        let doubled = compared(3, &[1, 2, 2, 3]);
        assert_eq!((doubled.doubled, doubled.lost), (1, 0));
    }
}
