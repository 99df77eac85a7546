//! Scenarios that every language's SDK must live through, and the runner for Rust.
