//! Which command's help is meant.

use std::ffi::OsString;

use clap::{Arg, Command};

/// The command that these arguments name, with those above it, as `causerie load fanout`. It goes
/// as far as they can be understood.
pub(crate) fn path(root: Command, arguments: impl Iterator<Item = OsString>) -> String {
    let mut path = root.get_name().to_owned();
    let mut above: Vec<Command> = Vec::new();
    let mut command = root;
    let mut arguments = arguments.map(|argument| argument.to_string_lossy().into_owned());
    while let Some(argument) = arguments.next() {
        if argument == "--" {
            break;
        }
        if argument.starts_with('-') {
            let known = above.iter().chain([&command]);
            let mut known = known.flat_map(Command::get_arguments);
            if known.any(|known| takes_next(known, &argument)) {
                arguments.next();
            }
        } else if let Some(below) = command.find_subcommand(&argument) {
            let below = below.clone();
            path = format!("{path} {}", below.get_name());
            above.push(command);
            command = below;
        }
    }
    path
}

/// Whether what follows this word is its value.
fn takes_next(known: &Arg, word: &str) -> bool {
    let long = known
        .get_long()
        .is_some_and(|long| word == format!("--{long}"));
    let short = known
        .get_short()
        .is_some_and(|short| word == format!("-{short}"));
    (long || short) && known.get_action().takes_values()
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::*;
    use crate::Cli;

    fn path_of(line: &str) -> String {
        path(Cli::command(), line.split_whitespace().map(OsString::from))
    }

    /// Every command that help shows, with those above it.
    fn walk(command: &Command, above: &str, visit: &mut impl FnMut(&str, &Command)) {
        let path = format!("{above}{}", command.get_name());
        visit(&path, command);
        let below = command.get_subcommands();
        for command in below.filter(|command| !command.is_hide_set()) {
            walk(command, &format!("{path} "), visit);
        }
    }

    #[test]
    fn every_command_has_help_with_examples() {
        let mut seen = 0;
        walk(&Cli::command(), "", &mut |path, command| {
            seen += 1;
            let help = command.clone().render_long_help().to_string();
            let examples = help.split_once("Examples:").map(|(_, examples)| examples);
            let Some(examples) = examples else {
                panic!("{path} --help shows no example:\n{help}");
            };
            // Flags may stand between its words.
            let is_own = |line: &str| {
                let mut words = line.split_whitespace();
                path.split(' ').all(|name| words.any(|word| word == name))
            };
            assert!(
                examples.lines().any(is_own),
                "{path} is not in its examples:\n{examples}"
            );
        });
        assert!(seen >= 11, "only {seen} commands were seen");
    }

    #[test]
    fn every_example_is_understood() {
        let mut seen = 0;
        walk(&Cli::command(), "", &mut |path, command| {
            let help = command.clone().render_long_help().to_string();
            let examples = help.lines().filter(|line| line.contains("causerie "));
            for line in examples.filter(|line| line.starts_with("  ")) {
                // Ahead of it are variables or a pipe, behind it another pipe, a file, or words.
                let Some((_, line)) = line.split_once("causerie ") else {
                    continue;
                };
                let line = line.split(['>', '|']).next().unwrap_or_default();
                let line = line.split("  ").next().unwrap_or_default();
                // A shell reads these.
                if line.contains(['…', '$', '\'', '"', '(', ')']) || line.starts_with("--") {
                    continue;
                }
                seen += 1;
                let words = ["causerie"].into_iter().chain(line.split_whitespace());
                if let Err(error) = Cli::try_parse_from(words) {
                    panic!("an example of {path}, `{line}`: {error}");
                }
            }
        });
        assert!(seen >= 20, "only {seen} examples were seen");
    }

    #[test]
    fn the_command_is_found_behind_the_values_of_flags() {
        for (line, expected) in [
            ("--lisen", "causerie"),
            ("serve --lisen 127.0.0.1:0", "causerie serve"),
            ("load --sever x", "causerie load"),
            ("load fanout --membrs 3", "causerie load fanout"),
            (
                "load --prefix storm fanout --membrs 3",
                "causerie load fanout",
            ),
            ("load --prefix=storm connect -n x", "causerie load connect"),
            (
                "load storm -n 3 --prefix all --round",
                "causerie load storm",
            ),
            ("sreve --dev", "causerie"),
        ] {
            assert_eq!(path_of(line), expected, "{line}");
        }
    }
}
