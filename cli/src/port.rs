//! Ports for servers that are to be started a moment later, and again after they were killed.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::atomic::{AtomicU32, Ordering},
};

/// Below the ports that the system gives to outgoing connections (Linux: from 32768 on; others
/// higher): one of those may be taken by a client's socket between being found free and being
/// listened on, or while its server is down.
const FIRST: u32 = 10_000;
const COUNT: u32 = 22_000;
/// How far apart processes begin to look.
const STRIDE: u32 = 67;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A free port of the loopback, which this process has not been given before.
///
/// # Errors
/// If there is none.
pub fn free() -> io::Result<SocketAddr> {
    let begin = std::process::id().wrapping_mul(STRIDE);
    for _ in 0..COUNT {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + begin.wrapping_add(step) % COUNT;
        let Ok(port) = u16::try_from(port) else {
            continue;
        };
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if TcpListener::bind(addr).is_ok() {
            return Ok(addr);
        }
    }
    Err(io::Error::other("no port of the loopback is free"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_port_is_given_twice_and_none_that_an_outgoing_connection_may_take() {
        let mut given: Vec<u16> = (0..50).map(|_| free().unwrap().port()).collect();
        assert!(given.iter().all(|port| *port < 32_768));
        given.sort_unstable();
        given.dedup();
        assert_eq!(given.len(), 50);
    }
}
