//! The client's mind: a pure state machine.
//!
//! [`Engine::restore`] takes what the store held; then the driver feeds [`Input`]s with
//! [`Engine::handle`] and carries out what [`Engine::poll_output`] gives, in order, until it gives
//! nothing more. There is no socket here, no database, no clock and no randomness: time comes in
//! with every input, ids come in with the commands that need them, jitter comes from the seed.
//!
//! The one rule for drivers: [`Output`]s are carried out strictly in order, and an
//! [`Output::Store`] is committed before anything behind it happens. So nothing is shown, sent or
//! answered that a crash could take back.
//!
//! What it refuses to do: it never blocks, never retries by waiting, never drops a queued write,
//! and never lets a device's clock decide a position.
//!
//! ```
//! use causerie_engine::{Command, CommandKind, Engine, EngineConfig, Input, Now, Output, ReplyId, Snapshot};
//! use causerie_protocol::{ClientId, ConversationId, CreateConversation, ConversationKind, TempId, UserId, WriteOp};
//! use std::time::Duration;
//! # use uuid::Builder;
//! # let v7 = |n: u64| Builder::from_unix_timestamp_millis(n, &[7; 10]).into_uuid();
//! let (alice, bob) = (UserId::new("alice")?, UserId::new("bob")?);
//! let nothing_stored = Snapshot {
//!     user_id: alice.clone(),
//!     client_id: ClientId::from_uuid(v7(1)),
//!     epoch: None,
//!     sync_token: None,
//!     sync_cursor: None,
//!     conversations: Vec::new(),
//!     outbox: Vec::new(),
//!     users: Vec::new(),
//! };
//! let now = Now { mono: Duration::ZERO, wall: 1_763_600_000_000 };
//! let mut engine = Engine::restore(nothing_stored, EngineConfig::default(), now, 42);
//!
//! // Without any connection, a conversation is made...
//! let conversation_id = ConversationId::direct(&alice, &bob);
//! let op = WriteOp::CreateConversation(CreateConversation {
//!     kind: ConversationKind::Direct,
//!     group_id: None,
//!     title: None,
//!     members: Some(vec![bob]),
//!     history: None,
//! });
//! let kind = CommandKind::Write { key: TempId::from_uuid(v7(2)), conversation_id, op };
//! engine.handle(Input::Command(Command { reply: ReplyId(1), kind }), now);
//!
//! // ...which is stored first, then shown, then answered.
//! assert!(matches!(engine.poll_output(), Some(Output::Store(_))));
//! assert!(matches!(engine.poll_output(), Some(Output::Emit(_))));
//! assert!(matches!(engine.poll_output(), Some(Output::Reply { .. })));
//! assert_eq!(engine.conversation(conversation_id).map(|entry| entry.title).as_deref(), Some("bob"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Where what is decided:
//!
//! | module | decides |
//! |---|---|
//! | `connection`, `backoff` | when to connect, what ends it, when to come back |
//! | `outbox` | what is sent when, what is sent again, what has failed |
//! | `subscription` | whose events the server sends |
//! | `sync`, `item` | what the list knows, and which of two tellings counts |
//! | `range`, `patch`, `fetch` | what the cache knows, and what it has to ask for |
//! | `timeline` | what a screen shows, and how that changes |
//! | `receipts`, `typing`, `stats` | what their names say |
//! | `engine` | what each input means to all of them, and in which order it is given out |

#![deny(missing_docs)]

mod backoff;
mod config;
mod connection;
mod conversation;
mod engine;
mod fetch;
mod input;
mod item;
mod outbox;
mod output;
mod patch;
pub mod planted;
mod range;
mod receipts;
mod record;
mod request;
mod stats;
mod subscription;
mod sync;
mod timeline;
mod typing;

pub use config::EngineConfig;
pub use engine::Engine;
pub use input::*;
pub use output::*;
pub use record::*;
