//! The conversation list.

use std::sync::Arc;

use causerie_engine::ConversationEntry;
use causerie_protocol::ConversationId;

use super::subscription::{Subscription, changes};
use crate::{driver::Core, observe::ListMirror};

/// What changed in the conversation list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListUpdate {
    /// In order; each is applied to the result of the one before.
    pub diffs: Vec<ListDiff>,
}

/// A change to the conversation list. Indexes count from the top of the list.
#[derive(Debug, Clone, PartialEq)]
pub enum ListDiff {
    /// All of it anew.
    Reset(Vec<ConversationEntry>),
    /// A new entry.
    Insert {
        /// Its index from now on.
        index: usize,
        /// The entry.
        entry: Box<ConversationEntry>,
    },
    /// An entry changed in place.
    Update {
        /// Its index.
        index: usize,
        /// The entry.
        entry: Box<ConversationEntry>,
    },
    /// An entry changed, and its place with it.
    Move {
        /// Its index before.
        from: usize,
        /// Its index from now on, once it was taken out.
        to: usize,
        /// The entry.
        entry: Box<ConversationEntry>,
    },
    /// An entry is gone.
    Remove {
        /// Its index before.
        index: usize,
        /// Which.
        conversation_id: ConversationId,
    },
}

changes! {
    /// A stream of [`ListUpdate`]s, each with all that waits. The first is a [`ListDiff::Reset`],
    /// and so is the next after one fell too far behind. Dropping it ends it.
    ConversationListUpdates(ListMirror) -> ListUpdate
}

/// The user's conversations, newest activity first, with title and picture resolved, unread
/// counts, drafts, and messages that are still on their way. Works offline.
///
/// ```
/// use causerie::{Client, ListDiff};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), causerie::Error> {
/// # let folder = tempfile::tempdir().unwrap();
/// let client = Client::builder("ws://localhost:1", "alice").data_dir(folder.path()).open().await?;
/// client.open_direct("bob").await?;
/// let list = client.conversations();
/// assert_eq!(list.items()[0].title, "bob");
/// let first = list.updates().next().await.unwrap();
/// assert!(matches!(&first.diffs[0], ListDiff::Reset(entries) if entries.len() == 1));
/// # client.close().await;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct ConversationList {
    pub(crate) core: Arc<Core>,
}

impl ConversationList {
    /// All entries, in the order to show.
    pub fn items(&self) -> Vec<ConversationEntry> {
        self.core.list().read(ListMirror::list)
    }

    /// One entry, if it is known on this device.
    pub fn get(&self, id: ConversationId) -> Option<ConversationEntry> {
        self.core.list().read(|list| list.get(id).cloned())
    }

    /// The list and how it changes.
    pub fn updates(&self) -> ConversationListUpdates {
        ConversationListUpdates {
            listener: self.core.list().listen(),
        }
    }

    /// As [`ConversationList::updates`], by callback.
    pub fn on_update(&self, callback: impl Fn(ListUpdate) + Send + Sync + 'static) -> Subscription {
        Subscription::spawn(self.core.runtime(), self.updates(), callback)
    }
}
