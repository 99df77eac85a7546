//! Plays a transcript against a server: `> ` is sent, `< ` must be received, `…` stands for
//! anything.

use std::{cell::RefCell, collections::VecDeque, net::SocketAddr};

use causerie_cli::{load::light::connect, raw::PATIENCE};
use tokio::time::timeout;

/// The lines of the block between the comments `<!-- transcript -->` and `<!-- /transcript -->`.
pub fn transcript(document: &str) -> Vec<String> {
    let begin = document.split_once("<!-- transcript -->");
    let block = begin.and_then(|(_, rest)| rest.split_once("<!-- /transcript -->"));
    let lines = block.map_or("", |(block, _)| block).lines();
    lines
        .filter(|line| line.starts_with("> ") || line.starts_with("< "))
        .map(str::to_owned)
        .collect()
}

/// Plays the lines on a connection of its own, with `$TOKEN` replaced. What the server says beside
/// what is expected is passed over: events may come between a request and its answer.
///
/// # Errors
/// The first line that went otherwise, and what came instead.
pub async fn play(addr: SocketAddr, lines: &[String], token: &str) -> Result<(), String> {
    let (mut speaker, mut listener) = connect(addr).await.map_err(|error| error.to_string())?;
    let buffer = RefCell::new(vec![0; 64 * 1024]);
    let mut received = VecDeque::new();
    for line in lines {
        let (direction, text) = line.split_at(2);
        let text = text.trim().replace("$TOKEN", token);
        if direction == "> " {
            let sent = speaker.send(&text).await;
            sent.map_err(|error| format!("{line}\n{error}"))?;
            continue;
        }
        let mut passed_over = Vec::new();
        loop {
            let Some(frame) = received.pop_front() else {
                let lines = |line: &[u8]| {
                    received.push_back(String::from_utf8_lossy(line).into_owned());
                };
                let read = timeout(PATIENCE, listener.read(&buffer, lines)).await;
                match read {
                    Ok(Ok(_)) => continue,
                    Ok(Err(error)) => return Err(missing(line, &error, &passed_over)),
                    Err(late) => return Err(missing(line, &late, &passed_over)),
                }
            };
            if matches(&text, &frame) {
                break;
            }
            passed_over.push(frame);
        }
    }
    Ok(())
}

fn missing(line: &str, why: &dyn std::fmt::Display, passed_over: &[String]) -> String {
    format!(
        "{line}\n{why}\nwhat came instead:\n{}",
        passed_over.join("\n")
    )
}

/// Whether the text is what the pattern says, with `…` for anything.
pub fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('…');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ellipsis_stands_for_anything_and_the_rest_for_itself() {
        assert!(matches(r#"{"a":…}"#, r#"{"a":17}"#));
        assert!(matches(r#"{…"seq":1,…}"#, r#"{"x":0,"seq":1,"y":2}"#));
        assert!(matches("{}", "{}"));
        assert!(!matches("{}", "{} "));
        assert!(!matches(r#"{…"seq":1,…}"#, r#"{"x":0,"seq":2,"y":2}"#));
        assert!(!matches("a…a", "a"));
    }

    #[test]
    fn only_the_lines_between_the_marks_are_played() {
        let document =
            "> no\n<!-- transcript -->\n```text\n> {}\n< {}\n```\n<!-- /transcript -->\n< no";
        assert_eq!(transcript(document), ["> {}", "< {}"]);
    }
}
