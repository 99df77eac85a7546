//! `causerie demo`: real processes that lose their network and their lives, and a checker that
//! believes none of them.
//!
//! - [`script`] says what happens, from a seed; [`director`] plays it on the [`stage`].
//! - [`actor`] is a client, a process of its own around the public SDK; [`puppet`] is the hand on
//!   it, [`cue`] what they say to each other.
//! - [`notes`] keeps what was asked for ([`ledger`]) and what was [`seen`]; [`checker`] compares it
//!   with the server's history, which a raw client reads.
//! - [`screen`] draws it for the terminal ([`show`]) and for a file ([`svg`]); [`outcome`] is the
//!   closing table, of which [`latency`] is a part.

pub mod actor;
pub mod checker;
pub mod cue;
pub mod device;
pub mod dice;
pub mod director;
pub mod latency;
pub mod ledger;
pub mod notes;
pub mod outcome;
pub mod puppet;
pub mod screen;
pub mod script;
pub mod seen;
pub mod show;
pub mod stage;
pub mod svg;

use std::{fmt, fs, io, path::PathBuf, process::ExitCode};

use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use self::{
    director::{Curtain, Director, Plant},
    screen::{HEIGHT, WIDTH},
    show::Show,
    stage::Stage,
};
use crate::{backend::NotStarted, note, raw::RawError, say};

/// Watch three clients and a server lose everything but the messages.
///
/// Starts a server, three clients (alice on two devices, bob) and a line for each that can be cut,
/// all as processes of their own on this machine. They talk while lines are cut, go silent or
/// stall, while the server is killed with -9 and started again, and while clients are killed with
/// -9. At the end everything that was sent is compared with what the server has and what each
/// device shows, byte by byte. Needs nothing but a folder for temporary files; takes less than
/// 30 seconds.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Examples:
  causerie demo                     watch it
  causerie demo --seed 7            another order of faults
  causerie demo --json | tail -1    the counts as one line of JSON
  causerie demo --svg demo.svg      and a picture of the end

Exit code: 0 if every promise was kept, 1 if one broke, 2 if the demo could not run.")]
pub struct DemoArgs {
    /// How many messages are sent, a few more that are changed before they leave not counted.
    #[arg(long, default_value_t = 240, value_parser = clap::value_parser!(u32).range(1..=1_500))]
    messages: u32,
    /// Decides who says what and which line is hurt when.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Ends with the counts as one line of JSON; no full screen.
    #[arg(long)]
    json: bool,
    /// Writes a picture of the end to this file.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Spoils what was seen, to show that the checker sees.
    #[arg(long, hide = true)]
    plant: Option<Plant>,
}

/// Why the demo could not run to its end. It says nothing about promises.
#[derive(Debug)]
pub struct DemoError(String);

impl DemoError {
    fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }

    fn left() -> Self {
        Self::new("left before the end")
    }
}

impl fmt::Display for DemoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for DemoError {}

impl From<io::Error> for DemoError {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<NotStarted> for DemoError {
    fn from(error: NotStarted) -> Self {
        Self(error.to_string())
    }
}

impl From<RawError> for DemoError {
    fn from(error: RawError) -> Self {
        Self(format!("reading the server's history: {error}"))
    }
}

/// Runs the demo; its exit code says whether every promise was kept.
pub fn run(args: &DemoArgs) -> ExitCode {
    // Before the run, which would be lost.
    if let Some(file) = &args.svg
        && let Err(error) = fs::File::options().create(true).append(true).open(file)
    {
        note!("causerie demo: {}: {error}", file.display());
        return ExitCode::from(2);
    }
    let result = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(DemoError::from)
        .and_then(|runtime| runtime.block_on(play(args)));
    let curtain = match result {
        Ok(curtain) => curtain,
        Err(error) => {
            note!("causerie demo: {error}");
            return ExitCode::from(2);
        }
    };
    let outcome = &curtain.outcome;
    // All that was started has ended: now the process may end where its output does.
    say!();
    for line in outcome.table() {
        say!("{line}");
    }
    if let Some(file) = &args.svg
        && let Err(error) = fs::write(file, picture(&curtain))
    {
        note!("causerie demo: {}: {error}", file.display());
        return ExitCode::from(2);
    }
    if args.json {
        say!("{}", outcome.to_json());
    }
    if outcome.is_clean() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

async fn play(args: &DemoArgs) -> Result<Curtain, DemoError> {
    let messages = args.messages as usize;
    let script = script::write(messages, args.seed);
    let says = |step: &&script::Step| matches!(step.action, script::Action::Say { .. });
    let total = script.iter().filter(says).count();
    let stage = Stage::set(&std::env::current_exe()?).await?;
    let show = Show::open(args.json);
    Director::new(stage, show, total, args.seed)
        .play(script, args.plant)
        .await
}

fn picture(curtain: &Curtain) -> String {
    let mut buffer = Buffer::empty(Rect::new(0, 0, WIDTH, HEIGHT));
    curtain.scene.render(buffer.area, &mut buffer);
    svg::draw(
        &buffer,
        "causerie demo: three clients and their timelines after a run",
    )
}
