//! Rows in maps.

use causerie_protocol::{
    Content, ConversationId, Message, MessageId, Millis, Reaction, Seq, TempId, User, UserId,
};

use crate::store::{
    AuditEntry, EventBody, EventRecord,
    queries::fold,
    tables::{
        ConversationKey, ConversationRow, Direction, Listed, MemberRow, MessageRow, Rows, StateRow,
        TableError, Tables, UserKey, UserRow, WriteRow,
    },
};

use super::undo::Rewound;

/// Users named beside each emoji.
const REACTION_USERS: usize = 5;

type Place = (ConversationKey, Seq);

/// All rows, in memory. What a transaction wrote can be taken back.
#[derive(Debug, Clone, Default)]
pub struct MemoryTables {
    change: Rewound<(), u64>,
    users: Rewound<UserKey, User>,
    user_keys: Rewound<UserId, UserKey>,
    conversations: Rewound<ConversationKey, ConversationRow>,
    conversation_keys: Rewound<ConversationId, ConversationKey>,
    members: Rewound<(ConversationKey, UserKey), MemberRow>,
    memberships: Rewound<(UserKey, ConversationKey), ()>,
    writes: Rewound<(ConversationKey, UserKey, TempId), WriteRow>,
    events: Rewound<Place, EventRecord>,
    message_ids: Rewound<MessageId, Place>,
    states: Rewound<Place, StateRow>,
    reactions: Rewound<(ConversationKey, Seq, String, UserKey), Seq>,
    mentions: Rewound<(ConversationKey, UserKey, Seq), ()>,
    audit: Rewound<u64, (Millis, AuditEntry)>,
    fail_commits: u32,
}

impl MemoryTables {
    /// Makes the next commits fail, as a full disk would.
    pub fn fail_commits(&mut self, commits: u32) {
        self.fail_commits = commits;
    }

    fn message_at(&self, place: Place) -> Option<MessageRow> {
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

    fn conversations_of(&self, user: UserKey) -> impl Iterator<Item = ConversationKey> + '_ {
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
}

impl<K: Ord + Clone, V: Clone> Ends for Rewound<K, V> {
    fn commit(&mut self) {
        Rewound::commit(self);
    }

    fn rollback(&mut self) {
        Rewound::rollback(self);
    }
}

impl Rows for MemoryTables {
    fn change(&self) -> Result<u64, TableError> {
        Ok(self.change.read().get(&()).copied().unwrap_or(0))
    }

    fn user(&self, user: &UserId) -> Result<Option<UserRow>, TableError> {
        match self.user_keys.read().get(user) {
            Some(key) => self.user_by_key(*key),
            None => Ok(None),
        }
    }

    fn user_by_key(&self, key: UserKey) -> Result<Option<UserRow>, TableError> {
        let user = self.users.read().get(&key).cloned();
        Ok(user.map(|user| UserRow { key, user }))
    }

    fn share_a_conversation(&self, one: UserKey, other: UserKey) -> Result<bool, TableError> {
        let joined = |conversation, user| {
            self.members
                .read()
                .get(&(conversation, user))
                .is_some_and(MemberRow::is_joined)
        };
        Ok(self
            .conversations_of(one)
            .any(|conversation| joined(conversation, one) && joined(conversation, other)))
    }

    fn conversation(&self, id: ConversationId) -> Result<Option<ConversationRow>, TableError> {
        match self.conversation_keys.read().get(&id) {
            Some(key) => self.conversation_by_key(*key),
            None => Ok(None),
        }
    }

    fn conversation_by_key(
        &self,
        key: ConversationKey,
    ) -> Result<Option<ConversationRow>, TableError> {
        Ok(self.conversations.read().get(&key).cloned())
    }

