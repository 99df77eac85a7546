//! kill -9 of the server and of clients, at moments that nobody chose.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use causerie_cli::{
    demo::{device::Device, dice::Dice, script::Action},
    load::watch::Watch,
    raw::{RawClient, RawError},
};
use causerie_e2e::{
    House,
    chat::{create_group, message, new_id, subscribe},
    seed, within,
};
use serde_json::Value;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::lines::play;

const SENDERS: usize = 4;
const EACH: usize = 150;
const KILLS: u64 = 6;
/// As the SDK has it.
const IN_FLIGHT: usize = 8;

/// What a sender holds against the server: for each temp_id, the first answer.
type Answers = BTreeMap<Uuid, Value>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_every_kill_of_the_server_once_and_in_order() {
    let mut house = House::open().await;
    let names: Vec<_> = (0..SENDERS).map(|n| format!("sender{n}")).collect();
    let mut owner = house.client("owner").await;
    let members: Vec<_> = names.iter().map(String::as_str).chain(["reader"]).collect();
    let conversation = create_group(&mut owner, &members).await;

    let progress = Arc::new((AtomicU64::new(0), Notify::new()));
    let total = (SENDERS * EACH) as u64;
    let mut senders = Vec::new();
    for name in &names {
        let sender = Sender {
            addr: house.server.addr(),
            token: house.server.token(name).expect("a token"),
            client_id: new_id().to_string(),
            conversation: conversation.clone(),
            progress: Arc::clone(&progress),
        };
        senders.push(tokio::spawn(sender.send_all(name.clone())));
    }
    let token = house.server.token("reader").expect("a token");
    let reader = read_all(house.server.addr(), token, conversation.clone(), total);
    let reader = tokio::spawn(reader);

    let mut dice = Dice::new(seed(7));
    for round in 0..KILLS {
        // Somewhere in this sixth of the load.
        let at = round * total / KILLS + 1 + dice.below(total / KILLS - 1);
        within(60, "the load", reach(&progress, at)).await;
        house.server.kill();
        house.server.start().await.expect("the server comes back");
    }
    let mut all = Vec::new();
    for sender in senders {
        all.push(
            within(60, "the last acknowledgement", sender)
                .await
                .expect("no panic"),
        );
    }
    let watch = within(60, "the reader's last message", reader)
        .await
        .expect("no panic");
    assert!(watch.is_clean(), "{watch:?}");
    assert_eq!(watch.received, total);

    let history = house
        .client("owner")
        .await
        .history(&conversation)
        .await
        .expect("a history");
    assert_eq!(history.len() as u64, total);
    for (at, message) in history.iter().enumerate() {
        assert_eq!(message["seq"], at as u64 + 1, "no hole, nothing twice");
    }
    for (name, (order, answers)) in names.iter().zip(all) {
        let view = house
            .client(name)
            .await
            .history(&conversation)
            .await
            .expect("a history");
        let own: Vec<_> = view.iter().filter(|m| m["sender_id"] == **name).collect();
        let temp_ids: Vec<_> = own.iter().map(|m| m["temp_id"].clone()).collect();
        let sent: Vec<_> = order.iter().map(|id| Value::from(id.to_string())).collect();
        assert_eq!(temp_ids, sent, "{name}: each once, in the order of sending");
        for message in own {
            let id = message["temp_id"].as_str().and_then(|id| id.parse().ok());
            let answer = &answers[&id.expect("a UUID")];
            assert_eq!(message["seq"], answer["seq"], "as it was acknowledged");
            assert_eq!(message["message_id"], answer["message_id"]);
        }
    }
}

async fn reach(progress: &(AtomicU64, Notify), count: u64) {
    loop {
        let told = progress.1.notified();
        if progress.0.load(Ordering::SeqCst) >= count {
            return;
        }
        told.await;
    }
}

struct Sender {
    addr: std::net::SocketAddr,
    token: String,
    client_id: String,
    conversation: String,
    progress: Arc<(AtomicU64, Notify)>,
}

impl Sender {
    /// Sends its messages, eight in flight, and whatever has no answer again after each death of
    /// the server, under the same temp_id. Gives the order of sending and the answers.
    async fn send_all(self, name: String) -> (Vec<Uuid>, Answers) {
        let order: Vec<_> = (0..EACH).map(|_| new_id()).collect();
        let mut answers = Answers::new();
        while answers.len() < EACH {
            // While the server is dead nothing answers; then there is nothing to do but to ask.
            if let Ok(client) = RawClient::open(self.addr, &self.token, &self.client_id).await {
                self.session(client, &name, &order, &mut answers).await;
            }
        }
        (order, answers)
    }

