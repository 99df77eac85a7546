//! `causerie load`: thousands of light clients in one process, each of which checks what it
//! receives. The benchmarks and the tests use them too. The clients know the wire and nothing of
//! the SDK.
//!
//! - [`frame`] is the WebSocket, by hand; [`light`] is a connection over it, and [`member`] one
//!   that is authenticated and subscribed.
//! - [`watch`] checks that a receiver misses nothing, gets nothing twice, and everything in order;
//!   [`tally`] is what all of them have seen, [`histogram`] how long it took.
//! - [`target`] is the server and who may speak to it, [`process`] what it uses, [`stage`] all of
//!   this together, with the server's start if it is ours.
//! - [`part`] is what one client does: it receives, and sends if it has a pace. [`connect`],
//!   [`fanout`], [`throughput`] and [`storm`] are the scenarios, each of which ends in a
//!   [`report`].
//! - [`set`] is any of them, [`stop`] is what ends one before it is done.
//! - [`command`] is the command line, and [`examples`] are those that its help shows.

pub mod command;
pub mod connect;
pub mod examples;
pub mod fanout;
pub mod frame;
pub mod histogram;
pub mod light;
pub mod member;
pub mod part;
pub mod process;
pub mod report;
pub mod set;
pub mod stage;
pub mod stop;
pub mod storm;
pub mod tally;
pub mod target;
pub mod throughput;
pub mod watch;

use std::{fmt, io, time::Instant};

use uuid::Uuid;

use crate::{backend::NotStarted, raw::RawError};

/// Why a load could not be made. It says nothing about what the server promises.
#[derive(Debug)]
pub struct LoadError(String);

impl LoadError {
    fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }

    fn of(error: impl fmt::Display) -> Self {
        Self(error.to_string())
    }

    /// What failed, and why, as far as its causes tell. Some errors name their cause themselves.
    fn with_causes(what: impl Into<String>, error: &dyn std::error::Error) -> Self {
        let mut text = what.into();
        let mut next = Some(error);
        while let Some(error) = next {
            let cause = error.to_string();
            if !text.ends_with(&cause) {
                text = format!("{text}: {cause}");
            }
            next = error.source();
        }
        Self(text)
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LoadError {}

macro_rules! from {
    ($($error:ty),+) => {
        $(impl From<$error> for LoadError {
            fn from(error: $error) -> Self {
                Self::of(error)
            }
        })+
    };
}

from!(io::Error, nix::Error, NotStarted, RawError);

/// A new UUIDv7.
#[expect(
    clippy::disallowed_methods,
    reason = "a driver: clients of a load make their ids from nothing"
)]
pub(crate) fn new_id() -> Uuid {
    Uuid::now_v7()
}

/// The time now.
#[expect(clippy::disallowed_methods, reason = "a driver: loads are measured")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
