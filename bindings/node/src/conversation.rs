//! Conversations.

use std::future::Future;

use causerie::{Role, TempId};
use causerie_border::{
    parse,
    record::{
        ConversationChanges, MembersPage, MessageTarget, NewMessage, ReadCursor, TimelineStart,
    },
};
use napi::{Env, bindgen_prelude::PromiseRaw};
use napi_derive::napi;

use crate::{
    call::{look, promise},
    cancellation::{Cancellation, unless_cancelled},
    timeline::Timeline,
};

/// The size of a timeline's pages.
const PAGE: u32 = 50;

/// One conversation. What writes is done after one local commit, connected or not, and gives the key
/// under which the write is shown, sent and confirmed.
#[napi]
#[derive(Debug)]
pub struct Conversation {
    inner: causerie::Conversation,
}

impl Conversation {
    pub(crate) fn new(inner: causerie::Conversation) -> Self {
        Self { inner }
    }

    /// A write; gives its key.
    fn written<'env, W>(
        &self,
        env: &'env Env,
        write: impl FnOnce(causerie::Conversation) -> W,
    ) -> napi::Result<PromiseRaw<'env, String>>
    where
        W: Future<Output = Result<TempId, causerie::Error>> + Send + 'static,
    {
        let write = write(self.inner.clone());
        promise(env, async move { write.await.map(|key| key.to_string()) })
    }
}

#[napi]
impl Conversation {
    /// Its id.
    #[napi(catch_unwind)]
    pub fn id(&self) -> napi::Result<String> {
        look(|| self.inner.id().to_string())
    }

