//! Any sequence of batches leaves the store as it leaves a simple model.

mod common;

use std::collections::BTreeMap;

use causerie_engine::{Change, ConversationRow, LoadQuery, OutboxRow, OutboxState, Patch, StoreOp};
use causerie_protocol::{
    Content, ConversationId, ErrorCode, Message, ReadCursor, TempId, User, UserId, WriteKind,
};
use causerie_store::Store;
use common::*;
use proptest::prelude::*;

/// What `StoreOp` says, in as few words as it can be said.
#[derive(Default)]
struct Model {
    epoch: Option<String>,
    token: Option<String>,
    cursor: Option<String>,
    conversations: BTreeMap<ConversationId, ConversationRow>,
    drafts: BTreeMap<ConversationId, String>,
    messages: BTreeMap<(ConversationId, u64), Message>,
    outbox: BTreeMap<TempId, OutboxRow>,
    users: BTreeMap<UserId, User>,
    cursors: BTreeMap<(ConversationId, UserId), (u64, u64)>,
}

impl Model {
    fn apply(&mut self, op: &StoreOp) {
        match op.clone() {
            StoreOp::PutEpoch(epoch) => self.epoch = epoch,
            StoreOp::PutClientId(_) => {}
            StoreOp::PutSyncToken(token) => self.token = token,
            StoreOp::PutSyncCursor(cursor) => self.cursor = cursor,
            StoreOp::PutConversation(row) => {
                self.conversations.insert(row.item.conversation_id, *row);
            }
            StoreOp::PutDraft {
                conversation_id,
                draft,
            } => match draft {
                Some(draft) => drop(self.drafts.insert(conversation_id, draft)),
                None => drop(self.drafts.remove(&conversation_id)),
            },
            StoreOp::DropConversation(id) => {
                self.conversations.remove(&id);
                self.drafts.remove(&id);
                self.messages.retain(|(of, _), _| *of != id);
                self.cursors.retain(|(of, _), _| *of != id);
            }
            StoreOp::PutMessage(message) => {
                let place = (message.conversation_id, message.seq);
                match self.messages.get(&place) {
                    Some(cached) if cached.state_seq >= message.state_seq => {}
                    Some(_) | None => drop(self.messages.insert(place, *message)),
                }
            }
            StoreOp::PatchMessage(patch) => {
                if let Some(message) = self
                    .messages
                    .get_mut(&(patch.conversation_id, patch.target_seq))
                {
                    patch.apply(message);
                }
            }
            StoreOp::DropMessages {
                conversation_id,
                below,
            } => self.messages.retain(|(of, seq), _| {
                *of != conversation_id || below.is_some_and(|below| *seq >= below)
            }),
            StoreOp::PutOutbox(row) => drop(self.outbox.insert(row.key, *row)),
            StoreOp::DropOutbox(key) => drop(self.outbox.remove(&key)),
            StoreOp::PutUsers(users) => {
                for user in users {
                    match self.users.get(&user.user_id) {
                        Some(known) if known.rev >= user.rev => {}
                        Some(_) | None => drop(self.users.insert(user.user_id.clone(), user)),
                    }
                }
            }
            StoreOp::PutCursors {
                conversation_id,
                cursors,
            } => {
                for cursor in cursors {
                    let place = (conversation_id, cursor.user_id);
                    let known = self.cursors.entry(place).or_default();
                    known.0 = known.0.max(cursor.seq);
                    known.1 = known.1.max(cursor.delivered_seq);
                }
            }
            StoreOp::DropConfirmed => {
                self.messages.clear();
                self.cursors.clear();
                (self.token, self.cursor) = (None, None);
                let outbox = &self.outbox;
                self.conversations.retain(|id, row| {
                    row.position = None;
                    row.ranges.clear();
                    row.read_mark = None;
                    outbox.values().any(|write| {
                        write.conversation_id == *id
                            && write.op.kind() == WriteKind::CreateConversation
                    })
                });
            }
        }
    }

