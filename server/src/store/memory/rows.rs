//! Reading rows from maps.

use causerie_protocol::{
    Content, ConversationId, MessageId, Millis, Reaction, Seq, TempId, UserId,
};

use crate::store::{
    AuditEntry, EventBody, EventRecord,
    queries::fold,
    tables::{
        ConversationKey, ConversationRow, Direction, Listed, MemberRow, MessageRow, Rows,
        TableError, UserKey, UserRow, WriteRow,
    },
};

use super::tables::MemoryTables;

/// Users named beside each emoji.
const REACTION_USERS: usize = 5;

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

    fn changed_conversations(&self, since: u64) -> Result<Vec<ConversationRow>, TableError> {
        let rows = self.conversations.read().values();
        Ok(rows.filter(|row| row.change > since).cloned().collect())
    }

    fn changed_members(&self, since: u64) -> Result<Vec<MemberRow>, TableError> {
        let rows = self.members.read().values();
        Ok(rows.filter(|row| row.change > since).cloned().collect())
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

    fn place(&self, id: MessageId) -> Result<Option<(ConversationKey, Seq)>, TableError> {
        Ok(self.message_ids.read().get(&id).copied())
    }

    fn seq_until(&self, conversation: ConversationKey, since: u64) -> Result<Seq, TableError> {
        let range = (conversation, 0)..=(conversation, Seq::MAX);
        let older = self
            .event_changes
            .read()
            .range(range)
            .rev()
            .find(|(_, change)| **change <= since);
        Ok(older.map_or(0, |((_, seq), _)| *seq))
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
