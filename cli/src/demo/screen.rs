//! The demo as a picture: three timelines side by side, what is happening to them, and the closing
//! table. The terminal and the SVG file are drawn by the same code.

use std::{collections::VecDeque, time::Duration};

use ratatui::{
    buffer::Buffer,
    layout::{Constraint, Layout, Rect},
    style::{Color, Modifier, Style, Stylize},
    text::{Line, Span},
    widgets::{Block, BorderType, Paragraph, Widget},
};

use super::{
    device::Device,
    outcome::Outcome,
    seen::{Mark, Seen},
};

/// The size of the picture in the README.
pub const WIDTH: u16 = 125;
/// See [`WIDTH`].
pub const HEIGHT: u16 = 38;
/// The least that a terminal needs: columns and rows.
pub const LEAST: (u16, u16) = (72, 24);

const NEWS: usize = 4;

/// How a device or the server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Health {
    /// Connected, or running.
    Well,
    /// Trying to connect.
    #[default]
    Away,
    /// Its process was killed.
    Dead,
}

/// One device's column.
#[derive(Debug, Clone, Default)]
pub struct Column {
    /// How it is.
    pub health: Health,
    /// The end of its timeline.
    pub items: Vec<Seen>,
}

/// All that is drawn.
#[derive(Debug, Clone, Default)]
pub struct Scene {
    /// What the demo is about to prove or break.
    pub chapter: String,
    /// Since the beginning.
    pub elapsed: Duration,
    /// The three devices.
    pub columns: [Column; 3],
    /// How the server is.
    pub server: Health,
    /// Messages shown, acknowledged, and to be sent in all.
    pub progress: [usize; 3],
    /// What was done to them, newest last.
    pub news: VecDeque<String>,
    /// The end.
    pub outcome: Option<Outcome>,
}

impl Scene {
    /// Tells what happened; only the newest are kept.
    pub fn tell(&mut self, what: String) {
        self.news.push_back(what);
        while self.news.len() > NEWS {
            self.news.pop_front();
        }
    }
}

impl Widget for &Scene {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let below = self
            .outcome
            .as_ref()
            .map_or(0, |outcome| outcome.table().len() + 2);
        let [head, columns, legend, news, progress, table] = Layout::vertical([
            Constraint::Length(2),
            Constraint::Min(6),
            Constraint::Length(2),
            Constraint::Length(u16::try_from(NEWS).unwrap_or(u16::MAX)),
            Constraint::Length(2),
            Constraint::Length(u16::try_from(below).unwrap_or(u16::MAX)),
        ])
        .areas(area);
        self.head().render(head, buffer);
        let areas = Layout::horizontal([Constraint::Fill(1); 3])
            .spacing(1)
            .split(columns);
        for (device, area) in Device::ALL.into_iter().zip(areas.iter()) {
            column(device, &self.columns[device.index()], *area, buffer);
        }
        legend_line().render(legend, buffer);
        let news_lines: Vec<_> = self
            .news
            .iter()
            .map(|n| Line::from(format!(" {n}")).dim())
            .collect();
        Paragraph::new(news_lines).render(news, buffer);
        self.progress_line(progress.width).render(progress, buffer);
        if let Some(outcome) = &self.outcome {
            closing(outcome).render(table, buffer);
        }
    }
}

impl Scene {
    fn head(&self) -> Line<'_> {
        let (mark, style) = mark_of(self.server);
        let state = match self.server {
            Health::Well => "server runs",
            Health::Away => "server starts",
            Health::Dead => "server killed",
        };
        Line::from(vec![
            " causerie demo ".bold(),
            format!("{:5.1} s   ", self.elapsed.as_secs_f64()).dim(),
            Span::styled(format!("{mark} {state}   "), style),
            self.chapter.as_str().into(),
        ])
    }

    fn progress_line(&self, width: u16) -> Line<'_> {
        let [shown, acknowledged, total] = self.progress;
        let words = format!("  {shown} shown, {acknowledged} acknowledged, of {total}");
        let room = usize::from(width).saturating_sub(words.chars().count() + 2);
        let part = |count: usize| {
            (room * count)
                .checked_div(total.max(1))
                .unwrap_or(0)
                .min(room)
        };
        let (full, half) = (part(acknowledged), part(shown));
        Line::from(vec![
            " ".into(),
            "━".repeat(full).green(),
            "━".repeat(half.saturating_sub(full)).yellow(),
            "─".repeat(room.saturating_sub(half.max(full))).dim(),
            words.into(),
        ])
    }
}

