//! The memory of a client that is connected and does nothing.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use causerie::{Client, TimelineStart, TokenError, TokenRequest};

use crate::{
    Failed, Figure, cache,
    peer::{Server, Talk},
};

/// Names the folder to the process that is measured.
pub const CHILD: &str = "CAUSERIE_BENCH_IDLE";
const SERVER: &str = "CAUSERIE_BENCH_SERVER";
const GROUPS: u64 = 1_000;
const MESSAGES: u64 = 1_000;

pub fn measure(folder: &Path) -> Result<Vec<Figure>, Failed> {
    drop(cache::fill_groups(folder, GROUPS, MESSAGES)?);
    let server = Server::start(MESSAGES, Talk::Nothing)?;
    let mut child = Command::new(std::env::current_exe()?)
        .env(CHILD, folder)
        .env(SERVER, server.url())
        .stdout(Stdio::piped())
        .spawn()?;
    let output = child.stdout.take().ok_or("no output")?;
    let mut figures = Vec::new();
    for line in BufReader::new(output).lines() {
        let line = line?;
        let (name, kib) = line.rsplit_once(' ').ok_or("not a figure")?;
        let goal = if name == "resident, idle" {
            "goal < 20"
        } else {
            ""
        };
        figures.push(Figure::new(name, kib.parse::<f64>()? / 1024.0, "MiB", goal));
    }
    if !child.wait()?.success() {
        return Err("the process that was to be measured failed".into());
    }
    Ok(figures)
}

/// The process that is measured: says what it weighs, in KiB, before it opens the folder, with it
/// open, and connected with a screen open.
pub fn child(folder: &Path) -> Result<(), Failed> {
    let url = std::env::var(SERVER)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        println!(
            "of it before the client was opened {}",
            field(&memory()?, "Rss")
        );
        let client = Client::builder(&url, "alice")
            .data_dir(folder)
            .token_provider(|_: TokenRequest| async { Ok::<_, TokenError>("token".to_owned()) })
            .open()
            .await?;
        println!("opened, offline {}", field(&memory()?, "Rss"));
        client.start().await?;
        let shown = client.conversation(cache::group(0));
        let timeline = shown.timeline(TimelineStart::Newest).await?;
        while client.stats().await?.subscribed == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        if (timeline.items().len(), client.conversations().items().len()) != (50, 1_000) {
            return Err("it does not show what was cached".into());
        }
        // What is done once, such as the answers to the first questions, is over by then.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let memory = memory()?;
        println!("resident, idle {}", field(&memory, "Rss"));
        println!(
            "of it anonymous (heap, stacks) {}",
            field(&memory, "Anonymous")
        );
        let file = field(&memory, "Rss") - field(&memory, "Anonymous");
        println!("of it of files (the program, libc) {file}");
        client.close().await;
        Ok(())
    })
}

/// The kernel's account of this process, in KiB.
fn memory() -> Result<BTreeMap<String, u64>, Failed> {
    let text = std::fs::read_to_string("/proc/self/smaps_rollup")?;
    let field = |line: &str| -> Option<(String, u64)> {
        let (name, rest) = line.split_once(':')?;
        Some((
            name.to_owned(),
            rest.trim().strip_suffix(" kB")?.trim().parse().ok()?,
        ))
    };
    Ok(text.lines().filter_map(field).collect())
}

fn field(memory: &BTreeMap<String, u64>, name: &str) -> u64 {
    memory.get(name).copied().unwrap_or_default()
}
