//! Wall clocks that jump by hours, as the system would set them: nothing is reordered or stuck.

use std::time::{Duration, SystemTime};

use causerie_cli::{
    demo::dice::Dice,
    raw::{RawClient, RawError},
};
use causerie_e2e::{
    House,
    agreement::agree,
    chat::{create_group, new_id, say},
    disk::Disk,
    player::Player,
    seed,
};

const HOUR: i64 = 3_600_000;

fn now_ms() -> i64 {
    let now = SystemTime::UNIX_EPOCH.elapsed().expect("a clock");
    i64::try_from(now.as_millis()).expect("this millennium")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_servers_clock_that_jumps_changes_times_and_tokens_and_no_order() {
    let (house, disk) = House::open_on_disk().await;
    let mut alice = house.client("alice").await;
    let conversation = create_group(&mut alice, &[]).await;
    let mut last = 0;
    for hours in [0, 5, -7, 20, 0] {
        disk.set_clock(hours * HOUR);
        let sent = say(&mut alice, &conversation, "tick").await.expect("sent");
        let seq = sent["seq"].as_u64().expect("a seq");
        assert!(seq > last, "{sent}");
        last = seq;
        let at = sent["created_at"].as_i64().expect("a time");
        let off = at - now_ms() - hours * HOUR;
        assert!(off.abs() < HOUR / 2, "{hours} h: {off} ms off");
    }
    let history = alice.history(&conversation).await.expect("a history");
    let seqs: Vec<_> = history.iter().filter_map(|m| m["seq"].as_u64()).collect();
    assert!(seqs.is_sorted() && seqs.len() == 5, "{seqs:?}");

    let hour = Duration::from_secs(3_600);
    let token = house.server.token_for("alice", hour).expect("a token");
    let code = async |hours: i64| {
        disk.set_clock(hours * HOUR);
        let id = new_id().to_string();
        match RawClient::open(house.server.addr(), &token, &id).await {
            Ok(_) => "let in".to_owned(),
            Err(RawError::Error(frame)) => frame["payload"]["code"].to_string(),
            Err(error) => error.to_string(),
        }
    };
    assert_eq!(code(0).await, "let in");
    assert_eq!(code(2).await, "\"token_expired\"");
    assert_eq!(code(-2).await, "let in");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_and_server_whose_clocks_jump_lose_double_reorder_and_leave_stuck_nothing() {
    let seed = seed(51);
    println!("seed {seed}");
    let mut dice = Dice::new(seed);
    let (mut house, server) = House::open_on_disk().await;
    let mut players = [
        Player::new(&house, "alice", "bob"),
        Player::new(&house, "bob", "alice"),
    ];
    let disks = [0, 1].map(|n: usize| Disk::under(players[n].data()).expect("a disk"));
    for (player, disk) in players.iter_mut().zip(&disks) {
        player.variables(disk.environment());
        player.start().expect("it starts");
    }
    for round in 0..12 {
        for disk in disks.iter().chain([&server]) {
            // Within the day that their tokens last.
            let hours = i64::try_from(dice.below(20)).expect("small") - 10;
            disk.set_clock(hours * HOUR);
        }
        for (letter, player) in ["a", "b"].into_iter().zip(&mut players) {
            for n in 0..5 {
                player
                    .say(&format!("{letter}{round}-{n}"))
                    .await
                    .expect("accepted");
            }
        }
        match dice.below(4) {
            0 => {
                house.server.kill();
                house.start().await;
            }
            1 => {
                players[0].kill().await;
                players[0].start().expect("it starts");
            }
            _ => drop(players[1].until_sent().await),
        }
    }
    assert_eq!(agree(&mut players).await, 120);
}
