//! Files that broke: set aside, read out, and begun anew.

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
};

use causerie_engine::StoreOp;
use causerie_store::{Opened, StoreError};
use common::*;

const PAGE: usize = 4096;
const WRITES: u128 = 200;

fn database(folder: &Path) -> PathBuf {
    folder.join("causerie.db")
}

/// A closed database with messages, drafts, and an outbox of several pages.
fn filled(folder: &Path) {
    let mut store = open(folder).store;
    let mut ops = vec![
        StoreOp::PutConversation(Box::new(conversation(1))),
        StoreOp::PutConversation(Box::new(unborn(2))),
        StoreOp::PutDraft {
            conversation_id: conversation_id(1),
            draft: Some("half a tho".into()),
        },
        StoreOp::PutOutbox(Box::new(creation(0, 1, 2))),
    ];
    ops.extend(
        (1..WRITES)
            .map(|n| StoreOp::PutOutbox(Box::new(write(n, n as u64 + 1, 1, &"w".repeat(300))))),
    );
    ops.extend(
        (1..400).map(|seq| StoreOp::PutMessage(Box::new(message(1, seq, seq, &"m".repeat(300))))),
    );
    store.apply(&ops).unwrap();
}

/// Changes bytes of the file.
fn tamper(folder: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let path = database(folder);
    let mut bytes = fs::read(&path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// The pages of a table or index.
fn pages_of(folder: &Path, name: &str) -> Vec<usize> {
    let connection = rusqlite::Connection::open(database(folder)).unwrap();
    let mut statement = connection
        .prepare("SELECT pageno FROM dbstat WHERE name = ?1 AND pagetype = 'leaf' ORDER BY pageno")
        .unwrap();
    let pages = statement
        .query_map([name], |row| row.get::<_, u32>(0))
        .unwrap();
    pages.map(|page| page.unwrap() as usize).collect()
}

fn zero_page(folder: &Path, page: usize) {
    tamper(folder, |bytes| {
        bytes[(page - 1) * PAGE..page * PAGE].fill(0)
    });
}

/// Nothing of the server's is left, the old file is still there, and it can be worked with.
fn begins_anew(folder: &Path, opened: &mut Opened) {
    let recovery = opened.recovery.as_ref().expect("the damage is seen");
    assert!(recovery.set_aside.exists());
    assert_eq!(recovery.set_aside, folder.join("causerie.db.damaged-1"));
    assert_eq!(opened.snapshot.epoch, None);
    assert_eq!(opened.snapshot.sync_token, None);
    assert!(opened.store.load(&newest(1, 50)).unwrap().is_empty());
    opened
        .store
        .apply(&[StoreOp::PutMessage(Box::new(message(1, 1, 1, "anew")))])
        .unwrap();
}

fn saves_everything_that_exists_only_here(opened: &Opened) {
    let recovery = opened.recovery.as_ref().expect("the damage is seen");
    assert_eq!(
        (recovery.outbox, recovery.drafts, recovery.lost),
        (200, 1, 0)
    );
    assert!(recovery.client_id_kept);
    assert_eq!(opened.snapshot.client_id, CLIENT);
    let expected: Vec<_> = std::iter::once(creation(0, 1, 2))
        .chain((1..WRITES).map(|n| write(n, n as u64 + 1, 1, &"w".repeat(300))))
        .collect();
    assert_eq!(opened.snapshot.outbox, expected);
    assert_eq!(opened.snapshot.conversations, [unborn(2)]);
}

#[test]
fn a_garbage_header_costs_the_cache_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    tamper(folder.path(), |bytes| bytes[..100].fill(0xAB));
    let mut opened = open(folder.path());
    saves_everything_that_exists_only_here(&opened);
    begins_anew(folder.path(), &mut opened);
}

#[test]
fn a_file_that_is_cut_short_within_the_cache_costs_the_cache_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    // Messages came last, so their pages are the last ones.
    tamper(folder.path(), |bytes| {
        bytes.truncate(bytes.len() - 5 * PAGE)
    });
    let mut opened = open(folder.path());
    saves_everything_that_exists_only_here(&opened);
    begins_anew(folder.path(), &mut opened);
}

