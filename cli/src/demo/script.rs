//! What happens in the demo, and when: chapters of talk with faults in between. It follows from
//! the number of messages and the seed alone, so a run that broke a promise can be repeated; only
//! how the machine's threads and sockets fall differs.

use std::time::Duration;

use super::{device::Device, dice::Dice};
use crate::proxy::Direction;

/// One thing that happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A new chapter begins: shown to whoever watches.
    Chapter {
        /// What is about to happen.
        title: &'static str,
        /// Whether network and server stay well in it.
        calm: bool,
    },
    /// A device sends a text.
    Say {
        device: Device,
        tag: String,
        text: String,
    },
    /// The sender changes a message.
    Edit {
        device: Device,
        tag: String,
        text: String,
    },
    /// The sender takes a message back.
    Delete { device: Device, tag: String },
    /// Somebody puts an emoji on a message.
    React {
        device: Device,
        tag: String,
        emoji: &'static str,
    },
    /// A device's connection is reset.
    Cut(Device),
    /// A device's connection is reset behind this many more bytes.
    CutAfter(Device, Direction, u64),
    /// A device's connection goes nowhere from now on, and its system says that the network changed.
    HalfOpen(Device),
    /// One direction of a device's connection stops, or goes on.
    Stall(Device, Direction, bool),
    /// A device's new connections are refused, or no longer.
    Refuse(Device, bool),
    /// The server's process gets SIGKILL.
    KillServer,
    /// It starts again, on the same port and data.
    StartServer,
    /// A device's process gets SIGKILL.
    KillClient(Device),
    /// It starts again, on the same data.
    StartClient(Device),
    /// Nothing more until everybody shows everything.
    Settle,
}

/// An action, and how long after the one before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The pause before.
    pub wait: Duration,
    /// What happens.
    pub action: Action,
}

/// Talk in all of the demo takes about this long, however many messages there are.
const TALK: Duration = Duration::from_millis(9_500);
/// But no message waits longer than this for the next.
const LONGEST_GAP: Duration = Duration::from_millis(45);

/// The server has taken a message after so long, on any machine that is not at its end.
const COMMITS_WITHIN: Duration = Duration::from_millis(60);

const EMOJI: [&str; 4] = ["♥", "★", "☺", "♪"];

const PHRASES: [&str; 24] = [
    "the tide turns at nine",
    "bring the long rope",
    "I left the key under the pot",
    "did you hear the owl?",
    "the ferry is late again",
    "two loaves, please",
    "it rains sideways here",
    "save me a seat by the window",
    "the cat is on the roof",
    "who has the map?",
    "we should paint it blue",
    "the kettle is on",
    "I can see the lighthouse",
    "tell her I said hello",
    "that was the last train",
    "the radio plays our song",
    "meet me at the old pier",
    "the bread smells wonderful",
    "my umbrella has a hole",
    "let us take the slow road",
    "the garden is all yours",
    "someone fed the ducks",
    "naïve, but I like it — très bien",
    "¿vienes mañana? 好的",
];

/// Writes the script for so many messages.
pub fn write(messages: usize, seed: u64) -> Vec<Step> {
    let gap = LONGEST_GAP.min(TALK / u32::try_from(messages.max(1)).unwrap_or(u32::MAX));
    let mut author = Author {
        steps: Vec::new(),
        dice: Dice::new(seed),
        gap,
        said: [0; 3],
        known: Vec::new(),
        fresh: Vec::new(),
    };
    author.write(messages);
    author.steps
}

struct Author {
    steps: Vec<Step>,
    dice: Dice,
    gap: Duration,
    said: [usize; 3],
    /// Messages that everybody has by now and nobody deleted.
    known: Vec<(Device, String)>,
    /// Messages since the last settling.
    fresh: Vec<(Device, String)>,
}

