//! A conversation's messages as a screen shows them.

use std::sync::Arc;

use causerie_engine::{CommandKind, TimelineBatch, TimelineId, TimelineItem, TimelineState};
use causerie_protocol::ConversationId;

use super::subscription::{Subscription, changes};
use crate::{
    Error,
    driver::Core,
    observe::{Observed, TimelineMirror},
};

changes! {
    /// A stream of [`TimelineBatch`]es, each with all that waits. The first holds a
    /// [`TimelineDiff::Reset`], and so does the next after one fell too far behind. Dropping it
    /// ends it.
    ///
    /// [`TimelineDiff::Reset`]: crate::TimelineDiff::Reset
    TimelineUpdates(TimelineMirror) -> TimelineBatch
}

/// A timeline at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelineSnapshot {
    /// What it shows, oldest first.
    pub items: Vec<TimelineItem>,
    /// Whether there is more to load, and whether it is being loaded.
    pub state: TimelineState,
}

/// An open view of a conversation: what is cached at once, what the server has as it comes, and
/// what this device sent, in place. While one is open, its conversation is subscribed.
///
/// Clones are the same timeline; it closes when the last is dropped, or by [`Timeline::close`].
///
/// ```
/// use causerie::{Client, SendState, TimelineDiff, TimelineStart};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), causerie::Error> {
/// # let folder = tempfile::tempdir().unwrap();
/// let client = Client::builder("ws://localhost:1", "alice").data_dir(folder.path()).open().await?;
/// let conversation = client.open_direct("bob").await?;
/// let timeline = conversation.timeline(TimelineStart::Newest).await?;
/// let mut updates = timeline.updates();
/// updates.next().await; // what is there: nothing yet
///
/// let key = conversation.send("Bonjour").await?;
/// let batch = updates.next().await.unwrap();
/// let TimelineDiff::Insert { item, .. } = &batch.diffs[0] else { panic!("{batch:?}") };
/// assert_eq!(item.key.0, key.uuid());
/// assert_eq!(item.send, Some(SendState::Queued));
/// assert_eq!(timeline.snapshot().items.len(), 1);
/// # client.close().await;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Timeline {
    pub(crate) open: Arc<OpenTimeline>,
}

#[derive(Debug)]
pub(crate) struct OpenTimeline {
    pub(crate) core: Arc<Core>,
    pub(crate) id: TimelineId,
    pub(crate) conversation_id: ConversationId,
    pub(crate) mirror: Arc<Observed<TimelineMirror>>,
}

impl OpenTimeline {
    fn close(&self) {
        self.core.close_timeline(self.id);
        self.mirror.close();
    }
}

impl Drop for OpenTimeline {
    fn drop(&mut self) {
        self.close();
    }
}

impl Timeline {
    /// The conversation that it shows.
    pub fn conversation_id(&self) -> ConversationId {
        self.open.conversation_id
    }

    /// What it shows now, oldest first.
    pub fn items(&self) -> Vec<TimelineItem> {
        self.open.mirror.read(|mirror| mirror.items().to_vec())
    }

    /// Items and state of the same moment: [`Timeline::items`] and [`Timeline::state`], asked one
    /// after the other, may have a change between them.
    pub fn snapshot(&self) -> TimelineSnapshot {
        self.open.mirror.read(|mirror| TimelineSnapshot {
            items: mirror.items().to_vec(),
            state: mirror.state(),
        })
    }

    /// Whether there is more to load, and whether it is being loaded.
    pub fn state(&self) -> TimelineState {
        self.open.mirror.read(TimelineMirror::state)
    }

    /// Shows a page of older messages: from the cache, and otherwise from the server, in which case
    /// they come later as an update. Offline, the state stays `has_older`; what is missing is
    /// loaded once connected.
    ///
    /// # Errors
    /// `closed`, or why the cache could not be read.
    pub async fn load_older(&self) -> Result<(), Error> {
        self.load(CommandKind::LoadOlder(self.open.id)).await
    }

    /// Shows a page of newer messages, after a start in the middle.
    ///
    /// # Errors
    /// As [`Timeline::load_older`].
    pub async fn load_newer(&self) -> Result<(), Error> {
        self.load(CommandKind::LoadNewer(self.open.id)).await
    }

    async fn load(&self, kind: CommandKind) -> Result<(), Error> {
        self.open.core.command(kind).await.map(drop)
    }

    /// What it shows and how it changes.
    pub fn updates(&self) -> TimelineUpdates {
        TimelineUpdates {
            listener: self.open.mirror.listen(),
        }
    }

    /// Closes it, for every clone: its listeners get what waits for them and then the end, later
    /// ones its last state and the end, and loading gives `timeline_closed`. For languages in which nobody knows when the last clone is
    /// dropped. Once more does nothing.
    pub fn close(&self) {
        self.open.close();
    }

    /// As [`Timeline::updates`], by callback.
    pub fn on_update(
        &self,
        callback: impl Fn(TimelineBatch) + Send + Sync + 'static,
    ) -> Subscription {
        Subscription::spawn(self.open.core.runtime(), self.updates(), callback)
    }
}
