//! Real processes, real sockets, real kills.

mod clock;
mod commits;
mod crowd;
mod damage;
mod demo;
mod disk;
mod full;
mod kills;
mod lines;
mod log;
mod output;
mod pause;
mod power;
mod reader;
mod ready;
mod removal;
mod restarts;
mod serve;
mod tokens;
mod transcript;
mod twins;
