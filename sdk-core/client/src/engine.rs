//! The engine's border, until the engine itself stands behind it: everything but its decisions.

#![allow(missing_docs)]

pub use causerie_engine::*;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct EngineConfig {
    pub sdk: String,
    pub max_reconnect_attempts: Option<u32>,
}

pub(crate) struct Engine;

impl Engine {
    pub(crate) fn restore(_: Snapshot, _: EngineConfig, _: Now, _: u64) -> Self {
        Self
    }

    pub(crate) fn handle(&mut self, _: Input, _: Now) {}

    pub(crate) fn poll_output(&mut self) -> Option<Output> {
        None
    }

    pub(crate) fn poll_timeout(&self) -> Option<(std::time::Duration, TimerReason)> {
        None
    }
}
