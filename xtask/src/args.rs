//! What stands on the command line.

use crate::bindings;
use crate::fuzz;
use crate::package;
use crate::setup;
use crate::suite::{self, Suite};

/// What one command does: the lines that say so, and examples.
struct Usage {
    name: &'static str,
    lines: &'static str,
    examples: &'static str,
}

/// All commands, as the help has them. The words of `sim` and `swift` are their own.
const USAGES: &[Usage] = &[
    Usage {
        name: "setup",
        lines: "  cargo xtask setup [rust] [python] [node] [kotlin] [swift] [--suite NAME...] [--dry-run] [--json]
                                       say what these languages or suites lack here (without a name,
                                       all suites), and install it; --dry-run only says it, --json
                                       says it for a program
",
        examples: "  cargo xtask setup --dry-run          what is there, what is missing, and the commands that bring it
  cargo xtask setup swift
",
    },
    Usage {
        name: "test",
        lines: "  cargo xtask test [--suite NAME...]   run all suites, or the named ones in the order of the table
  cargo xtask test --list              name the suites and what each does
",
        examples: "  cargo xtask test                     what CI runs; ends with `N passed, N failed`
  cargo xtask test --suite unit        the unit and doc tests only
  cargo xtask test --suite format clippy
  CI=true cargo xtask test             a suite that cannot run counts as a failure
",
    },
    Usage {
        name: "sim",
        lines: "  cargo xtask sim [OPTION...]          long runs of the simulation, or one seed again: see
                                       `cargo xtask sim --help`
",
        examples: "  cargo xtask sim --seeds 4000
",
    },
    Usage {
        name: "fuzz",
        lines: "  cargo xtask fuzz [TARGET...] [--minutes N]
                                       fuzz frames, engine, database from the committed corpus on;
                                       needs nightly and cargo-fuzz
",
        examples: "  cargo xtask fuzz frames --minutes 10
",
    },
    Usage {
        name: "bindings",
        lines: "  cargo xtask bindings [kotlin] [swift] [--check]
                                       write what uniffi generates for them, or only say whether
                                       what is committed is that
",
        examples: "  cargo xtask bindings --check
",
    },
    Usage {
        name: "swift",
        lines: "  cargo xtask swift WORD...            run Swift, be it on PATH or in the tree that setup made
",
        examples: "  cargo xtask swift build --package-path swift
",
    },
    Usage {
        name: "size",
        lines: "  cargo xtask size                     build the library as an app ships it (x86-64 Linux), and say
                                       its size
",
        examples: "  cargo xtask size
",
    },
    Usage {
        name: "package",
        lines: "  cargo xtask package android|ios [--dry-run]
                                       build the library for every ABI into the AAR, or the
                                       XCFramework; --dry-run prints the commands
",
        examples: "  cargo xtask package android --dry-run
",
    },
];

const EXIT_CODES: &str = "\
Exit codes: 0 all passed, 1 something failed or is missing, 2 the command line was wrong or a
needed tool is not here.
";

/// The help on a command; on all of them for what is no command's name.
pub fn help(name: &str) -> String {
    let one = USAGES.iter().find(|usage| usage.name == name);
    let chosen = one.map_or(USAGES, std::slice::from_ref);
    let lines: String = chosen.iter().map(|usage| usage.lines).collect();
    let examples: String = chosen.iter().map(|usage| usage.examples).collect();
    let (title, itself) = match one {
        Some(_) => ("", ""),
        None => (
            "The project's chores.\n\n",
            "  cargo xtask [COMMAND] --help         this text, or what it says of one command\n",
        ),
    };
    format!("{title}Usage:\n{lines}{itself}\nExamples:\n{examples}\n{EXIT_CODES}")
}

