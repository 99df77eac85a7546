//! What an event does to a cached message. The store uses this too, so that it means one thing.

use causerie_protocol::{Content, Message, Reaction};

use crate::{Change, Patch, planted};

/// Most users named beside an emoji (docs/protocol.md §5).
const MAX_REACTION_USERS: usize = 5;

impl Patch {
    /// Applies this to the message at its place, if that has a lower `state_seq`, which it raises.
    /// Says whether it did.
    pub fn apply(&self, message: &mut Message) -> bool {
        let contained = message.state_seq >= self.seq && !planted::is("contained_patch_applied");
        if contained
            || message.seq != self.target_seq
            || message.conversation_id != self.conversation_id
        {
            return false;
        }
        message.state_seq = self.seq.max(message.state_seq);
        self.change.apply(message);
        true
    }
}

/// What a message that was deleted shows does not depend on the way it came: a backlog erases it
/// before the reactions on it are told, a page tells them.
pub(crate) fn erase_if_deleted(message: &mut Message) {
    if let Some(at) = message.deleted_at {
        Change::Deleted { at }.apply(message);
    }
}

impl Change {
    /// Changes a message, whatever its `state_seq`: for showing what is not confirmed yet.
    /// A deleted message stays as it is.
    pub fn apply(&self, message: &mut Message) {
        match self {
            Self::Edited { .. } | Self::ReactionAdded { .. } | Self::ReactionRemoved { .. }
                if message.deleted_at.is_some() => {}
            Self::Edited { content, at } => {
                message.content = content.clone();
                message.edited_at = Some(*at);
            }
            Self::Deleted { at } => {
                message.content = Content::Empty;
                message.attachments.clear();
                message.metadata = None;
                message.reactions.clear();
                message.deleted_at = Some(*at);
            }
            Self::ReactionAdded { user_id, emoji, me } => {
                let reaction = match message.reactions.iter_mut().find(|r| r.emoji == *emoji) {
                    Some(reaction) => reaction,
                    None => {
                        message.reactions.push(Reaction {
                            emoji: emoji.clone(),
                            count: 0,
                            me: false,
                            users: Vec::new(),
                        });
                        let last = message.reactions.len() - 1;
                        &mut message.reactions[last]
                    }
                };
                reaction.count += 1;
                reaction.me |= me;
                if reaction.users.len() < MAX_REACTION_USERS && !reaction.users.contains(user_id) {
                    reaction.users.push(user_id.clone());
                }
            }
            Self::ReactionRemoved { user_id, emoji, me } => {
                let Some(at) = message.reactions.iter().position(|r| r.emoji == *emoji) else {
                    return;
                };
                let reaction = &mut message.reactions[at];
                reaction.count = reaction.count.saturating_sub(1);
                reaction.me &= !me;
                reaction.users.retain(|user| user != user_id);
                if reaction.count == 0 {
                    message.reactions.remove(at);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use causerie_protocol::{ConversationId, MessageId, MessageKind, UserId};
    use uuid::Uuid;

    use super::*;

    fn conversation() -> ConversationId {
        ConversationId::from_uuid(Uuid::from_u128(1))
    }

    fn user(id: &str) -> UserId {
        UserId::new(id).expect("a sound id")
    }

    fn message() -> Message {
        Message {
            conversation_id: conversation(),
            seq: 3,
            number: 3,
            message_id: MessageId::from_uuid(Uuid::from_u128(3)),
            temp_id: None,
            sender_id: user("alice"),
            kind: MessageKind::Text,
            content: "before".into(),
            attachments: Vec::new(),
            reply_to: None,
            mentions: Vec::new(),
            metadata: Some(serde_json::Map::new()),
            created_at: 1,
            edited_at: None,
            deleted_at: None,
            state_seq: 3,
            reactions: Vec::new(),
        }
    }

    fn patch(seq: u64, change: Change) -> Patch {
        Patch {
            conversation_id: conversation(),
            target_seq: 3,
            seq,
            change,
        }
    }

    fn added(seq: u64, who: &str) -> Patch {
        patch(
            seq,
            Change::ReactionAdded {
                user_id: user(who),
                emoji: "👍".into(),
                me: who == "alice",
            },
        )
    }

    #[test]
    fn a_later_change_counts_and_an_earlier_one_does_not() {
        let mut message = message();
        let edited = |seq, text: &str| {
            patch(
                seq,
                Change::Edited {
                    content: text.into(),
                    at: seq,
                },
            )
        };
        assert!(edited(9, "after").apply(&mut message));
        assert!(!edited(8, "late").apply(&mut message));
        assert!(!edited(9, "twice").apply(&mut message));
        assert_eq!(message.content, "after".into());
        assert_eq!((message.state_seq, message.edited_at), (9, Some(9)));
    }

    #[test]
    fn a_deletion_leaves_the_place_and_takes_what_was_said() {
        let mut message = message();
        assert!(patch(7, Change::Deleted { at: 70 }).apply(&mut message));
        assert!(message.content.is_empty());
        assert_eq!(message.metadata, None);
        assert_eq!((message.seq, message.deleted_at), (3, Some(70)));
    }

    #[test]
    fn reactions_are_counted_and_at_most_five_users_are_named() {
        let mut message = message();
        for (n, who) in ["alice", "b", "c", "d", "e", "f"].into_iter().enumerate() {
            assert!(added(4 + n as u64, who).apply(&mut message));
        }
        let reaction = &message.reactions[0];
        assert_eq!((reaction.count, reaction.me), (6, true));
        assert_eq!(reaction.users.len(), 5);
    }

    #[test]
    fn the_last_reaction_taken_off_takes_the_emoji_along() {
        let mut message = message();
        assert!(added(4, "alice").apply(&mut message));
        let removed = patch(
            5,
            Change::ReactionRemoved {
                user_id: user("alice"),
                emoji: "👍".into(),
                me: true,
            },
        );
        assert!(removed.apply(&mut message));
        assert!(message.reactions.is_empty());
    }

    #[test]
    fn a_patch_for_another_message_changes_nothing() {
        let mut message = message();
        let mut other = patch(9, Change::Deleted { at: 1 });
        other.target_seq = 4;
        assert!(!other.apply(&mut message));
        assert_eq!(message.deleted_at, None);
    }
}
