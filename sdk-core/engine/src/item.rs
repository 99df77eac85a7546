//! Which of two tellings of a conversation counts (docs/protocol.md §4, "Items").

use causerie_protocol::{
    Content, ConversationActivity, ConversationId, ConversationKind, CursorAck, Item,
    MembershipState, Message, Millis, Preview, Role, Seq, UserId, WriteOp,
};

/// Lays a newer telling over what is known: `head_*` follow the higher `head_seq`,
/// `mentions_unread` the higher (`head_seq`, `read_seq`), all else the higher `rev`; but a read
/// cursor only rises, and one's own sends raise it without a `rev`. The last message is the one
/// furthest on, since a head may be known without its message. Says whether anything changed.
pub(crate) fn merge(known: &mut Item, mut told: Item) -> bool {
    let before = known.clone();
    let last = (known.last_message.take(), told.last_message.take());
    let is_later = told.head_seq >= known.head_seq;
    let newer = told.rev > known.rev || (told.rev == known.rev && is_later);
    let (head, mentions) = if newer {
        let head = (!is_later).then_some((known.head_seq, known.head_number));
        let mentions = ((told.head_seq, told.read_seq) < (known.head_seq, known.read_seq))
            .then_some(known.mentions_unread);
        // A conversation made here has this device's time, which must not count.
        let updated_at = if known.rev == 0 { 0 } else { known.updated_at };
        let read = (known.read_seq, known.read_number);
        *known = told;
        (known.read_seq, known.read_number) = read.max((known.read_seq, known.read_number));
        known.updated_at = known.updated_at.max(updated_at);
        (head, mentions)
    } else {
        let mentions = ((told.head_seq, told.read_seq) > (known.head_seq, known.read_seq))
            .then_some(told.mentions_unread);
        let head = (told.head_seq > known.head_seq).then_some((told.head_seq, told.head_number));
        (head, mentions)
    };
    if let Some((seq, number)) = head {
        known.head_seq = seq;
        known.head_number = number;
    }
    if let Some(mentions) = mentions {
        known.mentions_unread = mentions;
    }
    settle_mentions(known);
    known.last_message = match last {
        (Some(known), Some(told)) if (told.seq, is_later) < (known.seq, true) => Some(known),
        (known, told) => told.or(known),
    }
    .filter(|last| last.seq >= known.visible_from);
    touch(known);
    *known != before
}

/// What `conversation_activity` tells, without an item.
pub(crate) fn merge_activity(known: &mut Item, told: &ConversationActivity) -> bool {
    let mut item = known.clone();
    item.rev = told.rev;
    item.head_seq = told.head_seq;
    item.head_number = told.head_number;
    item.read_seq = told.read_seq;
    item.read_number = told.read_number;
    item.mentions_unread = told.mentions_unread;
    item.last_message = told.last_message.clone();
    merge(known, item)
}

/// What is told of this user's own cursor.
pub(crate) fn merge_cursor(known: &mut Item, told: &CursorAck) -> bool {
    if told.rev <= known.rev {
        return false;
    }
    known.rev = told.rev;
    // A send of this user raised the cursor here, perhaps after the server had told this.
    if told.read_seq >= known.read_seq {
        known.read_seq = told.read_seq;
        known.read_number = told.read_number;
        known.mentions_unread = told.mentions_unread;
    }
    true
}

/// A message came: it is the newest, if nothing newer is known.
pub(crate) fn note_message(known: &mut Item, message: &Message, me: &UserId) {
    if known
        .last_message
        .as_ref()
        .is_none_or(|last| last.seq < message.seq)
    {
        note_row(known, message, message.seq);
    }
    if note_head(known, message, message.seq, me) && message.mentions.contains(me) {
        known.mentions_unread += 1;
    }
}

/// This message is the newest up to a seq: whatever the list was told, the head is no lower. Says
/// whether a message of somebody else raised it.
pub(crate) fn note_head(known: &mut Item, message: &Message, upto: Seq, me: &UserId) -> bool {
    if upto <= known.head_seq {
        return false;
    }
    let is_new = message.seq > known.head_seq;
    known.head_seq = upto;
    known.head_number = message.number;
    is_new && message.sender_id != *me
}

/// A message of this user's is known: a send raises its sender's own cursor (docs/protocol.md §4),
/// wherever it is heard of. Its head may still be unknown here; what that counts lies before it.
pub(crate) fn note_own(known: &mut Item, message: &Message) -> bool {
    if message.seq <= known.read_seq {
        return false;
    }
    known.read_seq = message.seq;
    known.read_number = known.read_number.max(message.number);
    settle_mentions(known);
    true
}

/// Who has read all that is known of has no mention left.
fn settle_mentions(known: &mut Item) {
    if known.read_seq >= known.head_seq {
        known.mentions_unread = 0;
    }
}

/// A row came with its state as of a seq: the preview shows it, if nothing newer is known. A head may
/// be known before its message is, since `subscribed` tells it without. Says whether it shows.
pub(crate) fn note_row(known: &mut Item, message: &Message, as_of: Seq) -> bool {
    let of_the_past = as_of < known.head_seq;
    let newer = |last: &Preview| (last.seq, of_the_past) > (message.seq, false);
    if message.seq < known.visible_from || known.last_message.as_ref().is_some_and(newer) {
        return false;
    }
    let shown = Some(preview(message));
    if known.last_message == shown {
        return false;
    }
    known.last_message = shown;
    touch(known);
    true
}

