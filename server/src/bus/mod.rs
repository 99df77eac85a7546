//! The way between the nodes of one server: a hint, never the truth (docs/adr/0009).
//!
//! Several nodes serve one database. What one of them makes durable it tells the others, so that
//! they wake whom it concerns without asking the database all the time. A [`Hint`] may be lost, come
//! twice, late or in another order: what it says is either in the database, or it does not matter.
//! A node that takes one in ([`SharedHub::take_in`](crate::hub::SharedHub::take_in)) does with it
//! what it does with its own commits, as far as the hints came in order, and otherwise only wakes
//! readers, who read the store by their own cursors. A [sweep](SWEEP_EVERY) finds what no hint told.
//!
//! - [`Local`]: one node. It has nobody to tell, and costs nothing.
//! - [`Lossy`]: for simulations; drops, repeats, delays and reorders as its caller's dice say.

mod local;
mod lossy;

use std::{sync::Arc, time::Duration};

use causerie_protocol::{ClientId, ConversationId, Seq, SessionId, UserId};

pub use local::Local;
pub use lossy::{Lossy, Odds};

use crate::store::Commit;

/// How often a node that has others beside it reads what changed without its knowing. A state that
/// no hint told of is told this much later at most.
pub const SWEEP_EVERY: Duration = Duration::from_secs(5);

/// What a node tells the others.
#[derive(Debug, Clone)]
pub enum Hint {
    /// A transaction is durable. All of its commits have the same number.
    Commits(Arc<[Commit]>),
    /// A user types, or ceased to. Best effort: nothing repairs its loss.
    Typing {
        /// Where.
        conversation_id: ConversationId,
        /// Who.
        user_id: UserId,
        /// Or ceased to.
        typing: bool,
        /// The user might, as of this seq. Nobody who stands before it is told.
        as_of_seq: Seq,
    },
    /// A connection was authenticated: an older one of the same installation is superseded.
    Attached {
        /// Whose.
        user_id: UserId,
        /// Of which installation.
        client_id: ClientId,
        /// Its session, whose id tells when it began.
        session: SessionId,
    },
}

/// The way to the other nodes. How their hints come in is the matter of whoever drives it.
pub trait Bus: Send + Sync {
    /// Whether there are other nodes. If not, no hint is made, nothing is kept track of, and nothing
    /// is swept. It never changes.
    fn has_peers(&self) -> bool;

    /// Tells every other node. Returns at once and promises nothing. Called while no lock of the
    /// hub is held.
    fn send(&self, hint: Hint);
}
