//! From a file to a [`Scenario`]: unknown fields and verbs, and names that nothing has, are errors
//! with line and column.

use std::{collections::BTreeSet, fmt, fs, path::Path};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_saphyr::Spanned;

use crate::{
    names::many,
    scenario::{Action, Always, Event, Expect, Scenario, Step, Tag},
};

/// A file that is no scenario.
#[derive(Debug)]
pub struct Malformed(pub String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Malformed {}

/// Reads a scenario's file.
///
/// # Errors
/// What is wrong with it, and where.
pub fn file(path: &Path) -> Result<Scenario, Malformed> {
    let name = path.display();
    let text = fs::read_to_string(path).map_err(|error| Malformed(format!("{name}: {error}")))?;
    text_of(&name.to_string(), &text)
}

/// Reads a scenario; `name` is for the errors.
///
/// # Errors
/// What is wrong with it, and where.
pub fn text_of(name: &str, text: &str) -> Result<Scenario, Malformed> {
    let scenario: Scenario = serde_saphyr::from_str(text).map_err(|error| {
        let place = error
            .location()
            .map(|place| format!(":{}:{}", place.line(), place.column()));
        let what = error.without_snippet().to_string();
        Malformed(format!("{name}{}: {what}", place.unwrap_or_default()))
    })?;
    check(&scenario)
        .map_err(|(line, column, what)| Malformed(format!("{name}:{line}:{column}: {what}")))?;
    Ok(scenario)
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(StepVisitor)
    }
}

struct StepVisitor;

impl<'de> Visitor<'de> for StepVisitor {
    type Value = Step;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a step: `server: …`, `expect: …`, or a device's name and what it does")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Step, A::Error> {
        let Some(key) = map.next_key::<Spanned<String>>()? else {
            return Err(A::Error::custom("a step is empty"));
        };
        let event = match key.value.as_str() {
            "server" => Event::Server(map.next_value()?),
            "expect" => Event::Expect(map.next_value()?),
            _ => Event::Do {
                action: map.next_value()?,
                fails: fails(&mut map)?,
                device: key.value,
            },
        };
        if let Some(more) = map.next_key::<String>()? {
            return Err(A::Error::custom(format!(
                "`{more}` is one too many in a step"
            )));
        }
        Ok(Step {
            line: key.referenced.line(),
            column: key.referenced.column(),
            event,
        })
    }
}

fn fails<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<String>, A::Error> {
    match map.next_key::<String>()? {
        None => Ok(None),
        Some(key) if key == "fails" => map.next_value().map(Some),
        Some(key) => Err(A::Error::custom(format!(
            "behind what a device does stands `fails` or nothing, not `{key}`"
        ))),
    }
}

/// What has a name, so far.
#[derive(Default)]
struct Known {
    rooms: BTreeSet<String>,
    messages: BTreeSet<String>,
    writes: BTreeSet<String>,
    listeners: BTreeSet<String>,
    texts: BTreeSet<String>,
}

fn check(scenario: &Scenario) -> Result<(), (u64, u64, String)> {
    let mut known = Known::default();
    for step in &scenario.steps {
        known
            .step(scenario, &step.event)
            .map_err(|what| (step.line, step.column, what))?;
    }
    let last = scenario.steps.last().map_or((1, 1), |s| (s.line, s.column));
    whole(scenario, &known).map_err(|what| (last.0, last.1, what))
}

/// What concerns the scenario as a whole.
fn whole(scenario: &Scenario, known: &Known) -> Result<(), String> {
    for always in &scenario.always {
        match always {
            Always::NeverShows { at, .. } => device(scenario, at)?,
            Always::NeverMoves { at, room } | Always::NeverResets { at, room } => {
                device(scenario, at)?;
                known.room(room)?;
            }
        }
    }
    let expected: BTreeSet<&String> = scenario
        .steps
        .iter()
        .filter_map(|step| match &step.event {
            Event::Expect(expect) => Some(&expect.at),
            Event::Do { .. } | Event::Server(_) => None,
        })
        .flatten()
        .collect();
    if let Some(forgotten) = scenario.cast.keys().find(|name| !expected.contains(name)) {
        return Err(format!("nothing is ever expected at `{forgotten}`"));
    }
    if !matches!(
        scenario.steps.last().map(|s| &s.event),
        Some(Event::Expect(_))
    ) {
        return Err("the last step is no `expect`".into());
    }
    let has = |tag| scenario.tags.contains(&tag);
    let kills = scenario.cast.values().any(|cast| cast.process);
    if kills != has(Tag::NeedsKill) {
        return Err("`needs-kill` is the tag of scenarios with a `process: true`".into());
    }
    let restarts = scenario.steps.iter().any(|step| {
        use crate::scenario::Order::{Backup, NewDatabase, Restart, Restore, Start, Stop};
        matches!(
            &step.event,
            Event::Server(Restart | Backup | Restore | NewDatabase | Stop(_) | Start)
        )
    });
    if restarts != has(Tag::NeedsRestart) {
        return Err("`needs-restart` is the tag of scenarios that stop or start the server".into());
    }
    if has(Tag::CoreOnly) == (has(Tag::NeedsKill) || has(Tag::NeedsRestart)) {
        return Err("`core-only` is the tag of scenarios that need nothing else".into());
    }
    Ok(())
}

