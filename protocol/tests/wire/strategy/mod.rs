//! Arbitrary frames of every type, with any text that the wire allows.

use causerie_protocol::*;
use proptest::{
    option,
    prelude::*,
    strategy::{BoxedStrategy, Union},
};

/// A strategy for a struct from one for each of its fields. They are boxed, or the tuple of twenty
/// would not fit on a stack.
macro_rules! record {
    ($name:ident { $($field:ident $(: $strategy:expr)?),+ $(,)? }) => {
        record!(@tuple $(record!(@one $field $($strategy)?),)+)
            .prop_map(|record!(@pattern $($field,)+)| $name { $($field),+ })
            .boxed()
    };
    (@one $field:ident) => { $field };
    (@one $field:ident $strategy:expr) => { $strategy };
    (@tuple) => { Just(()) };
    (@tuple $first:expr, $($rest:expr,)*) => { ($first.boxed(), record!(@tuple $($rest,)*)) };
    (@pattern) => { () };
    (@pattern $first:ident, $($rest:ident,)*) => { ($first, record!(@pattern $($rest,)*)) };
}
mod events;
mod replies;
mod requests;
mod scalar;
mod things;

use self::{events::*, replies::replies, requests::*, scalar::*};

/// Any client frame that the server would not refuse.
pub fn client_frame() -> impl Strategy<Value = ClientFrame> {
    let requests: Vec<_> = request_kinds().into_iter().chain(write_kinds()).collect();
    record!(ClientFrame {
        id: option::of(number()),
        request: Union::new(requests),
    })
}

/// Any server frame.
pub fn server_frame() -> impl Strategy<Value = ServerFrame> {
    let events = durable_events();
    let inner = server_frame_of(Union::new(durable_events()).boxed());
    let messages: Vec<_> = events
        .into_iter()
        .chain(other_events())
        .chain(replies(inner.boxed()))
        .collect();
    server_frame_of(Union::new(messages).boxed())
}

fn server_frame_of(message: BoxedStrategy<ServerMessage>) -> BoxedStrategy<ServerFrame> {
    let meta = record!(Meta {
        timestamp: option::of(number()),
        sender_id: option::of(user_id()),
        target_id: option::of(text()),
        client_id: option::of(id()),
    });
    record!(ServerFrame {
        id: option::of(number()),
        message,
        meta: option::of(meta),
    })
}
