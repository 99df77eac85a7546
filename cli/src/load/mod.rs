//! Load: thousands of light clients in one process, each of which checks what it receives. For
//! the benchmarks and the tests; the clients know the wire and nothing of the SDK.
//!
//! - [`frame`] is the WebSocket, by hand.
//! - [`light`] is a connection over it.
//! - [`member`] is such a connection, authenticated and subscribed.
//! - [`watch`] checks that a receiver misses nothing, gets nothing twice, and everything in order.

pub mod frame;
pub mod light;
pub mod member;
pub mod watch;