    /// Says something. The message is in every open timeline before this is done.
    #[napi(catch_unwind)]
    pub fn send<'env>(
        &self,
        env: &'env Env,
        message: NewMessage,
    ) -> napi::Result<PromiseRaw<'env, String>> {
        self.written(env, |conversation| async move {
            conversation.send_message(message.try_into()?).await
        })
    }

    /// Changes what one's own message says.
    #[napi(catch_unwind)]
    pub fn edit<'env>(
        &self,
        env: &'env Env,
        target: MessageTarget,
        text: String,
    ) -> napi::Result<PromiseRaw<'env, String>> {
        self.written(env, |conversation| async move {
            conversation.edit(target.try_into()?, &text).await
        })
    }

    /// Takes a message back, for everybody. One that was never sent just goes.
    #[napi(catch_unwind)]
    pub fn delete<'env>(
        &self,
        env: &'env Env,
        target: MessageTarget,
    ) -> napi::Result<PromiseRaw<'env, String>> {
        self.written(env, |conversation| async move {
            conversation.delete(target.try_into()?).await
        })
    }

    /// Puts an emoji on a message.
    #[napi(catch_unwind)]
    pub fn react<'env>(
        &self,
        env: &'env Env,
        target: MessageTarget,
        emoji: String,
    ) -> napi::Result<PromiseRaw<'env, String>> {
        self.written(env, |conversation| async move {
            conversation.react(target.try_into()?, &emoji).await
        })
    }

    /// Takes one's emoji off.
    #[napi(catch_unwind)]
    pub fn unreact<'env>(
        &self,
        env: &'env Env,
        target: MessageTarget,
        emoji: String,
    ) -> napi::Result<PromiseRaw<'env, String>> {
        self.written(env, |conversation| async move {
            conversation.unreact(target.try_into()?, &emoji).await
        })
    }

    /// Everything up to this seq is read; everything known, without one.
    #[napi(catch_unwind)]
    pub fn mark_read<'env>(
        &self,
        env: &'env Env,
        seq: Option<i64>,
    ) -> napi::Result<PromiseRaw<'env, ()>> {
        let conversation = self.inner.clone();
        promise(env, async move {
            let seq = seq.map(|seq| parse::count("seq", seq)).transpose()?;
            conversation.mark_read(seq).await
        })
    }

    /// Call it with `true` at every keystroke. Nothing is told while offline.
    #[napi(catch_unwind)]
    pub fn typing<'env>(&self, env: &'env Env, typing: bool) -> napi::Result<PromiseRaw<'env, ()>> {
        let conversation = self.inner.clone();
        promise(env, async move { conversation.typing(typing).await })
    }

    /// Who types now. Known while a timeline of it is open.
    #[napi(catch_unwind)]
    pub fn typing_users(&self) -> napi::Result<Vec<String>> {
        look(|| {
            let users = self.inner.typing_users();
            users.iter().map(ToString::to_string).collect()
        })
    }

    /// How far others have read, as far as this device was told: while a timeline of it is open.
    #[napi(catch_unwind)]
    pub fn read_cursors<'env>(
        &self,
        env: &'env Env,
    ) -> napi::Result<PromiseRaw<'env, Vec<ReadCursor>>> {
        let conversation = self.inner.clone();
        promise(env, async move {
            let cursors = conversation.read_cursors().await?;
            Ok::<_, causerie::Error>(cursors.iter().map(Into::into).collect())
        })
    }

    /// A page of its members, from the server; the page's `cursor` gives the next.
    #[napi(catch_unwind)]
    pub fn members<'env>(
        &self,
        env: &'env Env,
        cursor: Option<String>,
        cancel: Option<&Cancellation>,
    ) -> napi::Result<PromiseRaw<'env, MembersPage>> {
        let conversation = self.inner.clone();
        let answer = unless_cancelled(cancel, async move {
            conversation.members(cursor).await.map(Into::into)
        });
        promise(env, answer)
    }

    /// Lets users in. Admins and the owner may.
    #[napi(catch_unwind)]
    pub fn add_members<'env>(
        &self,
        env: &'env Env,
        ids: Vec<String>,
    ) -> napi::Result<PromiseRaw<'env, String>> {
        self.written(env, |conversation| async move {
            conversation.add_members(ids).await
        })
    }

    /// Puts users out. Admins and the owner may.
    #[napi(catch_unwind)]
    pub fn remove_members<'env>(
        &self,
        env: &'env Env,
        ids: Vec<String>,
    ) -> napi::Result<PromiseRaw<'env, String>> {
        self.written(env, |conversation| async move {
            conversation.remove_members(ids).await
        })
    }

    /// Changes what users may do, to `owner`, `admin` or `member`. Admins and the owner may.
    #[napi(catch_unwind)]
    pub fn set_role<'env>(
        &self,
        env: &'env Env,
        ids: Vec<String>,
        role: String,
    ) -> napi::Result<PromiseRaw<'env, String>> {
        self.written(env, |conversation| async move {
            conversation.set_role(ids, Role::from(role.as_str())).await
        })
    }

    /// Changes title, picture or settings. Admins and the owner may.
    #[napi(catch_unwind)]
    pub fn update<'env>(
        &self,
        env: &'env Env,
        changes: ConversationChanges,
    ) -> napi::Result<PromiseRaw<'env, String>> {
        self.written(env, |conversation| async move {
            conversation.update(changes.try_into()?).await
        })
    }

    /// Leaves it. A direct conversation cannot be left.
    #[napi(catch_unwind)]
    pub fn quit<'env>(&self, env: &'env Env) -> napi::Result<PromiseRaw<'env, String>> {
        self.written(env, |conversation| async move { conversation.quit().await })
    }

    /// What was typed and not sent.
    #[napi(catch_unwind)]
    pub fn draft(&self) -> napi::Result<Option<String>> {
        look(|| self.inner.draft())
    }

    /// Keeps what was typed, on this device; forgets it without a text.
    #[napi(catch_unwind)]
    pub fn set_draft<'env>(
        &self,
        env: &'env Env,
        text: Option<String>,
    ) -> napi::Result<PromiseRaw<'env, ()>> {
        let conversation = self.inner.clone();
        promise(env, async move { conversation.set_draft(text).await })
    }

    /// Opens a view of it, with pages of so many messages, 1 to 200; 50 by default.
    #[napi(catch_unwind)]
    pub fn timeline<'env>(
        &self,
        env: &'env Env,
        start: TimelineStart,
        page: Option<i64>,
    ) -> napi::Result<PromiseRaw<'env, Timeline>> {
        let conversation = self.inner.clone();
        promise(env, async move {
            let page = page.map(|page| parse::count("page", page)).transpose()?;
            let start = start.try_into()?;
            let inner = conversation
                .timeline_paged(start, page.unwrap_or(PAGE))
                .await?;
            Ok::<_, causerie::Error>(Timeline { inner })
        })
    }
}
