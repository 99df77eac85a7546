//! Database files that broke while nobody looked.

use std::{
    fs,
    path::{Path, PathBuf},
};

use causerie_cli::{
    demo::{dice::Dice, seen::Seen},
    raw::{RawClient, RawError},
};
use causerie_e2e::{
    House,
    agreement::agree,
    chat::new_id,
    player::{Player, State},
    seed,
    senders::{Senders, room_for},
    within,
};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

const PAGE: usize = 4096;

/// What happens to a file, and to the log beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Harm {
    /// A bit flipped at the head of some pages. (One in a text nobody can notice: SQLite has no
    /// checksums.)
    Flips,
    /// Its first page is garbage.
    Header,
    /// Its end is gone.
    CutShort,
    /// All of it is gone, and an empty file is left.
    Emptied,
    /// A page of zeros in the middle.
    ZeroPage,
    /// Garbage at the end of the log.
    LogGarbage,
    /// The log and its index are gone.
    NoLog,
    /// Only the index is gone, or garbage.
    Index,
}

const HARMS: [Harm; 8] = [
    Harm::Flips,
    Harm::Header,
    Harm::CutShort,
    Harm::Emptied,
    Harm::ZeroPage,
    Harm::LogGarbage,
    Harm::NoLog,
    Harm::Index,
];

fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn alter(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap_or_default();
    change(&mut bytes);
    fs::write(path, bytes).expect("it can be written");
}

impl Harm {
    fn befall(self, database: &Path, dice: &mut Dice) {
        let mut below = |end: usize| dice.below(end as u64) as usize;
        match self {
            Self::Flips => alter(database, |bytes| {
                for _ in 0..3 {
                    let page = 1 + below(bytes.len() / PAGE - 1);
                    bytes[page * PAGE] ^= 1 << below(8);
                }
            }),
            Self::Header => alter(database, |bytes| bytes[..100].fill(0xA5)),
            Self::CutShort => alter(database, |bytes| {
                let pages = bytes.len() / PAGE;
                bytes.truncate((pages / 2 + below(pages / 2)) * PAGE);
            }),
            Self::Emptied => alter(database, Vec::clear),
            Self::ZeroPage => alter(database, |bytes| {
                let page = 1 + below(bytes.len() / PAGE - 1);
                bytes[page * PAGE..(page + 1) * PAGE].fill(0);
            }),
            Self::LogGarbage => alter(&beside(database, "-wal"), |bytes| {
                bytes.extend((0..3 * PAGE).map(|_| below(256) as u8));
            }),
            Self::NoLog => {
                for suffix in ["-wal", "-shm"] {
                    let _ = fs::remove_file(beside(database, suffix));
                }
            }
            Self::Index => match below(2) {
                0 => drop(fs::remove_file(beside(database, "-shm"))),
                _ => alter(&beside(database, "-shm"), |bytes| bytes.fill(0x5A)),
            },
        }
    }
}

fn set_aside(folder: &Path) -> Option<PathBuf> {
    let path = folder.join("causerie.db.damaged-1");
    path.exists().then_some(path)
}

/// Who shows what, without what differs from device to device.
fn told(items: Vec<Seen>) -> Vec<(u64, String, String, Option<String>)> {
    let items = items.into_iter();
    items
        .map(|item| (item.seq, item.message_id, item.sender, item.text))
        .collect()
}

