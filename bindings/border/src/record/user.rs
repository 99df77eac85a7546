//! Users, members, and how far they have read.

use crate::fault::integer;

/// A user's name and picture.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Who.
    pub user_id: String,
    /// The name to show.
    pub name: Option<String>,
    /// A reference to the picture.
    pub avatar: Option<String>,
}

impl From<&causerie::User> for User {
    fn from(user: &causerie::User) -> Self {
        Self {
            user_id: user.user_id.to_string(),
            name: user.name.clone(),
            avatar: user.avatar.clone(),
        }
    }
}

/// A member of a conversation.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user_id: String,
    /// What they may do: `owner`, `admin` or `member`; new ones may come.
    pub role: String,
    /// Since when, in milliseconds since 1970.
    pub joined_at: i64,
}

/// Some members of a conversation.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MembersPage {
    /// The members.
    pub members: Vec<Member>,
    /// Asks for the next page; none on the last.
    pub cursor: Option<String>,
}

impl From<causerie::MembersPage> for MembersPage {
    fn from(page: causerie::MembersPage) -> Self {
        let member = |member: &causerie::Member| Member {
            user_id: member.user_id.to_string(),
            role: member.role.as_str().to_owned(),
            joined_at: integer(member.joined_at),
        };
        Self {
            members: page.members.iter().map(member).collect(),
            cursor: page.cursor,
        }
    }
}

/// How far a member has read.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadCursor {
    /// Who.
    pub user_id: String,
    /// Read up to here.
    pub seq: i64,
    /// Delivered up to here.
    pub delivered_seq: i64,
}

impl From<&causerie::ReadCursor> for ReadCursor {
    fn from(cursor: &causerie::ReadCursor) -> Self {
        Self {
            user_id: cursor.user_id.to_string(),
            seq: integer(cursor.seq),
            delivered_seq: integer(cursor.delivered_seq),
        }
    }
}
