//! `sync`: a user's conversations as they are, all or those that changed (docs/protocol.md §4).
//!
//! It reads state and no log, so a token never runs out. What changes while pages are read has a
//! higher number than the token that the last page gives, and comes with the next sync.

use std::cmp::Reverse;

use causerie_protocol::{ErrorReply, Me, Object, SyncPage, UserId};

use crate::{
    planted,
    store::{
        Answer, SyncFrom,
        tables::{Listed, Rows, TableError, UserKey},
    },
};

use super::{
    item::item,
    page::{Budget, listed_len, page_limit},
    people::{Named, present},
    token::{self, SyncCursor},
};

/// Where a page begins.
struct Begin {
    start: u64,
    since: Option<u64>,
    after: Option<Listed>,
}

pub(super) fn sync<R: Rows>(
    rows: &R,
    epoch: &str,
    user_id: &UserId,
    from: &SyncFrom,
    limit: u32,
) -> Result<Answer, TableError> {
    let Some(begin) = begin(rows, epoch, from)? else {
        let reply = ErrorReply::invalid("cursor", "this cursor is not valid here: begin again");
        return Ok(Answer::Refused(Box::new(reply)));
    };
    let user = rows.user(user_id)?;
    let mut page = SyncPage::default();
    let mut named = Named::default();
    let mut budget = Budget::new();
    if begin.after.is_none() {
        budget.take(named.add(rows, [user_id])?);
        page.me = Some(me(rows, user_id)?);
    }
    let mut listed = match &user {
        Some(user) => list(rows, user.key, &begin)?,
        None => Vec::new(),
    };
    if let SyncFrom::Behind(count) = from {
        let count = usize::try_from(*count).unwrap_or(usize::MAX);
        listed.drain(..count.min(listed.len()));
    }

    let mut last = None;
    for at in listed.iter().take(page_limit(limit)) {
        if let Some(user) = &user
            && !push(rows, (&mut page, &mut named, &mut budget), user.key, *at)?
        {
            break;
        }
        last = Some(*at);
    }
    match (last, listed.last()) {
        (Some(after), Some(end)) if after != *end => {
            let cursor = SyncCursor {
                start: begin.start,
                since: begin.since,
                after,
            };
            page.cursor = Some(token::sync_cursor(epoch, &cursor));
        }
        _ if planted::is("token_after_page") => {
            page.token = Some(token::sync_token(epoch, rows.change()?));
        }
        _ => page.token = Some(token::sync_token(epoch, begin.start)),
    }
    page.users = named.into_users();
    Ok(Answer::Sync(Box::new(page)))
}

fn begin<R: Rows>(rows: &R, epoch: &str, from: &SyncFrom) -> Result<Option<Begin>, TableError> {
    let change = rows.change()?;
    let since = match from {
        SyncFrom::First | SyncFrom::Behind(_) => None,
        // A token from the future belongs to a database that was set back.
        SyncFrom::Token(token) => {
            token::read_sync_token(epoch, token).filter(|since| *since <= change)
        }
        SyncFrom::Cursor(cursor) => {
            return Ok(token::read_sync_cursor(epoch, cursor).map(|cursor| Begin {
                start: cursor.start,
                since: cursor.since,
                after: Some(cursor.after),
            }));
        }
    };
    Ok(Some(Begin {
        start: change,
        since,
        after: None,
    }))
}

/// What the pages hold from here on, newest activity first.
fn list<R: Rows>(rows: &R, user: UserKey, begin: &Begin) -> Result<Vec<Listed>, TableError> {
    let order = |at: &Listed| Reverse((at.updated_at, at.conversation));
    let mut listed = rows.listed(user, begin.since)?;
    if let Some(after) = &begin.after {
        listed.retain(|at| order(at) > order(after));
    }
    listed.sort_by_key(order);
    Ok(listed)
}

/// Puts one item on the page; false if it does not fit.
fn push<R: Rows>(
    rows: &R,
    (page, named, budget): (&mut SyncPage, &mut Named, &mut Budget),
    user: UserKey,
    at: Listed,
) -> Result<bool, TableError> {
    let conversation = rows.conversation_by_key(at.conversation)?;
    let member = rows.member(at.conversation, user)?;
    let (Some(conversation), Some(member)) = (conversation, member) else {
        return Ok(true);
    };
    let item = item(rows, &conversation, &member)?;
    let sender = item.last_message.as_ref().map(|last| &last.sender_id);
    let bytes = named.add(rows, item.peer_id.iter().chain(sender))? + listed_len(&item);
    let fits = budget.take(bytes);
    if fits {
        page.conversations.push(item);
    }
    Ok(fits)
}

fn me<R: Rows>(rows: &R, user_id: &UserId) -> Result<Me, TableError> {
    let user = present(rows, user_id)?;
    Ok(Me {
        rev: user.rev,
        user,
        preferences: Object::new(),
        follows: Vec::new(),
        blocks: Vec::new(),
    })
}
