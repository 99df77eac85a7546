//! Where the demo is shown: full screen on a terminal, calm lines elsewhere.

use std::{
    io::{self, IsTerminal, Write},
    time::Duration,
};

use crossterm::event::{self, Event, KeyCode, KeyModifiers};
use ratatui::DefaultTerminal;

use super::screen::{LEAST, Scene};

/// The way out.
pub enum Show {
    /// A terminal, drawn anew many times a second.
    Screen(Box<Screen>),
    /// A line for each thing that happens.
    Lines,
    /// Nowhere.
    Nowhere,
}

/// A terminal that is drawn on. Dropping it gives the terminal back.
pub struct Screen(DefaultTerminal);

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

impl Show {
    /// The screen, if standard output is a terminal that is large enough and lines were not asked
    /// for.
    pub fn open(lines: bool) -> Self {
        let large = || {
            let size = crossterm::terminal::size();
            size.is_ok_and(|(width, height)| width >= LEAST.0 && height >= LEAST.1)
        };
        if lines || !io::stdout().is_terminal() || !large() {
            return Self::Lines;
        }
        ratatui::try_init().map_or(Self::Lines, |t| Self::Screen(Box::new(Screen(t))))
    }

    /// Draws the scene, and tells whether whoever watches wants to leave.
    pub fn draw(&mut self, scene: &Scene) -> io::Result<bool> {
        match self {
            Self::Lines | Self::Nowhere => Ok(false),
            Self::Screen(screen) => {
                screen
                    .0
                    .draw(|frame| frame.render_widget(scene, frame.area()))?;
                wants_to_leave()
            }
        }
    }

    /// Tells what was done to them; a screen shows it with the next drawing.
    pub fn tell(&mut self, scene: &mut Scene, what: &str) {
        self.remark(scene, what);
        scene.tell(stamped(scene, what));
    }

    /// Tells what a screen shows by itself.
    pub fn remark(&mut self, scene: &Scene, what: &str) {
        if matches!(self, Self::Lines) {
            say(&stamped(scene, what));
        }
    }

    /// Gives the terminal back.
    pub fn close(&mut self) {
        *self = Self::Nowhere;
    }
}

fn stamped(scene: &Scene, what: &str) -> String {
    format!("{:5.1} s  {what}", scene.elapsed.as_secs_f64())
}

/// Prints a line; whoever closed the pipe does not want it.
pub fn say(line: &str) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

fn wants_to_leave() -> io::Result<bool> {
    while event::poll(Duration::ZERO)? {
        if let Event::Key(key) = event::read()? {
            let control_c =
                key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
            if control_c || matches!(key.code, KeyCode::Char('q') | KeyCode::Esc) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
