//! What holds for the store in SQLite alone: its folder, its epoch, crashes, and the order of its
//! answers.

use std::{
    fs,
    path::Path,
    sync::{
        Arc, Barrier,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
};

use causerie_protocol::*;
use causerie_server::store::{
    Actor, Answer, Command, Commit, LaneId, Outcome, Query, Store,
    sqlite::{OpenError, Options, SqliteStore},
};
use parking_lot::Mutex;
use rusqlite::Connection;
use uuid::{Builder, Uuid};

fn open(folder: &Path) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(folder, Options::default(), Box::new(|_| {}))
}

fn user(name: &str) -> UserId {
    UserId::new(name).expect("a sound user id")
}

fn actor(name: &str) -> Actor {
    Actor {
        user_id: user(name),
        client_id: ClientId::from_uuid(Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())),
        admin: false,
    }
}

/// A UUIDv7 that no other call made.
fn fresh() -> Uuid {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let mut bytes = [0; 10];
    bytes[2..].copy_from_slice(&NEXT.fetch_add(1, Ordering::SeqCst).to_be_bytes());
    Builder::from_unix_timestamp_millis(1_700_000_000_000, &bytes).into_uuid()
}

fn write(who: &str, to: ConversationId, op: WriteOp) -> Command {
    repeat(who, Write::new(TempId::from_uuid(fresh()), to, op))
}

fn repeat(who: &str, write: Write) -> Command {
    Command::Write {
        lane: LaneId(1),
        actor: actor(who),
        write: Box::new(write),
        refuse: None,
    }
}

fn text(says: &str) -> WriteOp {
    WriteOp::SendMessage(SendMessage::text(says))
}

fn run(store: &SqliteStore, command: Command) -> Outcome {
    let (answer, answers) = mpsc::channel();
    store.submit(
        command,
        Box::new(move |outcome| answer.send(outcome).expect("a waiter")),
    );
    answers.recv().expect("an answer")
}

fn ask(store: &SqliteStore, query: Query) -> Answer {
    let (answer, answers) = mpsc::channel();
    store.query(
        query,
        Box::new(move |read| answer.send(read).expect("a waiter")),
    );
    answers
        .recv()
        .expect("an answer")
        .expect("a sound database")
}

fn group(store: &SqliteStore) -> ConversationId {
    let id = ConversationId::from_uuid(fresh());
    let create = CreateConversation {
        kind: ConversationKind::Group,
        group_id: None,
        title: None,
        members: Some(vec![user("bob")]),
        history: None,
    };
    let outcome = run(
        store,
        write("alice", id, WriteOp::CreateConversation(create)),
    );
    assert!(matches!(outcome, Outcome::Acked(_)));
    id
}

fn history(store: &SqliteStore, conversation_id: ConversationId) -> Vec<Message> {
    let request = History {
        conversation_id,
        before: None,
        after: None,
        limit: Some(200),
        changed_since: None,
    };
    let user_id = user("bob");
    match ask(store, Query::History { user_id, request }) {
        Answer::History(page) => page.messages,
        other => panic!("expected a page, got {other:?}"),
    }
}

/// What lies on the disk at this moment, as after kill -9.
fn copy_of(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("a folder");
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("a file").path();
        let name = path.file_name().expect("a name");
        fs::copy(&path, copy.path().join(name)).expect("a copy");
    }
    copy
}

#[test]
fn what_was_acknowledged_is_there_after_a_kill() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).expect("a store");
    let room = group(&store);
    let mut writes = Vec::new();
    for n in 0..20 {
        let sent = Write::new(TempId::from_uuid(fresh()), room, text(&format!("m{n}")));
        run(&store, repeat("alice", sent.clone()));
        writes.push(sent);
        if n % 5 != 0 {
            continue;
        }
        let killed = copy_of(folder.path());
        let again = open(killed.path()).expect("a store after the kill");
        assert_eq!(history(&again, room).len(), n + 1);
        assert_eq!(again.epoch(), store.epoch(), "the same database goes on");
        for write in &writes {
            let Outcome::Sent(sent) = run(&again, repeat("alice", write.clone())) else {
                panic!("expected message_sent");
            };
            assert!(sent.duplicate);
        }
    }
}

