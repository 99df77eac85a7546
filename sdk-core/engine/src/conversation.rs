//! A conversation as the engine holds it: its row, and what of it lives in memory only.

use std::collections::BTreeMap;

use causerie_protocol::{
    ConversationId, ConversationKind, Item, MembershipState, MessageId, Seq, User, UserId, WriteOp,
};

use crate::{
    ConversationEntry, ConversationRow, OutboxState, Position, item, outbox::Lane, range::Ranges,
};

/// More ranges than this are not kept: the oldest go, with their messages.
pub(crate) const MAX_RANGES: usize = 12;

#[derive(Debug)]
pub(crate) struct Conversation {
    pub(crate) item: Item,
    pub(crate) position: Option<Position>,
    pub(crate) ranges: Ranges,
    pub(crate) read_mark: Option<ReadMark>,
    pub(crate) draft: Option<String>,
    /// This user left at this seq, as the room or a notice told. A page that was read before that
    /// can come after it; it knows of no later seq.
    pub(crate) left_at: Option<Seq>,
    /// The item's title, picture, members and role are told up to here, by an item or an event.
    told_to: Seq,
    /// The `rev` of the last item that told them.
    told_rev: u64,
}

/// A read cursor that the server has not confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReadMark {
    pub(crate) seq: Seq,
    /// It is on the wire.
    pub(crate) asked: bool,
}

impl From<ConversationRow> for Conversation {
    fn from(row: ConversationRow) -> Self {
        Self {
            told_to: row.item.head_seq,
            told_rev: row.item.rev,
            item: row.item,
            position: row.position,
            ranges: Ranges::from(row.ranges),
            read_mark: row.read_mark.map(|seq| ReadMark { seq, asked: false }),
            draft: row.draft,
            left_at: None,
        }
    }
}

impl Conversation {
    pub(crate) fn new(item: Item) -> Self {
        Self {
            told_to: item.head_seq,
            told_rev: item.rev,
            item,
            position: None,
            ranges: Ranges::default(),
            read_mark: None,
            draft: None,
            left_at: None,
        }
    }

    pub(crate) fn row(&self) -> ConversationRow {
        ConversationRow {
            item: self.item.clone(),
            position: self.position,
            ranges: self.ranges.to_vec(),
            read_mark: self.read_mark.map(|mark| mark.seq),
            draft: self.draft.clone(),
        }
    }

    /// Whether this tells of the time before this user left.
    pub(crate) fn has_passed(&self, told: &Item) -> bool {
        told.membership == MembershipState::Joined
            && self.left_at.is_some_and(|seq| told.head_seq < seq)
    }

    /// What the server told belongs to another database; this device's creation of it stands.
    pub(crate) fn forget_confirmed(&mut self) {
        self.position = None;
        self.ranges.clear();
        self.read_mark = None;
        (self.told_to, self.told_rev) = (0, 0);
        item::forget_confirmed(&mut self.item);
    }

    /// Lays an item over what is known, see [`item::merge`]. What events change of it, they tell
    /// without a `rev`, and a cursor tells a `rev` without it: there an item counts that is behind no
    /// event and no other item. Says whether anything changed.
    pub(crate) fn merge(&mut self, mut told: Item) -> bool {
        let before = self.item.clone();
        if told.head_seq >= self.told_to && told.rev >= self.told_rev {
            (self.told_to, self.told_rev) = (told.head_seq, told.rev);
            copy_told_by_events(&told, &mut self.item);
        } else {
            copy_told_by_events(&self.item, &mut told);
        }
        item::merge(&mut self.item, told);
        self.item != before
    }

    /// The item, if the event at this seq, which changes it, is not in it.
    pub(crate) fn item_before(&mut self, seq: Seq) -> Option<&mut Item> {
        if seq <= self.told_to {
            return None;
        }
        self.told_to = seq;
        Some(&mut self.item)
    }

    /// Whether the server knows it, and this user may read it.
    pub(crate) fn is_readable(&self) -> bool {
        self.item.rev > 0 && self.item.membership == MembershipState::Joined
    }

    /// The seq applied last; zero before anything was.
    pub(crate) fn last(&self) -> Seq {
        self.position.map_or(0, |position| position.seq)
    }

    pub(crate) fn set_position(&mut self, seq: Seq, event_id: Option<MessageId>) {
        self.position = Some(Position { seq, event_id });
    }

    /// The highest seq that is known of.
    pub(crate) fn highest(&self) -> Seq {
        let shown = self.item.last_message.as_ref().map_or(0, |last| last.seq);
        self.last().max(self.item.head_seq).max(shown)
    }

    /// Whether the newest of the cache reaches up to the position: then each event in order extends
    /// it. A page may lie beyond the position, with a hole between them.
    pub(crate) fn is_attached(&self) -> bool {
        let Some(position) = self.position else {
            return false;
        };
        position.seq < self.item.visible_from
            || self
                .ranges
                .newest_run()
                .is_some_and(|(lo, hi)| lo <= position.seq + 1 && hi >= position.seq)
    }

    /// Drops all but the newest ranges, if there are too many. Gives the seq below which messages
    /// go.
    pub(crate) fn trim_ranges(&mut self) -> Option<Seq> {
        if self.ranges.len() <= MAX_RANGES {
            return None;
        }
        let below = self.ranges.newest_first().nth(MAX_RANGES / 2)?.lo;
        self.ranges.drop_below(below);
        Some(below)
    }

    /// As a list shows it.
    pub(crate) fn entry(
        &self,
        users: &BTreeMap<UserId, User>,
        lane: Option<&Lane>,
    ) -> ConversationEntry {
        let mut item = self.item.clone();
        // A head may be told after what lies before it was read.
        if let Some(mark) = self.read_mark.filter(|mark| mark.seq >= item.head_seq) {
            item.read_seq = item.read_seq.max(mark.seq);
            item.read_number = item.head_number;
            item.mentions_unread = 0;
        }
        let pending = lane
            .and_then(|lane| {
                lane.rows().rev().find(|row| {
                    row.state == OutboxState::Queued && matches!(row.op, WriteOp::SendMessage(_))
                })
            })
            .cloned();
        let peer = item.peer_id.as_ref().map(|id| (id, users.get(id)));
        let title = match (&item.title, &item.kind, peer) {
            (Some(title), _, _) if !title.is_empty() => title.clone(),
            (_, ConversationKind::Direct, Some((id, user))) => user
                .and_then(|user| user.name.clone())
                .unwrap_or_else(|| id.as_str().to_owned()),
            _ => String::new(),
        };
        let avatar = item
            .avatar
            .clone()
            .or_else(|| peer.and_then(|(_, user)| user?.avatar.clone()));
        let class = match &pending {
            Some(row) => row.order.saturating_add(1),
            None => u64::from(item.pinned),
        };
        ConversationEntry {
            title,
            avatar,
            unread: item.unread(),
            order: (class, item.updated_at),
            pending: pending.map(Box::new),
            draft: self.draft.clone(),
            item,
        }
    }
}

fn copy_told_by_events(from: &Item, to: &mut Item) {
    to.title.clone_from(&from.title);
    to.avatar.clone_from(&from.avatar);
    to.members_count = from.members_count;
    to.role = from.role.clone();
}

/// The other user's direct conversation with this one.
pub(crate) fn direct_with(me: &UserId, peer: &UserId) -> ConversationId {
    ConversationId::direct(me, peer)
}
