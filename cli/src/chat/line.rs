//! What was typed.

/// The commands, as `/help` shows them. `N` is the number in front of a message.
pub(super) const HELP: &str = "  /edit N TEXT     change what your message says
  /delete N        take a message back
  /react N EMOJI   put an emoji on a message; /unreact takes it off
  /retry N         send a failed message again
  /cancel N        give up a message that was not sent
  /history         show older messages
  /outbox          show what is not sent yet
  /quit            leave; what is queued stays queued
  //text           say something that begins with a slash";

/// A line, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    Empty,
    Say(String),
    Edit(usize, String),
    Delete(usize),
    React(usize, String),
    Unreact(usize, String),
    Retry(usize),
    Cancel(usize),
    History,
    Outbox,
    Help,
    Quit,
}

impl Line {
    /// What to do, or what is wrong with it.
    pub(super) fn parse(line: &str) -> Result<Self, String> {
        let line = line.trim();
        if let Some(text) = line.strip_prefix("//") {
            return Ok(Self::Say(format!("/{text}")));
        }
        let Some(command) = line.strip_prefix('/') else {
            return Ok(match line {
                "" => Self::Empty,
                text => Self::Say(text.into()),
            });
        };
        let (command, rest) = split(command);
        match command {
            "edit" => text(rest, "/edit N TEXT").map(|(n, text)| Self::Edit(n, text)),
            "delete" => number(rest, "/delete N").map(Self::Delete),
            "react" => text(rest, "/react N EMOJI").map(|(n, emoji)| Self::React(n, emoji)),
            "unreact" => text(rest, "/unreact N EMOJI").map(|(n, emoji)| Self::Unreact(n, emoji)),
            "retry" => number(rest, "/retry N").map(Self::Retry),
            "cancel" => number(rest, "/cancel N").map(Self::Cancel),
            "history" => Ok(Self::History),
            "outbox" => Ok(Self::Outbox),
            "help" => Ok(Self::Help),
            "quit" | "exit" => Ok(Self::Quit),
            other => Err(format!("there is no /{other}; /help lists the commands")),
        }
    }
}

fn split(text: &str) -> (&str, &str) {
    match text.split_once(char::is_whitespace) {
        Some((first, rest)) => (first, rest.trim()),
        None => (text, ""),
    }
}

fn number(text: &str, usage: &str) -> Result<usize, String> {
    text.trim_start_matches('#')
        .parse()
        .map_err(|_| format!("it is {usage}, N being the number in front of a message"))
}

fn text(rest: &str, usage: &str) -> Result<(usize, String), String> {
    let (n, text) = split(rest);
    let n = number(n, usage)?;
    if text.is_empty() {
        return Err(format!("it is {usage}"));
    }
    Ok((n, text.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_said_and_commands_obeyed() {
        for (typed, meant) in [
            ("  ", Line::Empty),
            ("Bonjour, Bob ", Line::Say("Bonjour, Bob".into())),
            (
                "//quit is a command",
                Line::Say("/quit is a command".into()),
            ),
            ("/edit 3 so it was", Line::Edit(3, "so it was".into())),
            ("/delete #12", Line::Delete(12)),
            ("/react 1 👍", Line::React(1, "👍".into())),
            ("/retry 2", Line::Retry(2)),
            ("/quit", Line::Quit),
        ] {
            assert_eq!(Line::parse(typed), Ok(meant), "{typed}");
        }
    }

    #[test]
    fn a_command_that_is_none_is_explained() {
        for typed in ["/edit", "/edit x y", "/edit 3", "/delete", "/dance"] {
            assert!(Line::parse(typed).is_err(), "{typed}");
        }
    }
}