    fn compare(&self, store: &mut Store) {
        let snapshot = store.snapshot().unwrap();
        assert_eq!(snapshot.epoch, self.epoch);
        assert_eq!(snapshot.sync_token, self.token);
        assert_eq!(snapshot.sync_cursor, self.cursor);
        let mut conversations = snapshot.conversations;
        conversations.sort_by_key(|row| row.item.conversation_id);
        let expected: Vec<_> = self
            .conversations
            .iter()
            .map(|(id, row)| ConversationRow {
                draft: self.drafts.get(id).cloned(),
                ..row.clone()
            })
            .collect();
        assert_eq!(conversations, expected);
        let mut outbox: Vec<_> = self.outbox.values().cloned().collect();
        outbox.sort_by_key(|row| row.order);
        let orders = |rows: &[OutboxRow]| rows.iter().map(|row| row.order).collect::<Vec<_>>();
        assert_eq!(orders(&snapshot.outbox), orders(&outbox));
        let mut stored = snapshot.outbox;
        stored.sort_by_key(|row| row.key);
        assert_eq!(stored, self.outbox.values().cloned().collect::<Vec<_>>());
        let mut users = snapshot.users;
        users.sort_by(|a, b| a.user_id.cmp(&b.user_id));
        assert_eq!(users, self.users.values().cloned().collect::<Vec<_>>());
        for n in 0..3 {
            self.compare_messages(store, n);
            let mut cursors: Vec<_> = store
                .cursors(conversation_id(n))
                .unwrap()
                .into_iter()
                .map(|c| (c.user_id, (c.seq, c.delivered_seq)))
                .collect();
            cursors.sort();
            let expected: Vec<_> = self
                .cursors
                .iter()
                .filter(|((of, _), _)| *of == conversation_id(n))
                .map(|((_, user), seqs)| (user.clone(), *seqs))
                .collect();
            assert_eq!(cursors, expected);
        }
    }

    fn compare_messages(&self, store: &mut Store, n: u128) {
        for (lo, hi, limit) in [(0, 100, 100), (3, 7, 100), (0, 100, 2)] {
            for newest in [false, true] {
                let found = store
                    .load(&LoadQuery {
                        conversation_id: conversation_id(n),
                        lo,
                        hi,
                        limit,
                        newest,
                    })
                    .unwrap();
                let within: Vec<_> = self
                    .messages
                    .range((conversation_id(n), lo)..=(conversation_id(n), hi))
                    .map(|(_, message)| message.clone())
                    .collect();
                let limit = limit as usize;
                let expected = if newest {
                    &within[within.len().saturating_sub(limit)..]
                } else {
                    &within[..within.len().min(limit)]
                };
                assert_eq!(found, expected);
            }
        }
    }
}

fn place() -> impl Strategy<Value = (u128, u64)> {
    (0..3_u128, 1..10_u64)
}

