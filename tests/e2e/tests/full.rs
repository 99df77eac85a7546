//! A full disk under the server, and under a client: a clear answer, nothing lost or doubled, and
//! all goes on once there is room.

use causerie_cli::{demo::dice::Dice, raw::RawError};
use causerie_e2e::{
    House,
    agreement::agree,
    chat::{say, subscribe},
    disk::{Disk, Room},
    player::Player,
    seed,
    senders::{Difference, Senders, room_for},
    within,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_room_refuses_for_now_reads_on_and_loses_nothing() {
    let seed = seed(31);
    println!("seed {seed}");
    let mut dice = Dice::new(seed);
    let (house, disk) = House::open_on_disk().await;
    let (conversation, names) = room_for(&house, 4).await;
    let mut witness = house.client("owner").await;
    let mut last = say(&mut witness, &conversation, "with room")
        .await
        .expect("sent");
    let senders = Senders::begin(&house, &conversation, names, 150);
    for round in 1..=5 {
        let at = senders.total() * round / 6;
        within(60, "the load", senders.reach(at)).await;
        let room = match dice.below(3) {
            0 => Room::None,
            1 => Room::NoGrowth,
            // It ends somewhere within a write.
            _ => Room::Bytes(u32::try_from(dice.below(20_000)).expect("small")),
        };
        disk.set_room(room);
        let refused = senders.refused();
        // Where the log may be written over, it may take until its end.
        within(60, "a refusal", senders.meet_refusals(refused + 4)).await;

        // This connection stays, is refused for now, and reads. Where the log may be written over, a
        // message may find room where the others' large commits did not: until there is none.
        let frame = within(60, "a refusal", async {
            loop {
                match say(&mut witness, &conversation, "without room").await {
                    Err(RawError::Error(frame)) => return frame,
                    Ok(answer) if matches!(room, Room::NoGrowth) => last = answer,
                    Ok(answer) => panic!("{room:?} had room: {answer}"),
                    Err(error) => panic!("{error}"),
                }
            }
        })
        .await;
        let payload = &frame["payload"];
        assert_eq!(payload["code"], "unavailable", "{frame}");
        assert_eq!(payload["retryable"], true, "{frame}");
        let history = witness.history(&conversation).await.expect("it is read");
        let known = last["seq"].as_u64().expect("a seq");
        assert!(history.len() as u64 >= known.max(senders.acknowledged()));
        let mut newcomer = house.client("reader").await;
        let subscribed = subscribe(&mut newcomer, &conversation, None).await;
        subscribed.expect("who comes now is let in");

        disk.set_room(Room::Enough);
        // A repeat of what was refused would do; another message must say that it skips it.
        witness.close().await;
        witness = house.client("owner").await;
        last = say(&mut witness, &conversation, "room again")
            .await
            .expect("sent");
    }
    let sent = senders.finish().await;
    assert_eq!(sent.compare(&house).await, Difference::default());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_clients_wait_for_a_server_without_room_and_then_all_is_delivered() {
    let (house, disk) = House::open_on_disk().await;
    let mut players = [
        Player::new(&house, "alice", "bob"),
        Player::new(&house, "bob", "alice"),
    ];
    for (letter, player) in ["a", "b"].into_iter().zip(&mut players) {
        player.start().expect("it starts");
        player
            .say(&format!("{letter}-first"))
            .await
            .expect("accepted");
        player.until_sent().await;
    }
    for round in 0..3 {
        disk.set_room(Room::None);
        let refused = disk.counts().refused;
        for (letter, player) in ["a", "b"].into_iter().zip(&mut players) {
            for n in 0..10 {
                let said = player.say(&format!("{letter}{round}-{n}")).await;
                said.expect("a client has its own disk");
            }
        }
        within(60, "a refused commit", async {
            while disk.counts().refused == refused {
                tokio::task::yield_now().await;
            }
        })
        .await;
        for player in &players {
            let state = player
                .until("a full outbox", |state| state.live && state.waiting > 0)
                .await;
            assert_eq!(state.failed, Vec::<String>::new(), "nothing fails for good");
        }
        disk.set_room(Room::Enough);
        for player in &players {
            player.until_sent().await;
        }
    }
    assert_eq!(agree(&mut players).await, 62);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_started_without_room_says_so_and_starts_once_there_is_some() {
    let (mut house, disk) = House::open_on_disk().await;
    let (conversation, _) = room_for(&house, 1).await;
    let mut owner = house.client("owner").await;
    say(&mut owner, &conversation, "kept").await.expect("sent");
    house.server.kill();
    disk.set_room(Room::None);
    let error = house.server.start().await.expect_err("no room");
    assert_eq!(error.status.and_then(|status| status.code()), Some(2));
    assert!(
        error.log.to_lowercase().contains("full") || error.log.contains("space"),
        "{error}"
    );
    disk.set_room(Room::Enough);
    house.start().await;
    let mut owner = house.client("owner").await;
    let history = owner.history(&conversation).await.expect("a history");
    assert_eq!(history.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_without_room_says_so_shows_only_what_is_committed_and_goes_on() {
    let house = House::open().await;
    let mut players = [
        Player::new(&house, "alice", "bob"),
        Player::new(&house, "bob", "alice"),
    ];
    let disk = Disk::under(players[0].data()).expect("a disk");
    players[0].variables(disk.environment());
    for (letter, player) in ["a", "b"].into_iter().zip(&mut players) {
        player.start().expect("it starts");
        player
            .say(&format!("{letter}-first"))
            .await
            .expect("accepted");
        player.until_sent().await;
    }
    players[0].until_shows(2).await;
    for round in 0..3 {
        disk.set_room(Room::None);
        let [alice, bob] = &mut players;
        let shown = alice.state().screen.items().len();
        let error = alice.say(&format!("a{round}-refused")).await;
        let error = error.expect_err("there is no room");
        assert!(error.contains("disk is full"), "{error}");
        for n in 0..5 {
            bob.say(&format!("b{round}-{n}"))
                .await
                .expect("bob has room");
        }
        bob.until_sent().await;
        let state = alice.state();
        assert_eq!(
            state.screen.items().len(),
            shown,
            "nothing new is committed"
        );

        if round == 1 {
            // It cannot open either, and says so.
            alice.kill().await;
            let mut command = alice.command();
            command.stderr(std::process::Stdio::piped());
            let child = command.spawn().expect("it starts");
            let output = child.wait_with_output();
            let output = within(60, "an end", output).await.expect("output");
            let text = String::from_utf8_lossy(&output.stderr);
            assert!(
                !output.status.success() && text.contains("disk is full"),
                "{text}"
            );
            disk.set_room(Room::Enough);
            alice.start().expect("it starts");
        }
        disk.set_room(Room::Enough);
        // Held by the app until then, as `disk_full` says. That there is room is seen by trying: the
        // first call that comes afterwards is taken.
        let again = alice.say(&format!("a{round}-again")).await;
        again.expect("there is room for what was refused");
        alice.until_sent().await;
        // All of this round is there before the disk is full again.
        alice.until_shows(2 + (round + 1) * 6).await;
    }
    // What was shown is committed: it is there after a kill, too.
    players[0].kill().await;
    players[0].start().expect("it starts");
    assert_eq!(agree(&mut players).await, 2 + 3 * 6);
}