impl Author {
    fn write(&mut self, messages: usize) {
        let mut left = messages;
        let mut share = |percent: usize| {
            let count = (messages * percent / 100).min(left);
            left -= count;
            count
        };
        let [calm, cuts, crash, restart, silence, storm] = [18, 20, 18, 14, 12, 12].map(&mut share);

        self.calm_chapter("everybody is connected");
        self.talk(calm, &Device::ALL);
        self.settle();

        self.chapter("the lines are cut, again and again");
        self.reactions(2);
        for round in 0..6 {
            let unanswered = usize::from(round % 3 == 0).min(cuts / 12);
            self.talk(cuts / 12 - unanswered, &Device::ALL);
            let device = self.any_device();
            match round % 3 {
                0 => self.lose_the_answer(device, unanswered),
                1 => {
                    let bytes = self.dice.below(400);
                    let direction = self.any_direction();
                    self.now(Action::CutAfter(device, direction, bytes));
                }
                _ => self.now(Action::Cut(device)),
            }
            self.talk(cuts / 12, &Device::ALL);
        }
        self.talk(cuts % 12, &Device::ALL);
        self.settle();

        self.chapter("kill -9 of the server; the talk goes on");
        self.talk(crash / 8, &Device::ALL);
        self.kill_between_commit_and_answer(crash / 4 - crash / 8);
        self.talk(crash / 4, &Device::ALL);
        self.change_what_is_unsent();
        self.talk(crash / 4, &Device::ALL);
        self.after(Duration::from_millis(300), Action::StartServer);
        self.talk(crash - 3 * (crash / 4), &Device::ALL);
        self.settle();

        self.chapter("bob is offline, and his app is killed with -9");
        self.reactions(2);
        self.now(Action::Refuse(Device::Bob, true));
        self.now(Action::Cut(Device::Bob));
        self.talk(restart / 3, &Device::ALL);
        self.talk(restart / 6, &[Device::Bob]);
        self.now(Action::KillClient(Device::Bob));
        self.talk(restart / 6, &[Device::Phone, Device::Laptop]);
        self.now(Action::Refuse(Device::Bob, false));
        self.now(Action::StartClient(Device::Bob));
        self.talk(restart - restart / 3 - 2 * (restart / 6), &Device::ALL);
        self.settle();

        self.chapter("a line goes silent, another one stalls");
        self.now(Action::Stall(Device::Laptop, Direction::Down, true));
        self.now(Action::HalfOpen(Device::Phone));
        self.talk(silence, &Device::ALL);
        self.after(
            Duration::from_millis(200),
            Action::Stall(Device::Laptop, Direction::Down, false),
        );
        self.settle();

        self.chapter("kill -9 of the server under load, twice, and of alice's phone");
        for _ in 0..2 {
            self.kill_between_commit_and_answer(storm / 4);
            self.talk(storm / 4, &Device::ALL);
            self.now(Action::StartServer);
        }
        self.now(Action::KillClient(Device::Phone));
        self.now(Action::StartClient(Device::Phone));
        self.talk(storm - 4 * (storm / 4), &Device::ALL);
        self.settle();

        self.calm_chapter("calm again");
        self.talk(left, &Device::ALL);
        self.settle();
        self.change_the_newest();
        self.settle();
    }

    fn chapter(&mut self, title: &'static str) {
        self.now(Action::Chapter { title, calm: false });
    }

    fn calm_chapter(&mut self, title: &'static str) {
        self.now(Action::Chapter { title, calm: true });
    }

    fn now(&mut self, action: Action) {
        self.after(Duration::ZERO, action);
    }

    fn after(&mut self, wait: Duration, action: Action) {
        self.steps.push(Step { wait, action });
    }

    fn settle(&mut self) {
        self.now(Action::Settle);
        self.known.append(&mut self.fresh);
    }

    fn any_device(&mut self) -> Device {
        self.dice.pick(&Device::ALL).copied().unwrap_or(Device::Bob)
    }

    fn any_direction(&mut self) -> Direction {
        match self.dice.below(2) {
            0 => Direction::Up,
            _ => Direction::Down,
        }
    }

    fn talk(&mut self, count: usize, among: &[Device]) {
        for _ in 0..count {
            let device = self.dice.pick(among).copied().unwrap_or(Device::Bob);
            let pace = u32::try_from(50 + self.dice.below(101)).unwrap_or(100);
            let tag = self.say(device, self.gap * pace / 100);
            self.fresh.push((device, tag));
        }
    }

    /// The tag of what is said, which is not yet among those that may be changed.
    fn say(&mut self, device: Device, wait: Duration) -> String {
        let said = &mut self.said[device.index()];
        *said += 1;
        let tag = format!("{}{said:03}", device.letter());
        let phrase = self.dice.pick(&PHRASES).copied().unwrap_or_default();
        let text = format!("{tag} {phrase}");
        let action = Action::Say {
            device,
            tag: tag.clone(),
            text,
        };
        self.after(wait, action);
        tag
    }

    /// A message is taken by the server, and the line is cut before the answer comes through: the
    /// client must send it again, and the server must know it.
    fn lose_the_answer(&mut self, device: Device, messages: usize) {
        self.now(Action::Stall(device, Direction::Down, true));
        self.talk(messages, &[device]);
        self.after(COMMITS_WITHIN, Action::Cut(device));
        self.now(Action::Stall(device, Direction::Down, false));
    }

    /// The same for everybody, by the death of the server.
    fn kill_between_commit_and_answer(&mut self, messages: usize) {
        for device in Device::ALL {
            self.now(Action::Stall(device, Direction::Down, true));
        }
        self.talk(messages, &Device::ALL);
        self.after(COMMITS_WITHIN, Action::KillServer);
        for device in Device::ALL {
            self.now(Action::Stall(device, Direction::Down, false));
        }
    }

