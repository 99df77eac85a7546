//! Real processes, real sockets, real kills.

mod crowd;
mod demo;
mod disk;
mod kills;
mod lines;
mod power;
mod reader;
mod removal;
mod serve;
mod tokens;
mod transcript;
