//! kill -9 of the server and of clients, at moments that nobody chose.

use causerie_cli::{
    demo::{device::Device, dice::Dice, script::Action},
    load::watch::Watch,
    raw::RawClient,
};
use causerie_e2e::{
    House,
    chat::{new_id, subscribe},
    seed,
    senders::{Difference, Senders, room_for},
    within,
};
use serde_json::Value;

use crate::lines::play;

const SENDERS: usize = 4;
const EACH: usize = 150;
const KILLS: u64 = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_every_kill_of_the_server_once_and_in_order() {
    let mut house = House::open().await;
    let (conversation, names) = room_for(&house, SENDERS).await;
    let senders = Senders::begin(&house, &conversation, names, EACH);
    let total = senders.total();
    let token = house.server.token("reader").expect("a token");
    let reader = read_all(house.server.addr(), token, conversation, total);
    let reader = tokio::spawn(reader);

    let mut dice = Dice::new(seed(7));
    for round in 0..KILLS {
        // Somewhere in this sixth of the load.
        let at = round * total / KILLS + 1 + dice.below(total / KILLS - 1);
        within(60, "the load", senders.reach(at)).await;
        house.server.kill();
        house.start().await;
    }
    let sent = senders.finish().await;
    let watch = within(60, "the reader's last message", reader)
        .await
        .expect("no panic");
    assert!(watch.is_clean(), "{watch:?}");
    assert_eq!(watch.received, total);
    assert_eq!(sent.compare(&house).await, Difference::default());
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
