//! Names of users, and lists of members.

use std::collections::BTreeSet;

use causerie_protocol::{ErrorReply, Member, MembersPage, User, UserId, UsersPage};

use crate::store::{
    Answer,
    tables::{ConversationRow, Rows, TableError, UserKey},
};

use super::{
    page::{Budget, listed_len},
    token,
};

/// Members on one page.
const MEMBERS_PAGE: usize = 200;

/// Users named on a page, each once. Only those belong here whom the reader shares the conversation
/// with: mentions are not among them, since anybody can be mentioned.
#[derive(Debug, Default)]
pub(super) struct Named {
    seen: BTreeSet<UserId>,
    users: Vec<User>,
}

impl Named {
    /// Adds users, and gives the bytes that the new ones need.
    pub(super) fn add<'a, R: Rows>(
        &mut self,
        rows: &R,
        users: impl IntoIterator<Item = &'a UserId>,
    ) -> Result<usize, TableError> {
        let mut bytes = 0;
        for user in users {
            if !self.seen.contains(user) {
                self.seen.insert(user.clone());
                let user = present(rows, user)?;
                bytes += listed_len(&user);
                self.users.push(user);
            }
        }
        Ok(bytes)
    }

    /// All of them.
    pub(super) fn into_users(self) -> Vec<User> {
        self.users
    }
}

/// A user as known; by id alone, if nobody said more.
pub(super) fn present<R: Rows>(rows: &R, user: &UserId) -> Result<User, TableError> {
    Ok(rows.user(user)?.map_or_else(
        || User {
            user_id: user.clone(),
            name: None,
            avatar: None,
            rev: 0,
        },
        |row| row.user,
    ))
}

/// `members`: by when their users became known to the server.
pub(super) fn members<R: Rows>(
    rows: &R,
    conversation: &ConversationRow,
    cursor: Option<&str>,
) -> Result<Answer, TableError> {
    let above = match cursor.map(token::read_members_cursor) {
        None => UserKey(0),
        Some(Some(key)) => key,
        Some(None) => {
            let reply = ErrorReply::invalid("cursor", "this cursor is none of this server's");
            return Ok(Answer::Refused(Box::new(reply)));
        }
    };
    let found = rows.members(conversation.key, above, MEMBERS_PAGE + 1)?;
    let mut more = found.len() > MEMBERS_PAGE;
    let mut page = MembersPage::default();
    let mut budget = Budget::new();
    let mut last = above;
    for row in found.into_iter().take(MEMBERS_PAGE) {
        let member = Member {
            user_id: row.user_id,
            role: row.role,
            joined_at: row.joined_at,
        };
        let user = present(rows, &member.user_id)?;
        if !budget.take(listed_len(&member) + listed_len(&user)) {
            more = true;
            break;
        }
        last = row.user;
        page.members.push(member);
        page.users.push(user);
    }
    page.cursor = more.then(|| token::members_cursor(last));
    Ok(Answer::Members(page))
}

/// `users`: those who share a conversation with the asking user, and that user.
pub(super) fn users<R: Rows>(
    rows: &R,
    asking: &UserId,
    wanted: &[UserId],
) -> Result<Answer, TableError> {
    let mut users = Vec::new();
    let mut budget = Budget::new();
    if let Some(asking) = rows.user(asking)? {
        for wanted in wanted.iter().collect::<BTreeSet<_>>() {
            let Some(found) = rows.user(wanted)? else {
                continue;
            };
            let sees =
                found.key == asking.key || rows.share_a_conversation(asking.key, found.key)?;
            if sees && budget.take(listed_len(&found.user)) {
                users.push(found.user);
            }
        }
    }
    Ok(Answer::Users(UsersPage { users }))
}
