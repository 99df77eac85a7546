//! Rows in maps.

use causerie_protocol::{
    Content, ConversationId, Message, MessageId, Millis, Seq, TempId, User, UserId,
};

use crate::store::{
    AuditEntry, EventBody, EventRecord,
    tables::{
        ConversationKey, ConversationRow, MemberRow, MessageRow, StateRow, TableError, Tables,
        UserKey, UserRow, WriteRow,
    },
};

use super::undo::Rewound;

pub(super) type Place = (ConversationKey, Seq);

/// All rows, in memory. What a transaction wrote can be taken back.
#[derive(Debug, Clone, Default)]
pub struct MemoryTables {
    pub(super) change: Rewound<(), u64>,
    pub(super) users: Rewound<UserKey, User>,
    pub(super) user_keys: Rewound<UserId, UserKey>,
    pub(super) conversations: Rewound<ConversationKey, ConversationRow>,
    pub(super) conversation_keys: Rewound<ConversationId, ConversationKey>,
    pub(super) members: Rewound<(ConversationKey, UserKey), MemberRow>,
    pub(super) memberships: Rewound<(UserKey, ConversationKey), ()>,
    pub(super) writes: Rewound<(ConversationKey, UserKey, TempId), WriteRow>,
    pub(super) events: Rewound<Place, EventRecord>,
    pub(super) event_changes: Rewound<Place, u64>,
    pub(super) message_ids: Rewound<MessageId, Place>,
    pub(super) states: Rewound<Place, StateRow>,
    pub(super) reactions: Rewound<(ConversationKey, Seq, String, UserKey), Seq>,
    pub(super) mentions: Rewound<(ConversationKey, UserKey, Seq), ()>,
    pub(super) audit: Rewound<u64, (Millis, AuditEntry)>,
    fail_commits: u32,
    holds_syncs: bool,
    is_down: bool,
}

impl MemoryTables {
    /// Makes the next commits fail, as a full disk would.
    pub fn fail_commits(&mut self, commits: u32) {
        self.fail_commits = commits;
    }

    pub(super) fn hold_syncs(&mut self) {
        self.holds_syncs = true;
    }

    pub(super) fn set_down(&mut self, is_down: bool) {
        self.is_down = is_down;
    }

    pub(super) fn is_down(&self) -> bool {
        self.is_down
    }

    pub(super) fn sync(&mut self) {
        self.each(|table| table.sync());
    }

    pub(super) fn lose(&mut self) {
        self.each(|table| table.lose());
    }

    pub(super) fn message_at(&self, place: Place) -> Option<MessageRow> {
        let event = self.events.read().get(&place)?;
        let EventBody::Message(message) = &event.body else {
            return None;
        };
        Some(MessageRow {
            message: Message::clone(message),
            client_id: event.client_id,
            state: self.states.read().get(&place).copied(),
        })
    }

    pub(super) fn conversations_of(
        &self,
        user: UserKey,
    ) -> impl Iterator<Item = ConversationKey> + '_ {
        let range = (user, ConversationKey(0))..=(user, ConversationKey(i64::MAX));
        let memberships = self.memberships.read().range(range);
        memberships.map(|((_, conversation), ())| *conversation)
    }

    /// Ends the transaction in each table.
    fn each(&mut self, end: impl Fn(&mut dyn Ends)) {
        end(&mut self.change);
        end(&mut self.users);
        end(&mut self.user_keys);
        end(&mut self.conversations);
        end(&mut self.conversation_keys);
        end(&mut self.members);
        end(&mut self.memberships);
        end(&mut self.writes);
        end(&mut self.events);
        end(&mut self.event_changes);
        end(&mut self.message_ids);
        end(&mut self.states);
        end(&mut self.reactions);
        end(&mut self.mentions);
        end(&mut self.audit);
    }
}

/// What every table does at a transaction's end.
trait Ends {
    fn commit(&mut self);
    fn rollback(&mut self);
    fn sync(&mut self);
    fn lose(&mut self);
}

impl<K: Ord + Clone, V: Clone> Ends for Rewound<K, V> {
    fn commit(&mut self) {
        Rewound::commit(self);
    }

    fn rollback(&mut self) {
        Rewound::rollback(self);
    }

    fn sync(&mut self) {
        Rewound::sync(self);
    }

    fn lose(&mut self) {
        Rewound::lose(self);
    }
}

