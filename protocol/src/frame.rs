//! Frames: what a request, a reply or an event is wrapped in (docs/protocol.md §1).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::SerializeMap};
use serde_json::value::RawValue;

use crate::{
    Ack, AuthError, Authenticate, Authenticated, ClientId, ConnectionEvent, ConversationActivity,
    ConversationEvent, ConversationId, ConversationPresence, ConversationUpdated, ErrorReply,
    GroupEvent, GroupMemberEvent, History, HistoryPage, ListMembers, Mark, MemberEvent,
    MembersPage, MessageDeleted, MessageEdited, MessageId, MessageSent, Millis, NewMessage,
    Nothing, Notification, Ping, PresenceState, RawFrame, ReactionEvent, Receipt, RefreshToken,
    Seq, SetPreferences, Signal, SignalEvent, Skipped, StatusUpdate, Subscribe, Subscribed, Sync,
    SyncPage, TokenRefreshed, Typing, TypingIndicator, Unsubscribe, Unsubscribed, UpdateMembership,
    UpdateStatus, UserEvent, UserId, UserIds, UsersPage, Write, WriteKind,
    check::check_request,
    fault::{decode_write, invalid_payload},
    scalar::{integer, integer_option},
};

/// What the server tells beside an event: when, by whom, where, from which device.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Meta {
    /// Server time.
    #[serde(
        default,
        deserialize_with = "integer_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub timestamp: Option<Millis>,
    /// Who caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender_id: Option<UserId>,
    /// The conversation, group or user addressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_id: Option<String>,
    /// The sender's device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
}

/// A frame from the client.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientFrame {
    /// Chosen by the client, rising; the reply carries the same.
    pub id: Option<u64>,
    /// What is asked.
    pub request: Request,
}

/// A frame from the server.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerFrame {
    /// That of the request answered; none on what the server starts.
    pub id: Option<u64>,
    /// What is said.
    pub message: ServerMessage,
    /// Beside an event.
    pub meta: Option<Meta>,
}

impl ServerFrame {
    /// An answer to the request of this id.
    pub fn reply(id: Option<u64>, message: ServerMessage) -> Self {
        Self {
            id,
            message,
            meta: None,
        }
    }

    /// What the server starts.
    pub fn event(message: ServerMessage) -> Self {
        Self {
            id: None,
            message,
            meta: None,
        }
    }
}

/// A type and payload that this version does not know. `Debug` shows only its size.
#[derive(Clone)]
pub struct UnknownFrame {
    /// Its type.
    pub kind: String,
    /// Its payload, as it came.
    pub payload: Box<RawValue>,
}

impl fmt::Debug for UnknownFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnknownFrame")
            .field("kind", &self.kind)
            .field("payload_bytes", &self.payload.get().len())
            .finish()
    }
}

impl PartialEq for UnknownFrame {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.payload.get() == other.payload.get()
    }
}