fn device(scenario: &Scenario, name: &str) -> Result<(), String> {
    match scenario.cast.contains_key(name) {
        true => Ok(()),
        false => Err(format!("no device is called `{name}`")),
    }
}

impl Known {
    fn step(&mut self, scenario: &Scenario, event: &Event) -> Result<(), String> {
        match event {
            Event::Server(_) => Ok(()),
            Event::Expect(expect) => self.expect(scenario, expect),
            Event::Do {
                device: name,
                action,
                fails,
            } => {
                device(scenario, name)?;
                self.action(action, fails.is_none())?;
                match action {
                    Action::Kill if !scenario.cast[name].process => {
                        Err(format!("`{name}` is no process, which alone can be killed"))
                    }
                    _ => Ok(()),
                }
            }
        }
    }

    fn action(&mut self, action: &Action, works: bool) -> Result<(), String> {
        match action {
            Action::Open
            | Action::Start
            | Action::Stop
            | Action::Suspend
            | Action::Resume
            | Action::Close
            | Action::Kill
            | Action::Sync
            | Action::SignOut { .. }
            | Action::Tokens(_) => Ok(()),
            Action::Direct { r#as, .. } | Action::Group { r#as, .. } => {
                self.rooms.insert(r#as.clone());
                Ok(())
            }
            Action::Show { room, .. }
            | Action::Hide(room)
            | Action::Older(room)
            | Action::Quit(room)
            | Action::Typing { room, .. }
            | Action::Draft { room, .. }
            | Action::Rename { room, .. }
            | Action::Members { of: room, .. } => self.room(room),
            Action::Send {
                to,
                id,
                text,
                size,
                reply_to,
                ..
            } => {
                self.room(to)?;
                if let Some(reply_to) = reply_to {
                    self.message(reply_to)?;
                }
                if text.is_some() && size.is_some() {
                    return Err("a message has a `text` or a `size`".into());
                }
                match works {
                    true => self.new_message(id, text.as_ref().unwrap_or(id)),
                    false => Ok(()),
                }
            }
            Action::Fill { to, id } => {
                self.room(to)?;
                many(id).iter().try_for_each(|id| self.new_message(id, id))
            }
            Action::Edit { id, r#as, .. }
            | Action::Delete { id, r#as }
            | Action::React { id, r#as, .. }
            | Action::Unreact { id, r#as, .. } => {
                self.message(id)?;
                self.writes.extend(r#as.clone());
                Ok(())
            }
            Action::Retry(write) | Action::Cancel(write) => {
                match self.writes.contains(write) || self.messages.contains(write) {
                    true => Ok(()),
                    false => Err(format!("no write is called `{write}`")),
                }
            }
            Action::Read { room, up_to } => {
                self.room(room)?;
                up_to.iter().try_for_each(|id| self.message(id))
            }
            Action::Add { room, r#as, .. } | Action::Remove { room, r#as, .. } => {
                self.room(room)?;
                self.writes.extend(r#as.clone());
                Ok(())
            }
            Action::Listen { room, r#as } => {
                self.room(room)?;
                self.listeners.insert(r#as.clone());
                Ok(())
            }
            Action::Drain { listener, .. } => match self.listeners.contains(listener) {
                true => Ok(()),
                false => Err(format!("no listener is called `{listener}`")),
            },
        }
    }

    fn new_message(&mut self, id: &str, text: &str) -> Result<(), String> {
        if !self.messages.insert(id.into()) {
            return Err(format!("two messages are called `{id}`"));
        }
        match self.texts.insert(text.into()) {
            true => Ok(()),
            false => Err(format!(
                "two messages say `{text}`; give each its own words"
            )),
        }
    }

    fn room(&self, room: &str) -> Result<(), String> {
        match self.rooms.contains(room) {
            true => Ok(()),
            false => Err(format!("no conversation is called `{room}`")),
        }
    }

    fn message(&self, id: &str) -> Result<(), String> {
        match self.messages.contains(id) {
            true => Ok(()),
            false => Err(format!("no message is called `{id}`")),
        }
    }

    fn expect(&self, scenario: &Scenario, expect: &Expect) -> Result<(), String> {
        for name in &expect.at {
            device(scenario, name)?;
        }
        for room in &expect.rooms {
            self.room(&room.room)?;
            for item in room.timeline.iter().flatten() {
                many(&item.id).iter().try_for_each(|id| self.message(id))?;
                item.reply_to.iter().try_for_each(|id| self.message(id))?;
            }
            let cursors = room.read_by.iter().flatten().map(|(_, id)| id);
            let names = cursors.chain(&room.pending);
            names.into_iter().try_for_each(|id| self.message(id))?;
        }
        for write in &expect.outbox {
            let known = |name: &String| self.messages.contains(name) || self.rooms.contains(name);
            if let Some(unknown) = many(&write.of).iter().find(|name| !known(name)) {
                return Err(format!("nothing is called `{unknown}`"));
            }
        }
        Ok(())
    }
}
