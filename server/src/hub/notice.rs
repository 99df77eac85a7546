//! What a connection has yet to hear of conversations beside what it reads in them. A notice is
//! a mark, not a frame: what is sent is the present state at the time of sending
//! (docs/protocol.md §5).

use causerie_protocol::Seq;

/// The marks of one conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Notice {
    /// Something happened.
    pub activity: bool,
    /// More than head and cursors changed: say the whole item.
    pub full: bool,
    /// As `full`, for a subscriber, by this transaction or a later one: the room's events tell it,
    /// unless the subscription began behind them.
    pub in_room: Option<u64>,
    /// The user became a member: `conversation_created`.
    pub created: bool,
    /// The user left at this seq: `membership_revoked`.
    pub revoked: Option<Seq>,
    /// The user may have become a member, or ceased to be one, without this node being told in
    /// order: the item says which.
    pub membership: bool,
    /// The item was read, and an event overtook it: next time events wait for it.
    pub overtaken: bool,
}

impl Notice {
    /// Something happened.
    pub fn activity(full: bool) -> Self {
        Self {
            activity: true,
            full,
            ..Self::default()
        }
    }

    /// More than head and cursors changed in a room that is subscribed, by this transaction or a
    /// later one.
    pub fn in_room(change: u64) -> Self {
        Self {
            in_room: Some(change),
            ..Self::default()
        }
    }

    /// The user became a member.
    pub fn created() -> Self {
        Self {
            created: true,
            ..Self::default()
        }
    }

    /// The user left.
    pub fn revoked(seq: Seq) -> Self {
        Self {
            revoked: Some(seq),
            ..Self::default()
        }
    }

    /// Nobody knows whether the user is a member.
    pub fn membership() -> Self {
        Self {
            full: true,
            membership: true,
            ..Self::default()
        }
    }

    /// Adds a later notice of the same conversation.
    pub fn merge(&mut self, later: Self) {
        if later.revoked.is_some() {
            // What was to be told of the time before does not concern the user any more.
            *self = later;
            return;
        }
        self.activity |= later.activity;
        self.full |= later.full;
        self.in_room = self.in_room.into_iter().chain(later.in_room).min();
        self.created |= later.created;
        self.membership |= later.membership;
        self.overtaken |= later.overtaken;
    }

    /// Whether the present item is needed to tell it.
    pub fn wants_item(&self) -> bool {
        let is_activity = self.activity && self.revoked.is_none();
        is_activity || self.created || self.full || self.membership
    }
}
