//! A process that stands still for a minute: to the others its connection is half open.

use std::time::Duration;

use causerie_e2e::{House, agreement::agree, player::Player};
use nix::sys::signal::Signal;
use tokio::time::sleep;

/// Longer than a heartbeat and its answer may take (docs/protocol.md §5), which is 35 s.
const PAUSE: Duration = Duration::from_secs(60);

async fn two_players(house: &House) -> [Player; 2] {
    let mut players = [
        Player::new(house, "alice", "bob"),
        Player::new(house, "bob", "alice"),
    ];
    for (letter, player) in ["a", "b"].into_iter().zip(&mut players) {
        player.start().expect("it starts");
        player
            .say(&format!("{letter}-before"))
            .await
            .expect("accepted");
        player.until_sent().await;
    }
    players
}

async fn say_all(player: &mut Player, letter: &str, count: usize) {
    for n in 0..count {
        let said = player.say(&format!("{letter}-meanwhile-{n}")).await;
        said.expect("a client needs no server to accept");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_notice_a_server_that_stands_still_for_a_minute_and_all_is_delivered() {
    let house = House::open().await;
    let mut players = two_players(&house).await;
    house.server.signal(Signal::SIGSTOP).expect("it runs");
    // The pause itself, and what is seen during it.
    let pause = tokio::spawn(sleep(PAUSE));
    say_all(&mut players[0], "a", 10).await;
    say_all(&mut players[1], "b", 10).await;
    for player in &players {
        player
            .until("the silence to be noticed", |state| !state.live)
            .await;
    }
    pause.await.expect("no panic");
    house.server.signal(Signal::SIGCONT).expect("it runs");
    assert_eq!(agree(&mut players).await, 22);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_stands_still_for_a_minute_is_let_go_and_comes_back_to_everything() {
    let house = House::open().await;
    let mut players = two_players(&house).await;
    // What it was asked just before is on its way when it stops.
    players[1].ask("b-on-its-way").await;
    players[1].signal(Signal::SIGSTOP).expect("it runs");
    let pause = tokio::spawn(sleep(PAUSE));
    say_all(&mut players[0], "a", 30).await;
    players[0].until_sent().await;
    pause.await.expect("no panic");
    let log = house.server.log();
    let let_go = |line: &&str| line.contains("disconnected") && line.contains("user=bob");
    assert_eq!(log.lines().filter(let_go).count(), 1, "{log}");
    players[1].signal(Signal::SIGCONT).expect("it runs");
    players[1]
        .until("what it was asked", |state| state.said.len() == 2)
        .await;
    assert_eq!(agree(&mut players).await, 33);
}
