//! The engine as a whole: scripted exchanges, and random ones against a model of the server.

mod acknowledged;
mod commands;
mod common;
mod items;
mod membership;
mod opening;
mod overtaking;
mod pages;
#[cfg(planted)]
mod planted;
mod promises;
mod sync;
mod undo;
