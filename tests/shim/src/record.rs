//! The journal's records. This file belongs to the library that writes them and to the tests that
//! read them.
//!
//! All numbers are little-endian. A record is
//!
//! | bytes | what |
//! |---|---|
//! | 4 | length of what follows |
//! | 1 | kind |
//! | 8 | the file: its inode |
//! | 8 | a number, by kind |
//! | … | data, by kind |
//!
//! The last record may be cut short, by a kill: it counts as not there.

/// Bytes of a record before its data.
pub const HEAD: usize = 21;

/// What was done to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Opened; the number is 1 if that made it. The data are its name.
    Open = 1,
    /// Written; the number is the offset. The data are the bytes.
    Write = 2,
    /// Cut or extended with zeros; the number is the length.
    Truncate = 3,
    /// An fsync begins; the number names it. The folder's own has the inode 0.
    SyncBegins = 4,
    /// The fsync of this number returned without an error.
    SyncEnded = 5,
    /// Renamed. The data are both names, divided by a zero byte.
    Rename = 6,
    /// Deleted. The data are its name.
    Unlink = 7,
}

/// One record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// What was done.
    pub kind: Kind,
    /// The file's inode.
    pub inode: u64,
    /// A number, by kind.
    pub number: u64,
    /// Data, by kind.
    pub data: &'a [u8],
}

impl<'a> Record<'a> {
    /// What stands before the data.
    pub fn head(&self) -> [u8; HEAD] {
        let mut head = [0; HEAD];
        let length = (HEAD - 4 + self.data.len()) as u32;
        head[..4].copy_from_slice(&length.to_le_bytes());
        head[4] = self.kind as u8;
        head[5..13].copy_from_slice(&self.inode.to_le_bytes());
        head[13..].copy_from_slice(&self.number.to_le_bytes());
        head
    }

    /// The first record and what is behind it; nothing if it is cut short.
    pub fn first(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length) as usize;
        let (record, behind) = rest.split_at_checked(length)?;
        let (kind, record) = record.split_first()?;
        let (inode, record) = record.split_first_chunk::<8>()?;
        let (number, data) = record.split_first_chunk::<8>()?;
        let record = Self {
            kind: Kind::from_byte(*kind)?,
            inode: u64::from_le_bytes(*inode),
            number: u64::from_le_bytes(*number),
            data,
        };
        Some((record, behind))
    }
}

impl Kind {
    fn from_byte(byte: u8) -> Option<Self> {
        [
            Self::Open,
            Self::Write,
            Self::Truncate,
            Self::SyncBegins,
            Self::SyncEnded,
            Self::Rename,
            Self::Unlink,
        ]
        .into_iter()
        .find(|kind| *kind as u8 == byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written_and_one_cut_short_is_none() {
        let record = Record {
            kind: Kind::Write,
            inode: 7,
            number: 4096,
            data: b"bytes",
        };
        let mut bytes = record.head().to_vec();
        bytes.extend(record.data);
        let whole = bytes.len();
        bytes.extend(b"next");
        assert_eq!(Record::first(&bytes), Some((record, &b"next"[..])));
        for cut in 0..whole {
            assert_eq!(Record::first(&bytes[..cut]), None, "{cut}");
        }
    }
}
