//! Causerie: a messaging SDK.
//!
//! A [`Client`] is one user on one device. It keeps the user's one connection, shows a message
//! before the server has it, queues what cannot be sent yet, and caches everything in SQLite, so
//! that an app works offline and never loses, doubles or reorders a message. Its objects:
//!
//! - [`Client`]: opening, connecting, signing out; the way to everything else.
//! - [`ConversationList`]: the conversations, with titles, unread counts and drafts.
//! - [`Conversation`]: writing, reading, members. Every write returns after one local commit.
//! - [`Timeline`]: the messages of a conversation as a screen shows them, and how they change.
//! - [`Outbox`]: what is on its way, and what failed.
//! - [`Users`], [`Events`], [`Stats`].
//!
//! What is observable can be read at any time, gives a stream of changes that begins with the
//! present state, and calls a callback, as one prefers. A listener that falls behind gets the
//! present state in place of the changes it missed.
//!
//! # A chat in twenty lines
//!
//! ```no_run
//! use causerie::{Client, TimelineDiff, TimelineStart, TokenError, TokenRequest};
//!
//! # async fn token_from_my_backend(user: &str) -> Result<String, TokenError> { Ok(user.into()) }
//! #[tokio::main]
//! async fn main() -> Result<(), causerie::Error> {
//!     let client = Client::builder("wss://chat.example.org", "alice")
//!         .data_dir("alice-data")
//!         .token_provider(|request: TokenRequest| async move {
//!             token_from_my_backend(request.user_id.as_str()).await
//!         })
//!         .open() // works offline
//!         .await?;
//!     client.start().await?; // from here on it stays connected by itself
//!
//!     let chat = client.open_direct("bob").await?;
//!     let timeline = chat.timeline(TimelineStart::Newest).await?;
//!     chat.send("Bonjour, Bob").await?; // shown at once, sent when it can be
//!
//!     let mut updates = timeline.updates();
//!     while let Some(batch) = updates.next().await {
//!         for diff in batch.diffs {
//!             if let TimelineDiff::Insert { item, .. } = diff {
//!                 println!("{}: {:?}", item.message.sender_id, item.message.content.text());
//!             }
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # Its log
//!
//! It logs by [`tracing`](https://docs.rs/tracing), with ids, codes, counts and times as fields;
//! never a token, a file's name, or what people write. `error`: something is lost, or does not go on
//! before somebody acts. `warn`: something is not as it should be, and goes on by itself, as a
//! connection that fails does, with its reason and the delay before the next attempt. `info`: a line
//! for each thing that happens. `debug`: how it comes about. `trace`: each frame, by its type.
//!
//! # What it refuses to do
//!
//! It never blocks the caller on the network, never drops a queued write, never shows what is not
//! committed, never lets a device's clock decide an order, and never calls back on its own thread.

#![deny(missing_docs)]
#![warn(missing_debug_implementations)]

mod api;
mod driver;
mod error;
mod observe;
mod transport;

pub use api::*;
pub use error::{Action, AskUser, Error, FixCode, RetryLater, SignIn};

pub use causerie_engine::{
    ConnectionState, ConversationEntry, EngineConfig, ItemKey, NetworkHint, SendState,
    TimelineBatch, TimelineDiff, TimelineItem, TimelineStart, TimelineState,
};
pub use causerie_protocol::{
    Attachment, ClientId, Content, ConversationId, ConversationKind, ErrorCode, GroupId,
    HistoryPolicy, IdError, Item, Member, MembersPage, MembershipState, Message, MessageId,
    MessageKind, Millis, Object, Preview, Reaction, ReadCursor, Role, SendMessage, Seq,
    ServerFrame, ServerMessage, TempId, UpdateConversation, User, UserId, WriteKind, WriteOp,
};
pub use causerie_store::{Durability, Recovery};

// The Rust in the README is compiled with the other examples.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
