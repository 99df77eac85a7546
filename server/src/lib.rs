//! The reference server of Causerie.
//!
//! Two pure machines decide everything that the wire shows. [`conn::Conn`] is one connection: it
//! takes frames in and gives messages, commands and queries out. [`hub::Hub`] knows who is to be
//! woken by what. Neither has a clock, a socket or a thread, so the simulation drives the same code
//! as [`listener`], which has them.
//!
//! What is kept and who may do what is behind [`store`]: the rules are written once, over tables,
//! and SQLite and memory bring the tables.
//!
//! The server refuses to queue durable events for anybody: a connection knows its position in each
//! room and reads forward from it, as fast as its socket takes it (docs/protocol.md §7).

pub mod auth;
pub mod bus;
pub mod clock;
pub mod config;
pub mod conn;
#[cfg(feature = "control")]
pub mod control;
pub mod hub;
pub mod listener;
pub mod metrics;
pub mod planted;
mod rest;
pub mod store;