#[test]
fn two_servers_cannot_share_a_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = open(folder.path()).expect("a store");
    let Err(error) = open(folder.path()) else {
        panic!("a second server came in");
    };
    assert!(matches!(error, OpenError::InUse { .. }));
    assert!(error.to_string().contains("in use"));
    drop(first);
    open(folder.path()).expect("a store, once the first is gone");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a file");
    fs::write(&file, "x").expect("a file");
    let Err(error) = open(&file) else {
        panic!("a file is no folder");
    };
    assert!(matches!(error, OpenError::Folder { .. }));
    assert!(error.to_string().contains("a file"));
}

#[test]
fn a_damaged_database_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("causerie.db");
    let garbage = vec![0x55; 8192];
    fs::write(&path, &garbage).expect("a file");
    let Err(error) = open(folder.path()) else {
        panic!("garbage was opened");
    };
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
    assert_eq!(fs::read(&path).expect("the file"), garbage);
}

#[test]
fn a_database_that_was_emptied_is_refused_and_one_that_was_moved_away_begins_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let epoch = open(folder.path()).expect("a store").epoch().to_owned();
    let path = folder.path().join("causerie.db");
    fs::write(&path, []).expect("an empty file");
    let Err(error) = open(folder.path()) else {
        panic!("an emptied database was taken for a new one");
    };
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("it is empty"), "{error}");
    fs::rename(&path, folder.path().join("damaged.db")).expect("moved away");
    let anew = open(folder.path()).expect("a store").epoch().to_owned();
    assert_ne!(anew, epoch);
}

#[test]
fn the_database_of_another_program_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let other = Connection::open(folder.path().join("causerie.db")).expect("a database");
    other
        .execute_batch("CREATE TABLE cats (name TEXT)")
        .expect("a table");
    drop(other);
    let Err(error) = open(folder.path()) else {
        panic!("another program's database was opened");
    };
    assert!(error.to_string().contains("another program"), "{error}");
}

#[test]
fn a_newer_schema_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(open(folder.path()).expect("a store"));
    let database = Connection::open(folder.path().join("causerie.db")).expect("the database");
    database
        .pragma_update(None, "user_version", 1000)
        .expect("a version");
    drop(database);
    let Err(error) = open(folder.path()) else {
        panic!("a newer schema was opened");
    };
    assert!(matches!(error, OpenError::Newer { .. }), "{error}");
}

#[test]
fn the_epoch_stays_while_the_database_is_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let epoch = open(folder.path()).expect("a store").epoch().to_owned();
    for _ in 0..3 {
        assert_eq!(open(folder.path()).expect("a store").epoch(), epoch);
    }
    let elsewhere = tempfile::tempdir().expect("a folder");
    let moved = elsewhere.path().join("moved");
    fs::rename(folder.path(), &moved).expect("another place");
    assert_eq!(
        open(&moved).expect("a store").epoch(),
        epoch,
        "a folder that moved"
    );
}

#[test]
fn a_store_that_is_closed_leaves_no_log_beside_its_database() {
    let folder = tempfile::tempdir().expect("a folder");
    for round in 0..200 {
        let store = open(folder.path()).expect("a store");
        let conversation_id = group(&store);
        history(&store, conversation_id);
        drop(store);
        let log = folder.path().join("causerie.db-wal");
        assert!(!log.exists(), "round {round}");
    }
}

#[test]
fn a_database_that_is_set_back_begins_a_new_epoch() {
    let folder = tempfile::tempdir().expect("a folder");
    let epoch = open(folder.path()).expect("a store").epoch().to_owned();
    let backup = copy_of(folder.path());
    let store = open(folder.path()).expect("a store");
    assert_eq!(store.epoch(), epoch);
    group(&store);
    drop(store);
    let database = "causerie.db";
    fs::copy(backup.path().join(database), folder.path().join(database)).expect("a restore");
    let second = open(folder.path()).expect("a store").epoch().to_owned();
    assert_ne!(second, epoch);
    assert_eq!(open(folder.path()).expect("a store").epoch(), second);
    fs::remove_file(folder.path().join("identity")).expect("the file");
    assert_ne!(open(folder.path()).expect("a store").epoch(), second);
}

