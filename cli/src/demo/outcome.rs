//! What the demo ends with: the closing table, one line of JSON, and the exit code.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    checker::Findings,
    latency::{Latency, human},
};

/// Everything that is told at the end.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// What the checker found.
    pub findings: Findings,
    /// From `send` to the item in the sender's timeline.
    pub echo: Latency,
    /// From `send` to the sender's item being confirmed.
    pub ack: Latency,
    /// From `send` to the item in another device's timeline.
    pub delivery: Latency,
    /// Times that a device connected anew.
    pub reconnects: u64,
    /// Connections that the lines' proxies took, and those of them that a cut ended.
    pub connections: u64,
    /// See `connections`.
    pub cuts: u64,
    /// Times that the server was killed.
    pub server_kills: u64,
    /// Times that a client was killed.
    pub client_kills: u64,
    /// Cuts, stalls, refusals and silences.
    pub line_faults: u64,
    /// How long it took.
    pub took: Duration,
    /// The seed, to run it again.
    pub seed: u64,
}

impl Outcome {
    /// Whether every promise was kept.
    pub fn is_clean(&self) -> bool {
        self.findings.is_clean()
    }

    /// The closing table.
    pub fn table(&self) -> Vec<String> {
        let f = &self.findings;
        let row = |name: &str, count: u64, other: &str, other_count: u64, rest: String| {
            format!("  {name:<14}{count:>5}    {other:<14}{other_count:>5}    {rest}")
                .trim_end()
                .to_owned()
        };
        let times = |name: &str, latency: &Latency| {
            let [a, b, c, d] = latency.four().map(human);
            format!("{name:<12}{a:>9}{b:>10}{c:>12}{d:>10}")
        };
        let head = format!("{:<12}{:>19}{:>22}", "", "connected", "through faults");
        let subhead = format!(
            "{:<12}{:>9}{:>10}{:>12}{:>10}",
            "", "p50", "p99", "p50", "p99"
        );
        let faults = format!(
            "server killed {}×, clients {}×, lines hurt {}×",
            self.server_kills, self.client_kills, self.line_faults
        );
        let mut lines = vec![
            row("sent", f.sent, "lost", f.lost, head),
            row("shown", f.shown, "doubled", f.doubled, subhead),
            row(
                "acknowledged",
                f.acknowledged,
                "out of order",
                f.out_of_order,
                times("echo", &self.echo),
            ),
            row(
                "delivered",
                f.delivered,
                "altered",
                f.altered + f.strange + f.stuck,
                times("acknowledged", &self.ack),
            ),
            row(
                "withdrawn",
                f.withdrawn,
                "reconnects",
                self.reconnects,
                times("delivered", &self.delivery),
            ),
            String::new(),
            format!(
                "  {faults}, in {:.1} s, seed {}",
                self.took.as_secs_f64(),
                self.seed
            ),
            format!("  {}", self.sentence()),
        ];
        const SHOWN: usize = 12;
        lines.extend(f.complaints.iter().take(SHOWN).map(|c| format!("    {c}")));
        if f.complaints.len() > SHOWN {
            lines.push(format!("    and {} more", f.complaints.len() - SHOWN));
        }
        lines
    }

    /// The table's last word.
    pub fn sentence(&self) -> String {
        if self.is_clean() {
            "Every device and the server agree on every message, byte by byte.".to_owned()
        } else {
            format!("A promise broke. Run it again with --seed {}.", self.seed)
        }
    }

    /// The same for machines, on one line.
    pub fn to_json(&self) -> Value {
        let f = &self.findings;
        json!({
            "sent": f.sent,
            "shown": f.shown,
            "acknowledged": f.acknowledged,
            "delivered": f.delivered,
            "lost": f.lost,
            "doubled": f.doubled,
            "out_of_order": f.out_of_order,
            "withdrawn": f.withdrawn,
            "altered": f.altered,
            "strange": f.strange,
            "stuck": f.stuck,
            "echo_us": self.echo.to_json(),
            "ack_us": self.ack.to_json(),
            "delivery_us": self.delivery.to_json(),
            "reconnects": self.reconnects,
            "server_kills": self.server_kills,
            "client_kills": self.client_kills,
            "line_faults": self.line_faults,
            "seconds": (self.took.as_secs_f64() * 10.0).round() / 10.0,
            "seed": self.seed,
            "kept": self.is_clean(),
            "complaints": f.complaints,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_has_every_count_under_its_name() {
        let outcome = Outcome {
            findings: Findings {
                sent: 5,
                lost: 2,
                out_of_order: 3,
                ..Findings::default()
            },
            ..Outcome::default()
        };
        let json = outcome.to_json();
        for (key, count) in [
            ("sent", 5),
            ("shown", 0),
            ("acknowledged", 0),
            ("delivered", 0),
            ("lost", 2),
            ("doubled", 0),
            ("out_of_order", 3),
        ] {
            assert_eq!(json[key], count, "{key}");
        }
        assert_eq!(json["kept"], false);
        assert!(!json.to_string().contains('\n'));
    }

    #[test]
    fn the_table_is_aligned_and_says_the_seed_when_a_promise_broke() {
        let outcome = Outcome {
            findings: Findings {
                lost: 1,
                complaints: vec!["p001 is missing: bob".into()],
                ..Findings::default()
            },
            seed: 42,
            ..Outcome::default()
        };
        let table = outcome.table();
        assert!(table.iter().any(|line| line.contains("--seed 42")));
        assert!(table.iter().any(|line| line.contains("p001 is missing")));
        let width = |n: usize| table[n].chars().count();
        assert_eq!(width(2), width(3));
        assert_eq!(width(3), width(4));
    }
}
