//! The server restarted fifty times under the load of real clients, killed or told to end.

use causerie_cli::demo::dice::Dice;
use causerie_e2e::{House, agreement::agree, player::Player, seed, within};
use nix::sys::signal::Signal;

const RESTARTS: usize = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_restarts_under_load_lose_double_reorder_and_leave_stuck_nothing() {
    let seed = seed(41);
    let mut dice = Dice::new(seed);
    let mut house = House::open().await;
    let mut players = [
        Player::new(&house, "alice", "bob"),
        Player::new(&house, "bob", "alice"),
    ];
    for player in &mut players {
        player.start().expect("it starts");
    }
    let (mut kills, mut ends) = (0, 0);
    for round in 0..RESTARTS {
        for (letter, player) in ["a", "b"].into_iter().zip(&mut players) {
            for n in 0..=dice.below(6) {
                let said = player.say(&format!("{letter}{round}-{n}")).await;
                said.expect("a client needs no server to accept");
            }
        }
        // Sometimes all is sent, sometimes it is on its way, sometimes nobody is back yet.
        let player = &players[usize::from(dice.below(2) == 0)];
        match dice.below(3) {
            0 => drop(player.until_sent().await),
            1 => drop(player.until("a connection", |state| state.live).await),
            _ => {}
        }
        if dice.below(2) == 0 {
            kills += 1;
            house.server.kill();
        } else {
            ends += 1;
            house.server.signal(Signal::SIGTERM).expect("it runs");
            let status = within(30, "its end", house.server.wait()).await;
            assert!(status.expect("a status").success(), "it ends in order");
        }
        house.start().await;
    }
    let count = agree(&mut players).await;
    println!("seed {seed}: {count} messages, {kills} times SIGKILL, {ends} times SIGTERM");
    for player in &players {
        let state = player.state();
        assert_eq!(state.failed, Vec::<String>::new());
        assert_eq!(state.troubles, Vec::<String>::new());
    }
}
