//! Files in place of the client's database.

use std::{fs, path::Path};

use causerie_engine::{LoadQuery, StoreOp};
use causerie_protocol::{ClientId, ConversationId, UserId};
use causerie_store::{Durability, OpenError, Opened, Options, Store, StoreError};
use uuid::Uuid;

/// A sound database with a full outbox.
const SOUND: &[u8] =
    include_bytes!("../../sdk-core/client/tests/upgrade/fixtures/schema-1/client/causerie.db");
const NAME: &str = "causerie.db";
const LOG: &str = "causerie.db-wal";

/// Opens a damaged file. The first byte says what the rest is:
///
/// - `f`: the file itself;
/// - `p`: patches of a sound one, four bytes each: where (big-endian, in steps of 3) and two bytes;
/// - `c`: how much of the end of a sound one is cut off (two bytes, in steps of 8), then patches;
/// - `l`: the log beside a sound one;
/// - `s`: as `p`, and the file is under suspicion, so that all of it is examined.
///
/// It opens or says why not, panics never, and no file is ever lost: what cannot be used is there
/// under another name, as it was.
pub fn database(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else {
        return;
    };
    let Ok(folder) = tempfile::tempdir() else {
        return;
    };
    let folder = folder.path();
    let mut file = SOUND.to_vec();
    match kind {
        b'f' => file = rest.to_vec(),
        b'p' | b's' => patch(&mut file, rest),
        b'c' => {
            let (cut, patches) = rest.split_at(rest.len().min(2));
            let cut = cut
                .iter()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte))
                * 8;
            file.truncate(file.len().saturating_sub(cut));
            patch(&mut file, patches);
        }
        b'l' => fs::write(folder.join(LOG), rest).expect("a folder"),
        _ => return,
    }
    if *kind == b's' {
        fs::write(folder.join("causerie.db.suspect"), []).expect("a folder");
    }
    fs::write(folder.join(NAME), &file).expect("a folder");
    match open(folder) {
        Ok(opened) => {
            if let Some(recovery) = &opened.recovery {
                // Set aside as a whole. Only what opening a sound-looking file writes may differ.
                let kept = fs::metadata(&recovery.set_aside)
                    .expect("it is set aside")
                    .len();
                assert!(kept >= file.len() as u64, "a damaged file lost its end");
            }
            work(opened);
            drop(open(folder));
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            let left = fs::metadata(folder.join(NAME)).map_or(0, |meta| meta.len());
            let aside = folder.join("causerie.db.damaged-1").exists();
            assert!(
                aside || left >= file.len() as u64,
                "{error}: and the file is gone"
            );
        }
    }
}

fn patch(file: &mut [u8], patches: &[u8]) {
    for patch in patches.chunks_exact(4) {
        let at = usize::from(u16::from_be_bytes([patch[0], patch[1]])) * 3;
        for (offset, byte) in patch[2..].iter().enumerate() {
            if let Some(place) = file.get_mut(at + offset) {
                *place = *byte;
            }
        }
    }
}

fn open(folder: &Path) -> Result<Opened, OpenError> {
    let options = Options {
        durability: Durability::Process,
        fresh_client_id: ClientId::from_uuid(Uuid::from_u128(7)),
    };
    let alice = UserId::new("alice").expect("a user id");
    Store::open(folder, &alice, options)
}

/// What an app does next. It may find the damage, but not die of it.
fn work(opened: Opened) {
    let Opened {
        mut store,
        snapshot,
        ..
    } = opened;
    let mut found = Vec::new();
    for row in &snapshot.conversations {
        let id = row.item.conversation_id;
        found.extend(store.load(&all(id)).err());
        found.extend(store.cursors(id).err());
    }
    let again: Vec<_> = snapshot
        .outbox
        .iter()
        .map(|row| StoreOp::PutOutbox(Box::new(row.clone())))
        .collect();
    found.extend(store.apply(&again).err());
    found.extend(store.apply(&[StoreOp::DropConfirmed]).err());
    found.extend(store.counts().err());
    if found
        .iter()
        .any(|error| matches!(error, StoreError::Damaged(_)))
    {
        store.suspend();
        store.resume().expect("damage that was found is mended");
        store.snapshot().expect("a new file is sound");
    }
}

fn all(conversation_id: ConversationId) -> LoadQuery {
    LoadQuery {
        conversation_id,
        lo: 0,
        hi: 1 << 52,
        limit: 1_000,
        newest: true,
    }
}
