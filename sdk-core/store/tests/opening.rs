//! Who may open what, and what is there after it was closed, killed or suspended.

mod common;

use std::{fs, path::Path, process::Command};

use causerie_engine::StoreOp;
use causerie_protocol::ClientId;
use causerie_store::{Durability, OpenError, Options, Resumed, Store, StoreError};
use common::*;
use rusqlite::Connection;
use uuid::Uuid;

/// What a kill leaves behind: the files as they are, without a clean end.
fn as_if_killed(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for name in ["causerie.db", "causerie.db-wal"] {
        fs::copy(folder.join(name), copy.path().join(name)).unwrap();
    }
    copy
}

#[test]
fn what_was_committed_is_there_after_a_kill_and_what_was_not_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut opened = open(folder.path());
    opened
        .store
        .apply(&[
            StoreOp::PutEpoch(Some("c0ffee".into())),
            StoreOp::PutConversation(Box::new(conversation(1))),
            StoreOp::PutMessage(Box::new(message(1, 1, 1, "one"))),
            StoreOp::PutOutbox(Box::new(write(1, 1, 1, "two"))),
        ])
        .unwrap();
    let killed = as_if_killed(folder.path());
    opened
        .store
        .apply(&[StoreOp::PutMessage(Box::new(message(1, 2, 2, "late")))])
        .unwrap();

    let mut reopened = open(killed.path());
    assert!(reopened.recovery.is_none());
    assert_eq!(reopened.snapshot.client_id, CLIENT);
    assert_eq!(reopened.snapshot.epoch.as_deref(), Some("c0ffee"));
    assert_eq!(reopened.snapshot.conversations, [conversation(1)]);
    assert_eq!(reopened.snapshot.outbox, [write(1, 1, 1, "two")]);
    let messages = reopened.store.load(&newest(1, 50)).unwrap();
    assert_eq!(messages, [message(1, 1, 1, "one")]);
}

#[test]
fn a_batch_that_fails_leaves_nothing_of_itself() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path()).store;
    // A database that may not grow is a full disk.
    let other = Connection::open(folder.path().join("causerie.db")).unwrap();
    let pages: i64 = other
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .unwrap();
    drop(other);
    store.limit_pages(u32::try_from(pages).unwrap()).unwrap();
    let batch: Vec<StoreOp> = (1..400)
        .map(|n| StoreOp::PutOutbox(Box::new(write(n, n as u64, 1, &"x".repeat(500)))))
        .collect();
    let error = store.apply(&batch).unwrap_err();
    assert!(matches!(error, StoreError::Full), "{error}");
    assert!(store.snapshot().unwrap().outbox.is_empty());

    store.limit_pages(u32::MAX).unwrap();
    store.apply(&batch).unwrap();
    assert_eq!(store.snapshot().unwrap().outbox.len(), 399);
}

const CHILD: &str = "CAUSERIE_TEST_FOLDER";

/// Not a test of its own: run as another process by the one below.
#[test]
fn child_process_tries_to_open() {
    let Ok(folder) = std::env::var(CHILD) else {
        return;
    };
    match Store::open(&folder, &user("alice"), options()) {
        Ok(_) => println!("verdict: opened"),
        Err(error) => println!("verdict: {error}"),
    }
}

fn verdict_of_another_process(folder: &Path) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_process_tries_to_open", "--nocapture"])
        .env(CHILD, folder)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let start = text.find("verdict: ").expect("the child gave a verdict") + 9;
    text[start..].lines().next().unwrap().to_owned()
}

#[test]
fn a_second_process_is_refused_and_told_who_has_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path()).store;
    let refusal = verdict_of_another_process(folder.path());
    assert!(refusal.contains("in use"), "{refusal}");
    assert!(
        refusal.contains(&format!("process {}", std::process::id())),
        "{refusal}"
    );
    store.suspend();
    assert_eq!(verdict_of_another_process(folder.path()), "opened");
    store.resume().unwrap();
    assert!(verdict_of_another_process(folder.path()).contains("in use"));
    drop(store);
    assert_eq!(verdict_of_another_process(folder.path()), "opened");
}

#[test]
fn while_suspended_no_file_is_open_and_nothing_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path()).store;
    store.suspend();
    assert!(matches!(
        store.apply(&[StoreOp::PutEpoch(None)]),
        Err(StoreError::Suspended)
    ));
    let open_files: Vec<_> = fs::read_dir("/proc/self/fd")
        .unwrap()
        .filter_map(|entry| fs::read_link(entry.unwrap().path()).ok())
        .filter(|target| target.starts_with(folder.path()))
        .collect();
    assert!(open_files.is_empty(), "{open_files:?}");
    assert!(matches!(store.resume().unwrap(), Resumed::Unchanged));
    store.apply(&[StoreOp::PutEpoch(None)]).unwrap();
}