/// This user sees from `start` on, which the item does not say yet: nothing before it is the last
/// message, nor unread.
pub(crate) fn raise_start(known: &mut Item, start: Seq) {
    known.visible_from = start;
    known.last_message.take_if(|last| last.seq < start);
    if known.head_seq < start {
        known.read_seq = known.read_seq.max(known.head_seq);
        known.read_number = known.read_number.max(known.head_number);
        known.mentions_unread = 0;
    }
}

/// A message in short.
pub(crate) fn preview(message: &Message) -> Preview {
    Preview {
        message_id: message.message_id,
        seq: message.seq,
        sender_id: message.sender_id.clone(),
        kind: message.kind.clone(),
        content: message
            .content
            .preview()
            .map_or(Content::Empty, Content::Text),
        created_at: message.created_at,
        deleted_at: message.deleted_at,
    }
}

/// The activity that lists are ordered by never lies before the newest message.
fn touch(item: &mut Item) {
    if let Some(last) = &item.last_message {
        item.updated_at = item.updated_at.max(last.created_at);
    }
}

/// What the server told of it belongs to another database; this device's creation of it stands.
pub(crate) fn forget_confirmed(known: &mut Item) {
    known.rev = 0;
    known.visible_from = 1;
    (known.head_seq, known.head_number) = (0, 0);
    (known.read_seq, known.read_number) = (0, 0);
    known.mentions_unread = 0;
    known.last_message = None;
}

/// A conversation made on this device, which the server has not seen: `rev` is 0.
pub(crate) fn created_here(
    conversation_id: ConversationId,
    op: &WriteOp,
    me: &UserId,
    at: Millis,
) -> Option<Item> {
    let (kind, group_id, title, members) = match op {
        WriteOp::CreateConversation(create) => (
            create.kind.clone(),
            create.group_id,
            create.title.clone(),
            create.members.as_deref().unwrap_or_default(),
        ),
        WriteOp::CreateGroup(create) => (
            ConversationKind::Group,
            Some(conversation_id),
            create.title.clone(),
            create.members.as_deref().unwrap_or_default(),
        ),
        _ => return None,
    };
    let others = members.iter().filter(|user| *user != me);
    Some(Item {
        conversation_id,
        peer_id: match kind {
            ConversationKind::Direct => others.clone().next().cloned(),
            _ => None,
        },
        kind,
        group_id,
        title,
        avatar: None,
        membership: MembershipState::Joined,
        role: Role::Owner,
        rev: 0,
        visible_from: 1,
        head_seq: 0,
        head_number: 0,
        read_seq: 0,
        read_number: 0,
        mentions_unread: 0,
        muted: false,
        archived: false,
        pinned: false,
        last_message: None,
        updated_at: at,
        members_count: 1 + others.count() as u64,
    })
}

/// Whether a write makes the conversation that it names.
pub(crate) fn is_creation(op: &WriteOp) -> bool {
    matches!(op, WriteOp::CreateConversation(_) | WriteOp::CreateGroup(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use causerie_protocol::{CreateConversation, MessageId, MessageKind};
    use uuid::Uuid;

    fn item(rev: u64, head: u64, last: Option<u64>) -> Item {
        let alice: UserId = "alice".parse().expect("a user id");
        let create = WriteOp::CreateConversation(CreateConversation {
            kind: ConversationKind::Group,
            group_id: None,
            title: None,
            members: None,
            history: None,
        });
        let id = ConversationId::from_uuid(Uuid::from_u128(1));
        let mut item = created_here(id, &create, &alice, 0).expect("a creation makes an item");
        (item.rev, item.head_seq, item.head_number) = (rev, head, head);
        item.last_message = last.map(|seq| Preview {
            message_id: MessageId::from_uuid(Uuid::from_u128(u128::from(seq))),
            seq,
            sender_id: alice,
            kind: MessageKind::Text,
            content: Content::Text(format!("as told at {head}")),
            created_at: 0,
            deleted_at: None,
        });
        item
    }

    fn merged(mut known: Item, told: Item) -> (u64, Option<u64>) {
        merge(&mut known, told);
        (known.head_seq, known.last_message.map(|last| last.seq))
    }

    #[test]
    fn a_last_message_is_taken_from_a_telling_whose_head_was_overtaken_by_another_event() {
        assert_eq!(
            merged(item(5, 6, Some(2)), item(8, 5, Some(5))),
            (6, Some(5))
        );
        assert_eq!(
            merged(item(8, 6, Some(2)), item(5, 5, Some(5))),
            (6, Some(5))
        );
    }

    #[test]
    fn a_last_message_never_goes_back_and_never_below_what_may_be_seen() {
        assert_eq!(
            merged(item(5, 6, Some(6)), item(8, 5, Some(5))),
            (6, Some(6))
        );
        assert_eq!(merged(item(5, 6, Some(6)), item(8, 7, None)), (7, Some(6)));
        let mut let_in_again = item(9, 8, None);
        let_in_again.visible_from = 8;
        assert_eq!(merged(item(5, 6, Some(6)), let_in_again), (8, None));
    }
}