    /// One connection's part; ends when it breaks or all is answered.
    async fn session(
        &self,
        mut client: RawClient,
        name: &str,
        order: &[Uuid],
        answers: &mut Answers,
    ) {
        let texts = order
            .iter()
            .enumerate()
            .map(|(n, id)| (*id, format!("{name} {n}")));
        let left = texts.filter(|(id, _)| !answers.contains_key(id));
        let mut left: VecDeque<_> = left.collect();
        let mut in_flight = 0;
        loop {
            while in_flight < IN_FLIGHT
                && let Some((id, text)) = left.pop_front()
            {
                let payload = message(id, &self.conversation, &text);
                if client.send("send_message", payload).await.is_err() {
                    return;
                }
                in_flight += 1;
            }
            if in_flight == 0 {
                return;
            }
            match client
                .wait_for("an answer", |f| f["type"] == "message_sent")
                .await
            {
                Ok(mut frame) => {
                    in_flight -= 1;
                    let payload = frame["payload"].take();
                    let id = payload["temp_id"].as_str().and_then(|id| id.parse().ok());
                    answers.insert(id.expect("our own temp_id"), payload);
                    self.progress.0.fetch_add(1, Ordering::SeqCst);
                    self.progress.1.notify_waiters();
                }
                Err(RawError::Late(what)) => panic!("{name}: {what} did not come"),
                Err(_) => return,
            }
        }
    }
}

/// Follows the conversation, from where it was after each death of the server.
async fn read_all(
    addr: std::net::SocketAddr,
    token: String,
    conversation: String,
    total: u64,
) -> Watch {
    let client_id = new_id().to_string();
    let mut watch = Watch::default();
    while watch.received < total {
        let Ok(mut client) = RawClient::open(addr, &token, &client_id).await else {
            continue;
        };
        let since = Some(watch.last());
        let Ok(subscribed) = subscribe(&mut client, &conversation, since).await else {
            continue;
        };
        assert_eq!(subscribed["reset"], false, "nothing was restored");
        if subscribed["complete"] == false {
            // More than a backlog holds: what is between is asked for page by page.
            fill(&mut client, &conversation, &mut watch, &subscribed).await;
            continue;
        }
        for event in subscribed["events"].as_array().into_iter().flatten() {
            watch.handle(event["payload"]["seq"].as_u64().expect("a seq"));
        }
        while watch.received < total {
            match client
                .wait_for("a message", |f| f["type"] == "new_message")
                .await
            {
                Ok(frame) => watch.handle(frame["payload"]["seq"].as_u64().expect("a seq")),
                Err(_) => break,
            }
        }
    }
    watch
}

async fn fill(client: &mut RawClient, conversation: &str, watch: &mut Watch, subscribed: &Value) {
    let from = subscribed["from_seq"].as_u64().expect("from_seq");
    let Ok(history) = client.history(conversation).await else {
        return;
    };
    let seqs = history.iter().filter_map(|m| m["seq"].as_u64());
    for seq in seqs
        .filter(|seq| *seq > watch.last() && *seq < from)
        .collect::<Vec<_>>()
    {
        watch.handle(seq);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_and_the_server_killed_at_random_moments_lose_double_and_reorder_nothing() {
    for seed in [seed(3), seed(3) + 1] {
        let mut dead = [false; 3];
        let mut server_dead = false;
        let kill = |dice: &mut Dice, actions: &mut Vec<Action>| {
            let n = dice.below(8) as usize;
            match Device::ALL.get(n) {
                Some(device) if dead[n] => actions.push(Action::StartClient(*device)),
                Some(device) => actions.push(Action::KillClient(*device)),
                None if server_dead => actions.push(Action::StartServer),
                None if n < 6 => actions.push(Action::KillServer),
                None => {}
            }
            match n {
                0..=2 => dead[n] = !dead[n],
                _ if server_dead || n < 6 => server_dead = !server_dead,
                _ => {}
            }
        };
        let mend = [
            Action::StartServer,
            Action::KillClient(Device::Phone),
            Action::KillClient(Device::Laptop),
            Action::KillClient(Device::Bob),
            Action::StartClient(Device::Phone),
            Action::StartClient(Device::Laptop),
            Action::StartClient(Device::Bob),
        ];
        let outcome = play(seed, 120, kill, &mend).await;
        assert!(
            outcome.is_clean(),
            "seed {seed}\n{}",
            outcome.table().join("\n")
        );
        assert_eq!(outcome.findings.sent, 120);
        assert!(outcome.server_kills >= 2 && outcome.client_kills >= 5);
    }
}
