//! The power fails: a kill -9, after which only what was fsynced is left, or that and a random part
//! of the rest, torn as disks tear it. And the same with a server or a client that does not wait
//! for the disk, where the same tests must see the loss.

use causerie_cli::demo::{dice::Dice, seen::Mark};
use causerie_e2e::{
    House,
    agreement::agree,
    disk::{Disk, Loss},
    player::Player,
    seed,
    senders::{Difference, Senders, room_for},
    within,
};

const SENDERS: usize = 4;
const EACH: usize = 100;
const FAILURES: u64 = 10;

/// Every second failure also keeps some of what was not fsynced.
fn loss(round: u64, dice: &mut Dice) -> Loss {
    match round % 2 {
        0 => Loss::Unsynced,
        _ => Loss::Some(dice.roll()),
    }
}

/// Loads a server through power failures, and compares what it has with what it acknowledged.
async fn server_through_failures(seed: u64, synchronous: Option<&str>) -> Difference {
    let (mut house, mut disk) = House::build_on_disk();
    if let Some(mode) = synchronous {
        house.server.variable("CAUSERIE_CONTROL_SYNCHRONOUS", mode);
    }
    house.start().await;
    let (conversation, names) = room_for(&house, SENDERS).await;
    // The room itself is not at stake.
    house.server.kill();
    disk.power_on().expect("a journal");
    house.start().await;

    let senders = Senders::begin(&house, &conversation, names, EACH);
    let total = senders.total();
    let mut dice = Dice::new(seed);
    let (mut unsynced, mut changes) = (0, 0);
    for round in 0..FAILURES {
        let part = total / FAILURES;
        let at = round * part + 1 + dice.below(part - 1);
        within(60, "the load", senders.reach(at)).await;
        house.server.kill();
        let lost = disk.power_off(loss(round, &mut dice)).expect("a folder");
        unsynced += lost.unsynced;
        changes += lost.changes;
        house.start().await;
    }
    println!(
        "seed {seed}: {FAILURES} power failures, {unsynced} changes not fsynced, {changes} lost"
    );
    let sent = senders.finish().await;
    sent.compare(&house).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_server_acknowledged_survives_power_failures_once_and_in_order() {
    let difference = server_through_failures(seed(21), None).await;
    assert_eq!(difference, Difference::default());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_does_not_wait_for_the_disk_is_seen_to_lose() {
    for mode in ["NORMAL", "OFF"] {
        let difference = server_through_failures(seed(22), Some(mode)).await;
        println!("synchronous={mode}: {difference:?}");
        assert!(difference.lost > 0, "{mode}: {difference:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_clients_lose_double_and_reorder_nothing_when_the_servers_power_fails() {
    const EACH: usize = 60;
    let seed = seed(23);
    println!("seed {seed}");
    let mut dice = Dice::new(seed);
    let (mut house, mut disk) = House::open_on_disk().await;
    let mut players = [
        Player::new(&house, "alice", "bob"),
        Player::new(&house, "bob", "alice"),
    ];
    for player in &mut players {
        player.start().expect("it starts");
    }
    let mut failed = 0;
    for n in 0..EACH {
        for (letter, player) in ["a", "b"].into_iter().zip(&mut players) {
            let said = player.say(&format!("{letter}{n} is said")).await;
            said.expect("a client needs no server to accept");
        }
        if n % 8 == 7 {
            if dice.below(2) == 0 {
                // In the middle of what is on its way; else when all has arrived.
                players[0].until_sent().await;
            }
            house.server.kill();
            disk.power_off(loss(failed, &mut dice)).expect("a folder");
            failed += 1;
            house.start().await;
        }
    }
    assert_eq!(agree(&mut players).await, 2 * EACH);
}

/// What a client's power failures cost.
#[derive(Debug, Default)]
struct Cost {
    /// Accepted by `send`, and gone.
    lost: usize,
    /// Lost in the middle: an older one is missing, a newer one is there.
    holes: usize,
    set_aside: usize,
}

/// A client without a server says things until its power fails, many times.
async fn client_through_failures(seed: u64, durable: bool) -> Cost {
    const FAILURES: u64 = 10;
    let house = House::build();
    let mut alice = Player::new(&house, "alice", "bob");
    if durable {
        alice.argument("--durable");
    }
    // One life without faults, so that the file and the conversation are there.
    alice.start().expect("it starts");
    alice.say("first").await.expect("accepted");
    alice.quit().await;
    let mut disk = Disk::under(alice.data()).expect("a disk");
    disk.power_on().expect("a journal");
    alice.variables(disk.environment());

    let mut dice = Dice::new(seed);
    let mut cost = Cost::default();
    let mut kept: Vec<String> = alice.accepted().into_values().collect();
    for round in 0..FAILURES {
        alice.start().expect("it starts");
        let before = alice.accepted().len();
        // Now and then so much that the log is written back meanwhile.
        let count = match round % 4 {
            3 => 400,
            _ => 10 + usize::try_from(dice.below(40)).expect("small"),
        };
        // Asked for at once and killed in the middle: some are accepted, some are not.
        let text = "x".repeat(usize::try_from(dice.below(4_000)).expect("small"));
        let mut last = 0;
        for n in 0..count {
            last = alice.ask(&format!("{round} {n} {text}")).await;
        }
        let enough = last - usize::try_from(dice.below(8)).expect("small");
        alice
            .until("most are accepted", |state| {
                state.said.contains_key(&enough)
            })
            .await;
        alice.kill().await;
        disk.power_off(loss(round, &mut dice)).expect("a folder");
        let accepted: Vec<String> = alice.accepted().into_values().skip(before).collect();
        kept.extend(accepted);

        alice.start().expect("it starts");
        let there: Vec<String> = alice
            .dump()
            .await
            .into_iter()
            .map(|item| item.key)
            .collect();
        alice.quit().await;
        disk.power_on().expect("a journal");
        let missing = kept.iter().filter(|key| !there.contains(key)).count();
        let newest = kept.iter().rposition(|key| there.contains(key));
        let run = newest.map_or(0, |newest| newest + 1);
        cost.lost += missing;
        cost.holes += usize::from(kept.len() - missing != run);
        let in_order: Vec<_> = there.iter().filter(|key| kept.contains(key)).collect();
        assert!(in_order.is_sorted_by_key(|key| kept.iter().position(|k| k == *key)));
        // What was lost is lost; what was not yet accepted may be there.
        kept = there;
    }
    let files = std::fs::read_dir(alice.data()).expect("its folder");
    cost.set_aside = files
        .filter_map(Result::ok)
        .filter(|file| file.file_name().to_string_lossy().contains("damaged"))
        .count();
    println!("seed {seed}, durable {durable}: {FAILURES} power failures, {cost:?}");
    cost
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_durable_client_accepted_survives_power_failures() {
    let cost = client_through_failures(seed(24), true).await;
    assert_eq!((cost.lost, cost.holes, cost.set_aside), (0, 0, 0));
}

/// As `Durability::Process` says: the newest may be missing after a power failure, never an older
/// one, and the file is sound. It is also the proof that the test above sees.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_by_default_loses_only_the_newest_to_a_power_failure_and_its_file_is_sound() {
    let cost = client_through_failures(seed(25), false).await;
    assert!(cost.lost > 0, "nothing was seen to be lost: {cost:?}");
    assert_eq!((cost.holes, cost.set_aside), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_by_default_loses_nothing_to_kill_9() {
    let seed = seed(26);
    println!("seed {seed}");
    let mut dice = Dice::new(seed);
    let house = House::build();
    let mut alice = Player::new(&house, "alice", "bob");
    for round in 0..10 {
        alice.start().expect("it starts");
        let mut last = 0;
        for n in 0..30 {
            last = alice.ask(&format!("{round} {n}")).await;
        }
        let enough = last - usize::try_from(dice.below(20)).expect("small");
        alice
            .until("some are accepted", |state| {
                state.said.contains_key(&enough)
            })
            .await;
        alice.kill().await;
    }
    alice.start().expect("it starts");
    let there = alice.dump().await;
    assert!(there.iter().all(|item| item.mark == Mark::Queued));
    let keys: Vec<_> = there.into_iter().map(|item| item.key).collect();
    let accepted: Vec<_> = alice.accepted().into_values().collect();
    let found: Vec<_> = keys
        .iter()
        .filter(|key| accepted.contains(key))
        .cloned()
        .collect();
    assert_eq!(found, accepted, "each once, in the order accepted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outbox_saved_from_a_damaged_file_survives_a_power_failure_right_after() {
    let house = House::build();
    let mut alice = Player::new(&house, "alice", "bob");
    alice.start().expect("it starts");
    for n in 0..30 {
        alice.say(&format!("{n}")).await.expect("accepted");
    }
    alice.quit().await;
    let database = alice.data().join("causerie.db");
    let mut bytes = std::fs::read(&database).expect("the file");
    bytes[..100].fill(0xA5);
    std::fs::write(&database, bytes).expect("it can be written");
    let mut disk = Disk::under(alice.data()).expect("a disk");
    disk.power_on().expect("a journal");
    alice.variables(disk.environment());
    for _ in 0..2 {
        alice.start().expect("it starts");
        let keys = alice.dump().await.into_iter().map(|item| item.key);
        assert!(
            keys.eq(alice.accepted().into_values()),
            "all that was accepted"
        );
        alice.kill().await;
        disk.power_off(Loss::Unsynced).expect("a folder");
    }
}
