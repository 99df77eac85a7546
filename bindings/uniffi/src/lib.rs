//! Causerie for Kotlin, Swift and Python, by uniffi.
//!
//! [`Client`], [`Conversation`], [`Timeline`] and what they give are thin: each call goes to its
//! namesake in `causerie`, and what crosses is a record of `causerie_border`. Futures are polled
//! by the other language's executor; `causerie` brings the threads that they wait for. What
//! changes can be had in two ways: asked for, one batch at a time ([`TimelineUpdates`]), or by
//! callback ([`TimelineListener`]). The idiomatic shells ask.
//!
//! Nothing that goes wrong here unwinds into the app's language: a panic is an error of the call.
//! What waits for the server can be cancelled ([`Cancellation`]), and [`set_log_sink`] has the log.
//!
//! No thread of the SDK's may call into a language that is ending: [`Client::end`] ends a client's
//! callbacks, and [`shutdown`] everything, at the process's end.
//!
//! Objects have an `end`, not a `close`: Kotlin's generated classes have a `close` of their own,
//! which gives the object up.

#![deny(missing_docs)]
#![allow(
    unsafe_code,
    reason = "uniffi's generated functions hand memory across the border"
)]

#[cfg(target_os = "android")]
mod android;
mod call;
mod cancellation;
mod client;
mod conversation;
mod fault;
mod gate;
mod held;
mod listener;
mod log;
mod outbox;
mod shutdown;
mod timeline;
mod token;
#[cfg(feature = "trial")]
mod trial;
mod updates;

pub use cancellation::Cancellation;
pub use client::{Client, Options};
pub use conversation::Conversation;
pub use fault::CauserieError;
pub use listener::{
    ConnectionListener, EventListener, ListListener, ListenerError, OutboxListener, Subscription,
    TimelineListener,
};
pub use log::{LogSink, set_log_sink};
pub use shutdown::shutdown;
pub use timeline::Timeline;
pub use token::{TokenAnswer, TokenProvider};
pub use updates::{ConnectionUpdates, Events, ListUpdates, OutboxUpdates, TimelineUpdates};

/// The version of the SDK.
#[uniffi::export]
pub fn version() -> String {
    call::look(|| env!("CARGO_PKG_VERSION").to_owned())
}

uniffi::setup_scaffolding!();
