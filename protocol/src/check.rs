//! What a request may hold: its limits, and what follows from its kind (docs/protocol.md §4, §5).

use serde_json::Value;

use crate::{
    Content, ConversationKind, DecodeError, ErrorCode, ErrorReply, HistoryPolicy, MessageKind,
    Object, Request, Role, SendMessage, Status, WriteOp,
    codec::has_forbidden_character,
    fault::field_with_forbidden_character,
    limits::{
        MAX_ATTACHMENTS, MAX_AVATAR_BYTES, MAX_CONTENT_BYTES, MAX_EMOJI_BYTES, MAX_INITIAL_MEMBERS,
        MAX_MENTIONS, MAX_METADATA_BYTES, MAX_NESTING, MAX_SIGNAL_BYTES, MAX_TITLE_BYTES,
        MAX_USER_IDS,
    },
    message::encoded_len,
};

/// The sizes and words of requests that are no durable writes.
pub(crate) fn check_request(request: &Request) -> Result<(), ErrorReply> {
    match request {
        Request::Signal(signal) => {
            flat("data", nests_within(&signal.data, MAX_NESTING))?;
            within("data", encoded_len(&signal.data), MAX_SIGNAL_BYTES)
        }
        Request::UpdateMembership(update) => flat_object("settings", update.settings.as_ref()),
        Request::SetPreferences(set) => flat_object("preferences", Some(&set.preferences)),
        Request::UpdateStatus(update) => match &update.status {
            Status::Online | Status::Away | Status::Busy | Status::Dnd | Status::Invisible => {
                Ok(())
            }
            Status::Other(_) => Err(ErrorReply::invalid(
                "status",
                "a status is online, away, busy, dnd or invisible",
            )),
        },
        Request::WatchPresence(users)
        | Request::UnwatchPresence(users)
        | Request::Follow(users)
        | Request::Unfollow(users)
        | Request::Block(users)
        | Request::Unblock(users)
        | Request::Users(users) => within("user_ids", users.user_ids.len(), MAX_USER_IDS),
        Request::Authenticate(_)
        | Request::RefreshToken(_)
        | Request::Subscribe(_)
        | Request::Unsubscribe(_)
        | Request::MarkRead(_)
        | Request::MarkDelivered(_)
        | Request::TypingStart(_)
        | Request::TypingStop(_)
        | Request::Sync(_)
        | Request::History(_)
        | Request::Members(_)
        | Request::Activity(_)
        | Request::Ping(_)
        | Request::Pong(_)
        | Request::Write(_)
        | Request::Unknown(_) => Ok(()),
    }
}

/// The limits of a durable write, and what follows from a message's kind.
pub(crate) fn check_write(op: &WriteOp) -> Result<(), ErrorReply> {
    match op {
        WriteOp::SendMessage(send) => check_send(send),
        WriteOp::EditMessage(edit) => {
            if edit.content.is_empty() {
                return Err(ErrorReply::invalid("content", "an edit has content"));
            }
            flat_content(&edit.content)?;
            within("content", encoded_len(&edit.content), MAX_CONTENT_BYTES)
        }
        WriteOp::AddReaction(react) | WriteOp::RemoveReaction(react) => {
            if react.emoji.is_empty() || react.emoji.chars().any(char::is_control) {
                return Err(ErrorReply::invalid("emoji", "an emoji is a short text"));
            }
            within("emoji", react.emoji.len(), MAX_EMOJI_BYTES)
        }
        WriteOp::DeleteMessage(_)
        | WriteOp::CreateConversation(_)
        | WriteOp::UpdateConversation(_)
        | WriteOp::AddMembers(_)
        | WriteOp::RemoveMembers(_)
        | WriteOp::SetRole(_)
        | WriteOp::InviteMembers(_)
        | WriteOp::AcceptInvite(_)
        | WriteOp::DeclineInvite(_)
        | WriteOp::QuitConversation(_)
        | WriteOp::CreateGroup(_)
        | WriteOp::UpdateGroup(_)
        | WriteOp::AddGroupMembers(_)
        | WriteOp::RemoveGroupMembers(_)
        | WriteOp::SetGroupRole(_)
        | WriteOp::QuitGroup(_) => check_names(op),
    }
}

/// What a server says of a write that was made here and holds a character that no frame may hold.
pub(crate) fn check_characters(op: &WriteOp) -> Result<(), ErrorReply> {
    let payload = serde_json::to_string(op)
        .map_err(|error| ErrorReply::invalid("payload", error.to_string()))?;
    if has_forbidden_character(&payload) {
        return Err(ErrorReply {
            field: field_with_forbidden_character(&payload),
            ..ErrorReply::new(ErrorCode::Invalid, DecodeError::Character.to_string())
        });
    }
    Ok(())
}

