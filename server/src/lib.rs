//! The reference server of Causerie.

pub mod store;