    /// While nothing can be sent: one message is edited, one is edited and deleted, one deleted
    /// only, and one gets a reaction of its sender.
    fn change_what_is_unsent(&mut self) {
        for device in [Device::Phone, Device::Bob] {
            let tag = self.say(device, self.gap);
            let text = format!("{tag} second thoughts");
            self.now(Action::Edit {
                device,
                tag: tag.clone(),
                text,
            });
            self.now(Action::React {
                device,
                tag,
                emoji: EMOJI[0],
            });
            let tag = self.say(device, self.gap);
            self.now(Action::Delete { device, tag });
            let tag = self.say(device, self.gap);
            let text = format!("{tag} never mind");
            self.now(Action::Edit {
                device,
                tag: tag.clone(),
                text,
            });
            self.now(Action::Delete { device, tag });
        }
    }

    /// Reactions to what everybody has: each message gets at most one of each user.
    fn reactions(&mut self, count: usize) {
        for _ in 0..count {
            let at = self.dice.below(self.known.len() as u64);
            let Ok(at) = usize::try_from(at) else {
                continue;
            };
            if at >= self.known.len() {
                continue;
            }
            let (_, tag) = self.known.swap_remove(at);
            for device in [Device::Laptop, Device::Bob] {
                let emoji = self.dice.pick(&EMOJI).copied().unwrap_or(EMOJI[0]);
                self.after(
                    self.gap,
                    Action::React {
                        device,
                        tag: tag.clone(),
                        emoji,
                    },
                );
            }
        }
    }

    /// Of the newest messages, one of each user is edited and another one deleted; some of the
    /// others get reactions.
    fn change_the_newest(&mut self) {
        for device in [Device::Laptop, Device::Bob] {
            if let Some(tag) = self.take_newest_of(device) {
                let text = format!("{tag} on reflection, no");
                self.after(self.gap, Action::Edit { device, tag, text });
            }
            if let Some(tag) = self.take_newest_of(device) {
                self.after(self.gap, Action::Delete { device, tag });
            }
        }
        let older = self.known.len().saturating_sub(6);
        let older: Vec<_> = self.known.drain(..older).collect();
        self.reactions(3);
        self.known.splice(0..0, older);
    }

    fn take_newest_of(&mut self, device: Device) -> Option<String> {
        let at = self.known.iter().rposition(|(by, _)| *by == device)?;
        Some(self.known.remove(at).1)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_same_seed_writes_the_same_script_and_another_one_does_not() {
        assert_eq!(write(240, 1), write(240, 1));
        assert_ne!(write(240, 1), write(240, 2));
    }

    #[test]
    fn every_message_has_a_tag_of_its_own_and_there_are_as_many_as_asked_for() {
        for messages in [0, 1, 50, 200, 240, 1_000] {
            let tags: Vec<_> = write(messages, 3)
                .into_iter()
                .filter_map(|step| match step.action {
                    Action::Say { tag, text, .. } => {
                        assert!(text.starts_with(&format!("{tag} ")));
                        Some(tag)
                    }
                    _ => None,
                })
                .collect();
            assert_eq!(tags.len(), tags.iter().collect::<BTreeSet<_>>().len());
            // Those that are changed before they leave come on top.
            assert_eq!(tags.len(), messages + 6);
        }
    }

    #[test]
    fn answers_are_lost_behind_commits() {
        let mut stalled = [false; 3];
        let mut lost = 0;
        for step in write(240, 1) {
            match step.action {
                Action::Stall(device, Direction::Down, on) => stalled[device.index()] = on,
                Action::Cut(device) => lost += usize::from(stalled[device.index()]),
                Action::KillServer => lost += stalled.iter().filter(|on| **on).count(),
                _ => {}
            }
        }
        assert!(lost >= 8, "{lost}");
    }

    #[test]
    fn whatever_is_broken_is_mended_before_the_next_chapter() {
        for seed in 0..50 {
            let (mut server, mut clients, mut refused, mut stalled) = (true, 3, 0, 0);
            for step in write(240, seed) {
                match step.action {
                    Action::KillServer => server = false,
                    Action::StartServer => server = true,
                    Action::KillClient(_) => clients -= 1,
                    Action::StartClient(_) => clients += 1,
                    Action::Refuse(_, on) => refused += if on { 1 } else { -1 },
                    Action::Stall(_, _, on) => stalled += if on { 1 } else { -1 },
                    Action::Settle => {
                        assert!(server);
                        assert_eq!((clients, refused, stalled), (3, 0, 0));
                    }
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn a_deleted_message_is_not_touched_again() {
        for seed in 0..50 {
            let mut deleted = BTreeSet::new();
            for step in write(240, seed) {
                match step.action {
                    Action::Delete { tag, .. } => assert!(deleted.insert(tag)),
                    Action::Edit { tag, .. } | Action::React { tag, .. } => {
                        assert!(!deleted.contains(&tag));
                    }
                    _ => {}
                }
            }
        }
    }
}
