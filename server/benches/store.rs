//! How many messages the SQLite store takes, each acknowledged after its fsync.
//!
//! `taskset -c 0 cargo bench -p causerie-server --bench store` pins it to one processor, as the
//! server is measured. It prints the disk's own speed beside its figures, since that is the bound.

use std::{
    fs::File,
    io::Write as _,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use causerie_protocol::*;
use causerie_server::store::{
    Actor, Command, LaneId, Outcome, Query, Store, SyncFrom,
    sqlite::{Options, SqliteStore},
};
use uuid::{Builder, Uuid};

const IN_FLIGHT: usize = 512;
const SENDERS: usize = 64;
const MESSAGES: usize = 100_000;

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn now() -> Instant {
    Instant::now()
}

fn uuid() -> Uuid {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut bytes = [0; 10];
    bytes[2..].copy_from_slice(&n.to_be_bytes());
    Builder::from_unix_timestamp_millis(1_700_000_000_000 + n / 25, &bytes).into_uuid()
}

fn actor(n: usize) -> Actor {
    Actor {
        user_id: UserId::new(format!("user{n}")).expect("a sound user id"),
        client_id: ClientId::from_uuid(Uuid::from_u128(n as u128)),
        admin: false,
    }
}

fn write(sender: usize, to: ConversationId, op: WriteOp) -> Command {
    Command::Write {
        lane: LaneId(sender as u64),
        actor: actor(sender),
        write: Box::new(Write::new(TempId::from_uuid(uuid()), to, op)),
        refuse: None,
    }
}

fn run(store: &SqliteStore, command: Command) -> Outcome {
    let (answer, answers) = mpsc::channel();
    store.submit(
        command,
        Box::new(move |outcome| answer.send(outcome).expect("a waiter")),
    );
    answers.recv().expect("an answer")
}

fn rooms(store: &SqliteStore, count: usize, members: usize) -> Vec<ConversationId> {
    let names = |n: usize| UserId::new(format!("user{n}")).expect("a sound user id");
    (0..count)
        .map(|_| {
            let id = ConversationId::from_uuid(uuid());
            let create = CreateConversation {
                kind: ConversationKind::Group,
                group_id: None,
                title: None,
                members: Some((1..members).map(names).collect()),
                history: None,
            };
            let outcome = run(store, write(0, id, WriteOp::CreateConversation(create)));
            assert!(matches!(outcome, Outcome::Acked(_)));
            id
        })
        .collect()
}

/// Keeps so many messages in flight, and gives the time until all are acknowledged.
fn send_all(store: &SqliteStore, rooms: &[ConversationId]) -> Duration {
    let text = "Shall we meet at the usual place around seven, or is that too late for you today?";
    let (answer, answers) = mpsc::sync_channel(IN_FLIGHT);
    let started = now();
    for n in 0..MESSAGES {
        if n >= IN_FLIGHT {
            answers.recv().expect("an answer");
        }
        let answer = answer.clone();
        let op = WriteOp::SendMessage(SendMessage::text(text));
        let done = Box::new(move |outcome: Outcome| {
            assert!(matches!(outcome, Outcome::Sent(_)));
            answer.send(()).expect("a waiter");
        });
        store.submit(write(n % SENDERS, rooms[n % rooms.len()], op), done);
    }
    for _ in 0..IN_FLIGHT {
        answers.recv().expect("an answer");
    }
    started.elapsed()
}

fn sends(conversations: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let transactions = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&transactions);
    let publish = move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
    };
    let store = SqliteStore::open(folder.path(), Options::default(), Box::new(publish));
    let store = store.expect("a store");
    let rooms = rooms(&store, conversations, SENDERS);
    transactions.store(0, Ordering::Relaxed);
    let took = send_all(&store, &rooms);
    let transactions = transactions.load(Ordering::Relaxed);
    println!(
        "{MESSAGES} messages to {conversations} conversations, {IN_FLIGHT} in flight: \
         {:.0}/s, {:.0} to a transaction, {:.2} ms each",
        MESSAGES as f64 / took.as_secs_f64(),
        MESSAGES as f64 / transactions as f64,
        took.as_secs_f64() * 1000.0 / transactions as f64,
    );
    if conversations > 1 {
        reads(&store, &rooms);
    }
}

fn reads(store: &SqliteStore, rooms: &[ConversationId]) {
    let timed = |name: &str, query: &dyn Fn(usize) -> Query| {
        let count = 2000;
        let started = now();
        for n in 0..count {
            let (answer, answers) = mpsc::channel();
            let read = Box::new(move |read| answer.send(read).expect("a waiter"));
            store.query(query(n), read);
            answers
                .recv()
                .expect("an answer")
                .expect("a sound database");
        }
        let each = started.elapsed() / count as u32;
        println!("  {name}: {each:.1?} each");
    };
    timed("history, 50 messages", &|n| Query::History {
        user_id: actor(n % SENDERS).user_id,
        request: History {
            conversation_id: rooms[n % rooms.len()],
            before: None,
            after: None,
            limit: Some(50),
            changed_since: None,
        },
    });
    timed("subscribe, 20 events behind", &|n| Query::Subscribe {
        user_id: actor(n % SENDERS).user_id,
        conversation_id: rooms[n % rooms.len()],
        since: Some((MESSAGES / rooms.len()) as u64 - 20),
        since_id: None,
        limit: 200,
    });
    timed("first sync, 50 items", &|n| Query::Sync {
        user_id: actor(n % SENDERS).user_id,
        from: SyncFrom::First,
        limit: 50,
    });
}

/// The bound: how long the disk takes to make 64 KiB durable.
fn disk(folder: &Path) {
    let mut file = File::create(folder.join("disk")).expect("a file");
    let block = vec![7; 64 * 1024];
    let rounds = 200;
    let started = now();
    for _ in 0..rounds {
        file.write_all(&block).expect("room on the disk");
        file.sync_data().expect("a disk that syncs");
    }
    let each = started.elapsed() / rounds;
    println!("the disk: {each:.1?} to append 64 KiB and sync");
}

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    disk(folder.path());
    // `cargo bench … -- 64` measures with that many conversations only.
    let asked: Vec<usize> = std::env::args().filter_map(|n| n.parse().ok()).collect();
    let conversations = if asked.is_empty() {
        vec![1, 64, 1000]
    } else {
        asked
    };
    for conversations in conversations {
        sends(conversations);
    }
}
