//! The little of ELF that tells whether a library can be loaded where pages are large.

/// The kind of a program header whose segment is mapped.
const LOAD: u64 = 1;

/// The smallest alignment of the segments that are mapped, in bytes; `None` if this is no
/// little-endian ELF file, or a damaged one.
pub fn alignment(file: &[u8]) -> Option<u64> {
    let wide = match (file.get(..4)?, file.get(4)?, file.get(5)?) {
        (b"\x7fELF", 2, 1) => true,
        (b"\x7fELF", 1, 1) => false,
        _ => return None,
    };
    let number = |at: u64, size: usize| -> Option<u64> {
        let at = usize::try_from(at).ok()?;
        let bytes = file.get(at..at.checked_add(size)?)?;
        let mut whole = [0; 8];
        whole[..size].copy_from_slice(bytes);
        Some(u64::from_le_bytes(whole))
    };
    let (table, size, count) = if wide {
        (number(32, 8)?, number(54, 2)?, number(56, 2)?)
    } else {
        (number(28, 4)?, number(42, 2)?, number(44, 2)?)
    };
    let mut smallest = None;
    for n in 0..count {
        let header = table.checked_add(n * size)?;
        if number(header, 4)? != LOAD {
            continue;
        }
        let alignment = if wide {
            number(header.checked_add(48)?, 8)?
        } else {
            number(header.checked_add(28)?, 4)?
        };
        smallest = Some(smallest.map_or(alignment, |least: u64| least.min(alignment)));
    }
    smallest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with these program headers, each a kind and an alignment.
    fn file(wide: bool, headers: &[(u32, u32)]) -> Vec<u8> {
        let (table, size, align_at) = if wide { (64, 56, 48) } else { (52, 32, 28) };
        let mut file = vec![0; table + size * headers.len()];
        let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, b"\x7fELF");
        put(4, &[if wide { 2 } else { 1 }, 1]);
        let [offset_at, size_at, count_at] = if wide { [32, 54, 56] } else { [28, 42, 44] };
        put(offset_at, &u32::try_from(table).unwrap().to_le_bytes());
        put(size_at, &u16::try_from(size).unwrap().to_le_bytes());
        put(
            count_at,
            &u16::try_from(headers.len()).unwrap().to_le_bytes(),
        );
        for (n, (kind, alignment)) in headers.iter().enumerate() {
            put(table + n * size, &kind.to_le_bytes());
            put(table + n * size + align_at, &alignment.to_le_bytes());
        }
        file
    }

    #[test]
    fn the_smallest_mapped_segment_counts_and_no_other() {
        for wide in [false, true] {
            let library = file(wide, &[(1, 0x4000), (2, 8), (1, 0x1000)]);
            assert_eq!(alignment(&library), Some(0x1000));
            assert_eq!(alignment(&file(wide, &[(1, 0x4000), (6, 8)])), Some(0x4000));
            assert_eq!(alignment(&file(wide, &[(6, 8)])), None);
        }
    }

    #[test]
    fn what_is_no_library_or_cut_short_has_no_alignment() {
        let whole = file(true, &[(1, 0x4000)]);
        for length in 0..whole.len() - 1 {
            let _ = alignment(&whole[..length]);
        }
        assert_eq!(alignment(&whole[..100]), None);
        assert_eq!(alignment(b"!<arch>\nsomething"), None);
        assert_eq!(alignment(b""), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_very_program_is_aligned_to_a_page() {
        let this = std::fs::read("/proc/self/exe").unwrap();
        assert!(alignment(&this).is_some_and(|alignment| alignment >= 4096));
    }
}
