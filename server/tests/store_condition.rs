//! Whether a store can store, and says so.

use std::{
    fs,
    path::Path,
    sync::mpsc,
    time::{Duration, Instant},
};

use causerie_protocol::*;
use causerie_server::store::{
    Actor, Command, LaneId, Outcome, Publish, Store,
    sqlite::{Options, SqliteStore},
};
use uuid::{Builder, Uuid};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

fn open(folder: &Path) -> SqliteStore {
    open_with(folder, Options::default(), Box::new(|_| {}))
}

fn open_with(folder: &Path, options: Options, publish: Publish) -> SqliteStore {
    SqliteStore::open(folder, options, publish).expect("a store")
}

/// The creation of the n-th conversation.
fn create(n: u64) -> Command {
    let mut bytes = [0; 10];
    bytes[2..].copy_from_slice(&n.to_be_bytes());
    let uuid = Builder::from_unix_timestamp_millis(1_700_000_000_000, &bytes).into_uuid();
    let create = CreateConversation {
        kind: ConversationKind::Group,
        group_id: None,
        title: None,
        members: None,
        history: None,
    };
    let op = WriteOp::CreateConversation(create);
    let write = Write::new(TempId::from_uuid(uuid), ConversationId::from_uuid(uuid), op);
    Command::Write {
        lane: LaneId(n),
        actor: Actor {
            user_id: UserId::new("alice").expect("a user id"),
            client_id: ClientId::from_uuid(Uuid::nil()),
            admin: false,
        },
        write: Box::new(write),
        refuse: None,
    }
}

fn run(store: &SqliteStore, n: u64) -> Outcome {
    let (answer, answers) = mpsc::channel();
    let done = move |outcome| answer.send(outcome).expect("a waiter");
    store.submit(create(n), Box::new(done));
    answers.recv_timeout(PATIENCE).expect("an answer")
}

fn is_stored(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Acked(_))
}

fn is_unavailable(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Refused(error) if error.code == ErrorCode::Unavailable)
}

#[expect(
    clippy::disallowed_methods,
    reason = "so that a store that stays in trouble fails the test"
)]
fn until_well(store: &SqliteStore) {
    let began = Instant::now();
    while let Some(trouble) = store.trouble() {
        assert!(began.elapsed() < PATIENCE, "{trouble}");
        std::thread::yield_now();
    }
}

#[test]
fn it_is_in_trouble_from_a_commit_that_fails_until_it_can_write_again_and_finds_out_by_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    assert_eq!(store.trouble(), None);
    assert!(is_stored(&run(&store, 1)));
    store.fail_commits(1);
    assert!(is_unavailable(&run(&store, 2)));
    assert!(store.trouble().is_some());
    until_well(&store);
    assert!(is_stored(&run(&store, 3)));
}

#[test]
fn files_that_are_removed_or_replaced_take_nothing_more() {
    for name in ["causerie.db", "causerie.db-wal"] {
        let folder = tempfile::tempdir().expect("a folder");
        let store = open(folder.path());
        assert!(is_stored(&run(&store, 1)));
        let (file, aside) = (folder.path().join(name), folder.path().join("aside"));
        fs::rename(&file, &aside).expect("moved");
        assert!(store.trouble().is_some(), "{name}: before anybody wrote");
        assert!(is_unavailable(&run(&store, 2)), "{name}");
        // Another file of the same name and content is not the one that is written to.
        fs::copy(&aside, &file).expect("a copy");
        assert!(is_unavailable(&run(&store, 3)), "{name}");
        assert!(store.trouble().is_some(), "{name}");
        fs::rename(&aside, &file).expect("moved back");
        until_well(&store);
        assert!(is_stored(&run(&store, 4)), "{name}");
    }
}

#[test]
fn a_folder_that_is_removed_takes_nothing_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let store = open(&data);
    assert!(is_stored(&run(&store, 1)));
    fs::remove_dir_all(&data).expect("removed");
    assert!(is_unavailable(&run(&store, 2)));
    assert!(store.trouble().is_some());
}

#[test]
fn a_folder_behind_a_link_is_the_same_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let (real, link) = (folder.path().join("real"), folder.path().join("link"));
    fs::create_dir(&real).expect("a folder");
    std::os::unix::fs::symlink(&real, &link).expect("a link");
    let store = open(&link);
    assert!(is_stored(&run(&store, 1)));
    assert_eq!(store.trouble(), None);
}

#[test]
fn a_thread_that_panics_is_told_of_and_what_comes_then_is_still_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let (tell, told) = mpsc::channel();
    let options = Options::default().on_broken(move || {
        let _ = tell.send(());
    });
    let publish = |_| panic!("on purpose, for a test");
    let store = open_with(folder.path(), options, Box::new(publish));
    store.submit(create(1), Box::new(|_| {}));
    told.recv_timeout(PATIENCE).expect("it is told");
    assert!(store.trouble().is_some());
    assert!(is_unavailable(&run(&store, 2)));
}
