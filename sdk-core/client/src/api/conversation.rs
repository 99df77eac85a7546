//! One conversation: writing, reading, members.

use std::sync::Arc;

use causerie_engine::{CommandKind, ConversationEntry, Reply, TimelineStart};
use causerie_protocol::{
    Content, ConversationId, DeleteMessage, EditMessage, ListMembers, Members, MembersPage,
    MessageId, React, ReadCursor, Role, SendMessage, Seq, Target, TempId, UpdateConversation,
    UserId, WriteOp, limits::MAX_PAGE,
};

use super::{client::user_id, timeline::Timeline};
use crate::{Error, RetryLater, driver::Core};

/// A conversation. Cheap to clone; several may exist of the same one.
///
/// Everything that writes returns after one local commit, with the key under which the write is
/// shown, sent and confirmed, connected or not. See [`Outbox`](crate::Outbox) for how it fares.
///
/// ```
/// use causerie::{Client, MessageTarget};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), causerie::Error> {
/// # let folder = tempfile::tempdir().unwrap();
/// let client = Client::builder("ws://localhost:1", "alice").data_dir(folder.path()).open().await?;
/// let conversation = client.open_direct("bob").await?;
/// let key = conversation.send("See you at ate").await?;
/// conversation.edit(MessageTarget::Key(key), "See you at eight").await?;
/// conversation.react(MessageTarget::Key(key), "👍").await?;
/// conversation.set_draft(Some("and bring".into())).await?;
/// assert_eq!(conversation.draft().as_deref(), Some("and bring"));
/// # client.close().await;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Conversation {
    pub(crate) core: Arc<Core>,
    pub(crate) id: ConversationId,
}

/// The message that an edit, a deletion or a reaction means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageTarget {
    /// By the server's id: any message that has one.
    Message(MessageId),
    /// By the key that `send` gave: one's own, also before the server has it.
    Key(TempId),
}

impl From<MessageTarget> for Target {
    fn from(target: MessageTarget) -> Self {
        match target {
            MessageTarget::Message(message_id) => Self::Message { message_id },
            MessageTarget::Key(target_temp_id) => Self::Temp { target_temp_id },
        }
    }
}

impl From<Target> for MessageTarget {
    fn from(target: Target) -> Self {
        match target {
            Target::Message { message_id } => Self::Message(message_id),
            Target::Temp { target_temp_id } => Self::Key(target_temp_id),
        }
    }
}

impl Conversation {
    /// Its id.
    pub fn id(&self) -> ConversationId {
        self.id
    }

    /// What the list shows of it: title, unread, last message. `None` while this device does not
    /// know it.
    pub fn entry(&self) -> Option<ConversationEntry> {
        self.core.list().read(|list| list.get(self.id).cloned())
    }

    /// Says something. The message is in every open timeline before this returns, and goes to the
    /// server by itself. Gives its key.
    ///
    /// It may take 16 KiB as JSON has it, which are 16,384 bytes with the two quotes around it: at
    /// most 16,382 letters of ASCII. A quote, a backslash and a line's end take two bytes, any other
    /// control character up to six, and everything else what it takes in UTF-8.
    ///
    /// # Errors
    /// `unknown_conversation`, `too_large` if it is more than that, `invalid` if it is empty or
    /// malformed, `disk_full`. Then it was not queued.
    pub async fn send(&self, text: &str) -> Result<TempId, Error> {
        self.send_message(SendMessage::text(text)).await
    }

    /// As [`Conversation::send`], with everything that a message may have.
    ///
    /// # Errors
    /// As [`Conversation::send`].
    pub async fn send_message(&self, message: SendMessage) -> Result<TempId, Error> {
        self.write(WriteOp::SendMessage(message)).await
    }

    /// Changes what one's own message says.
    ///
    /// # Errors
    /// As [`Conversation::send`]. That the message is unknown or another's is the server's to say,
    /// and then this write fails in the outbox.
    pub async fn edit(&self, target: MessageTarget, text: &str) -> Result<TempId, Error> {
        self.write(WriteOp::EditMessage(EditMessage {
            target: target.into(),
            content: Content::from(text),
        }))
        .await
    }

    /// Takes a message back, for everybody. One that was never sent just goes.
    ///
    /// # Errors
    /// As [`Conversation::edit`].
    pub async fn delete(&self, target: MessageTarget) -> Result<TempId, Error> {
        self.write(WriteOp::DeleteMessage(DeleteMessage {
            target: target.into(),
        }))
        .await
    }

    /// Puts an emoji on a message.
    ///
    /// # Errors
    /// As [`Conversation::edit`].
    pub async fn react(&self, target: MessageTarget, emoji: &str) -> Result<TempId, Error> {
        self.write(WriteOp::AddReaction(React {
            target: target.into(),
            emoji: emoji.into(),
        }))
        .await
    }

    /// Takes one's emoji off.
    ///
    /// # Errors
    /// As [`Conversation::edit`].
    pub async fn unreact(&self, target: MessageTarget, emoji: &str) -> Result<TempId, Error> {
        self.write(WriteOp::RemoveReaction(React {
            target: target.into(),
            emoji: emoji.into(),
        }))
        .await
    }

    /// Everything up to this seq is read; everything known, if `None`. Told to the server as soon
    /// as there is a connection, the newest only.
    ///
    /// # Errors
    /// `unknown_conversation`, `disk_full`.
    pub async fn mark_read(&self, seq: Option<Seq>) -> Result<(), Error> {
        let conversation_id = self.id;
        self.core
            .command(CommandKind::MarkRead {
                conversation_id,
                seq,
            })
            .await
            .map(drop)
    }