#[test]
fn a_zeroed_page_of_the_outbox_costs_only_what_stood_on_it() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    let pages = pages_of(folder.path(), "outbox");
    assert!(pages.len() > 5, "the outbox has several pages");
    zero_page(folder.path(), pages[pages.len() / 2]);
    let mut opened = open(folder.path());
    let recovery = opened.recovery.clone().expect("the damage is seen");
    assert_eq!(recovery.outbox + recovery.lost, 200, "{recovery:?}");
    assert!((1..=15).contains(&recovery.lost), "{recovery:?}");
    assert_eq!(opened.snapshot.outbox.len(), recovery.outbox);
    assert_eq!(recovery.drafts, 1);
    begins_anew(folder.path(), &mut opened);
}

#[test]
fn a_zeroed_page_of_messages_is_found_when_it_is_read_and_mended_by_the_next_opening() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    let pages = pages_of(folder.path(), "messages");
    zero_page(folder.path(), pages[pages.len() / 2]);
    let mut opened = open(folder.path());
    assert!(
        opened.recovery.is_none(),
        "opening does not read all messages"
    );
    let error = opened.store.load(&newest(1, 400)).unwrap_err();
    assert!(matches!(error, StoreError::Damaged(_)), "{error}");
    drop(opened);
    let mut opened = open(folder.path());
    saves_everything_that_exists_only_here(&opened);
    begins_anew(folder.path(), &mut opened);
}

#[test]
fn damage_found_while_running_is_mended_by_suspending_and_resuming() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    let pages = pages_of(folder.path(), "messages");
    zero_page(folder.path(), pages[pages.len() / 2]);
    let mut store = open(folder.path()).store;
    store.load(&newest(1, 400)).unwrap_err();
    store.suspend();
    let causerie_store::Resumed::Changed { snapshot, recovery } = store.resume().unwrap() else {
        panic!("the damage went unnoticed");
    };
    assert_eq!(recovery.unwrap().lost, 0);
    assert_eq!(snapshot.outbox.len(), 200);
    assert!(store.load(&newest(1, 400)).unwrap().is_empty());
}

#[test]
fn a_file_of_garbage_begins_anew_with_a_new_client_id() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path()).unwrap();
    fs::write(database(folder.path()), vec![0x5A; 10 * PAGE]).unwrap();
    let mut opened = open(folder.path());
    let recovery = opened.recovery.clone().unwrap();
    assert!(!recovery.client_id_kept);
    assert_eq!(recovery.outbox, 0);
    begins_anew(folder.path(), &mut opened);
    assert_eq!(
        fs::read(recovery.set_aside).unwrap(),
        vec![0x5A; 10 * PAGE],
        "the damaged file stays as it was"
    );
}

#[test]
fn a_second_damage_does_not_overwrite_what_the_first_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        filled(folder.path());
        tamper(folder.path(), |bytes| bytes[..100].fill(0xAB));
        assert!(open(folder.path()).recovery.is_some());
    }
    for name in ["causerie.db.damaged-1", "causerie.db.damaged-2"] {
        assert!(folder.path().join(name).exists(), "{name}");
    }
}

#[test]
fn any_single_zeroed_page_leaves_a_store_that_opens_or_says_that_it_is_damaged() {
    let original = tempfile::tempdir().unwrap();
    filled(original.path());
    let pages = fs::metadata(database(original.path())).unwrap().len() as usize / PAGE;
    for page in (1..=pages).step_by(3) {
        let folder = tempfile::tempdir().unwrap();
        fs::copy(database(original.path()), database(folder.path())).unwrap();
        zero_page(folder.path(), page);
        let mut opened = open(folder.path());
        match opened.store.load(&newest(1, 400)) {
            Ok(_) | Err(StoreError::Damaged(_)) => {}
            Err(error) => panic!("page {page}: {error}"),
        }
    }
}
