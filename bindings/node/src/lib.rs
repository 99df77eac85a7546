//! Causerie for Node and Electron, by napi-rs.
//!
//! [`Client`], [`Conversation`], [`Timeline`] and what they give are thin: each call goes to its
//! namesake in `causerie`, and what crosses is a record of `causerie_border`, as a plain object
//! with string unions and numbers. A call that fails rejects with an `Error` whose message is a
//! `Fault` as JSON, since the promise of an async function carries no fields of our own;
//! `index.js` beside this crate makes a `CauserieError` of it, and async iterators of the updates.
//!
//! JavaScript is called back for tokens and by listeners only, and never blocked. Every function
//! that is not async says `catch_unwind`: without it, a panic in it ends the process.

#![deny(missing_docs)]

mod client;
mod conversation;
mod fault;
mod listener;
#[cfg(feature = "trial")]
mod trial;
mod updates;

pub use client::{Client, Options};
pub use conversation::{Conversation, Timeline};
pub use listener::Subscription;
pub use updates::{ConnectionUpdates, ListUpdates, TimelineUpdates};
