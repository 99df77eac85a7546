//! What the library may weigh, for each platform that it is built for.
//!
//! `docs/benchmarks.md` has the same table, and why; a test holds the two together.

/// A platform's library, as an app ships it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// The platform: Android's ABIs by Android's names.
    pub platform: &'static str,
    /// How large the stripped library may be.
    pub bytes: u64,
}

/// Every one. 32 bits have smaller pointers; ARM's Thumb code is dense, x86's is not.
pub const ALL: [Budget; 6] = [
    budget("x86-64 Linux", 5_000_000),
    budget("arm64-v8a", 5_000_000),
    budget("armeabi-v7a", 4_000_000),
    budget("x86_64", 5_000_000),
    budget("x86", 5_000_000),
    budget("arm64 iOS", 5_000_000),
];

const fn budget(platform: &'static str, bytes: u64) -> Budget {
    Budget { platform, bytes }
}

/// The one of that platform.
pub fn of(platform: &str) -> Option<Budget> {
    ALL.into_iter().find(|budget| budget.platform == platform)
}

impl Budget {
    /// What is to be said of a library of this size, and whether it fits.
    pub fn judge(self, size: u64) -> (String, bool) {
        let fits = size <= self.bytes;
        let word = if fits { "within" } else { "MORE THAN" };
        let platform = self.platform;
        let line = format!(
            "{platform}: {} bytes, {word} its {}",
            grouped(size),
            grouped(self.bytes)
        );
        (line, fits)
    }
}

/// With commas between the thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_benchmarks_has_every_budget() {
        let page = include_str!("../../docs/benchmarks.md");
        for Budget { platform, bytes } in ALL {
            let row = format!("| {platform} | {} |", grouped(bytes));
            assert!(page.contains(&row), "docs/benchmarks.md lacks: {row}");
        }
    }

    #[test]
    fn one_byte_too_many_does_not_fit() {
        let budget = of("x86").expect("a platform");
        assert!(budget.judge(budget.bytes).1);
        let (line, fits) = budget.judge(budget.bytes + 1);
        assert!(!fits);
        assert_eq!(line, "x86: 5,000,001 bytes, MORE THAN its 5,000,000");
        assert_eq!(of("amiga"), None);
        assert_eq!(
            [grouped(7), grouped(1000), grouped(123_456)],
            ["7", "1,000", "123,456"]
        );
    }
}
