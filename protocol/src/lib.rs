//! The wire of Causerie: frames, ids, codes and limits, and the way between bytes and frames.
//!
//! Everything that travels between the client core and the server is a type here, as
//! `docs/protocol.md` describes it. The crate reads no clock, opens no socket and makes no ids of
//! its own, except those that follow from others ([`ConversationId::direct`], [`inbox_id`]).
//!
//! - [`ClientFrame`] holds a [`Request`]; [`ServerFrame`] holds a [`ServerMessage`].
//! - [`decode_client`] and [`decode_server`] read a WebSocket text message, which is a stream of
//!   frames; [`encode_client`] and [`encode_server`] write one line.
//! - A client's frame that cannot be served is a [`FrameFault`], which keeps what can be read of it
//!   and becomes the answer. A durable write that can be named is none: its fault is in [`Write::op`].
//! - A frame type that this version does not know decodes to `Unknown` and encodes as it came;
//!   an unknown field is no error. [`RawFrame`] keeps a frame's payload as the bytes it came in.
//!
//! Content never shows in `Debug` output beyond its length: see [`Content`].

#![deny(missing_docs)]

mod check;
mod code;
mod codec;
mod event;
mod fault;
mod frame;
mod id;
pub mod limits;
mod message;
mod record;
mod reply;
mod request;
mod salvage;
mod scalar;
#[cfg(feature = "openapi")]
mod schema;
mod write;

pub use code::{AfterClose, AuthCode, CloseCode, ErrorCode};
pub use codec::{
    BatchItem, DecodeError, RawFrame, decode_client, decode_server, encode_client, encode_server,
    encode_server_into, raw_frames,
};
pub use event::*;
pub use fault::FrameFault;
pub use frame::{ClientFrame, Meta, Request, ServerFrame, ServerMessage, UnknownFrame};
pub use id::{
    ClientId, ConversationId, GroupId, IdError, MessageId, Room, SessionId, TempId, UserId,
    inbox_id,
};
pub use message::*;
pub use record::*;
pub use reply::*;
pub use request::*;
pub use write::*;

/// Milliseconds since the Unix epoch, by the server's clock (docs/protocol.md, opening).
pub type Millis = u64;

/// A position in a conversation's one true order: 1, 2, 3… without holes (docs/protocol.md §2).
pub type Seq = u64;
