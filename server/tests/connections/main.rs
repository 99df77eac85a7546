//! Connections and the hub against the memory store, without sockets and in virtual time.

mod activity;
mod asking;
mod delivery;
mod ending;
mod nodes;
mod opening;
mod world;
