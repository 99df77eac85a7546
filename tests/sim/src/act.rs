//! What a person does, drawn before the run begins.

use std::{fmt, time::Duration};

use crate::rng::Rng;

/// Something that a person does.
#[derive(Debug, Clone)]
pub struct Act {
    /// Its place in the plan.
    pub index: u32,
    /// When.
    pub at: Duration,
    /// On which device.
    pub device: usize,
    /// What.
    pub kind: ActKind,
    /// Decides what is open until then: where, to which message, with which id.
    pub dice: Rng,
}

impl Act {
    /// Draws one.
    pub fn draw(index: u32, at: Duration, devices: usize, mut dice: Rng) -> Self {
        let device = dice.below(devices.max(1) as u64) as usize;
        let kind = ActKind::draw(&mut dice);
        Self {
            index,
            at,
            device,
            kind,
            dice,
        }
    }
}

/// What people do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ActKind {
    /// Sends a message.
    Send,
    /// Edits a message of one's own.
    Edit,
    /// Deletes a message of one's own.
    Delete,
    /// Adds a reaction.
    React,
    /// Takes a reaction back.
    Unreact,
    /// Reads to the end.
    MarkRead,
    /// Opens a timeline.
    Open,
    /// Closes one.
    Close,
    /// Scrolls up.
    LoadOlder,
    /// Gives up what is not sent.
    Cancel,
    /// Tries again what failed.
    Retry,
    /// Types.
    Typing,
    /// Makes a group of everybody.
    CreateGroup,
    /// Takes somebody into a group.
    AddMember,
    /// Puts somebody out of a group.
    RemoveMember,
    /// Pulls to refresh.
    SyncNow,
    /// Changes from one network to another.
    ChangeNetwork,
}

impl ActKind {
    /// Draws one.
    pub fn draw(dice: &mut Rng) -> Self {
        match dice.below(100) {
            0..50 => Self::Send,
            50..57 => Self::Edit,
            57..62 => Self::Delete,
            62..69 => Self::React,
            69..72 => Self::Unreact,
            72..77 => Self::MarkRead,
            77..83 => Self::Open,
            83..86 => Self::Close,
            86..89 => Self::LoadOlder,
            89..91 => Self::Cancel,
            91..93 => Self::Retry,
            93..95 => Self::Typing,
            95 => Self::CreateGroup,
            96 => Self::RemoveMember,
            97 => Self::AddMember,
            98 => Self::SyncNow,
            _ => Self::ChangeNetwork,
        }
    }
}

impl fmt::Display for ActKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Send => "sends",
            Self::Edit => "edits",
            Self::Delete => "deletes",
            Self::React => "reacts",
            Self::Unreact => "takes a reaction back",
            Self::MarkRead => "reads",
            Self::Open => "opens",
            Self::Close => "closes",
            Self::LoadOlder => "scrolls up",
            Self::Cancel => "gives up",
            Self::Retry => "tries again",
            Self::Typing => "types",
            Self::CreateGroup => "makes a group",
            Self::AddMember => "adds a member",
            Self::RemoveMember => "removes a member",
            Self::SyncNow => "refreshes",
            Self::ChangeNetwork => "changes networks",
        })
    }
}
