//! What the binary `causerie` is made of beside the server and the SDK, and what its tests and
//! benchmarks need too.
//!
//! - [`demo`] is `causerie demo`.
//! - [`proxy`] stands between a client and a server, and cuts, stalls, delays or swallows.
//! - [`backend`] is the server as a process that can be killed and started again.
//! - [`port`] finds ports for such servers.
//! - [`output`] prints, and knows what to do when it cannot.
//! - [`raw`] is a WebSocket client that knows the wire and nothing of the SDK: a witness.
//! - [`load`] is `causerie load`: thousands of such clients, lighter still.
//!
//! None of them decides anything about messages. They are drivers: they own processes and sockets
//! and read clocks.

// They panic where nobody reads and where there is no room: `output` does not.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod backend;
pub mod demo;
pub mod load;
pub mod output;
pub mod port;
pub mod proxy;
pub mod raw;
