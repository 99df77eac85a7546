//! The things frames speak of beside messages: conversations, groups, users (docs/protocol.md §4).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{ConversationId, GroupId, Millis, Preview, Seq, UserId, code::words, scalar::integer};

/// A JSON object that belongs to the app: metadata, settings, preferences.
pub type Object = Map<String, Value>;

words! {
    /// What a conversation is.
    ConversationKind {
        /// Of exactly two users, for ever.
        Direct = "direct",
        /// Of listed members, or of a group's.
        Group = "group",
        /// Owner and admins write, all read.
        Broadcast = "broadcast",
    }
}

words! {
    /// Whether a user belongs to a conversation.
    MembershipState {
        /// A member.
        Joined = "joined",
        /// Asked to join; reads nothing yet.
        Invited = "invited",
        /// A member once.
        Left = "left",
    }
}

words! {
    /// What a member may do.
    Role {
        /// The creator, or who was made one.
        Owner = "owner",
        /// Manages members and settings.
        Admin = "admin",
        /// Takes part.
        Member = "member",
    }
}

impl Role {
    /// Whether this role manages members and settings and deletes others' messages.
    pub fn manages(&self) -> bool {
        match self {
            Self::Owner | Self::Admin => true,
            Self::Member | Self::Other(_) => false,
        }
    }
}

words! {
    /// Which history a later member sees.
    HistoryPolicy {
        /// From joining on. The default.
        FromJoin = "from_join",
        /// All of it.
        All = "all",
    }
}

/// A conversation as one user sees it in a list (docs/protocol.md §4, "Item").
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Item {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// What it is.
    pub kind: ConversationKind,
    /// The group that it belongs to.
    #[serde(default)]
    pub group_id: Option<GroupId>,
    /// Its title.
    #[serde(default)]
    pub title: Option<String>,
    /// A reference to its picture.
    #[serde(default)]
    pub avatar: Option<String>,
    /// The other user of a direct conversation.
    #[serde(default)]
    pub peer_id: Option<UserId>,
    /// Whether this user belongs to it.
    pub membership: MembershipState,
    /// This user's role.
    pub role: Role,
    /// Rises with every change to this user's row.
    #[serde(deserialize_with = "integer")]
    pub rev: u64,
    /// The first seq that this user may see.
    #[serde(deserialize_with = "integer")]
    pub visible_from: Seq,
    /// The last seq.
    #[serde(deserialize_with = "integer")]
    pub head_seq: Seq,
    /// How many messages there are.
    #[serde(deserialize_with = "integer")]
    pub head_number: u64,
    /// How far this user has read.
    #[serde(deserialize_with = "integer")]
    pub read_seq: Seq,
    /// How many messages were read.
    #[serde(deserialize_with = "integer")]
    pub read_number: u64,
    /// Unread messages that mention this user.
    #[serde(deserialize_with = "integer")]
    pub mentions_unread: u64,
    /// Whether this user muted it.
    #[serde(default)]
    pub muted: bool,
    /// Whether this user archived it.
    #[serde(default)]
    pub archived: bool,
    /// Whether this user pinned it.
    #[serde(default)]
    pub pinned: bool,
    /// The newest message that this user may see.
    #[serde(default)]
    pub last_message: Option<Preview>,
    /// When it last had activity: a message or this user's joining.
    #[serde(deserialize_with = "integer")]
    pub updated_at: Millis,
    /// How many members it has.
    #[serde(deserialize_with = "integer")]
    pub members_count: u64,
}

impl Item {
    /// Messages not read yet.
    pub fn unread(&self) -> u64 {
        self.head_number.saturating_sub(self.read_number)
    }
}

/// A group as one user sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupItem {
    /// The group.
    pub group_id: GroupId,
    /// Its title.
    #[serde(default)]
    pub title: Option<String>,
    /// A reference to its picture.
    #[serde(default)]
    pub avatar: Option<String>,
    /// Whether this user belongs to it.
    pub membership: MembershipState,
    /// This user's role.
    pub role: Role,
    /// How many members it has.
    #[serde(deserialize_with = "integer")]
    pub members_count: u64,
    /// Rises with every change to this user's row.
    #[serde(deserialize_with = "integer")]
    pub rev: u64,
}

/// A user's name and picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct User {
    /// Who.
    pub user_id: UserId,
    /// The name to show.
    #[serde(default)]
    pub name: Option<String>,
    /// A reference to the picture.
    #[serde(default)]
    pub avatar: Option<String>,
    /// Rises with every change.
    #[serde(deserialize_with = "integer")]
    pub rev: u64,
}

/// What only the user has: preferences, follows, blocks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Me {
    /// The user.
    pub user: User,
    /// The app's own.
    #[serde(default)]
    pub preferences: Object,
    /// Users followed.
    #[serde(default)]
    pub follows: Vec<UserId>,
    /// Users blocked.
    #[serde(default)]
    pub blocks: Vec<UserId>,
    /// Rises with every change.
    #[serde(deserialize_with = "integer")]
    pub rev: u64,
}

/// A member of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Member {
    /// Who.
    pub user_id: UserId,
    /// What they may do.
    pub role: Role,
    /// Since when.
    #[serde(deserialize_with = "integer")]
    pub joined_at: Millis,
}

/// How far a member has read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadCursor {
    /// Who.
    pub user_id: UserId,
    /// Read up to here.
    #[serde(deserialize_with = "integer")]
    pub seq: Seq,
    /// Delivered up to here.
    #[serde(deserialize_with = "integer")]
    pub delivered_seq: Seq,
}
