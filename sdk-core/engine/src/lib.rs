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
