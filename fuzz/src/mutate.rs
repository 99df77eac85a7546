//! Small changes to an input, by a seed: what the ordinary tests have in place of a fuzzer.

/// A generator of numbers that is the same everywhere (splitmix64).
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// Begins with a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        let end = end.max(1) as u64;
        usize::try_from(self.roll() % end).unwrap_or(0)
    }
}

/// What protocols stumble over.
const TOKENS: [&[u8]; 24] = [
    b"null",
    b"{}",
    b"[]",
    b"-1",
    b"0",
    b"9007199254740993",
    b"18446744073709551616",
    b"1e999",
    b"\"\"",
    b"\"\\u0000\"",
    b"\"\\ud800\"",
    b"true",
    b"\n",
    b"{\"type\":",
    b"\"seq\":",
    b"\"id\":",
    b"\"payload\":",
    b"\"temp_id\":",
    b"[[[[[[[[[[[[[[[[",
    b"\xF0\x9F\x91\x8D",
    b"\xFF",
    b"\0\0\0\0",
    b"\x7F\xFF\xFF\xFF",
    b"conv:",
];

/// Changes an input in one to four places. `other` lends pieces.
pub fn mutate(input: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len() + 1);
        let to = (at + dice.below(64)).min(bytes.len());
        match dice.below(7) {
            0 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << dice.below(8);
                }
            }
            1 => drop(bytes.drain(at..to)),
            2 => {
                let piece = bytes[at..to].to_vec();
                bytes.splice(at..at, piece);
            }
            3 => {
                let token = TOKENS[dice.below(TOKENS.len())];
                bytes.splice(at..to.min(at + token.len()), token.iter().copied());
            }
            4 => {
                let from = dice.below(other.len() + 1);
                let end = (from + dice.below(256)).min(other.len());
                bytes.splice(at..at, other[from..end].iter().copied());
            }
            5 => bytes.truncate(at),
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = dice.roll().to_le_bytes()[0];
                }
            }
        }
    }
    bytes
}