impl Tables for MemoryTables {
    fn begin(&mut self) -> Result<(), TableError> {
        if self.is_down {
            return Err(TableError::Unavailable("the database is away".into()));
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), TableError> {
        if self.fail_commits > 0 {
            self.fail_commits -= 1;
            return Err(TableError::Unavailable("this commit is to fail".into()));
        }
        self.each(|table| table.commit());
        if !self.holds_syncs {
            self.sync();
        }
        Ok(())
    }

    fn rollback(&mut self) {
        self.each(|table| table.rollback());
    }

    fn set_change(&mut self, change: u64) -> Result<(), TableError> {
        self.change.put((), change);
        Ok(())
    }

    fn add_user(&mut self, user: &UserId) -> Result<UserKey, TableError> {
        let key = UserKey(next(self.users.read().keys().next_back().map(|key| key.0)));
        fresh(self.user_keys.add(user.clone(), key), "user")?;
        let known_by_id = User {
            user_id: user.clone(),
            name: None,
            avatar: None,
            rev: 0,
        };
        self.users.put(key, known_by_id);
        Ok(key)
    }

    fn put_user(&mut self, row: &UserRow) -> Result<(), TableError> {
        self.users.put(row.key, row.user.clone());
        Ok(())
    }

    fn add_conversation(&mut self, row: &ConversationRow) -> Result<ConversationKey, TableError> {
        let last = self.conversations.read().keys().next_back();
        let key = ConversationKey(next(last.map(|key| key.0)));
        fresh(self.conversation_keys.add(row.id, key), "conversation")?;
        self.conversations
            .put(key, ConversationRow { key, ..row.clone() });
        Ok(key)
    }

    fn put_conversation(&mut self, row: &ConversationRow) -> Result<(), TableError> {
        self.conversations.put(row.key, row.clone());
        Ok(())
    }

    fn put_member(&mut self, row: &MemberRow) -> Result<(), TableError> {
        self.members.put((row.conversation, row.user), row.clone());
        self.memberships.add((row.user, row.conversation), ());
        Ok(())
    }

    fn add_write(
        &mut self,
        conversation: ConversationKey,
        user: UserKey,
        temp_id: TempId,
        row: &WriteRow,
    ) -> Result<(), TableError> {
        let key = (conversation, user, temp_id);
        if crate::planted::is("skip_dedupe") {
            self.writes.put(key, *row);
            return Ok(());
        }
        fresh(self.writes.add(key, *row), "write")
    }

    fn add_event(
        &mut self,
        (conversation, change): (ConversationKey, u64),
        _actor: UserKey,
        _subject: Option<UserKey>,
        event: &EventRecord,
    ) -> Result<(), TableError> {
        let place = (conversation, event.seq);
        fresh(self.events.add(place, event.clone()), "event")?;
        self.event_changes.put(place, change);
        if let EventBody::Message(message) = &event.body {
            fresh(self.message_ids.add(message.message_id, place), "message")?;
        }
        Ok(())
    }

    fn put_state(
        &mut self,
        conversation: ConversationKey,
        seq: Seq,
        state: &StateRow,
    ) -> Result<(), TableError> {
        self.states.put((conversation, seq), *state);
        Ok(())
    }

    fn erase(&mut self, conversation: ConversationKey, seq: Seq) -> Result<(), TableError> {
        let range = (conversation, seq)..=(conversation, Seq::MAX);
        let about: Vec<(Place, EventRecord)> = self
            .events
            .read()
            .range(range)
            .filter(|(place, event)| place.1 == seq || event.body.target_seq() == Some(seq))
            .map(|(place, event)| (*place, event.clone()))
            .collect();
        for (place, mut event) in about {
            match &mut event.body {
                EventBody::Message(message) => {
                    message.content = Content::Empty;
                    message.attachments.clear();
                    message.metadata = None;
                }
                EventBody::Edited { content, .. } => *content = Content::Empty,
                _ => continue,
            }
            self.events.put(place, event);
        }
        Ok(())
    }

    fn add_reaction(
        &mut self,
        conversation: ConversationKey,
        seq: Seq,
        emoji: &str,
        user: UserKey,
        at_seq: Seq,
    ) -> Result<(), TableError> {
        let key = (conversation, seq, emoji.to_owned(), user);
        fresh(self.reactions.add(key, at_seq), "reaction")
    }

    fn remove_reaction(
        &mut self,
        conversation: ConversationKey,
        seq: Seq,
        emoji: &str,
        user: UserKey,
    ) -> Result<(), TableError> {
        self.reactions
            .remove(&(conversation, seq, emoji.to_owned(), user));
        Ok(())
    }

    fn add_mention(
        &mut self,
        conversation: ConversationKey,
        user: UserKey,
        seq: Seq,
    ) -> Result<(), TableError> {
        fresh(self.mentions.add((conversation, user, seq), ()), "mention")
    }

    fn remove_mention(
        &mut self,
        conversation: ConversationKey,
        user: UserKey,
        seq: Seq,
    ) -> Result<bool, TableError> {
        Ok(self.mentions.remove(&(conversation, user, seq)))
    }

    fn add_audit(&mut self, at: Millis, entry: &AuditEntry) -> Result<(), TableError> {
        let last = self.audit.read().keys().next_back().copied();
        let line = last.map_or(1, |last| last + 1);
        self.audit.put(line, (at, entry.clone()));
        Ok(())
    }
}

fn next(last: Option<i64>) -> i64 {
    last.map_or(1, |last| last + 1)
}

/// What a unique index would say.
fn fresh(added: bool, what: &str) -> Result<(), TableError> {
    if added {
        return Ok(());
    }
    Err(TableError::Defect(format!(
        "there is such a {what} already"
    )))
}