    fn listed(&self, user: UserKey, since: Option<u64>) -> Result<Vec<Listed>, TableError> {
        let mut listed = Vec::new();
        for key in self.conversations_of(user) {
            let conversation = self.conversations.read().get(&key);
            let member = self.members.read().get(&(key, user));
            let (Some(conversation), Some(member)) = (conversation, member) else {
                continue;
            };
            let wanted = match (&member.left, since) {
                (None, None) => true,
                (None, Some(since)) => conversation.change > since || member.change > since,
                (Some(_), Some(since)) => member.change > since,
                (Some(_), None) => false,
            };
            if wanted {
                listed.push(Listed {
                    conversation: key,
                    updated_at: match &member.left {
                        Some(farewell) => farewell.updated_at,
                        None => conversation.active_at.max(member.joined_at),
                    },
                });
            }
        }
        Ok(listed)
    }

    fn member(
        &self,
        conversation: ConversationKey,
        user: UserKey,
    ) -> Result<Option<MemberRow>, TableError> {
        Ok(self.members.read().get(&(conversation, user)).cloned())
    }

    fn members(
        &self,
        conversation: ConversationKey,
        above: UserKey,
        limit: usize,
    ) -> Result<Vec<MemberRow>, TableError> {
        let range = (conversation, UserKey(above.0 + 1))..=(conversation, UserKey(i64::MAX));
        let joined = self.members.read().range(range).map(|(_, row)| row);
        Ok(joined
            .filter(|row| row.is_joined())
            .take(limit)
            .cloned()
            .collect())
    }

    fn joined(&self, conversation: ConversationKey) -> Result<Vec<UserId>, TableError> {
        let mut users: Vec<UserId> = self
            .members(conversation, UserKey(0), usize::MAX)?
            .into_iter()
            .map(|row| row.user_id)
            .collect();
        users.sort();
        Ok(users)
    }

    fn write(
        &self,
        conversation: ConversationKey,
        user: UserKey,
        temp_id: TempId,
    ) -> Result<Option<WriteRow>, TableError> {
        Ok(self
            .writes
            .read()
            .get(&(conversation, user, temp_id))
            .copied())
    }

    fn message(
        &self,
        conversation: ConversationKey,
        seq: Seq,
    ) -> Result<Option<MessageRow>, TableError> {
        Ok(self.message_at((conversation, seq)))
    }

    fn message_seq(
        &self,
        conversation: ConversationKey,
        id: MessageId,
    ) -> Result<Option<Seq>, TableError> {
        let place = self.message_ids.read().get(&id);
        Ok(place
            .filter(|(of, _)| *of == conversation)
            .map(|(_, seq)| *seq))
    }

