//! Causerie for Node and Electron, by napi-rs.
//!
//! [`Client`], [`Conversation`], [`Timeline`] and what they give are thin: each call goes to its
//! namesake in `causerie`, and what crosses is a record of `causerie_border`, as a plain object
//! with string unions and numbers. The package's TypeScript (`ts/` beside this crate) makes its API of
//! it; nobody else is to call this. A call that fails throws or rejects with an `Error` whose message
//! is a `Fault` as JSON, since a promise's error carries no fields of our own.
//!
//! What changes comes in two ways. States are pushed, by functions that are weak, so that a process
//! may end while somebody listens; the next batch waits until the function has returned. What an app
//! reads in a loop is asked for, and its promise keeps the process alive, as any other.
//!
//! JavaScript is never blocked, and its threads come and go: a worker may end with everything open.
//! So no future borrows what belongs to a JavaScript object, and what waits for JavaScript ends with
//! the object that it was registered with. A panic is an error of the call.

#![deny(missing_docs)]

mod call;
mod cancellation;
mod client;
mod conversation;
mod log;
mod outbox;
mod timeline;
mod token;
// What is exported is used by nobody where nothing is registered.
#[cfg(all(feature = "trial", not(test)))]
mod trial;
mod updates;

pub use cancellation::Cancellation;
pub use client::{Client, Options};
pub use conversation::Conversation;
pub use log::set_log_sink;
pub use timeline::Timeline;
pub use updates::{Events, Subscription, TimelineUpdates};

use napi_derive::napi;

/// The version of the SDK.
#[napi(catch_unwind)]
pub fn version() -> napi::Result<String> {
    call::call(|| Ok::<_, causerie::Error>(env!("CARGO_PKG_VERSION").to_owned()))
}