/// Two clients talk; then one has an outbox that the server never saw, and its file is harmed.
/// Gives how many of that outbox were lost, and whether the file was set aside.
async fn harm_a_client(harm: Harm, seed: u64) -> (usize, bool) {
    const UNSENT: usize = 20;
    let mut dice = Dice::new(seed);
    let mut house = House::open().await;
    let mut players = [
        Player::new(&house, "alice", "bob"),
        Player::new(&house, "bob", "alice"),
    ];
    for (letter, player) in ["a", "b"].into_iter().zip(&mut players) {
        player.start().expect("it starts");
        for n in 0..20 {
            let text = format!("{letter}{n} {}", "x".repeat(300));
            player.say(&text).await.expect("accepted");
        }
    }
    agree(&mut players).await;
    house.server.kill();
    let [alice, bob] = &mut players;
    let mut unsent = Vec::new();
    for n in 0..UNSENT {
        let key = alice.say(&format!("a-unsent-{n}")).await;
        unsent.push(key.expect("accepted"));
    }
    match harm {
        // With the log still there the file itself would hardly matter.
        Harm::Flips | Harm::Header | Harm::CutShort | Harm::Emptied | Harm::ZeroPage => {
            alice.quit().await;
        }
        Harm::LogGarbage | Harm::NoLog | Harm::Index => alice.kill().await,
    }
    let database = alice.data().join("causerie.db");
    harm.befall(&database, &mut dice);
    let harmed = fs::read(&database).expect("the file");
    alice.start().expect("it starts");
    let begun = |state: &State| state.ready || state.ended;
    if alice.until("a screen", begun).await.ended {
        // Its first call met the damage and failed; the file is mended when it is opened again.
        alice.kill().await;
        alice.start().expect("it starts");
    }
    let shown = alice.dump().await;
    if matches!(harm, Harm::Header | Harm::CutShort) {
        // Noticed before anything was written.
        let kept = set_aside(alice.data()).and_then(|path| fs::read(path).ok());
        assert!(kept == Some(harmed), "{harm:?}: it stays as it was");
    }
    let found = unsent
        .iter()
        .filter(|key| shown.iter().any(|item| item.key == **key));
    let lost = UNSENT - found.count();
    house.start().await;
    alice.until_sent().await;
    bob.until_sent().await;
    let all = 40 + UNSENT - lost;
    alice.until_shows(all).await;
    bob.until_shows(all).await;
    assert_eq!(alice.state().flaws, 0);
    let shown = alice.dump().await;
    let keys: Vec<_> = shown.iter().map(|item| &item.key).collect();
    let sent = unsent.iter().filter(|key| keys.contains(key));
    let order: Vec<_> = keys
        .iter()
        .filter(|key| unsent.contains(key))
        .copied()
        .collect();
    assert!(sent.eq(order), "what was saved goes once and in order");
    assert_eq!(told(shown), told(bob.dump().await), "{harm:?}");
    (lost, set_aside(alice.data()).is_some())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_whose_file_broke_keeps_the_file_saves_the_outbox_and_gets_the_rest_again() {
    for harm in HARMS {
        let seed = seed(61);
        let (lost, aside) = harm_a_client(harm, seed).await;
        println!("seed {seed}: {harm:?}: {lost} of 20 unsent lost, set aside: {aside}");
        match harm {
            // Nothing of it is damage that costs anything.
            Harm::LogGarbage | Harm::Index => assert_eq!((lost, aside), (0, false), "{harm:?}"),
            // All that exists only here can be read.
            Harm::Header => assert_eq!((lost, aside), (0, true)),
            Harm::CutShort => assert!(aside),
            // Whether it is noticed depends on what it hit.
            Harm::Flips | Harm::ZeroPage => assert!(lost == 0 || aside, "{harm:?}: {lost}"),
            // Nothing is left to be read, and nothing to be kept.
            Harm::Emptied => assert_eq!((lost, aside), (20, false)),
            // As after a power failure: the newest is gone.
            Harm::NoLog => {}
        }
    }
}

/// Reads a conversation in small steps, each by itself, so that one that is refused hides no other.
/// What is read must be what was there, to the last field. Gives how much that was; all else was
/// refused.
async fn read_in_steps(house: &House, conversation: &str, whole: &[Value]) -> usize {
    const STEP: usize = 10;
    let token = house.server.token("owner").expect("a token");
    let mut read = 0;
    for (n, there) in whole.chunks(STEP).enumerate() {
        let client_id = new_id().to_string();
        let mut owner = match RawClient::open(house.server.addr(), &token, &client_id).await {
            Ok(owner) => owner,
            Err(RawError::Closed(_)) => continue,
            Err(error) => panic!("{error}"),
        };
        let after = n * STEP;
        let asked = json!({"conversation_id": conversation, "after": after, "limit": STEP});
        match owner.request("history", asked).await {
            Ok(page) => {
                let messages = page["payload"]["messages"].as_array();
                let messages = messages.map_or(&[][..], Vec::as_slice);
                assert_eq!(messages, there, "after {after}");
                read += messages.len();
            }
            Err(RawError::Error(_) | RawError::Closed(_)) => {}
            Err(error) => panic!("neither an answer nor a refusal: {error}"),
        }
        owner.close().await;
    }
    read
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_whose_file_broke_says_what_to_do_and_makes_no_new_one_in_silence() {
    const SENDERS: usize = 4;
    const MESSAGES: usize = 200;
    // What becomes of these depends on what they hit.
    let again = [Harm::Flips, Harm::ZeroPage].repeat(3);
    for (n, harm) in (0..).zip(HARMS.into_iter().chain(again)) {
        let seed = seed(62) + n;
        let mut dice = Dice::new(seed);
        let mut house = House::open().await;
        let (conversation, names) = room_for(&house, SENDERS).await;
        let senders = Senders::begin(&house, &conversation, names, MESSAGES / SENDERS);
        senders.finish().await;
        let mut owner = house.client("owner").await;
        let whole = owner.history(&conversation).await.expect("it is whole");
        assert_eq!(whole.len(), MESSAGES);
        owner.close().await;
        match harm {
            Harm::LogGarbage | Harm::NoLog | Harm::Index => house.server.kill(),
            Harm::Flips | Harm::Header | Harm::CutShort | Harm::Emptied | Harm::ZeroPage => {
                house.server.signal(Signal::SIGTERM).expect("it runs");
                within(30, "its end", house.server.wait())
                    .await
                    .expect("ends");
            }
        }
        let database = house.server.data().join("causerie.db");
        // A server that ends in order mostly writes its log back and removes it.
        let log = fs::metadata(beside(&database, "-wal"));
        let logged = log.is_ok_and(|log| log.len() > 0);
        harm.befall(&database, &mut dice);
        let harmed = fs::read(&database).expect("the file");
        let outcome = match house.server.start().await {
            Err(error) => {
                assert_eq!(error.status.and_then(|status| status.code()), Some(2));
                assert!(
                    error.log.contains("restore a backup, or move"),
                    "{harm:?}: {error}"
                );
                // A log is written back when the file is closed.
                let untouched = fs::read(&database).expect("the file") == harmed;
                assert!(untouched || logged, "{harm:?}");
                "refused".to_owned()
            }
            Ok(()) => {
                let read = read_in_steps(&house, &conversation, &whole).await;
                if read < MESSAGES {
                    // Whoever runs it is told, and not only who asked.
                    let log = house.server.log();
                    assert!(
                        log.contains("malformed") || log.contains("disk I/O error"),
                        "{harm:?}: {log}"
                    );
                }
                format!("{read} of {MESSAGES} messages are read")
            }
        };
        println!("seed {seed}: {harm:?}: {outcome}");
        match harm {
            // What is broken in the file is still whole in the log.
            Harm::Header | Harm::CutShort if logged && outcome != "refused" => {
                assert_eq!(
                    outcome,
                    format!("{MESSAGES} of {MESSAGES} messages are read")
                );
            }
            // Without the log, all that is left is as empty as an emptied file.
            Harm::Header | Harm::CutShort | Harm::Emptied | Harm::NoLog => {
                assert_eq!(outcome, "refused", "{harm:?}");
            }
            Harm::LogGarbage | Harm::Index => {
                assert_eq!(
                    outcome,
                    format!("{MESSAGES} of {MESSAGES} messages are read")
                );
            }
            // A page is looked at when it is read: what was read is right, and the rest was refused.
            Harm::Flips | Harm::ZeroPage => {}
        }
    }
}