#[test]
fn whoever_resumes_learns_that_another_process_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path()).store;
    store.suspend();
    let mut other = open(folder.path()).store;
    other
        .apply(&[StoreOp::PutOutbox(Box::new(write(
            1,
            1,
            1,
            "from a share sheet",
        )))])
        .unwrap();
    drop(other);
    let Resumed::Changed { snapshot, recovery } = store.resume().unwrap() else {
        panic!("the other process went unnoticed");
    };
    assert!(recovery.is_none());
    assert_eq!(snapshot.outbox.len(), 1);
}

#[test]
fn another_users_data_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path()).store;
    store
        .apply(&[StoreOp::PutOutbox(Box::new(write(1, 1, 1, "mine")))])
        .unwrap();
    drop(store);
    let error = Store::open(folder.path(), &user("bob"), options()).unwrap_err();
    assert!(matches!(error, OpenError::OtherUser { .. }), "{error}");
    assert_eq!(open(folder.path()).snapshot.outbox.len(), 1);
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    let path = folder.path().join("causerie.db");
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let error = Store::open(folder.path(), &user("alice"), options()).unwrap_err();
    assert!(
        matches!(error, OpenError::Newer { found: 99, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("update the app"), "{error}");
    assert!(!folder.path().join("causerie.db.damaged-1").exists());
}

#[test]
fn a_database_of_another_program_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("causerie.db");
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch("CREATE TABLE cats (name TEXT)")
        .unwrap();
    drop(connection);
    let error = Store::open(folder.path(), &user("alice"), options()).unwrap_err();
    assert!(matches!(error, OpenError::Foreign { .. }), "{error}");
    let connection = Connection::open(&path).unwrap();
    connection
        .query_row("SELECT count(*) FROM cats", [], |_| Ok(()))
        .unwrap();
}

#[test]
fn wiping_leaves_nothing_but_the_lock_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path()).store;
    store
        .apply(&[StoreOp::PutMessage(Box::new(message(1, 1, 1, "secret")))])
        .unwrap();
    fs::write(folder.path().join("causerie.db.damaged-1"), "secret").unwrap();
    store.wipe().unwrap();
    let left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["causerie.lock"]);
}

#[test]
fn the_log_does_not_grow_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path()).store;
    let text = "x".repeat(2_000);
    let mut largest = 0;
    for batch in 0..1_500_u64 {
        let ops: Vec<StoreOp> = (0..16)
            .map(|n| batch * 16 + n + 1)
            .map(|seq| StoreOp::PutMessage(Box::new(message(1, seq, seq, &text))))
            .collect();
        store.apply(&ops).unwrap();
        largest = largest.max(store.counts().unwrap().log_bytes);
    }
    let counts = store.counts().unwrap();
    assert!(counts.database_bytes > 20_000_000, "{counts:?}");
    assert!(largest < 40_000_000, "the log had {largest} bytes");
}

/// Every schema that was ever released, each with a full outbox: promise 4.
#[test]
fn databases_of_every_schema_open_with_their_outbox() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut seen = 0;
    for fixture in fs::read_dir(fixtures).unwrap() {
        let fixture = fixture.unwrap().path();
        let folder = tempfile::tempdir().unwrap();
        let connection = Connection::open(folder.path().join("causerie.db")).unwrap();
        connection
            .execute_batch(&fs::read_to_string(&fixture).unwrap())
            .unwrap();
        drop(connection);
        let mut opened = open(folder.path());
        assert!(opened.recovery.is_none(), "{}", fixture.display());
        let outbox = &opened.snapshot.outbox;
        assert_eq!(outbox.len(), 20, "{}: one of each kind", fixture.display());
        assert!(outbox.iter().any(|row| row.attempted));
        assert_eq!(opened.snapshot.conversations.len(), 1);
        let messages = opened.store.load(&newest(1, 50)).unwrap();
        assert_eq!(messages.len(), 2, "{}", fixture.display());
        seen += 1;
    }
    assert!(seen >= 1);
}

#[test]
fn a_store_in_memory_forgets_one_user_before_it_serves_another() {
    let fresh = |n| Options {
        durability: Durability::Process,
        fresh_client_id: ClientId::from_uuid(Uuid::from_u128(n)),
    };
    let opened = Store::in_memory(&user("alice"), fresh(1)).unwrap();
    let mut store = opened.store;
    store
        .apply(&[StoreOp::PutMessage(Box::new(message(1, 1, 1, "secret")))])
        .unwrap();
    assert_eq!(
        store.snapshot().unwrap().client_id,
        fresh(1).fresh_client_id
    );
    let snapshot = store.begin_anew(&user("bob"), fresh(2)).unwrap();
    assert_eq!(snapshot.user_id, user("bob"));
    assert_eq!(snapshot.client_id, fresh(2).fresh_client_id);
    assert!(snapshot.conversations.is_empty() && snapshot.outbox.is_empty());
    let counts = store.counts().unwrap();
    assert_eq!((counts.conversations, counts.outbox), (0, 0));
}