#[test]
fn a_new_database_has_an_epoch_of_its_own() {
    let (one, other) = (tempfile::tempdir(), tempfile::tempdir());
    let one = open(one.expect("a folder").path())
        .expect("a store")
        .epoch()
        .to_owned();
    let other = open(other.expect("a folder").path())
        .expect("a store")
        .epoch()
        .to_owned();
    assert_ne!(one, other);
    assert_eq!(one.len(), 32);
}

#[test]
fn a_start_that_is_cut_off_between_its_two_marks_changes_no_epoch() {
    let folder = tempfile::tempdir().expect("a folder");
    let epoch = open(folder.path()).expect("a store").epoch().to_owned();
    let identity = folder.path().join("identity");
    let mark = fs::read_to_string(&identity).expect("a mark");
    // The file was written, the database was not.
    fs::write(&identity, format!("{mark}0123456789abcdef\n")).expect("a file");
    assert_eq!(open(folder.path()).expect("a store").epoch(), epoch);
}

#[test]
fn commits_are_published_before_their_commands_are_answered_and_both_in_order() {
    #[derive(Debug, PartialEq)]
    enum Seen {
        Published(Seq),
        Answered(Seq),
    }
    let folder = tempfile::tempdir().expect("a folder");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let published = Arc::clone(&seen);
    let publish = move |commits: Vec<Commit>| {
        for event in commits.iter().flat_map(|commit| &commit.events) {
            published.lock().push(Seen::Published(event.seq));
        }
    };
    let store = SqliteStore::open(folder.path(), Options::default(), Box::new(publish));
    let store = store.expect("a store");
    let room = group(&store);
    let (answer, answers) = mpsc::channel();
    for n in 1..=2000 {
        let (answer, seen) = (answer.clone(), Arc::clone(&seen));
        let done = Box::new(move |outcome| {
            let Outcome::Sent(sent) = outcome else {
                panic!("expected message_sent");
            };
            assert_eq!(sent.seq, n);
            seen.lock().push(Seen::Answered(sent.seq));
            answer.send(()).expect("a waiter");
        });
        store.submit(write("alice", room, text("hello")), done);
    }
    assert_eq!(answers.iter().take(2000).count(), 2000);
    let seen = seen.lock();
    let (mut published, mut answered) = (0, 0);
    for step in seen.iter() {
        match step {
            Seen::Published(seq) => {
                assert_eq!(*seq, published + 1);
                published = *seq;
            }
            Seen::Answered(seq) => {
                assert_eq!(*seq, answered + 1);
                answered = *seq;
                assert!(answered <= published, "answered before it was published");
            }
        }
    }
    assert_eq!((published, answered), (2000, 2000));
}

#[test]
fn what_waits_shares_a_transaction() {
    let folder = tempfile::tempdir().expect("a folder");
    let groups = Arc::new(Mutex::new(Vec::new()));
    let sizes = Arc::clone(&groups);
    let gate = Arc::new(Barrier::new(2));
    let held = Arc::clone(&gate);
    let publish = move |commits: Vec<Commit>| {
        let events: usize = commits.iter().map(|commit| commit.events.len()).sum();
        sizes.lock().push(events);
        if events == 1 {
            held.wait(); // all others are submitted meanwhile
        }
    };
    let options = Options::default().batch(100);
    let store = SqliteStore::open(folder.path(), options, Box::new(publish)).expect("a store");
    let room = group(&store);
    let (answer, answers) = mpsc::channel();
    for n in 0..251 {
        let answer = answer.clone();
        let done = Box::new(move |_| answer.send(()).expect("a waiter"));
        store.submit(write("alice", room, text(&format!("{n}"))), done);
        if n == 0 {
            // The first is being published: nothing else was there to share its transaction.
            while groups.lock().last() != Some(&1) {
                std::thread::yield_now();
            }
        }
    }
    gate.wait();
    assert_eq!(answers.iter().take(251).count(), 251);
    assert_eq!(*groups.lock(), [0, 1, 100, 100, 50]);
}

