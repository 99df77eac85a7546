//! All chance of a run comes from its seed (SplitMix64: Steele, Lea and Flood, 2014).

use std::time::Duration;

use uuid::Uuid;

/// What has a stream of its own.
#[derive(Debug, Clone, Copy)]
pub enum Stream {
    /// What somebody does.
    Act = 1,
    /// What goes wrong.
    Fault = 2,
    /// Whose disk has no room, and when.
    Disk = 3,
}

/// A stream of numbers that a seed decides.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// The stream of this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed ^ 0x5DEE_CE66_D1CE_4E5B)
    }

    /// The stream of one thing among many: it does not depend on whether the others are drawn.
    pub fn stream(seed: u64, stream: Stream, index: u32) -> Self {
        let salt = (stream as u64) << 32 | u64::from(index);
        let mut mixed = Self(seed ^ salt.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        Self::new(mixed.draw())
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.draw() % bound
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// A time between the two.
    pub fn millis(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.below(to - from + 1))
    }

    /// One of them.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        match of.len() {
            0 => None,
            len => of.get(self.below(len as u64) as usize),
        }
    }

    /// A UUIDv7 of this time.
    pub fn uuid_v7(&mut self, millis: u64) -> Uuid {
        let mut bytes = [0_u8; 10];
        bytes[..8].copy_from_slice(&self.draw().to_be_bytes());
        bytes[8..].copy_from_slice(&(self.draw() as u16).to_be_bytes());
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }
}
