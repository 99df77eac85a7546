//! `causerie demo`: real processes that lose their network and their lives, and a checker that
//! believes none of them.

pub mod checker;
pub mod device;
pub mod dice;
pub mod latency;
pub mod ledger;
pub mod outcome;
pub mod screen;
pub mod script;
pub mod seen;
pub mod svg;
