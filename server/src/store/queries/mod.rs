//! What is read, each in one snapshot. Written once, over [`Rows`]; membership is checked in the
//! same snapshot (docs/protocol.md §6).

mod changed;
mod events;
pub(super) mod fold;
mod history;
pub(super) mod item;
mod messages;
mod page;
mod people;
mod search;
mod sync;
mod token;

use causerie_protocol::{ConversationId, UserId};

use super::{
    Answer, Query,
    rules::refusal,
    tables::{ConversationRow, MemberRow, Rows, TableError},
};

/// Answers a query from one snapshot.
///
/// # Errors
/// What the tables could not read.
pub fn answer<R: Rows>(rows: &R, epoch: &str, query: &Query) -> Result<Answer, TableError> {
    match query {
        Query::Subscribe {
            user_id,
            conversation_id,
            since,
            since_id,
            limit,
        } => {
            let Some((conversation, member)) = joined(rows, *conversation_id, user_id)? else {
                return Ok(forbidden(*conversation_id));
            };
            let known = since.map(|seq| (seq, *since_id));
            let answer = events::subscribe(rows, &conversation, &member, known, *limit)?;
            Ok(Answer::Subscribe(Box::new(answer)))
        }
        Query::Events {
            user_id,
            conversation_id,
            after,
            limit,
        } => {
            let Some((conversation, member)) = known(rows, *conversation_id, user_id)? else {
                return Ok(forbidden(*conversation_id));
            };
            let answer = events::events(rows, &conversation, &member, *after, *limit)?;
            Ok(Answer::Events(answer))
        }
        Query::Sync {
            user_id,
            from,
            limit,
        } => sync::sync(rows, epoch, user_id, from, *limit),
        Query::History { user_id, request } => {
            let Some((conversation, member)) = joined(rows, request.conversation_id, user_id)?
            else {
                return Ok(forbidden(request.conversation_id));
            };
            let page = history::history(rows, &conversation, &member, request)?;
            Ok(Answer::History(Box::new(page)))
        }
        Query::Item {
            user_id,
            conversation_id,
        } => match joined(rows, *conversation_id, user_id)? {
            Some((conversation, member)) => {
                let item = item::item(rows, &conversation, &member)?;
                Ok(Answer::Item(Box::new(item)))
            }
            None => Ok(forbidden(*conversation_id)),
        },
        Query::Search { user_id, request } => {
            let id = request.history.conversation_id;
            let Some((conversation, member)) = joined(rows, id, user_id)? else {
                return Ok(forbidden(id));
            };
            let page = search::search(rows, &conversation, &member, request)?;
            Ok(Answer::History(Box::new(page)))
        }
        Query::Places {
            user_id,
            message_ids,
        } => Ok(Answer::Places(messages::places(
            rows,
            user_id,
            message_ids,
        )?)),
        Query::Messages {
            user_id,
            from,
            cursor,
            limit,
        } => messages::messages(rows, epoch, user_id, from, cursor.as_deref(), *limit),
        Query::Members { user_id, request } => {
            let Some((conversation, _)) = joined(rows, request.conversation_id, user_id)? else {
                return Ok(forbidden(request.conversation_id));
            };
            people::members(rows, &conversation, request.cursor.as_deref())
        }
        Query::Users { user_id, user_ids } => people::users(rows, user_id, user_ids),
        Query::Items {
            user_id,
            conversation_ids,
        } => {
            let mut items = Vec::with_capacity(conversation_ids.len());
            for id in conversation_ids {
                if let Some((conversation, member)) = known(rows, *id, user_id)? {
                    items.push(item::item(rows, &conversation, &member)?);
                }
            }
            Ok(Answer::Items(items))
        }
        Query::Access {
            user_id,
            conversation_id,
        } => Ok(match joined(rows, *conversation_id, user_id)? {
            Some((conversation, _)) => Answer::Access {
                head_seq: conversation.head_seq,
                members_count: conversation.members_count,
            },
            None => forbidden(*conversation_id),
        }),
        Query::Changed { since } => Ok(Answer::Changed(changed::changed(rows, *since)?)),
    }
}

fn forbidden(conversation_id: ConversationId) -> Answer {
    let mut reply = refusal::forbidden();
    reply.conversation_id = Some(conversation_id);
    Answer::Refused(Box::new(reply))
}

/// The conversation and the row of a user who is or was a member.
fn known<R: Rows>(
    rows: &R,
    conversation: ConversationId,
    user: &UserId,
) -> Result<Option<(ConversationRow, MemberRow)>, TableError> {
    let Some(conversation) = rows.conversation(conversation)? else {
        return Ok(None);
    };
    let Some(user) = rows.user(user)? else {
        return Ok(None);
    };
    let member = rows.member(conversation.key, user.key)?;
    Ok(member.map(|member| (conversation, member)))
}

/// The conversation and the row of a user who is a member.
fn joined<R: Rows>(
    rows: &R,
    conversation: ConversationId,
    user: &UserId,
) -> Result<Option<(ConversationRow, MemberRow)>, TableError> {
    let known = known(rows, conversation, user)?;
    Ok(known.filter(|(_, member)| member.is_joined()))
}
