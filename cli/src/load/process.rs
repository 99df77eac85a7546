//! What a process has used, as `/proc` tells it, which is on Linux only.

use std::{fs, io, time::Duration};

/// The kernel counts processor time in ticks of 10 ms.
const TICK: Duration = Duration::from_millis(10);

/// A process on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process(pub u32);

/// Memory, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Memory {
    /// All that is resident.
    pub resident: u64,
    /// The same, with shared pages divided among those who share them.
    pub proportional: u64,
}

impl Process {
    /// This one.
    pub fn own() -> Self {
        Self(std::process::id())
    }

    /// Whether this system tells what processes use.
    pub fn is_told() -> bool {
        cfg!(target_os = "linux")
    }

    /// User and system time so far, of all its threads.
    ///
    /// # Errors
    /// If there is no such process.
    pub fn processor_time(self) -> io::Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0))?;
        ticks(&stat)
            .map(|ticks| TICK * u32::try_from(ticks).unwrap_or(u32::MAX))
            .ok_or_else(|| io::Error::other("/proc/PID/stat has no processor time"))
    }

    /// What it occupies now.
    ///
    /// # Errors
    /// If there is no such process, or it belongs to somebody else.
    pub fn memory(self) -> io::Result<Memory> {
        let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.0))?;
        let bytes = |name| {
            kib(&rollup, name)
                .map(|kib| kib * 1024)
                .ok_or_else(|| io::Error::other(format!("/proc/PID/smaps_rollup has no {name}")))
        };
        Ok(Memory {
            resident: bytes("Rss:")?,
            proportional: bytes("Pss:")?,
        })
    }
}

/// User and system time of this process; none where the system does not tell.
///
/// # Errors
/// If it should tell and does not.
pub fn own_time() -> io::Result<Duration> {
    if Process::is_told() {
        Process::own().processor_time()
    } else {
        Ok(Duration::ZERO)
    }
}

/// User and system time of the thread that asks.
///
/// # Errors
/// If the system does not tell.
pub fn thread_time() -> io::Result<Duration> {
    let stat = fs::read_to_string("/proc/thread-self/stat")?;
    ticks(&stat)
        .map(|ticks| TICK * u32::try_from(ticks).unwrap_or(u32::MAX))
        .ok_or_else(|| io::Error::other("/proc/thread-self/stat has no processor time"))
}

fn ticks(stat: &str) -> Option<u64> {
    // The name in parentheses may hold spaces; state is the first field behind it.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn kib(rollup: &str, name: &str) -> Option<u64> {
    let line = rollup.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_whose_name_has_spaces_and_parentheses_is_read_all_the_same() {
        let stat = "17 (a) b (c) S 1 17 17 0 -1 4194560 99 0 0 0 120 30 0 0 20 0 1 0 5 6 7";
        assert_eq!(ticks(stat), Some(150));
        assert_eq!(ticks("17 (a) S 1"), None);
        assert_eq!(ticks(""), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_occupies_something() {
        let memory = Process::own().memory().unwrap();
        assert!(memory.resident >= memory.proportional && memory.proportional > 0);
        assert!(Process::own().processor_time().is_ok());
        assert!(Process(u32::MAX).memory().is_err());
    }
}