fn column(device: Device, column: &Column, area: Rect, buffer: &mut Buffer) {
    let (mark, style) = mark_of(column.health);
    let waiting = column
        .items
        .iter()
        .filter(|item| item.mark == Mark::Queued)
        .count();
    let waiting = if waiting > 0 {
        format!(", {waiting} to go ")
    } else {
        " ".to_owned()
    };
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(style)
        .title(Line::from(vec![
            Span::styled(format!(" {mark} "), style),
            device.title().bold(),
            waiting.into(),
        ]));
    let inner = block.inner(area);
    block.render(area, buffer);
    let first = column.items.len().saturating_sub(usize::from(inner.height));
    let lines: Vec<_> = column.items[first..]
        .iter()
        .map(|item| message(device, item))
        .collect();
    Paragraph::new(lines).render(inner, buffer);
}

fn message(device: Device, item: &Seen) -> Line<'static> {
    let own = item.sender == device.user();
    let (mark, colour) = match item.mark {
        Mark::Queued => ("○", Color::Yellow),
        Mark::Confirmed => ("✓", Color::Green),
        Mark::Failed => ("!", Color::Red),
    };
    let mark = if own {
        Span::styled(mark, colour)
    } else {
        " ".into()
    };
    let text = match &item.text {
        Some(text) => Span::styled(
            text.clone(),
            if own {
                Style::new()
            } else {
                Color::Cyan.into()
            },
        ),
        None => "taken back".dim().italic(),
    };
    let mut spans = vec![mark, " ".into(), text];
    if item.edited {
        spans.push(" ✎".dim());
    }
    for (emoji, _) in &item.reactions {
        spans.push(format!(" {emoji}").magenta());
    }
    Line::from(spans)
}

fn mark_of(health: Health) -> (&'static str, Style) {
    match health {
        Health::Well => ("●", Color::Green.into()),
        Health::Away => ("◌", Color::Yellow.into()),
        Health::Dead => ("✗", Color::Red.into()),
    }
}

fn legend_line() -> Line<'static> {
    Line::from(vec![
        " ○".yellow(),
        " on its way   ".dim(),
        "✓".green(),
        " taken by the server   ".dim(),
        "✎".dim(),
        " edited   ".dim(),
        "♥".magenta(),
        " reaction   ".dim(),
        "●".green(),
        " connected   ".dim(),
        "◌".yellow(),
        " away   ".dim(),
        "✗".red(),
        " killed with -9".dim(),
    ])
}

fn closing(outcome: &Outcome) -> Paragraph<'static> {
    let colour = if outcome.is_clean() {
        Color::Green
    } else {
        Color::Red
    };
    let verdict = outcome.sentence();
    let lines: Vec<_> = outcome
        .table()
        .into_iter()
        .map(|line| {
            if line.trim() == verdict {
                Line::styled(line, Style::from(colour).add_modifier(Modifier::BOLD))
            } else {
                Line::from(line)
            }
        })
        .collect();
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(Style::new().dim());
    Paragraph::new(lines).block(block)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn drawn(scene: &Scene) -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, WIDTH, HEIGHT));
        scene.render(buffer.area, &mut buffer);
        let rows = buffer.content.chunks(usize::from(WIDTH));
        rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>() + "\n")
            .collect()
    }

    #[test]
    fn the_newest_messages_and_the_closing_table_are_on_the_screen() {
        let mut scene = Scene {
            chapter: "calm".into(),
            outcome: Some(Outcome::default()),
            ..Scene::default()
        };
        for n in 0..100 {
            scene.columns[0].items.push(Seen {
                key: n.to_string(),
                message_id: n.to_string(),
                seq: n,
                sender: "alice".into(),
                text: Some(format!("p{n:03} hello")),
                edited: n == 99,
                deleted: false,
                reactions: BTreeSet::new(),
                mark: Mark::Confirmed,
            });
        }
        let screen = drawn(&scene);
        assert!(screen.contains("✓ p099 hello ✎"), "{screen}");
        assert!(!screen.contains("p000"));
        for word in [
            "alice, phone",
            "alice, laptop",
            "bob",
            "out of order",
            "through faults",
        ] {
            assert!(screen.contains(word), "{word} is not in\n{screen}");
        }
    }

    #[test]
    fn a_tiny_terminal_is_no_reason_to_panic() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 5, 3));
        Scene::default().render(buffer.area, &mut buffer);
    }
}
