//! One realistic frame or more of every type, as Alice's phone and the server would send them.

mod events;
mod replies;
mod requests;
mod things;
mod writes;

pub use self::{
    events::events,
    replies::replies,
    requests::requests,
    things::{direct, id, new_message, object, room, said},
    writes::writes,
};

/// A frame and the name of its snapshot, which is its type and perhaps `-` and a variant.
pub type Sample<F> = (&'static str, F);
