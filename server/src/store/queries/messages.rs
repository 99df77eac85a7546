//! Messages across a user's conversations (docs/protocol.md §10): what changed since a sync token,
//! what was not delivered yet, and where messages stand that are named by id alone.

use causerie_protocol::{ErrorReply, MessageId, Seq, UserId};

use crate::store::{
    Answer, MessagesFrom, MessagesPage, Place,
    tables::{ConversationKey, ConversationRow, Direction, MemberRow, Rows, TableError, UserKey},
};

use super::{
    history::{Wanted, present},
    page::{Budget, listed_len, page_limit},
    people::Named,
    token,
};

/// Where each of the messages stands that the user may have seen. Of a conversation that the user
/// left that is what came before; what the user may still do there is for the rules.
pub(super) fn places<R: Rows>(
    rows: &R,
    user_id: &UserId,
    message_ids: &[MessageId],
) -> Result<Vec<Place>, TableError> {
    let Some(user) = rows.user(user_id)? else {
        return Ok(Vec::new());
    };
    let mut places = Vec::with_capacity(message_ids.len());
    for message_id in message_ids {
        let Some((key, seq)) = rows.place(*message_id)? else {
            continue;
        };
        let (Some(conversation), Some(member)) =
            (rows.conversation_by_key(key)?, rows.member(key, user.key)?)
        else {
            continue;
        };
        let until = member.left.as_ref().map_or(Seq::MAX, |left| left.seq);
        if (member.visible_from..=until).contains(&seq) {
            places.push(Place {
                message_id: *message_id,
                conversation_id: conversation.id,
                seq,
            });
        }
    }
    Ok(places)
}

/// Conversation by conversation, each in rising seq.
pub(super) fn messages<R: Rows>(
    rows: &R,
    epoch: &str,
    user_id: &UserId,
    from: &MessagesFrom,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Answer, TableError> {
    let begun = match cursor.map(|cursor| token::read_messages_cursor(epoch, cursor)) {
        None => None,
        Some(Some(begun)) => Some(begun),
        Some(None) => {
            let reply = ErrorReply::invalid("cursor", "this cursor is not valid here: begin again");
            return Ok(Answer::Refused(Box::new(reply)));
        }
    };
    let change = rows.change()?;
    let start = begun.map_or(change, |(start, _)| start);
    let source = match from {
        MessagesFrom::Token(token) => {
            let since = token::read_sync_token(epoch, token).filter(|since| *since <= change);
            Source::Since(since.unwrap_or(0))
        }
        MessagesFrom::Undelivered => Source::Undelivered,
    };
    let mut list = List {
        rows,
        source,
        page: MessagesPage::default(),
        named: Named::default(),
        budget: Budget::new(),
        left: page_limit(limit),
    };
    let mut end = None;
    if let Some(user) = rows.user(user_id)? {
        end = list.fill(user.key, begun.map(|(_, after)| after))?;
    }
    let List {
        mut page, named, ..
    } = list;
    page.users = named.into_users();
    match (end, from) {
        (Some(last), _) => page.cursor = Some(token::messages_cursor(epoch, start, last)),
        (None, MessagesFrom::Token(_)) => page.token = Some(token::sync_token(epoch, start)),
        (None, MessagesFrom::Undelivered) => {}
    }
    Ok(Answer::Messages(Box::new(page)))
}

/// What the list is made of.
#[derive(Clone, Copy)]
enum Source {
    /// What a transaction after this one wrote.
    Since(u64),
    /// What others said behind the delivered cursor.
    Undelivered,
}

impl Source {
    fn listed_since(self) -> Option<u64> {
        match self {
            Self::Since(since) => Some(since),
            Self::Undelivered => None,
        }
    }
}

struct List<'a, R> {
    rows: &'a R,
    source: Source,
    page: MessagesPage,
    named: Named,
    budget: Budget,
    left: usize,
}

impl<R: Rows> List<'_, R> {
    /// Goes through the conversations by key, behind `after`. Gives the last message on the page if
    /// there is more.
    fn fill(
        &mut self,
        user: UserKey,
        after: Option<(ConversationKey, Seq)>,
    ) -> Result<Option<(ConversationKey, Seq)>, TableError> {
        let mut keys: Vec<ConversationKey> = self
            .rows
            .listed(user, self.source.listed_since())?
            .into_iter()
            .map(|listed| listed.conversation)
            .filter(|key| after.is_none_or(|(of, _)| *key >= of))
            .collect();
        keys.sort_unstable();
        let mut last = after;
        for key in keys {
            let conversation = self.rows.conversation_by_key(key)?;
            let member = self.rows.member(key, user)?;
            let (Some(conversation), Some(member)) = (conversation, member) else {
                continue;
            };
            if !member.is_joined() {
                continue;
            }
            let above = last.filter(|(of, _)| *of == key).map_or(0, |(_, seq)| seq);
            if self.take(&conversation, &member, above, &mut last)? {
                return Ok(last);
            }
        }
        Ok(None)
    }

    /// One conversation's part. Returns whether there is more than the page holds.
    fn take(
        &mut self,
        conversation: &ConversationRow,
        member: &MemberRow,
        above: Seq,
        last: &mut Option<(ConversationKey, Seq)>,
    ) -> Result<bool, TableError> {
        let (mut lower, changed_since) = match self.source {
            Source::Since(since) => {
                let until = self.rows.seq_until(conversation.key, since)?;
                (member.visible_from, until)
            }
            Source::Undelivered => {
                let delivered = member.delivered_seq.max(member.read_seq);
                (member.visible_from.max(delivered + 1), 0)
            }
        };
        lower = lower.max(above + 1);
        while lower <= conversation.head_seq {
            let wanted = Wanted {
                member,
                range: (lower, conversation.head_seq),
                changed_since,
                direction: Direction::Up,
            };
            let ask = self.left + 1;
            let found = wanted.find(self.rows, ask)?;
            let is_end = found.len() < ask;
            for row in found {
                let seq = row.message.seq;
                lower = seq + 1;
                if let Source::Undelivered = self.source
                    && row.message.sender_id == member.user_id
                {
                    continue;
                }
                if self.left == 0 {
                    return Ok(true);
                }
                let message = present(self.rows, member, row)?;
                let users = message
                    .reactions
                    .iter()
                    .flat_map(|reaction| &reaction.users)
                    .chain([&message.sender_id]);
                let bytes = self.named.add(self.rows, users)? + listed_len(&message);
                if !self.budget.take(bytes) {
                    return Ok(true);
                }
                self.page.messages.push(message);
                self.left -= 1;
                *last = Some((conversation.key, seq));
            }
            if is_end {
                break;
            }
        }
        Ok(false)
    }
}
