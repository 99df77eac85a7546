//! The client's mind: a pure state machine.
//!
//! [`Engine::restore`] takes what the store held; then the driver feeds [`Input`]s with
//! [`Engine::handle`] and carries out what [`Engine::poll_output`] gives, in order, until it gives
//! nothing more. There is no socket here, no database, no clock and no randomness: time comes in
//! with every input, ids come in with the commands that need them, jitter comes from the seed.
//!
//! The one rule for drivers: [`Output`]s are carried out strictly in order, and an
//! [`Output::Store`] is committed before anything behind it happens. So nothing is shown, sent or
//! answered that a crash could take back.
//!
//! What it refuses to do: it never blocks, never retries by waiting, never drops a queued write,
//! and never lets a device's clock decide a position.

mod input;
mod output;
mod record;

pub use input::*;
pub use output::*;
pub use record::*;
