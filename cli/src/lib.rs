//! What the binary `causerie` is made of beside the server and the SDK, and what its tests and
//! benchmarks need too.
//!
//! - [`proxy`] stands between a client and a server, and cuts, stalls, delays or swallows.
//! - [`raw`] is a WebSocket client that knows the wire and nothing of the SDK: a witness.
//!
//! Neither decides anything about messages. They are drivers: they own sockets and read clocks.

pub mod demo;
pub mod load;
pub mod proxy;
pub mod raw;