#[test]
fn a_query_after_an_answer_sees_what_the_answer_was_about() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Arc::new(open(folder.path()).expect("a store"));
    let room = group(&store);
    let (answer, answers) = mpsc::channel();
    for _ in 0..200 {
        let (store, answer) = (Arc::clone(&store), answer.clone());
        let asker = Arc::clone(&store);
        let done = Box::new(move |outcome| {
            let Outcome::Sent(sent) = outcome else {
                panic!("expected message_sent");
            };
            let query = Query::Access {
                user_id: user("bob"),
                conversation_id: room,
            };
            let read = Box::new(move |read| {
                let Ok(Answer::Access { head_seq, .. }) = read else {
                    panic!("expected access");
                };
                answer.send(head_seq >= sent.seq).expect("a waiter");
            });
            asker.query(query, read);
        });
        store.submit(write("alice", room, text("hello")), done);
    }
    assert!(answers.iter().take(200).all(|saw| saw));
}

#[test]
fn dropping_the_store_answers_all_that_was_submitted() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).expect("a store");
    let room = group(&store);
    let (answer, answers) = mpsc::channel();
    for _ in 0..300 {
        let answer = answer.clone();
        let done = Box::new(move |outcome| {
            answer
                .send(matches!(outcome, Outcome::Sent(_)))
                .expect("a waiter");
        });
        store.submit(write("alice", room, text("hello")), done);
    }
    drop(store);
    drop(answer);
    assert_eq!(answers.iter().filter(|sent| *sent).count(), 300);
    let store = open(folder.path()).expect("the folder is free again");
    assert_eq!(history(&store, room).len(), 200);
}

#[test]
fn what_is_erased_lies_nowhere_in_the_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).expect("a store");
    let rooms = [group(&store), group(&store)];
    let secret = "the-quick-brown-secret";
    let mut named = Vec::new();
    for n in 0..300 {
        let temp = TempId::from_uuid(fresh());
        let says = if n % 3 == 0 {
            format!("{secret} {n}")
        } else {
            format!("harmless {n} {}", "x".repeat(n))
        };
        let room = rooms[n % 2];
        run(&store, repeat("alice", Write::new(temp, room, text(&says))));
        if n % 3 == 0 {
            named.push((room, temp));
        }
        if n % 9 == 0 {
            let edit = EditMessage {
                target: Target::Temp {
                    target_temp_id: temp,
                },
                content: Content::from(format!("{secret} edited {n}")),
            };
            run(&store, write("alice", room, WriteOp::EditMessage(edit)));
        }
    }
    assert!(found(folder.path(), secret) > 0, "it was there");
    for (room, target_temp_id) in named {
        let target = Target::Temp { target_temp_id };
        let delete = WriteOp::DeleteMessage(DeleteMessage { target });
        let outcome = run(&store, write("alice", room, delete));
        assert!(matches!(outcome, Outcome::Acked(_)));
    }
    drop(store);
    assert_eq!(found(folder.path(), secret), 0);
}

/// How often a text lies in the files of a folder.
fn found(folder: &Path, text: &str) -> usize {
    let files = fs::read_dir(folder).expect("a folder");
    let count = |entry: std::io::Result<fs::DirEntry>| {
        let bytes = fs::read(entry.expect("a file").path()).expect("a file");
        let windows = bytes.windows(text.len());
        windows.filter(|window| *window == text.as_bytes()).count()
    };
    files.map(count).sum()
}

#[test]
fn the_writer_cuts_its_log_when_it_has_nothing_else_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).expect("a store");
    let room = group(&store);
    let temp = TempId::from_uuid(fresh());
    run(
        &store,
        repeat("alice", Write::new(temp, room, text("a-passing-secret"))),
    );
    let target = Target::Temp {
        target_temp_id: temp,
    };
    let delete = WriteOp::DeleteMessage(DeleteMessage { target });
    run(&store, write("alice", room, delete));
    // The store stays open and nothing else is asked of it.
    while found(folder.path(), "a-passing-secret") > 0 {
        std::thread::yield_now();
    }
}