    fn messages(
        &self,
        conversation: ConversationKey,
        (lo, hi): (Seq, Seq),
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<MessageRow>, TableError> {
        let range = self
            .events
            .read()
            .range((conversation, lo)..=(conversation, hi))
            .map(|(place, _)| *place);
        let rows = |place| self.message_at(place);
        Ok(match direction {
            Direction::Up => range.filter_map(rows).take(limit).collect(),
            Direction::Down => range.rev().filter_map(rows).take(limit).collect(),
        })
    }

    fn changed_messages(
        &self,
        conversation: ConversationKey,
        (lo, hi): (Seq, Seq),
        since: Seq,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Seq>, TableError> {
        let changed = self
            .states
            .read()
            .range((conversation, lo)..=(conversation, hi))
            .filter(|(_, state)| state.state_seq > since)
            .map(|((_, seq), _)| *seq);
        Ok(match direction {
            Direction::Up => changed.take(limit).collect(),
            Direction::Down => changed.rev().take(limit).collect(),
        })
    }

    fn number_at(&self, conversation: ConversationKey, seq: Seq) -> Result<u64, TableError> {
        let newest = self.messages(conversation, (0, seq), Direction::Down, 1)?;
        Ok(newest.first().map_or(0, |row| row.message.number))
    }

    fn edit_until(
        &self,
        conversation: ConversationKey,
        target: Seq,
        until: Seq,
    ) -> Result<Option<Content>, TableError> {
        if target > until {
            return Ok(None);
        }
        let range = (conversation, target)..=(conversation, until);
        Ok(self
            .events
            .read()
            .range(range)
            .rev()
            .find_map(|(_, event)| match &event.body {
                EventBody::Edited {
                    target_seq,
                    content,
                    ..
                } if *target_seq == target => Some(content.clone()),
                _ => None,
            }))
    }

    fn events(
        &self,
        conversation: ConversationKey,
        (lo, hi): (Seq, Seq),
    ) -> Result<Vec<EventRecord>, TableError> {
        let range = self
            .events
            .read()
            .range((conversation, lo)..=(conversation, hi));
        Ok(range
            .map(|(place, event)| match self.message_at(*place) {
                Some(row) => EventRecord {
                    body: EventBody::Message(Box::new(fold::as_at_its_seq(row))),
                    ..event.clone()
                },
                None => event.clone(),
            })
            .collect())
    }

    fn event_id(
        &self,
        conversation: ConversationKey,
        seq: Seq,
    ) -> Result<Option<MessageId>, TableError> {
        let event = self.events.read().get(&(conversation, seq));
        Ok(event.map(|event| event.event_id))
    }

    fn reactions(
        &self,
        conversation: ConversationKey,
        seq: Seq,
        me: Option<UserKey>,
    ) -> Result<Vec<Reaction>, TableError> {
        let mut rows: Vec<(Seq, &str, UserKey)> = self
            .reactions
            .read()
            .range((conversation, seq, String::new(), UserKey(0))..)
            .take_while(|((of, at, ..), _)| (*of, *at) == (conversation, seq))
            .map(|((_, _, emoji, user), at_seq)| (*at_seq, emoji.as_str(), *user))
            .collect();
        rows.sort();
        let mut reactions: Vec<Reaction> = Vec::new();
        for (_, emoji, user) in rows {
            let at = match reactions.iter().position(|there| there.emoji == emoji) {
                Some(at) => at,
                None => {
                    reactions.push(Reaction {
                        emoji: emoji.to_owned(),
                        count: 0,
                        me: false,
                        users: Vec::new(),
                    });
                    reactions.len() - 1
                }
            };
            let there = &mut reactions[at];
            there.count += 1;
            there.me |= Some(user) == me;
            if there.users.len() < REACTION_USERS {
                let named = self.users.read().get(&user);
                there.users.extend(named.map(|user| user.user_id.clone()));
            }
        }
        Ok(reactions)
    }

    fn has_reaction(
        &self,
        conversation: ConversationKey,
        seq: Seq,
        emoji: &str,
        user: UserKey,
    ) -> Result<bool, TableError> {
        let key = (conversation, seq, emoji.to_owned(), user);
        Ok(self.reactions.read().contains_key(&key))
    }

    fn mentions_above(
        &self,
        conversation: ConversationKey,
        user: UserKey,
        seq: Seq,
    ) -> Result<u64, TableError> {
        let range = (conversation, user, seq + 1)..=(conversation, user, Seq::MAX);
        Ok(self.mentions.read().range(range).count() as u64)
    }

    fn audit(&self, limit: usize) -> Result<Vec<(Millis, AuditEntry)>, TableError> {
        Ok(self.audit.read().values().take(limit).cloned().collect())
    }
}

impl Tables for MemoryTables {
    fn begin(&mut self) -> Result<(), TableError> {
        Ok(())
    }

    fn commit(&mut self) -> Result<(), TableError> {
        if self.fail_commits > 0 {
            self.fail_commits -= 1;
            return Err(TableError::Unavailable("this commit is to fail".into()));
        }
        self.each(|table| table.commit());
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
        conversation: ConversationKey,
        _actor: UserKey,
        _subject: Option<UserKey>,
        event: &EventRecord,
    ) -> Result<(), TableError> {
        let place = (conversation, event.seq);
        fresh(self.events.add(place, event.clone()), "event")?;
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
