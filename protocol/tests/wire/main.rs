//! The wire as a whole: every frame as JSON and back, and whatever else may come over a socket.

mod faults;
mod hostile;
mod ids;
mod recorded;
mod roundtrip;
mod salvage;
mod samples;
mod snapshots;
mod strategy;
mod unknown;
mod writes;