fn check_send(send: &SendMessage) -> Result<(), ErrorReply> {
    let fits = match (&send.kind, &send.content) {
        (MessageKind::Text | MessageKind::System, Content::Text(text)) => !text.is_empty(),
        (MessageKind::Media, Content::Text(_) | Content::Empty) => true,
        (MessageKind::Custom, Content::Object(_)) => true,
        (MessageKind::Other(_), _) => {
            return Err(ErrorReply::invalid(
                "kind",
                "a message is text, media, system or custom",
            ));
        }
        (_, _) => false,
    };
    if !fits {
        return Err(ErrorReply::invalid(
            "content",
            "content is a non-empty string for text, an object for custom",
        ));
    }
    if send.kind == MessageKind::Media && send.attachments.is_empty() {
        return Err(ErrorReply::invalid(
            "attachments",
            "a media message has attachments",
        ));
    }
    flat_content(&send.content)?;
    flat_object("metadata", send.metadata.as_ref())?;
    within("content", encoded_len(&send.content), MAX_CONTENT_BYTES)?;
    within(
        "metadata",
        send.metadata.as_ref().map_or(0, encoded_len),
        MAX_METADATA_BYTES,
    )?;
    within("attachments", send.attachments.len(), MAX_ATTACHMENTS)?;
    within("mentions", send.mentions.len(), MAX_MENTIONS)
}

fn check_names(op: &WriteOp) -> Result<(), ErrorReply> {
    let len = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    match op {
        WriteOp::CreateConversation(create) => {
            if let ConversationKind::Other(_) = create.kind {
                return Err(ErrorReply::invalid(
                    "kind",
                    "a conversation is direct, group or broadcast",
                ));
            }
            known_history(create.history.as_ref())?;
            within("title", len(&create.title), MAX_TITLE_BYTES)?;
            within(
                "members",
                create.members.as_ref().map_or(0, Vec::len),
                MAX_INITIAL_MEMBERS,
            )
        }
        WriteOp::CreateGroup(create) => {
            known_history(create.history.as_ref())?;
            within("title", len(&create.title), MAX_TITLE_BYTES)?;
            within("avatar", len(&create.avatar), MAX_AVATAR_BYTES)?;
            within(
                "members",
                create.members.as_ref().map_or(0, Vec::len),
                MAX_INITIAL_MEMBERS,
            )
        }
        WriteOp::UpdateConversation(update) | WriteOp::UpdateGroup(update) => {
            within("title", len(&update.title), MAX_TITLE_BYTES)?;
            within("avatar", len(&update.avatar), MAX_AVATAR_BYTES)?;
            flat_object("settings", update.settings.as_ref())?;
            within(
                "settings",
                update.settings.as_ref().map_or(0, encoded_len),
                MAX_METADATA_BYTES,
            )
        }
        WriteOp::AddMembers(members)
        | WriteOp::RemoveMembers(members)
        | WriteOp::SetRole(members)
        | WriteOp::InviteMembers(members)
        | WriteOp::AddGroupMembers(members)
        | WriteOp::RemoveGroupMembers(members)
        | WriteOp::SetGroupRole(members) => {
            if members.user_ids.is_empty() {
                return Err(ErrorReply::invalid("user_ids", "name at least one user"));
            }
            let sets_role = matches!(op, WriteOp::SetRole(_) | WriteOp::SetGroupRole(_));
            match &members.role {
                Some(Role::Owner | Role::Admin | Role::Member) => {}
                None if !sets_role => {}
                Some(Role::Other(_)) | None => {
                    return Err(ErrorReply::invalid(
                        "role",
                        "a role is owner, admin or member",
                    ));
                }
            }
            within("user_ids", members.user_ids.len(), MAX_INITIAL_MEMBERS)
        }
        WriteOp::SendMessage(_)
        | WriteOp::EditMessage(_)
        | WriteOp::DeleteMessage(_)
        | WriteOp::AddReaction(_)
        | WriteOp::RemoveReaction(_)
        | WriteOp::AcceptInvite(_)
        | WriteOp::DeclineInvite(_)
        | WriteOp::QuitConversation(_)
        | WriteOp::QuitGroup(_) => Ok(()),
    }
}

fn known_history(history: Option<&HistoryPolicy>) -> Result<(), ErrorReply> {
    match history {
        None | Some(HistoryPolicy::FromJoin | HistoryPolicy::All) => Ok(()),
        Some(HistoryPolicy::Other(_)) => Err(ErrorReply::invalid(
            "history",
            "a history is from_join or all",
        )),
    }
}

fn flat_content(content: &Content) -> Result<(), ErrorReply> {
    match content {
        Content::Object(object) => flat_object("content", Some(object)),
        Content::Empty | Content::Text(_) => Ok(()),
    }
}

fn flat_object(field: &str, object: Option<&Object>) -> Result<(), ErrorReply> {
    let is_flat = object
        .into_iter()
        .flat_map(Object::values)
        .all(|value| nests_within(value, MAX_NESTING - 1));
    flat(field, is_flat)
}

fn flat(field: &str, is_flat: bool) -> Result<(), ErrorReply> {
    if is_flat {
        return Ok(());
    }
    Err(ErrorReply::invalid(
        field,
        format!("{field} is nested deeper than {MAX_NESTING} objects or lists"),
    ))
}

/// Whether a value has at most so many objects or lists within each other. Looks no deeper.
fn nests_within(value: &Value, most: usize) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
        Value::Array(_) | Value::Object(_) if most == 0 => false,
        Value::Array(list) => list.iter().all(|value| nests_within(value, most - 1)),
        Value::Object(object) => object.values().all(|value| nests_within(value, most - 1)),
    }
}

fn within(field: &str, size: usize, limit: usize) -> Result<(), ErrorReply> {
    if size <= limit {
        return Ok(());
    }
    Err(ErrorReply {
        field: Some(field.into()),
        ..ErrorReply::new(
            ErrorCode::TooLarge,
            format!("{field} is {size}, the limit is {limit}"),
        )
    })
}
