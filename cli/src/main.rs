//! The binary `causerie`. Each command is a module with `Args` and `run`.

// They panic where nobody reads and where there is no room: `output` does not.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod chat;
mod help;
mod serve;
mod token;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use causerie_cli::{demo, load, note, output};
use clap::{CommandFactory as _, Parser, Subcommand, error::ErrorKind};

const EXAMPLES: &str = "Examples:
  causerie serve --dev
      a server on this machine, for trying it out
  causerie chat --user alice --direct bob
      talks with it, in another terminal
  causerie load --spawn --pin all
      what a server can carry on this machine
Each command has more of them in its own --help.";

/// A messaging server and its tools.
#[derive(Debug, Parser)]
#[command(name = "causerie", version, propagate_version = true, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve(serve::Args),
    /// Make a token for a user
    Token(token::Args),
    /// Talk, line by line, with or without a connection
    Chat(chat::Args),
    /// Watch three clients and a server lose everything but the messages
    Demo(demo::DemoArgs),
    // Its description is with its arguments.
    Load(load::command::LoadArgs),
    /// One client of the demo
    #[command(hide = true)]
    DemoClient(demo::actor::ActorArgs),
}

/// What a command could not do, in one line for whoever typed it. The process ends with 2.
#[derive(Debug)]
struct Refused(String);

impl<E: std::error::Error> From<E> for Refused {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let done = match cli.command {
        Command::Serve(args) => serve::run(args),
        Command::Token(args) => token::run(&args),
        // These have exit codes of their own.
        Command::Chat(args) => match chat::run(args) {
            Ok(code) => return code,
            Err(refused) => Err(refused),
        },
        Command::Demo(args) => return demo::run(&args),
        Command::Load(args) => return load::command::run(&args),
        Command::DemoClient(args) => return demo::actor::run(args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Refused(why)) => {
            note!("causerie: {why}");
            ExitCode::from(2)
        }
    }
}

/// Help and version in full; a mistake in one line.
fn usage(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            match error.print().and_then(|()| io::stdout().flush()) {
                Err(cannot) if !error.use_stderr() => output::end(&cannot),
                // What cannot be said on standard error is not said.
                Ok(()) | Err(_) => ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2)),
            }
        }
        _ => {
            let text = error.to_string();
            let why: Vec<&str> = text
                .lines()
                .take_while(|line| !line.is_empty())
                .map(|line| line.trim().trim_start_matches("error: "))
                .collect();
            let path = help::path(Cli::command(), std::env::args_os().skip(1));
            note!("{path}: {} (see {path} --help)", why.join(" "));
            ExitCode::from(2)
        }
    }
}
