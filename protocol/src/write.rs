//! Durable writes: the requests marked ● (docs/protocol.md §4).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{
    Attachment, Content, ConversationId, ConversationKind, ErrorCode, GroupId, HistoryPolicy,
    MessageId, MessageKind, Object, Role, TempId, UserId, scalar::list_or_null,
};

/// A durable write. `(conversation, sender, temp_id)` is unique for ever, across kinds.
#[derive(Debug, Clone, PartialEq)]
pub struct Write {
    /// Its sender's name for it.
    pub temp_id: TempId,
    /// The conversation (or group) that it changes.
    pub conversation_id: ConversationId,
    /// Gives up the refused write of this name, so that this and later ones may go on.
    pub skip: Option<TempId>,
    /// What it does, or what is wrong with it: a repeat is answered even then.
    pub op: Result<WriteOp, WriteFault>,
}

/// What is wrong with a write whose names could still be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteFault {
    /// The request's type, which a repeat is compared with.
    pub kind: WriteKind,
    /// `invalid` or `too_large`.
    pub code: ErrorCode,
    /// What is wrong, for a person.
    pub message: String,
    /// The field that is wrong.
    pub field: Option<String>,
}

/// The message that an edit, a deletion or a reaction means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum Target {
    /// By the server's id.
    Message {
        /// The message.
        message_id: MessageId,
    },
    /// By the sender's own name; only for one's own messages.
    Temp {
        /// The `send_message` that made it.
        target_temp_id: TempId,
    },
}

/// The fields of all requests that name a message. Both names at once are allowed, and the server's
/// id decides.
#[derive(Deserialize)]
struct WireTarget {
    #[serde(default)]
    message_id: Option<MessageId>,
    #[serde(default)]
    target_temp_id: Option<TempId>,
    #[serde(default)]
    content: Option<Content>,
    #[serde(default)]
    emoji: Option<String>,
}

impl WireTarget {
    fn target<E: de::Error>(&self) -> Result<Target, E> {
        match (self.message_id, self.target_temp_id) {
            (Some(message_id), _) => Ok(Target::Message { message_id }),
            (None, Some(target_temp_id)) => Ok(Target::Temp { target_temp_id }),
            (None, None) => Err(E::missing_field("message_id")),
        }
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        WireTarget::deserialize(deserializer)?.target()
    }
}

/// `send_message`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SendMessage {
    /// What it is. Text, if absent.
    #[serde(default = "text")]
    pub kind: MessageKind,
    /// What is said.
    #[serde(default)]
    pub content: Content,
    /// Files.
    #[serde(
        default,
        deserialize_with = "list_or_null",
        skip_serializing_if = "Vec::is_empty"
    )]
    #[cfg_attr(feature = "openapi", schema(nullable))]
    pub attachments: Vec<Attachment>,
    /// The message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<MessageId>,
    /// Users whom it names.
    #[serde(
        default,
        deserialize_with = "list_or_null",
        skip_serializing_if = "Vec::is_empty"
    )]
    #[cfg_attr(feature = "openapi", schema(nullable))]
    pub mentions: Vec<UserId>,
    /// The app's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Object>,
}

fn text() -> MessageKind {
    MessageKind::Text
}

impl fmt::Debug for SendMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendMessage")
            .field("kind", &self.kind)
            .field("content", &self.content)
            .field("attachments", &self.attachments)
            .field("reply_to", &self.reply_to)
            .finish_non_exhaustive()
    }
}

impl SendMessage {
    /// A plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            kind: MessageKind::Text,
            content: Content::Text(text.into()),
            attachments: Vec::new(),
            reply_to: None,
            mentions: Vec::new(),
            metadata: None,
        }
    }
}

/// `edit_message`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EditMessage {
    /// Which.
    #[serde(flatten)]
    pub target: Target,
    /// What it says from now on.
    pub content: Content,
}

impl<'de> Deserialize<'de> for EditMessage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = WireTarget::deserialize(deserializer)?;
        Ok(Self {
            target: wire.target()?,
            content: wire
                .content
                .ok_or_else(|| de::Error::missing_field("content"))?,
        })
    }
}

/// `delete_message`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeleteMessage {
    /// Which.
    #[serde(flatten)]
    pub target: Target,
}

impl<'de> Deserialize<'de> for DeleteMessage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Target::deserialize(deserializer).map(|target| Self { target })
    }
}

/// `add_reaction` and `remove_reaction`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct React {
    /// To which.
    #[serde(flatten)]
    pub target: Target,
    /// The emoji.
    pub emoji: String,
}

impl<'de> Deserialize<'de> for React {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = WireTarget::deserialize(deserializer)?;
        Ok(Self {
            target: wire.target()?,
            emoji: wire
                .emoji
                .ok_or_else(|| de::Error::missing_field("emoji"))?,
        })
    }
}

/// `create_conversation`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateConversation {
    /// What it is.
    pub kind: ConversationKind,
    /// The group that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_id: Option<GroupId>,
    /// Its title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Who belongs to it; the creator always does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<UserId>>,
    /// What later members see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<HistoryPolicy>,
}