    /// Call it with `true` at every keystroke: the SDK tells the others, at most every 3 s, and
    /// that it ended after 3 s without one. Nothing is told while offline.
    ///
    /// # Errors
    /// `unknown_conversation`.
    pub async fn typing(&self, typing: bool) -> Result<(), Error> {
        let conversation_id = self.id;
        self.core
            .command(CommandKind::Typing {
                conversation_id,
                typing,
            })
            .await
            .map(drop)
    }

    /// Who types now. Known while a timeline of it is open; see
    /// [`Event::Typing`](crate::Event::Typing).
    pub fn typing_users(&self) -> Vec<UserId> {
        self.core.typing(self.id)
    }

    /// How far others have read, as far as this device was told: while a timeline of it is open.
    /// [`Event::Cursors`](crate::Event::Cursors) tells of every change; who listens first and asks
    /// then misses none.
    ///
    /// # Errors
    /// Why the cache could not be read.
    pub async fn read_cursors(&self) -> Result<Vec<ReadCursor>, Error> {
        self.core.read_cursors(self.id).await
    }

    /// A page of its members; the page's `cursor` gives the next.
    ///
    /// # Errors
    /// `offline` without a connection, `sign_in_needed` if there is none before the user signs in; or
    /// the server's code.
    pub async fn members(&self, cursor: Option<String>) -> Result<MembersPage, Error> {
        let list = ListMembers {
            conversation_id: self.id,
            cursor,
        };
        match self.core.command(CommandKind::FetchMembers(list)).await? {
            Reply::Members(page) => Ok(page),
            Reply::Done | Reply::Users(_) | Reply::Timeline(_) => Err(unexpected()),
        }
    }

    /// Lets users in. Admins and the owner may.
    ///
    /// # Errors
    /// `invalid` if an id is malformed; else as [`Conversation::edit`].
    pub async fn add_members(&self, user_ids: Vec<String>) -> Result<TempId, Error> {
        let members = members(&user_ids, None)?;
        self.write(WriteOp::AddMembers(members)).await
    }

    /// Puts users out. Admins and the owner may.
    ///
    /// # Errors
    /// As [`Conversation::add_members`].
    pub async fn remove_members(&self, user_ids: Vec<String>) -> Result<TempId, Error> {
        let members = members(&user_ids, None)?;
        self.write(WriteOp::RemoveMembers(members)).await
    }

    /// Changes what users may do. Admins and the owner may.
    ///
    /// # Errors
    /// As [`Conversation::add_members`].
    pub async fn set_role(&self, user_ids: Vec<String>, role: Role) -> Result<TempId, Error> {
        let members = members(&user_ids, Some(role))?;
        self.write(WriteOp::SetRole(members)).await
    }

    /// Changes title, picture or settings. Admins and the owner may.
    ///
    /// # Errors
    /// As [`Conversation::edit`].
    pub async fn update(&self, changes: UpdateConversation) -> Result<TempId, Error> {
        self.write(WriteOp::UpdateConversation(changes)).await
    }

    /// Leaves it. A direct conversation cannot be left.
    ///
    /// # Errors
    /// As [`Conversation::edit`].
    pub async fn quit(&self) -> Result<TempId, Error> {
        self.write(WriteOp::QuitConversation(Members::default()))
            .await
    }

    /// What was typed and not sent.
    pub fn draft(&self) -> Option<String> {
        self.entry().and_then(|entry| entry.draft)
    }

    /// Keeps what was typed, on this device; forgets it with `None`. It may be as long as what
    /// [`Conversation::send`] takes.
    ///
    /// # Errors
    /// `unknown_conversation`, `too_large`, `disk_full`. Then the draft before it stays.
    pub async fn set_draft(&self, text: Option<String>) -> Result<(), Error> {
        let conversation_id = self.id;
        self.core
            .command(CommandKind::SetDraft {
                conversation_id,
                text,
            })
            .await
            .map(drop)
    }

    /// Opens a view of it, with pages of 50 messages. What is cached is there when this returns.
    ///
    /// # Errors
    /// `unknown_conversation`, or why the cache could not be read.
    pub async fn timeline(&self, start: TimelineStart) -> Result<Timeline, Error> {
        self.timeline_paged(start, 50).await
    }

    /// As [`Conversation::timeline`], with pages of another size, 1 to 200.
    ///
    /// # Errors
    /// `invalid` for another size; else as [`Conversation::timeline`].
    pub async fn timeline_paged(&self, start: TimelineStart, page: u32) -> Result<Timeline, Error> {
        if !(1..=MAX_PAGE).contains(&page) {
            return Err(Error::invalid(
                "page",
                format!("a page has 1 to {MAX_PAGE} messages, not {page}; load more of them"),
            ));
        }
        let open = Core::open_timeline(&self.core, self.id, start, page).await?;
        Ok(Timeline {
            open: Arc::new(open),
        })
    }

    async fn write(&self, op: WriteOp) -> Result<TempId, Error> {
        self.core.write(self.id, op).await
    }
}

fn members(user_ids: &[String], role: Option<Role>) -> Result<Members, Error> {
    let user_ids = user_ids
        .iter()
        .map(|id| user_id("user_ids", id))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Members { user_ids, role })
}

/// The engine answered another question than was asked, which it does not do.
pub(crate) fn unexpected() -> Error {
    RetryLater::Interrupted.into()
}
