//! Who takes part: alice on two devices, and bob.

use serde::{Deserialize, Serialize};

/// One installation of an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Device {
    /// Alice's first.
    Phone,
    /// Alice's second.
    Laptop,
    /// Bob's only one.
    Bob,
}

impl Device {
    /// All, in the order of the columns.
    pub const ALL: [Self; 3] = [Self::Phone, Self::Laptop, Self::Bob];

    /// The user who holds it.
    pub fn user(self) -> &'static str {
        match self {
            Self::Phone | Self::Laptop => "alice",
            Self::Bob => "bob",
        }
    }

    /// What it is called on screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::Phone => "alice, phone",
            Self::Laptop => "alice, laptop",
            Self::Bob => "bob",
        }
    }

    /// What its folder is called, and how it is named in a log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Laptop => "laptop",
            Self::Bob => "bob",
        }
    }

    /// The first letter of its messages' tags.
    pub fn letter(self) -> char {
        match self {
            Self::Phone => 'p',
            Self::Laptop => 'l',
            Self::Bob => 'b',
        }
    }

    /// Its column.
    pub fn index(self) -> usize {
        match self {
            Self::Phone => 0,
            Self::Laptop => 1,
            Self::Bob => 2,
        }
    }
}
