//! The upgrade promise: whatever an older version stored or says is understood by this one.
//!
//! - `databases`: database files of every released schema, the client's with a full outbox, the
//!   server's with what the client needs to go on.
//! - `session`: what two clients and a server of an older version said to each other.
//! - `make`: how a fixture is made. Once made, it is never made again.
//!
//! The frames by themselves are in `protocol/tests/wire/recorded`.

#[path = "../common/mod.rs"]
mod common;

mod databases;
mod make;
mod picture;
mod session;
