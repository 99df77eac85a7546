//! Causerie for Dart and Flutter, by flutter_rust_bridge.
//!
//! [`api`] is thin: each call goes to its namesake in `causerie`, and what crosses is a record of
//! `causerie_border`, whose source the generator reads. `frb_generated.rs` and `dart/lib/src` are
//! generated from both; `README.md` says how. There are no callbacks but the one for tokens:
//! changes are asked for, one batch at a time.

#![deny(missing_docs)]
#![allow(
    unexpected_cfgs,
    reason = "the attributes of flutter_rust_bridge ask for a cfg that its generator sets"
)]

pub mod api;
#[allow(
    unsafe_code,
    missing_docs,
    warnings,
    clippy::all,
    reason = "generated: hands memory across the border"
)]
mod frb_generated;
