//! What the SQLite store does, in a few maps.

use std::collections::BTreeMap;

use causerie_engine::{ConversationRow, LoadQuery, OutboxRow, Snapshot, StoreOp};
use causerie_protocol::{ClientId, ConversationId, Message, ReadCursor, Seq, TempId, User, UserId};

#[derive(Debug, Clone)]
pub struct MemoryStore {
    pub user_id: UserId,
    pub client_id: ClientId,
    pub epoch: Option<String>,
    pub sync_token: Option<String>,
    pub sync_cursor: Option<String>,
    pub conversations: BTreeMap<ConversationId, ConversationRow>,
    pub drafts: BTreeMap<ConversationId, String>,
    pub outbox: BTreeMap<TempId, OutboxRow>,
    pub messages: BTreeMap<(ConversationId, Seq), Message>,
    pub users: BTreeMap<UserId, User>,
    pub cursors: BTreeMap<(ConversationId, UserId), ReadCursor>,
    pub commits: u64,
}

impl MemoryStore {
    pub fn new(user_id: UserId, client_id: ClientId) -> Self {
        Self {
            user_id,
            client_id,
            epoch: None,
            sync_token: None,
            sync_cursor: None,
            conversations: BTreeMap::new(),
            drafts: BTreeMap::new(),
            outbox: BTreeMap::new(),
            messages: BTreeMap::new(),
            users: BTreeMap::new(),
            cursors: BTreeMap::new(),
            commits: 0,
        }
    }

    pub fn snapshot(&self) -> Snapshot {
        let mut outbox: Vec<_> = self.outbox.values().cloned().collect();
        outbox.sort_by_key(|row| row.order);
        Snapshot {
            user_id: self.user_id.clone(),
            client_id: self.client_id,
            epoch: self.epoch.clone(),
            sync_token: self.sync_token.clone(),
            sync_cursor: self.sync_cursor.clone(),
            conversations: self
                .conversations
                .iter()
                .map(|(id, row)| ConversationRow {
                    draft: self.drafts.get(id).cloned(),
                    ..row.clone()
                })
                .collect(),
            outbox,
            users: self.users.values().cloned().collect(),
        }
    }

    pub fn load(&self, query: &LoadQuery) -> Vec<Message> {
        let id = query.conversation_id;
        if query.lo > query.hi {
            return Vec::new();
        }
        let all = self.messages.range((id, query.lo)..=(id, query.hi));
        let limit = query.limit as usize;
        if query.newest {
            let mut found: Vec<_> = all.rev().take(limit).map(|(_, m)| m.clone()).collect();
            found.reverse();
            found
        } else {
            all.take(limit).map(|(_, m)| m.clone()).collect()
        }
    }

    pub fn commit(&mut self, ops: Vec<StoreOp>) {
        self.commits += 1;
        for op in ops {
            self.apply(op);
        }
    }

    fn apply(&mut self, op: StoreOp) {
        match op {
            StoreOp::PutEpoch(epoch) => self.epoch = epoch,
            StoreOp::PutClientId(id) => self.client_id = id,
            StoreOp::PutSyncToken(token) => self.sync_token = token,
            StoreOp::PutSyncCursor(cursor) => self.sync_cursor = cursor,
            StoreOp::PutConversation(row) => {
                self.conversations.insert(row.item.conversation_id, *row);
            }
            StoreOp::PutDraft {
                conversation_id,
                draft,
            } => {
                match draft {
                    Some(draft) => self.drafts.insert(conversation_id, draft),
                    None => self.drafts.remove(&conversation_id),
                };
            }
            StoreOp::DropConversation(id) => {
                self.conversations.remove(&id);
                self.drafts.remove(&id);
                self.messages.retain(|(other, _), _| *other != id);
                self.cursors.retain(|(other, _), _| *other != id);
            }
            StoreOp::PutMessage(message) => {
                let key = (message.conversation_id, message.seq);
                let stale = self
                    .messages
                    .get(&key)
                    .is_some_and(|known| known.state_seq >= message.state_seq);
                if !stale {
                    self.messages.insert(key, *message);
                }
            }
            StoreOp::PatchMessage(patch) => {
                let key = (patch.conversation_id, patch.target_seq);
                if let Some(message) = self.messages.get_mut(&key) {
                    patch.apply(message);
                }
            }
            StoreOp::DropMessages {
                conversation_id,
                below,
            } => self.messages.retain(|(id, seq), _| {
                *id != conversation_id || below.is_some_and(|below| *seq >= below)
            }),
            StoreOp::PutOutbox(row) => {
                self.outbox.insert(row.key, *row);
            }
            StoreOp::DropOutbox(key) => {
                self.outbox.remove(&key);
            }
            StoreOp::PutUsers(users) => {
                for user in users {
                    let stale = self
                        .users
                        .get(&user.user_id)
                        .is_some_and(|known| known.rev >= user.rev);
                    if !stale {
                        self.users.insert(user.user_id.clone(), user);
                    }
                }
            }
            StoreOp::PutCursors {
                conversation_id,
                cursors,
            } => {
                for cursor in cursors {
                    let known = self
                        .cursors
                        .entry((conversation_id, cursor.user_id.clone()))
                        .or_insert_with(|| ReadCursor {
                            seq: 0,
                            delivered_seq: 0,
                            ..cursor.clone()
                        });
                    known.seq = known.seq.max(cursor.seq);
                    known.delivered_seq = known.delivered_seq.max(cursor.delivered_seq);
                }
            }
            StoreOp::DropConfirmed => {
                let creating = |id: &ConversationId| {
                    self.outbox.values().any(|row| {
                        row.conversation_id == *id
                            && matches!(
                                row.op,
                                causerie_protocol::WriteOp::CreateConversation(_)
                                    | causerie_protocol::WriteOp::CreateGroup(_)
                            )
                    })
                };
                let kept: Vec<_> = self
                    .conversations
                    .keys()
                    .filter(|id| creating(id))
                    .copied()
                    .collect();
                self.conversations.retain(|id, _| kept.contains(id));
                self.messages.clear();
                self.cursors.clear();
                self.sync_token = None;
                self.sync_cursor = None;
            }
        }
    }
}