/// A parsed command line.
#[derive(Debug)]
pub enum Command {
    /// Print the [`help`] on this.
    Help(&'static str),
    /// Name the suites.
    List,
    /// Run the simulation with these arguments.
    Sim(Vec<String>),
    /// Be Swift.
    Swift(Vec<String>),
    /// Build the library and say its size.
    Size,
    /// Fuzz.
    Fuzz(fuzz::Order),
    /// Install what is missing.
    Setup(setup::Order),
    /// Build for phones.
    Package(package::Order),
    /// Generate for other languages.
    Bindings(bindings::Order),
    /// Run these suites, in the order of the table.
    Test(Vec<&'static Suite>),
}

/// Reads the arguments that follow the program's name.
pub fn parse(mut args: impl Iterator<Item = String>) -> Result<Command, String> {
    match args.next().as_deref() {
        None | Some("help" | "--help" | "-h") => alone("help", args, Command::Help("help")),
        Some("test") => tests(args),
        Some("size") => alone("size", args, Command::Size),
        Some("fuzz") => order("fuzz", args, |words| {
            fuzz::Order::parse(words).map(Command::Fuzz)
        }),
        Some("setup") => order("setup", args, |words| {
            setup::Order::parse(words).map(Command::Setup)
        }),
        Some("package") => order("package", args, |words| {
            package::Order::parse(words).map(Command::Package)
        }),
        Some("bindings") => order("bindings", args, |words| {
            bindings::Order::parse(words).map(Command::Bindings)
        }),
        Some("swift") => Ok(Command::Swift(args.collect())),
        Some("sim") => Ok(Command::Sim(args.collect())),
        Some(other) => Err(format!("there is no command `{other}`")),
    }
}

fn is_help(word: &str) -> bool {
    word == "--help" || word == "-h"
}

/// A command that reads its words itself, all but a call for help.
fn order(
    name: &'static str,
    args: impl Iterator<Item = String>,
    parse: impl FnOnce(std::vec::IntoIter<String>) -> Result<Command, String>,
) -> Result<Command, String> {
    let words: Vec<_> = args.collect();
    if words.iter().any(|word| is_help(word)) {
        return Ok(Command::Help(name));
    }
    parse(words.into_iter())
}

/// A command that nothing follows but a call for help.
fn alone(
    name: &'static str,
    mut rest: impl Iterator<Item = String>,
    command: Command,
) -> Result<Command, String> {
    match rest.next() {
        None => Ok(command),
        Some(word) if is_help(&word) => Ok(Command::Help(name)),
        Some(word) => Err(format!("`{name}` does not know `{word}`")),
    }
}

/// What follows `test`.
fn tests(args: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut args = args.peekable();
    let mut list = false;
    let mut names = Vec::new();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            word if is_help(word) => return Ok(Command::Help("test")),
            "--list" => list = true,
            "--suite" => names.extend(suite::names_behind_flag(&mut args)?),
            other => return Err(format!("`test` does not know `{other}`")),
        }
    }
    if list {
        return match names.first() {
            None => Ok(Command::List),
            Some(_) => Err("it is either `--list` or `--suite`".into()),
        };
    }
    suite::named(&names).map(Command::Test)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_line(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    fn chosen(line: &str) -> Vec<&'static str> {
        match parse_line(line) {
            Ok(Command::Test(suites)) => suites.iter().map(|s| s.name).collect(),
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn without_names_every_suite_is_chosen() {
        assert_eq!(chosen("test").len(), suite::ALL.len());
    }

    #[test]
    fn several_names_may_follow_one_flag_or_stand_each_behind_their_own() {
        for line in [
            "test --suite clippy format",
            "test --suite clippy --suite format",
            "test --suite clippy,format",
        ] {
            assert_eq!(chosen(line), ["format", "clippy"], "{line}");
        }
    }

    #[test]
    fn a_wrong_word_is_refused_and_the_right_ones_are_named() {
        let problem = parse_line("test --suite unitt").unwrap_err();
        assert!(
            problem.contains("unitt") && problem.contains("unit,"),
            "{problem}"
        );
        assert!(parse_line("tset").is_err());
        assert!(parse_line("test --suite").is_err());
        assert!(parse_line("test --fast").is_err());
    }

    #[test]
    fn no_word_behind_a_command_is_dropped() {
        for line in ["size --help", "size -h", "help --help", "--help -h"] {
            assert!(matches!(parse_line(line), Ok(Command::Help(_))), "{line}");
        }
        for line in [
            "size now",
            "size --release",
            "help size",
            "--help size",
            "test --list unit",
            "test --list --suite unit",
        ] {
            assert!(parse_line(line).is_err(), "{line}");
        }
        assert!(matches!(parse_line("size"), Ok(Command::Size)));
    }

    #[test]
    fn what_follows_sim_or_swift_is_theirs() {
        let Ok(Command::Sim(words)) = parse_line("sim --seed 3 --keep acts=1 --help") else {
            panic!("not understood");
        };
        assert_eq!(words, ["--seed", "3", "--keep", "acts=1", "--help"]);
        let Ok(Command::Swift(words)) = parse_line("swift build --help") else {
            panic!("not understood");
        };
        assert_eq!(words, ["build", "--help"]);
    }

    #[test]
    fn help_is_what_an_empty_line_gets() {
        assert!(matches!(parse_line(""), Ok(Command::Help("help"))));
        assert!(matches!(parse_line("test --list"), Ok(Command::List)));
        let all = help("help");
        for usage in USAGES {
            assert!(all.contains(usage.lines), "{}", usage.name);
            assert!(all.contains(usage.examples), "{}", usage.name);
        }
    }

    #[test]
    fn help_on_a_command_is_of_that_one_with_an_example_that_is_understood() {
        for usage in USAGES {
            let Ok(command) = parse_line(&format!("{} --help", usage.name)) else {
                panic!("{} is no command", usage.name);
            };
            match command {
                Command::Help(name) => assert_eq!(name, usage.name),
                // They say it themselves.
                Command::Sim(_) | Command::Swift(_) => {}
                other => panic!("{other:?}"),
            }
            let text = help(usage.name);
            for other in USAGES.iter().filter(|other| other.name != usage.name) {
                assert!(!text.contains(other.lines), "{text}");
            }
            for line in usage.examples.lines() {
                let (_, rest) = line.split_once("cargo xtask ").expect("an example");
                let words = rest.split("   ").next().unwrap_or_default();
                assert!(line.starts_with("  "), "{line}");
                assert!(words.starts_with(usage.name), "{line}");
                assert!(parse_line(words).is_ok(), "{line}");
            }
        }
    }
}