/// `update_conversation` and `update_group`. Absent fields stay.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct UpdateConversation {
    /// The new title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The new picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
    /// The app's own settings, replaced as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Object>,
}

/// Member requests: who, and for `set_role` what.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Members {
    /// Whom.
    #[serde(
        default,
        deserialize_with = "list_or_null",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub user_ids: Vec<UserId>,
    /// The role to give.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
}

/// `create_group`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CreateGroup {
    /// Its title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A reference to its picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
    /// Who belongs to it; the creator always does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<UserId>>,
    /// What later members see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<HistoryPolicy>,
}

macro_rules! write_ops {
    ($($(#[$doc:meta])* $word:literal => $variant:ident($payload:ty),)+) => {
        /// The kinds of durable writes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum WriteKind {
            $($(#[$doc])* $variant,)+
        }

        impl WriteKind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The frame type.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// The kind of a frame type, if it is a durable write.
            pub fn from_type(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        /// What a durable write does.
        #[derive(Debug, Clone, PartialEq)]
        pub enum WriteOp {
            $($(#[$doc])* $variant($payload),)+
        }

        impl WriteOp {
            /// Its kind.
            pub fn kind(&self) -> WriteKind {
                match self {
                    $(Self::$variant(_) => WriteKind::$variant,)+
                }
            }

            /// The limits of docs/protocol.md §5, and what follows from a message's kind: what the
            /// server checks before anything else, so that a client need not queue what breaks them;
            /// and that no text holds what no frame may hold (§1).
            ///
            /// # Errors
            /// As the server would refuse it: `invalid` or `too_large`, with the field.
            pub fn check(&self) -> Result<(), crate::ErrorReply> {
                crate::check::check_write(self)?;
                crate::check::check_characters(self)
            }

            /// Reads the fields of one kind from a payload.
            ///
            /// # Errors
            /// What serde found wrong.
            pub fn from_json(kind: WriteKind, payload: &str) -> Result<Self, serde_json::Error> {
                match kind {
                    $(WriteKind::$variant => serde_json::from_str(payload).map(Self::$variant),)+
                }
            }
        }

        impl Serialize for WriteOp {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$variant(payload) => payload.serialize(serializer),)+
                }
            }
        }
    };
}

write_ops! {
    /// Says something.
    "send_message" => SendMessage(SendMessage),
    /// Changes what was said.
    "edit_message" => EditMessage(EditMessage),
    /// Takes back what was said.
    "delete_message" => DeleteMessage(DeleteMessage),
    /// Puts an emoji on a message.
    "add_reaction" => AddReaction(React),
    /// Takes it off.
    "remove_reaction" => RemoveReaction(React),
    /// Makes a conversation.
    "create_conversation" => CreateConversation(CreateConversation),
    /// Changes title, picture or settings.
    "update_conversation" => UpdateConversation(UpdateConversation),
    /// Lets users in.
    "add_members" => AddMembers(Members),
    /// Puts users out.
    "remove_members" => RemoveMembers(Members),
    /// Changes what users may do.
    "set_role" => SetRole(Members),
    /// Asks users in.
    "invite_members" => InviteMembers(Members),
    /// Joins where one was asked to.
    "accept_invite" => AcceptInvite(Members),
    /// Stays out.
    "decline_invite" => DeclineInvite(Members),
    /// Leaves a conversation.
    "quit_conversation" => QuitConversation(Members),
    /// Makes a group.
    "create_group" => CreateGroup(CreateGroup),
    /// Changes a group.
    "update_group" => UpdateGroup(UpdateConversation),
    /// Lets users into a group.
    "add_group_members" => AddGroupMembers(Members),
    /// Puts users out of a group.
    "remove_group_members" => RemoveGroupMembers(Members),
    /// Changes what users may do in a group.
    "set_group_role" => SetGroupRole(Members),
    /// Leaves a group.
    "quit_group" => QuitGroup(Members),
}

#[derive(Serialize)]
struct WritePayload<'a> {
    temp_id: TempId,
    conversation_id: ConversationId,
    #[serde(skip_serializing_if = "Option::is_none")]
    skip: Option<TempId>,
    #[serde(flatten)]
    op: &'a WriteOp,
}

impl Write {
    /// A sound write.
    pub fn new(temp_id: TempId, conversation_id: ConversationId, op: WriteOp) -> Self {
        Self {
            temp_id,
            conversation_id,
            skip: None,
            op: Ok(op),
        }
    }

    /// Its kind, sound or not.
    pub fn kind(&self) -> WriteKind {
        match &self.op {
            Ok(op) => op.kind(),
            Err(fault) => fault.kind,
        }
    }
}

impl Serialize for Write {
    /// Writes a sound write; a fault was never made to be sent, and is an error.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.op {
            Ok(op) => WritePayload {
                temp_id: self.temp_id,
                conversation_id: self.conversation_id,
                skip: self.skip,
                op,
            }
            .serialize(serializer),
            Err(fault) => Err(serde::ser::Error::custom(&fault.message)),
        }
    }
}
