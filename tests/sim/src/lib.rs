//! The whole of Causerie under one seed and virtual time.
//!
//! A [`World`] runs the real client engines, each with its real SQLite store, against the server's
//! own hub, connections and rules over the memory store. What is made up is only what lies between
//! them: a network that delays, cuts, swallows and stalls, disks that commit later than asked, and
//! processes that die between any two steps. Every choice comes from the seed, so a run that fails
//! once fails always: [`run`] with the same seed and [`Plan`] repeats it.
//!
//! - [`world`]: the clock, the queue of events, the dispatch
//! - [`node`]: one of the server's nodes; [`database`]: what they share; [`hints`]: the bus between
//! - [`serving`]: a node's connections
//! - [`device`]: a client; [`process`]: its life; [`driver`]: what its engine asks for; [`link`]: the line between it and a node
//! - [`ambush`]: when a fault strikes; [`strike`]: how it does its work
//! - [`plan`]: what people will do ([`act`]) and what will go wrong ([`fault`]), drawn beforehand
//! - [`script`]: doing it
//! - [`trace`]: what happened, for a person; [`shrink`] and [`story`]: the least that still fails
//! - [`batch`]: many seeds on all cores; [`coverage`]: what they met
//! - [`screen`]: what a person sees, from diffs alone
//! - [`ledger`], [`model`] with a [`person`] for each device, [`given`], [`look`] and [`list`]: what must
//!   be seen, at any time, told apart from how
//! - [`witness`]: what the server says, checked frame by frame, since clients forgive
//! - [`refusals`]: what may fail
//! - [`verdict`]: what must be true at the end; [`log`]: what the server must not have written
//!
//! Bugs can be planted (`RUSTFLAGS="--cfg planted"`), to prove that the simulation sees.

pub mod act;
pub mod ambush;
pub mod batch;
pub mod coverage;
pub mod database;
pub mod device;
pub mod driver;
pub mod event;
pub mod fault;
pub mod given;
pub mod hints;
pub mod ledger;
pub mod link;
pub mod list;
pub mod log;
pub mod look;
pub mod model;
pub mod node;
pub mod person;
pub mod plan;
pub mod planted;
pub mod process;
pub mod refusals;
pub mod rng;
pub mod screen;
pub mod script;
pub mod sends;
pub mod serving;
pub mod shrink;
pub mod story;
pub mod strike;
pub mod trace;
pub mod verdict;
pub mod witness;
pub mod world;

pub use plan::Plan;
pub use world::{Failure, Report, World};

/// Runs one seed to its end.
///
/// # Errors
/// The first promise that broke, with the seed and the trace.
pub fn run(seed: u64, plan: &Plan) -> Result<Report, Box<Failure>> {
    World::new(seed, plan.clone()).run()
}

/// Runs one seed as [`run`] does, and writes down what happens.
///
/// # Errors
/// The same.
pub fn replay(seed: u64, plan: &Plan) -> Result<Report, Box<Failure>> {
    World::recorded(seed, plan.clone()).run()
}
