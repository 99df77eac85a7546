//! Conversations.

use std::{future::Future, sync::Arc};

use causerie::{Role, TempId};
use causerie_border::{
    parse,
    record::{
        ConversationChanges, ConversationEntry, MembersPage, MessageTarget, NewMessage, ReadCursor,
        TimelineStart,
    },
};

use crate::{
    Cancellation, CauserieError, Timeline,
    call::{called, look},
    cancellation::unless_cancelled,
    held::Holdings,
};

/// The size of a timeline's pages.
const PAGE: u32 = 50;

/// One conversation. What writes returns after one local commit, connected or not, with the key
/// under which the write is shown, sent and confirmed.
#[derive(Debug, uniffi::Object)]
pub struct Conversation {
    inner: causerie::Conversation,
    listeners: Arc<Holdings>,
}

impl Conversation {
    pub(crate) fn new(inner: causerie::Conversation, listeners: Arc<Holdings>) -> Arc<Self> {
        Arc::new(Self { inner, listeners })
    }
}

/// A write; gives its key.
async fn written(
    write: impl Future<Output = Result<TempId, causerie::Error>> + Send,
) -> Result<String, CauserieError> {
    Ok(called(write).await?.to_string())
}

#[uniffi::export]
impl Conversation {
    /// Its id.
    pub fn id(&self) -> String {
        look(|| self.inner.id().to_string())
    }

    /// What the list shows of it; none while this device does not know it.
    pub fn entry(&self) -> Option<ConversationEntry> {
        look(|| self.inner.entry().as_ref().map(Into::into))
    }

    /// Says something. The message is in every open timeline before this returns. It may take 16 KiB
    /// as JSON has it: at most 16,382 letters of ASCII, and fewer of others; a quote, a backslash and
    /// a line's end count twice.
    pub async fn send(&self, text: &str) -> Result<String, CauserieError> {
        written(self.inner.send(text)).await
    }

    /// The same with everything that a message may have.
    pub async fn send_message(&self, message: NewMessage) -> Result<String, CauserieError> {
        written(async { self.inner.send_message(message.try_into()?).await }).await
    }

    /// Changes what one's own message says. That it is unknown or another's is the server's to say,
    /// and then this write fails in the outbox.
    pub async fn edit(&self, target: MessageTarget, text: &str) -> Result<String, CauserieError> {
        written(async { self.inner.edit(target.try_into()?, text).await }).await
    }

    /// Takes a message back, for everybody. One that was never sent just goes.
    pub async fn delete(&self, target: MessageTarget) -> Result<String, CauserieError> {
        written(async { self.inner.delete(target.try_into()?).await }).await
    }

    /// Puts an emoji on a message.
    pub async fn react(&self, target: MessageTarget, emoji: &str) -> Result<String, CauserieError> {
        written(async { self.inner.react(target.try_into()?, emoji).await }).await
    }

    /// Takes one's emoji off.
    pub async fn unreact(
        &self,
        target: MessageTarget,
        emoji: &str,
    ) -> Result<String, CauserieError> {
        written(async { self.inner.unreact(target.try_into()?, emoji).await }).await
    }

    /// Everything up to this seq is read; everything known, without one.
    #[uniffi::method(default(seq = None))]
    pub async fn mark_read(&self, seq: Option<i64>) -> Result<(), CauserieError> {
        called(async {
            let seq = seq.map(|seq| parse::count("seq", seq)).transpose()?;
            self.inner.mark_read(seq).await
        })
        .await
    }

    /// Call it with `true` at every keystroke; the SDK tells the others, at most every 3 s, and
    /// that it ended after 3 s without one. Nothing is told while offline.
    pub async fn typing(&self, typing: bool) -> Result<(), CauserieError> {
        called(self.inner.typing(typing)).await
    }

    /// Who types now. Known while a timeline of it is open.
    pub fn typing_users(&self) -> Vec<String> {
        look(|| {
            let users = self.inner.typing_users();
            users.iter().map(ToString::to_string).collect()
        })
    }

    /// How far others have read, as far as this device was told: while a timeline of it is open.
    /// The event `cursors` tells of every change; who listens first and asks then misses none.
    pub async fn read_cursors(&self) -> Result<Vec<ReadCursor>, CauserieError> {
        let cursors = called(self.inner.read_cursors()).await?;
        Ok(cursors.iter().map(Into::into).collect())
    }

    /// A page of its members, from the server; the page's `cursor` gives the next.
    #[uniffi::method(default(cursor = None, cancel = None))]
    pub async fn members(
        &self,
        cursor: Option<String>,
        cancel: Option<Arc<Cancellation>>,
    ) -> Result<MembersPage, CauserieError> {
        let page = called(unless_cancelled(cancel, self.inner.members(cursor))).await?;
        Ok(page.into())
    }

    /// Lets users in. Admins and the owner may.
    pub async fn add_members(&self, ids: Vec<String>) -> Result<String, CauserieError> {
        written(self.inner.add_members(ids)).await
    }

    /// Puts users out. Admins and the owner may.
    pub async fn remove_members(&self, ids: Vec<String>) -> Result<String, CauserieError> {
        written(self.inner.remove_members(ids)).await
    }

    /// Changes what users may do, to `owner`, `admin` or `member`. Admins and the owner may.
    pub async fn set_role(&self, ids: Vec<String>, role: &str) -> Result<String, CauserieError> {
        written(self.inner.set_role(ids, Role::from(role))).await
    }

    /// Changes title, picture or settings. Admins and the owner may.
    pub async fn update(&self, changes: ConversationChanges) -> Result<String, CauserieError> {
        written(async { self.inner.update(changes.try_into()?).await }).await
    }

    /// Leaves it. A direct conversation cannot be left.
    pub async fn quit(&self) -> Result<String, CauserieError> {
        written(self.inner.quit()).await
    }

    /// What was typed and not sent.
    pub fn draft(&self) -> Option<String> {
        look(|| self.inner.draft())
    }

    /// Keeps what was typed, on this device; forgets it without a text. It may be as long as what
    /// `send` takes.
    pub async fn set_draft(&self, text: Option<String>) -> Result<(), CauserieError> {
        called(self.inner.set_draft(text)).await
    }

    /// Opens a view of it, with pages of so many messages, 1 to 200; 50 by default. What is cached
    /// is there when this returns.
    #[uniffi::method(default(page = None))]
    pub async fn timeline(
        &self,
        start: TimelineStart,
        page: Option<i64>,
    ) -> Result<Arc<Timeline>, CauserieError> {
        let inner = called(async {
            let page = page.map(|page| parse::count("page", page)).transpose()?;
            let start = start.try_into()?;
            self.inner.timeline_paged(start, page.unwrap_or(PAGE)).await
        })
        .await?;
        Ok(Timeline::new(inner, Arc::clone(&self.listeners)))
    }
}
