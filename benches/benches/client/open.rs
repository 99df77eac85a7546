//! A new process opens what is cached.

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use causerie::{Client, TimelineStart};

use crate::{Failed, Figure, Samples, cache, clock};

/// Names the folder to the process that opens it.
pub const CHILD: &str = "CAUSERIE_BENCH_OPEN";
const CACHED: u64 = 100_000;
const RUNS: usize = 40;

pub fn measure(folder: &Path) -> Result<Vec<Figure>, Failed> {
    drop(cache::fill(folder, CACHED)?);
    let mut opening = Samples::default();
    let mut process = Samples::default();
    for _ in 0..RUNS {
        let began = clock();
        let output = Command::new(std::env::current_exe()?)
            .env(CHILD, folder)
            .output()?;
        process.add(began.elapsed());
        let micros: u64 = String::from_utf8(output.stdout)?.trim().parse()?;
        opening.add(Duration::from_micros(micros));
    }
    Ok(vec![
        Figure::millis(
            "from main() to the newest 50, p50",
            opening.percentile(50),
            "goal < 15",
        ),
        Figure::millis(
            "from main() to the newest 50, slowest",
            opening.percentile(100),
            "",
        ),
        Figure::millis(
            "the whole process, closing included, p50",
            process.percentile(50),
            "",
        ),
    ])
}

/// The new process: opens, reads, and prints how many microseconds that took since `main`.
pub fn child(folder: &Path, began: Instant) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let client = Client::builder("ws://127.0.0.1:1", "alice")
            .data_dir(folder)
            .open()
            .await?;
        let conversation = client.conversation(cache::conversation());
        let timeline = conversation.timeline(TimelineStart::Newest).await?;
        let items = timeline.items();
        let took = began.elapsed();
        if items.len() != 50 {
            return Err(format!("{} items, not 50", items.len()).into());
        }
        println!("{}", took.as_micros());
        client.close().await;
        Ok(())
    })
}