macro_rules! frames {
    (
        $(#[$edoc:meta])* $name:ident
        { $($(#[$doc:meta])* $word:literal => $variant:ident($payload:ty),)+ }
        $({ $(#[$xdoc:meta])* $extra:ident($xpayload:ty), kind: $xkind:expr })?
    ) => {
        $(#[$edoc])*
        #[derive(Debug, Clone, PartialEq)]
        pub enum $name {
            $($(#[$doc])* $variant($payload),)+
            $($(#[$xdoc])* $extra($xpayload),)?
            /// A type of a newer peer.
            Unknown(UnknownFrame),
        }

        impl $name {
            /// The frame types of this enum, beside those of durable writes.
            pub const TYPES: &[&str] = &[$($word,)+];

            /// The frame type.
            pub fn kind(&self) -> &str {
                match self {
                    $(Self::$variant(_) => $word,)+
                    $(Self::$extra(payload) => $xkind(payload),)?
                    Self::Unknown(frame) => &frame.kind,
                }
            }

            fn read(kind: &str, payload: &RawValue) -> Result<Self, serde_json::Error> {
                match kind {
                    $($word => serde_json::from_str(payload.get()).map(Self::$variant),)+
                    unknown => Ok(Self::Unknown(UnknownFrame {
                        kind: unknown.into(),
                        payload: payload.to_owned(),
                    })),
                }
            }

            fn write_payload<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
                match self {
                    $(Self::$variant(payload) => map.serialize_entry("payload", payload),)+
                    $(Self::$extra(payload) => map.serialize_entry("payload", payload),)?
                    Self::Unknown(frame) => map.serialize_entry("payload", &frame.payload),
                }
            }
        }
    };
}

frames! {
    /// What a client asks.
    Request {
        /// Opens.
        "authenticate" => Authenticate(Authenticate),
        /// Brings a newer token.
        "refresh_token" => RefreshToken(RefreshToken),
        /// Joins a conversation's room.
        "subscribe" => Subscribe(Subscribe),
        /// Leaves it.
        "unsubscribe" => Unsubscribe(Unsubscribe),
        /// Changes one's own settings of a conversation.
        "update_membership" => UpdateMembership(UpdateMembership),
        /// Moves the read cursor.
        "mark_read" => MarkRead(Mark),
        /// Moves the delivery cursor.
        "mark_delivered" => MarkDelivered(Mark),
        /// Begins to type.
        "typing_start" => TypingStart(Typing),
        /// Ends it.
        "typing_stop" => TypingStop(Typing),
        /// Passes something on that is never stored.
        "signal" => Signal(Signal),
        /// Sets one's status.
        "update_status" => UpdateStatus(UpdateStatus),
        /// Watches users' presence.
        "watch_presence" => WatchPresence(UserIds),
        /// Ends that.
        "unwatch_presence" => UnwatchPresence(UserIds),
        /// Follows users.
        "follow" => Follow(UserIds),
        /// Ends that.
        "unfollow" => Unfollow(UserIds),
        /// Blocks users.
        "block" => Block(UserIds),
        /// Ends that.
        "unblock" => Unblock(UserIds),
        /// Sets the app's own preferences.
        "set_preferences" => SetPreferences(SetPreferences),
        /// Asks for what changed.
        "sync" => Sync(Sync),
        /// Asks for messages.
        "history" => History(History),
        /// Asks for members.
        "members" => Members(ListMembers),
        /// Asks for names.
        "users" => Users(UserIds),
        /// The person did something.
        "activity" => Activity(Nothing),
        /// Are you there?
        "ping" => Ping(Ping),
        /// I am.
        "pong" => Pong(Ping),
    }
    {
        /// A durable write; its kind is the frame type.
        Write(Box<Write>), kind: |write: &Write| write.kind().as_str()
    }
}

frames! {
    /// What the server says: replies first, then events.
    ServerMessage {
        /// The connection is open.
        "authenticated" => Authenticated(Authenticated),
        /// It is not.
        "auth_error" => AuthError(AuthError),
        /// The newer token holds.
        "token_refreshed" => TokenRefreshed(TokenRefreshed),
        /// Refused.
        "error" => Error(ErrorReply),
        /// A durable write refused.
        "message_error" => MessageError(ErrorReply),
        /// The room is joined.
        "subscribed" => Subscribed(Subscribed),
        /// The room is left.
        "unsubscribed" => Unsubscribed(Unsubscribed),
        /// The message is durable.
        "message_sent" => MessageSent(Box<MessageSent>),
        /// Done.
        "ack" => Ack(Ack),
        /// Users' presence.
        "presence_state" => PresenceState(PresenceState),
        /// Conversations and what changed.
        "sync_page" => SyncPage(SyncPage),
        /// Messages.
        "history_page" => HistoryPage(HistoryPage),
        /// Members.
        "members_page" => MembersPage(MembersPage),
        /// Names.
        "users_page" => UsersPage(UsersPage),
        /// Are you there?
        "ping" => Ping(Ping),
        /// I am.
        "pong" => Pong(Ping),
        /// Durable: something was said.
        "new_message" => NewMessage(Box<NewMessage>),
        /// Durable: it was changed.
        "message_edited" => MessageEdited(MessageEdited),
        /// Durable: it was taken back.
        "message_deleted" => MessageDeleted(MessageDeleted),
        /// Durable: an emoji came.
        "reaction_added" => ReactionAdded(ReactionEvent),
        /// Durable: an emoji went.
        "reaction_removed" => ReactionRemoved(ReactionEvent),
        /// Durable: someone came.
        "member_joined" => MemberJoined(MemberEvent),
        /// Durable: someone went.
        "member_left" => MemberLeft(MemberEvent),
        /// Durable: someone may do something else now.
        "member_updated" => MemberUpdated(MemberEvent),
        /// Durable: title, picture or settings changed.
        "conversation_updated" => ConversationUpdated(ConversationUpdated),
        /// Durable: a change that this user may not see.
        "skipped" => Skipped(Skipped),
        /// A read cursor moved.
        "read_receipt" => ReadReceipt(Receipt),
        /// A delivery cursor moved.
        "delivery_receipt" => DeliveryReceipt(Receipt),
        /// Something happened where one is not subscribed.
        "conversation_activity" => ConversationActivity(Box<ConversationActivity>),
        /// One became a member.
        "conversation_created" => ConversationCreated(Box<ConversationEvent>),
        /// One's own settings of a conversation changed.
        "membership_updated" => MembershipUpdated(Box<ConversationEvent>),
        /// A group changed.
        "group_updated" => GroupUpdated(GroupEvent),
        /// Someone came to a group.
        "group_member_joined" => GroupMemberJoined(GroupMemberEvent),
        /// Someone left it.
        "group_member_left" => GroupMemberLeft(GroupMemberEvent),
        /// A name or picture changed.
        "user_updated" => UserUpdated(UserEvent),
        /// A user's presence.
        "status_update" => StatusUpdate(StatusUpdate),
        /// A message of one's inbox.
        "notification" => Notification(Box<Notification>),
        /// Ephemeral: who looks.
        "conversation_presence" => ConversationPresence(ConversationPresence),
        /// Ephemeral: who types.
        "typing_indicator" => TypingIndicator(TypingIndicator),
        /// Ephemeral: the app's own.
        "signal" => Signal(SignalEvent),
        /// Of the connection itself.
        "connection_event" => ConnectionEvent(ConnectionEvent),
    }
}

/// What every durable event says of its place.
#[derive(Deserialize)]
struct Place {
    conversation_id: ConversationId,
    #[serde(deserialize_with = "integer")]
    seq: Seq,
    event_id: MessageId,
}

impl ServerMessage {
    /// The position of a durable event: where it is, and its seq. An event of a newer peer has one
    /// too, or it would look like a hole.
    pub fn position(&self) -> Option<(ConversationId, Seq)> {
        self.place().map(|place| (place.conversation_id, place.seq))
    }

    /// The id of a durable event.
    pub fn event_id(&self) -> Option<MessageId> {
        self.place().map(|place| place.event_id)
    }

    fn place(&self) -> Option<Place> {
        let (conversation_id, seq, event_id) = match self {
            Self::NewMessage(e) => (e.message.conversation_id, e.message.seq, e.event_id),
            Self::MessageEdited(e) => (e.conversation_id, e.seq, e.event_id),
            Self::MessageDeleted(e) => (e.conversation_id, e.seq, e.event_id),
            Self::ReactionAdded(e) | Self::ReactionRemoved(e) => {
                (e.conversation_id, e.seq, e.event_id)
            }
            Self::MemberJoined(e) | Self::MemberLeft(e) | Self::MemberUpdated(e) => {
                (e.conversation_id, e.seq, e.event_id)
            }
            Self::ConversationUpdated(e) => (e.conversation_id, e.seq, e.event_id),
            Self::Skipped(e) => (e.conversation_id, e.seq, e.event_id),
            Self::Unknown(e) => return serde_json::from_str(e.payload.get()).ok(),
            Self::Authenticated(_)
            | Self::AuthError(_)
            | Self::TokenRefreshed(_)
            | Self::Error(_)
            | Self::MessageError(_)
            | Self::Subscribed(_)
            | Self::Unsubscribed(_)
            | Self::MessageSent(_)
            | Self::Ack(_)
            | Self::PresenceState(_)
            | Self::SyncPage(_)
            | Self::HistoryPage(_)
            | Self::MembersPage(_)
            | Self::UsersPage(_)
            | Self::Ping(_)
            | Self::Pong(_)
            | Self::ReadReceipt(_)
            | Self::DeliveryReceipt(_)
            | Self::ConversationActivity(_)
            | Self::ConversationCreated(_)
            | Self::MembershipUpdated(_)
            | Self::GroupUpdated(_)
            | Self::GroupMemberJoined(_)
            | Self::GroupMemberLeft(_)
            | Self::UserUpdated(_)
            | Self::StatusUpdate(_)
            | Self::Notification(_)
            | Self::ConversationPresence(_)
            | Self::TypingIndicator(_)
            | Self::Signal(_)
            | Self::ConnectionEvent(_) => return None,
        };
        Some(Place {
            conversation_id,
            seq,
            event_id,
        })
    }
}

impl ClientFrame {
    /// Reads the payload of a raw frame.
    ///
    /// # Errors
    /// What is wrong with it, for a person. A durable write whose names can be read is no error:
    /// its fault is in [`Write::op`].
    pub fn from_raw(raw: &RawFrame<'_>) -> Result<Self, ErrorReply> {
        let request = match WriteKind::from_type(&raw.kind) {
            Some(kind) => Request::Write(Box::new(decode_write(kind, raw.payload_json())?)),
            None => Request::read(&raw.kind, raw.payload())
                .map_err(|error| invalid_payload(raw.payload_json(), &error))?,
        };
        check_request(&request)?;
        Ok(Self {
            id: raw.id,
            request,
        })
    }
}

impl ServerFrame {
    /// Reads the payload of a raw frame.
    ///
    /// # Errors
    /// What serde found wrong.
    pub fn from_raw(raw: &RawFrame<'_>) -> Result<Self, serde_json::Error> {
        Ok(Self {
            id: raw.id,
            message: ServerMessage::read(&raw.kind, raw.payload())?,
            meta: raw
                .meta
                .map(|meta| serde_json::from_str(meta.get()))
                .transpose()?,
        })
    }
}

impl Serialize for ClientFrame {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", self.request.kind())?;
        if let Some(id) = self.id {
            map.serialize_entry("id", &id)?;
        }
        self.request.write_payload(&mut map)?;
        map.end()
    }
}

impl Serialize for ServerFrame {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", self.message.kind())?;
        if let Some(id) = self.id {
            map.serialize_entry("id", &id)?;
        }
        self.message.write_payload(&mut map)?;
        if let Some(meta) = &self.meta {
            map.serialize_entry("meta", meta)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for ServerFrame {
    /// Reads a frame inside another (`subscribed.events`); only from JSON text. A `subscribed` is
    /// refused there, since it could hold others without end; [`decode_server`](crate::decode_server)
    /// reads one.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        let raw: RawFrame<'_> = serde_json::from_str(raw.get()).map_err(D::Error::custom)?;
        if raw.kind == "subscribed" {
            return Err(D::Error::custom("a subscribed frame stands in no other"));
        }
        Self::from_raw(&raw).map_err(D::Error::custom)
    }
}
