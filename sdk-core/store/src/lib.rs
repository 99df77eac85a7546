//! The client's SQLite: what the engine remembers, in one file.
//!
//! [`Store::open`] gives a [`Store`] and the [`Snapshot`](causerie_engine::Snapshot) that an
//! engine is restored from. [`Store::apply`] commits a batch of
//! [`StoreOp`](causerie_engine::StoreOp)s in one transaction, all or none; [`Store::load`] reads
//! cached messages.
//!
//! What it takes care of, so that nobody above has to: one process per folder (a lock file), one
//! user per folder, numbered migrations, checkpoints off the writer's thread, and a damaged file,
//! which is set aside under another name and read out as far as it can be.
//!
//! What it refuses to do: it does not know what rows mean. Which message is newer, which write
//! goes next and when a draft is stale is the engine's to say.

mod apply;
mod checkpoint;
mod damage;
mod error;
mod lock;
mod message;
mod open;
mod row;
mod schema;
mod snapshot;
mod store;

pub use damage::Recovery;
pub use error::{OpenError, StoreError};
pub use open::{Durability, Opened, Options};
pub use store::{Counts, Resumed, Store};
