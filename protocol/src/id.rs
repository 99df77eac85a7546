//! Ids: the app's user ids, and the UUIDs that clients and the server make (docs/protocol.md §1).

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::{limits::MAX_USER_ID_BYTES, scalar::read_str};

const DIRECT_NAMESPACE: Uuid = uuid::uuid!("b1e6dafd-7c54-5c6c-b136-e1f2c8410835");
const INBOX_NAMESPACE: Uuid = uuid::uuid!("b4f37397-97f7-5350-ac4b-409b1f3f3a68");

/// Why a text is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// A user id is empty or longer than 128 bytes.
    #[error("a user id has 1 to {MAX_USER_ID_BYTES} bytes, this one has {0}")]
    UserIdLength(usize),
    /// A user id has a control character.
    #[error("a user id has no control characters")]
    UserIdControl,
    /// Not a UUID in its hyphenated form.
    #[error("not a UUID: {0}")]
    NotUuid(String),
    /// Not a room name.
    #[error("a room is user:, group: or conv: and an id")]
    NotRoom,
}

/// A user, by the id that the app's own backend gave: 1 to 128 bytes, no control characters,
/// compared bytewise. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(Arc<str>);

impl UserId {
    /// Checks length and characters.
    ///
    /// # Errors
    /// [`IdError::UserIdLength`] or [`IdError::UserIdControl`].
    pub fn new(id: impl AsRef<str>) -> Result<Self, IdError> {
        let id = id.as_ref();
        if id.is_empty() || id.len() > MAX_USER_ID_BYTES {
            return Err(IdError::UserIdLength(id.len()));
        }
        if id.chars().any(char::is_control) {
            return Err(IdError::UserIdControl);
        }
        Ok(Self(id.into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for UserId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for UserId {
    type Err = IdError;

    fn from_str(s: &str) -> Result<Self, IdError> {
        Self::new(s)
    }
}

impl Serialize for UserId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for UserId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_str(deserializer, "a user id", str::parse)
    }
}

/// The one form of a UUID on the wire; the library reads three more.
fn hyphenated(text: &str) -> Result<Uuid, IdError> {
    if text.len() != uuid::fmt::Hyphenated::LENGTH {
        return Err(IdError::NotUuid(format!(
            "it has {} bytes instead of {}",
            text.len(),
            uuid::fmt::Hyphenated::LENGTH
        )));
    }
    Uuid::try_parse(text).map_err(|e| IdError::NotUuid(e.to_string()))
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID of any version; what version a place demands is checked there.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID inside.
            pub const fn uuid(self) -> Uuid {
                self.0
            }

            /// Whether this is a version 7 UUID, as ids made by clients and servers are.
            pub fn is_v7(self) -> bool {
                self.0.get_version_num() == 7
                    && self.0.get_variant() == uuid::Variant::RFC4122
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(s: &str) -> Result<Self, IdError> {
                hyphenated(s).map(Self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                read_str(deserializer, "a UUID", str::parse)
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }
    };
}

uuid_id! {
    /// A conversation: UUIDv7 by the client, or derived from its two members.
    ConversationId
}
uuid_id! {
    /// A message, which is also the event that brought it: UUIDv7 by the server.
    MessageId
}
uuid_id! {
    /// A write, as its sender named it before the server knew it: UUIDv7 by the client.
    TempId
}
uuid_id! {
    /// An installation of an app: UUIDv7 by the client.
    ClientId
}
uuid_id! {
    /// A connection, for logs: UUIDv7 by the server.
    SessionId
}

/// A group. Its main conversation has the same id.
pub type GroupId = ConversationId;

impl ConversationId {
    /// The direct conversation of two users, whichever is named first.
    ///
    /// ```
    /// # use causerie_protocol::{ConversationId, UserId};
    /// let (alice, bob) = (UserId::new("alice")?, UserId::new("bob")?);
    /// let id = ConversationId::direct(&bob, &alice);
    /// assert_eq!(id.to_string(), "279b6bf7-01b6-5bc5-a7a4-2d8fac10fc0e");
    /// # Ok::<(), causerie_protocol::IdError>(())
    /// ```
    pub fn direct(one: &UserId, other: &UserId) -> Self {
        let (low, high) = if one <= other {
            (one, other)
        } else {
            (other, one)
        };
        let name = format!("{low}\n{high}");
        Self(Uuid::new_v5(&DIRECT_NAMESPACE, name.as_bytes()))
    }
}

/// The conversation that is a user's inbox.
pub fn inbox_id(user: &UserId) -> ConversationId {
    ConversationId(Uuid::new_v5(&INBOX_NAMESPACE, user.as_str().as_bytes()))
}

/// A room's name: `user:{id}`, `group:{id}` or `conv:{id}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Room {
    /// What concerns one user on all devices. Joined by the server.
    User(UserId),
    /// What concerns a group. Joined by the server.
    Group(GroupId),
    /// A conversation's events. Joined by `subscribe`.
    Conversation(ConversationId),
}

impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Group(id) => write!(f, "group:{id}"),
            Self::Conversation(id) => write!(f, "conv:{id}"),
        }
    }
}

impl FromStr for Room {
    type Err = IdError;

    fn from_str(s: &str) -> Result<Self, IdError> {
        match s.split_once(':') {
            Some(("user", id)) => Ok(Self::User(id.parse()?)),
            Some(("group", id)) => Ok(Self::Group(id.parse()?)),
            Some(("conv", id)) => Ok(Self::Conversation(id.parse()?)),
            Some(_) | None => Err(IdError::NotRoom),
        }
    }
}

impl Serialize for Room {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Room {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_str(deserializer, "a room", str::parse)
    }
}
