//! The way to the server: an address, TLS, a WebSocket. It knows frames, and nothing of what they
//! mean.

mod address;
mod socket;
mod tls;

pub(crate) use address::Address;
pub(crate) use socket::{Socket, SocketNews};
