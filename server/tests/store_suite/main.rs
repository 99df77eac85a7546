//! What holds for every store. Each scenario runs against each of them.

mod agreement;
mod backend;
mod harness;
mod scenarios;
