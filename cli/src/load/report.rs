//! What a scenario found: figures, and faults if there were any.

use std::{fmt::Write as _, time::Duration};

use serde_json::{Map, Value, json};

use super::histogram::Histogram;

/// Most faults that are told one by one.
const MAX_TOLD: usize = 10;

/// One figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Its name for machines; ends with its unit where it has one.
    pub key: String,
    /// Its name for people.
    pub name: String,
    /// The figure.
    pub value: f64,
    /// Of what.
    pub unit: &'static str,
}

/// A scenario's figures and faults.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Which scenario, and how it was set.
    pub name: String,
    /// In the order in which they are told.
    pub figures: Vec<Figure>,
    /// What the receivers found wrong, the first few one by one.
    pub faults: Vec<String>,
    /// How many faults there were.
    pub fault_count: u64,
    /// It was ended from outside; the figures are those so far.
    pub interrupted: bool,
    /// The limit that ended it, as it stands on the command line.
    pub limit: Option<String>,
}

impl Report {
    /// A report without figures.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// Adds a figure.
    pub fn figure(&mut self, key: &str, name: &str, value: f64, unit: &'static str) {
        self.figures.push(Figure {
            key: key.to_owned(),
            name: name.to_owned(),
            value,
            unit,
        });
    }

    /// Adds a time in milliseconds.
    pub fn time(&mut self, key: &str, name: &str, time: Duration) {
        self.figure(key, name, millis(time), "ms");
    }

    /// Adds median, tails and the longest of these times.
    pub fn times(&mut self, key: &str, name: &str, times: &Histogram) {
        if times.count() == 0 {
            return;
        }
        for (suffix, said, per_mille) in [
            ("p50", "p50", 500),
            ("p95", "p95", 950),
            ("p99", "p99", 990),
            ("p999", "p99.9", 999),
        ] {
            let key = format!("{key}_{suffix}_ms");
            self.time(
                &key,
                &format!("{name}, {said}"),
                times.percentile(per_mille),
            );
        }
        let key = format!("{key}_max_ms");
        self.time(&key, &format!("{name}, slowest"), times.most());
    }

    /// Adds a fault; only the first few are kept in words.
    pub fn fault(&mut self, fault: impl Into<String>) {
        self.fault_count += 1;
        if self.faults.len() < MAX_TOLD {
            self.faults.push(fault.into());
        }
    }

    /// Whether every receiver got everything once and in order.
    pub fn is_clean(&self) -> bool {
        self.fault_count == 0
    }

    /// A figure by its key.
    pub fn get(&self, key: &str) -> Option<f64> {
        let figure = self.figures.iter().find(|figure| figure.key == key)?;
        Some(figure.value)
    }

    /// For machines.
    pub fn to_json(&self) -> Value {
        let figures: Map<_, _> = self
            .figures
            .iter()
            .map(|figure| (figure.key.clone(), json!(figure.value)))
            .collect();
        json!({
            "scenario": self.name,
            "clean": self.is_clean(),
            "interrupted": self.interrupted,
            "limit": self.limit,
            "figures": figures,
            "fault_count": self.fault_count,
            "faults": self.faults,
        })
    }

    /// For people.
    pub fn table(&self) -> String {
        let mut table = format!("{}\n", self.name);
        for figure in &self.figures {
            let number = human(figure.value);
            let line = format!("  {:<46}{number:>14} {}", figure.name, figure.unit);
            let _ = writeln!(table, "{}", line.trim_end());
        }
        let verdict = match (self.is_clean(), self.interrupted) {
            (true, false) => "nothing lost, doubled or out of order",
            (true, true) => "ended early; nothing lost, doubled or out of order so far",
            (false, _) => "NOT CLEAN:",
        };
        if let Some(limit) = &self.limit {
            let _ = writeln!(table, "  ended by {limit}");
        }
        let _ = writeln!(table, "  {verdict}");
        for fault in &self.faults {
            let _ = writeln!(table, "    {fault}");
        }
        let untold = self.fault_count - self.faults.len() as u64;
        if untold > 0 {
            let _ = writeln!(table, "    and {untold} more");
        }
        table
    }
}

/// In milliseconds, to the hundredth.
pub fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 100_000.0).round() / 100.0
}

/// Whole numbers with a mark at each thousand, others with two places.
fn human(value: f64) -> String {
    if value.fract() != 0.0 && value.abs() < 10_000.0 {
        return format!("{value:.2}");
    }
    let digits = format!("{value:.0}");
    let mut marked = String::new();
    for (n, digit) in digits.chars().enumerate() {
        let left = digits.len() - n;
        if n > 0 && left.is_multiple_of(3) && !marked.ends_with('-') {
            marked.push(',');
        }
        marked.push(digit);
    }
    marked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(human(1_234_567.0), "1,234,567");
        assert_eq!(human(999.0), "999");
        assert_eq!(human(7.456), "7.46");
        assert_eq!(human(42_107.4), "42,107");
        assert_eq!(human(-1_000.0), "-1,000");
    }

    #[test]
    fn a_report_with_a_fault_says_so_in_both_forms() {
        let mut report = Report::new("fanout");
        report.figure("deliveries", "deliveries", 12.0, "");
        assert!(report.is_clean());
        assert!(report.table().contains("nothing lost"));
        (0..13).for_each(|n| report.fault(format!("user{n}: 3 was lost")));
        let table = report.table();
        assert!(table.contains("NOT CLEAN") && table.contains("user0: 3 was lost"));
        assert!(table.contains("and 3 more"), "{table}");
        let value = report.to_json();
        assert_eq!(value["clean"], false);
        assert_eq!(value["fault_count"], 13);
        assert_eq!(value["figures"]["deliveries"], 12.0);
        assert_eq!(report.get("deliveries"), Some(12.0));
    }
}
