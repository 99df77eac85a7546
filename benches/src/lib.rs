//! What the benchmarks share: the machine's facts, which stand beside every number.

pub mod machine;
pub mod options;