fn any_message() -> impl Strategy<Value = Message> {
    (place(), 0..20_u64, 0..4_u8).prop_map(|((n, seq), later, shape)| {
        let mut message = message(n, seq, seq + later, &format!("says {later}"));
        match shape {
            0 => {}
            1 => message.content = Content::Object(Default::default()),
            2 => {
                message.content = Content::Empty;
                message.deleted_at = Some(7);
            }
            _ => {
                message.temp_id = Some(temp_id(u128::from(seq)));
                message.mentions = vec![user("carol")];
                message.metadata = serde_json::from_str(r#"{"a":[1,2.5,"x"]}"#).unwrap();
            }
        }
        message
    })
}

fn any_change() -> impl Strategy<Value = Change> {
    (0..4_u8, 0..3_usize, any::<bool>()).prop_map(|(kind, who, me)| {
        let user_id = user(["alice", "bob", "carol"][who]);
        let emoji = "👍".to_owned();
        match kind {
            0 => Change::Edited {
                content: Content::from("edited"),
                at: 1,
            },
            1 => Change::Deleted { at: 2 },
            2 => Change::ReactionAdded { user_id, emoji, me },
            _ => Change::ReactionRemoved { user_id, emoji, me },
        }
    })
}

fn any_state() -> impl Strategy<Value = OutboxState> {
    prop_oneof![
        Just(OutboxState::Queued),
        Just(OutboxState::Failed {
            code: ErrorCode::Forbidden,
            message: "no".into(),
            after_seq: 3,
        }),
        Just(OutboxState::Acked { seq: 4, at: 5 }),
    ]
}

fn any_op() -> impl Strategy<Value = StoreOp> {
    let word = || proptest::option::of("[a-z]{1,4}");
    prop_oneof![
        1 => word().prop_map(StoreOp::PutEpoch),
        1 => word().prop_map(StoreOp::PutSyncToken),
        1 => word().prop_map(StoreOp::PutSyncCursor),
        1 => (0..3_u128).prop_map(|n| StoreOp::PutConversation(Box::new(conversation(n)))),
        1 => (0..3_u128).prop_map(|n| StoreOp::PutConversation(Box::new(unborn(n)))),
        1 => (0..3_u128, word()).prop_map(|(n, draft)| StoreOp::PutDraft {
            conversation_id: conversation_id(n),
            draft,
        }),
        1 => (0..3_u128).prop_map(|n| StoreOp::DropConversation(conversation_id(n))),
        6 => any_message().prop_map(|message| StoreOp::PutMessage(Box::new(message))),
        4 => (place(), 0..25_u64, any_change()).prop_map(|((n, target_seq), seq, change)| {
            StoreOp::PatchMessage(Patch {
                conversation_id: conversation_id(n),
                target_seq,
                seq,
                change,
            })
        }),
        1 => (0..3_u128, proptest::option::of(1..10_u64)).prop_map(|(n, below)| {
            StoreOp::DropMessages {
                conversation_id: conversation_id(n),
                below,
            }
        }),
        3 => (0..6_u128, 0..50_u64, 0..3_u128, any_state(), any::<bool>()).prop_map(
            |(key, order, n, state, attempted)| {
                let row = if key == 0 { creation(key, order, n) } else { write(key, order, n, "w") };
                StoreOp::PutOutbox(Box::new(OutboxRow { state, attempted, ..row }))
            }
        ),
        1 => (0..6_u128).prop_map(|key| StoreOp::DropOutbox(temp_id(key))),
        1 => (0..3_usize, 0..5_u64).prop_map(|(who, rev)| {
            StoreOp::PutUsers(vec![User {
                user_id: user(["alice", "bob", "carol"][who]),
                name: Some(format!("name {rev}")),
                avatar: None,
                rev,
            }])
        }),
        1 => (0..3_u128, 0..3_usize, 0..9_u64, 0..9_u64).prop_map(|(n, who, seq, delivered_seq)| {
            StoreOp::PutCursors {
                conversation_id: conversation_id(n),
                cursors: vec![ReadCursor {
                    user_id: user(["alice", "bob", "carol"][who]),
                    seq,
                    delivered_seq,
                }],
            }
        }),
        1 => Just(StoreOp::DropConfirmed),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn batches_leave_the_store_as_they_leave_the_model(
        batches in proptest::collection::vec(proptest::collection::vec(any_op(), 1..12), 1..10)
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(folder.path()).store;
        let mut model = Model::default();
        for (n, batch) in batches.iter().enumerate() {
            store.apply(batch).unwrap();
            batch.iter().for_each(|op| model.apply(op));
            if n % 3 == 2 {
                store.suspend();
                store.resume().unwrap();
            }
        }
        model.compare(&mut store);
        drop(store);
        model.compare(&mut open(folder.path()).store);
    }
}
