//! The bad disk sees what it is there to see: programs that write without fsync lose it, others do
//! not.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, SystemTime},
};

use causerie_e2e::disk::{Disk, Loss, Room};
use tempfile::TempDir;

/// The program `scribe` on a disk.
struct Desk {
    folder: TempDir,
    disk: Disk,
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut disk = Disk::under(folder.path()).expect("a disk");
        disk.power_on().expect("a journal");
        let (child, input, output) = start(&disk);
        Self {
            folder,
            disk,
            child,
            input,
            output,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Has it do something; words that begin with `@` are files of the folder.
    fn tell(&mut self, line: &str) -> String {
        let folder = self.folder.path().to_str().expect("a plain path");
        let line = line.replace('@', &format!("{folder}/"));
        writeln!(self.input, "{line}").expect("it listens");
        let mut answer = String::new();
        self.output.read_line(&mut answer).expect("it answers");
        answer.trim().to_owned()
    }

    fn all(&mut self, lines: &[&str]) {
        for line in lines {
            assert_eq!(self.tell(line), "done", "{line}");
        }
    }

    fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    fn power_off(&mut self, loss: Loss) {
        self.kill();
        self.disk
            .power_off(loss)
            .expect("the folder can be written");
    }

    fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.path(name)).ok()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start(disk: &Disk) -> (Child, ChildStdin, BufReader<ChildStdout>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_scribe"))
        .envs(disk.environment())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let input = child.stdin.take().expect("a pipe");
    let output = child.stdout.take().expect("a pipe");
    (child, input, BufReader::new(output))
}

#[test]
fn a_program_that_writes_without_fsync_loses_it_to_a_power_failure_and_not_to_a_kill() {
    let mut desk = Desk::new();
    desk.all(&[
        "write @a 0 kept",
        "sync @a",
        "sync @",
        "append @a -and-lost",
    ]);
    desk.kill();
    assert_eq!(desk.read("a").as_deref(), Some("kept-and-lost"));
    desk.power_off(Loss::Unsynced);
    assert_eq!(desk.read("a").as_deref(), Some("kept"));
}

#[test]
fn a_program_that_fsyncs_keeps_it_however_it_wrote() {
    let mut desk = Desk::new();
    desk.all(&[
        "put @a 0123456789",
        "write @a 2 xx",
        "append @a -end",
        "truncate @a 12",
        "sync @a",
        "sync @",
    ]);
    desk.power_off(Loss::Unsynced);
    assert_eq!(desk.read("a").as_deref(), Some("01xx456789-e"));
}

#[test]
fn a_name_needs_the_folders_fsync() {
    let mut desk = Desk::new();
    desk.all(&[
        "write @a 0 old",
        "write @b 0 b",
        "sync @a",
        "sync @b",
        "sync @",
    ]);
    desk.all(&[
        "write @new 0 new",
        "sync @new",
        "rename @new @a",
        "remove @b",
    ]);
    desk.power_off(Loss::Unsynced);
    assert_eq!(desk.read("a").as_deref(), Some("old"));
    assert_eq!(desk.read("b").as_deref(), Some("b"));
    assert_eq!(desk.read("new"), None);

    let (child, input, output) = start(&desk.disk);
    (desk.child, desk.input, desk.output) = (child, input, output);
    desk.all(&[
        "write @new 0 new",
        "sync @new",
        "rename @new @a",
        "remove @b",
        "sync @",
    ]);
    desk.power_off(Loss::Unsynced);
    assert_eq!(desk.read("a").as_deref(), Some("new"));
    assert_eq!(desk.read("b"), None);
}

#[test]
fn what_was_not_fsynced_may_also_be_there_or_be_torn_and_the_rest_is_always_whole() {
    let (mut whole, mut torn, mut gone) = (0, 0, 0);
    for seed in 0..24 {
        let mut desk = Desk::new();
        desk.all(&["write @a 0 first", "sync @a", "sync @", "fill @a 4096"]);
        desk.power_off(Loss::Some(seed));
        let text = desk.read("a").expect("the file");
        match text.bytes().filter(|byte| *byte == b'x').count() {
            0 => {
                assert_eq!(text, "first");
                gone += 1;
            }
            4096 => whole += 1,
            part => {
                assert_eq!(part % 512, 0, "a disk writes sectors");
                torn += 1;
            }
        }
    }
    assert!(whole > 0 && torn > 0 && gone > 0, "{whole} {torn} {gone}");
}

#[test]
fn a_full_disk_refuses_and_goes_on_once_there_is_room() {
    let mut desk = Desk::new();
    desk.all(&["write @a 0 12345"]);
    desk.disk.set_room(Room::NoGrowth);
    assert_eq!(desk.tell("write @a 5 6"), "full");
    desk.all(&["write @a 0 abcde"]);
    desk.disk.set_room(Room::None);
    assert_eq!(desk.tell("write @a 0 x"), "full");
    desk.disk.set_room(Room::Bytes(3));
    assert_eq!(desk.tell("append @a 6789"), "full");
    assert_eq!(desk.read("a").as_deref(), Some("abcde678"), "what fitted");
    desk.disk.set_room(Room::Enough);
    desk.all(&["append @a 9"]);
    assert_eq!(desk.disk.counts().refused, 3);
}

#[test]
fn fsyncs_are_slowed_and_counted() {
    let mut desk = Desk::new();
    desk.all(&["write @a 0 1"]);
    desk.disk.slow_syncs(Duration::from_millis(30));
    let begin = SystemTime::UNIX_EPOCH.elapsed().expect("a clock");
    desk.all(&["sync @a", "sync @a"]);
    let end = SystemTime::UNIX_EPOCH.elapsed().expect("a clock");
    // It may take longer, but not less.
    assert!(end - begin >= Duration::from_millis(60));
    let counts = desk.disk.counts();
    assert_eq!((counts.syncs, counts.writes, counts.bytes), (2, 1, 1));
}

#[test]
fn the_wall_clock_can_be_set_off() {
    let mut desk = Desk::new();
    let mut ahead = |hours: i64| {
        desk.disk.set_clock(hours * 3_600_000);
        let there: u64 = desk.tell("clock").parse().expect("a time");
        let here = SystemTime::UNIX_EPOCH.elapsed().expect("a clock").as_secs();
        let seconds = i64::try_from(there).expect("now") - i64::try_from(here).expect("now");
        (seconds as f64 / 3_600.0).round() as i64
    };
    assert_eq!([ahead(0), ahead(5), ahead(-30)], [0, 5, -30]);
}
