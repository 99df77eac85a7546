//! What an event changes in a cached message.

use causerie_engine::{Change, Patch};
use causerie_protocol::{Content, Message, Reaction};

/// Users named beside a reaction's count (docs/protocol.md §5).
const NAMED: usize = 5;

/// Changes the message, unless it already knows a state as new as the event. Whether it changed.
pub(crate) fn apply(patch: &Patch, message: &mut Message) -> bool {
    if message.state_seq >= patch.seq {
        return false;
    }
    message.state_seq = patch.seq;
    match &patch.change {
        Change::Edited { content, at } => {
            message.content = content.clone();
            message.edited_at = Some(*at);
        }
        Change::Deleted { at } => {
            message.content = Content::Empty;
            message.attachments.clear();
            message.metadata = None;
            message.deleted_at = Some(*at);
        }
        Change::ReactionAdded { user_id, emoji, me } => {
            let place = message.reactions.iter().position(|r| r.emoji == *emoji);
            let reaction = match place {
                Some(place) => &mut message.reactions[place],
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
            if reaction.users.len() < NAMED && !reaction.users.contains(user_id) {
                reaction.users.push(user_id.clone());
            }
        }
        Change::ReactionRemoved { user_id, emoji, me } => {
            if let Some(reaction) = message.reactions.iter_mut().find(|r| r.emoji == *emoji) {
                reaction.count = reaction.count.saturating_sub(1);
                reaction.me &= !me;
                reaction.users.retain(|user| user != user_id);
            }
            message.reactions.retain(|reaction| reaction.count > 0);
        }
    }
    true
}
