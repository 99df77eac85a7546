//! Ports for servers that are to be started a moment later, and again after they were killed.
//!
//! A port that was merely found free may be taken by then, by a client's socket or by another run
//! of the tests. So they lie below those that the system gives to outgoing connections, and each is
//! claimed by a locked file for as long as this process lives.

use std::{
    fs::{self, File},
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    sync::{Mutex, PoisonError},
};

/// Linux gives outgoing connections ports from 32768 on, others higher ones.
const PORTS: std::ops::Range<u16> = 10_000..32_000;
/// How far apart processes begin to look, so that they seldom look at the same one.
const STRIDE: u32 = 1_009;

/// What this process has claimed: its locks end with it.
static CLAIMED: Mutex<Vec<File>> = Mutex::new(Vec::new());

/// A free port of the loopback, which is given to nobody else who asks here.
///
/// # Errors
/// If there is none, or the folder for temporary files cannot be written.
pub fn free() -> io::Result<SocketAddr> {
    let folder = std::env::temp_dir().join("causerie-ports");
    fs::create_dir_all(&folder)?;
    let mut claimed = CLAIMED.lock().unwrap_or_else(PoisonError::into_inner);
    let count = u32::from(PORTS.end - PORTS.start);
    let begin = std::process::id().wrapping_mul(STRIDE) % count;
    let begin = PORTS.start + u16::try_from(begin).unwrap_or_default();
    for port in (begin..PORTS.end).chain(PORTS.start..begin) {
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if let Some(claim) = claim(&folder, port)?
            && TcpListener::bind(addr).is_ok()
        {
            claimed.push(claim);
            return Ok(addr);
        }
    }
    Err(io::Error::other("no port of the loopback is free"))
}

/// The lock on a port; `None` if somebody has it.
fn claim(folder: &Path, port: u16) -> io::Result<Option<File>> {
    let file = File::create(folder.join(port.to_string()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(fs::TryLockError::WouldBlock) => Ok(None),
        Err(fs::TryLockError::Error(error)) => Err(error),
    }
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

    #[test]
    fn a_port_that_was_claimed_is_claimed_by_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        let first = claim(folder.path(), 1).unwrap();
        assert!(first.is_some());
        assert!(claim(folder.path(), 1).unwrap().is_none());
        drop(first);
        assert!(claim(folder.path(), 1).unwrap().is_some());
    }
}
