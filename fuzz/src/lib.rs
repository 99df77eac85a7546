//! What must hold for any bytes: plain functions, which `cargo fuzz` drives (`fuzz/targets`, by
//! `cargo xtask fuzz`) and which the ordinary tests run over the committed corpus and its mutations.
//!
//! - [`frames`]: both decoders, over one text of any number of frames.
//! - [`engine`]: what a server and an app may do to the client's mind, in any order.
//! - [`database`]: a file of any content in place of the client's database.
//!
//! A broken promise is a panic.

mod database;
mod engine;
mod frames;
pub mod mutate;

pub use database::database;
pub use engine::engine;
pub use frames::frames;
