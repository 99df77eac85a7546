//! The public API in the one shape that every language can carry.
//!
//! `causerie` is for Rust: enums that own their data, ids that are types, streams. What crosses
//! into Kotlin, Swift, Dart or JavaScript is poorer, and here it is, once for all of them:
//!
//! - [`record`]: owned records with string ids and signed 64-bit integers below 2^53. Where Rust
//!   has an enum with data, a record has a kind and what that kind fills.
//! - [`Fault`]: the one error.
//! - [`Pull`]: a stream of changes that is asked for its next one, and can be ended from elsewhere.
//! - [`parse`]: ids from text.
//! - [`log`]: the SDK's log, for one sink of the process.
//!
//! The crates beside this one wrap the objects (`Client`, `Conversation`, `Timeline`, …), each with
//! its own tool, and do nothing else. The records derive for uniffi and napi by feature;
//! flutter_rust_bridge reads this crate's source. The reasons are in
//! `docs/adr/0010-api-shape-for-other-languages.md`.
//!
//! What it refuses to do: it holds no logic, keeps no state but the log's sink, and knows no language.

#![deny(missing_docs)]
#![warn(missing_debug_implementations)]

mod fault;
pub mod log;
pub mod parse;
mod pull;
pub mod record;

pub use fault::{Action, Fault};
pub use pull::Pull;

#[cfg(feature = "uniffi")]
mod scaffolding {
    #![allow(
        unsafe_code,
        missing_docs,
        missing_debug_implementations,
        reason = "uniffi's generated functions hand memory across the border"
    )]
    uniffi::setup_scaffolding!();
}
#[cfg(feature = "uniffi")]
pub use scaffolding::*;
