//! The reference server of Causerie.

pub mod planted;
pub mod store;
