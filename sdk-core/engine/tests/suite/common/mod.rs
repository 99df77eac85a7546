//! A device with its engine, a store in memory and a scripted or modelled server, all in one
//! thread, one step at a time. What the engine promises its driver is checked at each step.

#![allow(dead_code, reason = "each test file uses its part of this")]

pub mod device;
pub mod frames;
pub mod ids;
pub mod model;
pub mod screen;
pub mod server;
pub mod store;
pub mod world;

pub use ids::*;
