//! Scenarios that every language's SDK must live through, and the judge of all of them.
//!
//! A scenario is a YAML file in `scenarios/`: who takes part, what they do, what the server is made
//! to do, and what every screen must show in the end. The format is described in `README.md`
//! beside this crate; nothing in it is of one language.
//!
//! - [`scenario`] is the format as types, and [`parse`] reads it: a name that nothing has is an
//!   error with its line.
//! - [`stage`] is the server of a scenario, as a process, and its control port.
//! - [`device`] is a client. It is the only place that knows the SDK's API, and with [`screen`] and
//!   [`tokens`] what another language writes anew.
//! - [`seat`] is where a device runs: here, or in a process of its own, which may be a program in
//!   another language. [`process`] talks to one in the words of [`protocol`].
//! - [`run`] plays a scenario, [`names`] knows which id a name stands for, and [`picture`] puts what
//!   is expected beside what is shown.

pub mod device;
pub mod names;
pub mod parse;
pub mod picture;
pub mod process;
pub mod protocol;
pub mod run;
pub mod scenario;
pub mod screen;
pub mod seat;
pub mod shown;
pub mod stage;
pub mod tokens;
