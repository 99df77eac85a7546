//! What the server counts, for `GET /metrics`.
//!
//! | name | what |
//! |---|---|
//! | `causerie_connections` | WebSocket connections that are open |
//! | `causerie_connects_total` | connections opened |
//! | `causerie_disconnects_total{reason}` | connections ended; the close code, `gone` or `io` |
//! | `causerie_frames_in_total` | frames from clients |
//! | `causerie_messages_total` | messages committed |
//! | `causerie_events_total` | durable events committed, messages among them |
//! | `causerie_deliveries_total` | durable events written to connections |
//! | `causerie_refusals_total{code}` | requests refused |
//! | `causerie_auth_refusals_total{code}` | tokens refused |
//! | `causerie_slow_consumers_total` | connections closed because their socket took nothing |
//! | `causerie_write_seconds` | from a write's arrival to its answer |
//! | `causerie_delivery_seconds` | from an event's time to its first write to a connection; one batch in 16 is looked at |
//! | `causerie_rest_requests_total{method,route,status}` | requests over REST that were answered |
//! | `causerie_rest_seconds` | from a request's head to its answer |
//! | `causerie_transaction_commits` | changed conversations of one store transaction |
//!
//! Each server has a recorder of its own, so that several can run in one process. Handles are kept:
//! what happens for every frame costs an atomic addition.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use causerie_protocol::{AuthCode, ErrorCode, Millis};
use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::{
    Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};

use crate::{
    clock::Now,
    store::{Commit, EventBody},
};

static METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, None);

/// One delivery batch in this many is timed.
const TIMED: u32 = 16;
const SECONDS: [f64; 14] = [
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0,
];
const COUNTS: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

/// The server's counters.
pub struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    connections: Gauge,
    connects: Counter,
    frames_in: Counter,
    messages: Counter,
    events: Counter,
    deliveries: Counter,
    slow_consumers: Counter,
    write_seconds: Histogram,
    delivery_seconds: Histogram,
    rest_seconds: Histogram,
    transaction_commits: Histogram,
    batches: AtomicU32,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Everything at zero.
    pub fn new() -> Self {
        let suffix = Matcher::Suffix("_seconds".into());
        let commits = Matcher::Full("causerie_transaction_commits".into());
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(suffix, &SECONDS)
            .and_then(|builder| builder.set_buckets_for_metric(commits, &COUNTS))
            .unwrap_or_default()
            .build_recorder();
        let counter = |name| recorder.register_counter(&Key::from_static_name(name), &METADATA);
        let histogram = |name| recorder.register_histogram(&Key::from_static_name(name), &METADATA);
        Self {
            connections: recorder
                .register_gauge(&Key::from_static_name("causerie_connections"), &METADATA),
            connects: counter("causerie_connects_total"),
            frames_in: counter("causerie_frames_in_total"),
            messages: counter("causerie_messages_total"),
            events: counter("causerie_events_total"),
            deliveries: counter("causerie_deliveries_total"),
            slow_consumers: counter("causerie_slow_consumers_total"),
            write_seconds: histogram("causerie_write_seconds"),
            delivery_seconds: histogram("causerie_delivery_seconds"),
            rest_seconds: histogram("causerie_rest_seconds"),
            transaction_commits: histogram("causerie_transaction_commits"),
            batches: AtomicU32::new(0),
            handle: recorder.handle(),
            recorder,
        }
    }

    /// All of it, in the text format of Prometheus.
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// Folds samples together; to be called every few seconds, or they pile up.
    pub fn run_upkeep(&self) {
        self.handle.run_upkeep();
    }

    pub(crate) fn connected(&self) {
        self.connections.increment(1.0);
        self.connects.increment(1);
    }

    pub(crate) fn disconnected(&self, reason: &str) {
        self.connections.decrement(1.0);
        self.labelled("causerie_disconnects_total", "reason", reason);
    }

    pub(crate) fn frame_in(&self) {
        self.frames_in.increment(1);
    }

    pub(crate) fn refused(&self, code: &ErrorCode) {
        self.labelled("causerie_refusals_total", "code", code.as_str());
    }

    pub(crate) fn auth_refused(&self, code: &AuthCode) {
        self.labelled("causerie_auth_refusals_total", "code", code.as_str());
    }

    pub(crate) fn slow_consumer(&self) {
        self.slow_consumers.increment(1);
    }

    pub(crate) fn written(&self, took: Duration) {
        self.write_seconds.record(took.as_secs_f64());
    }

    pub(crate) fn delivered(&self, events: u32, newest_at: Millis, now: Now) {
        if events == 0 {
            return;
        }
        self.deliveries.increment(u64::from(events));
        if self
            .batches
            .fetch_add(1, Ordering::Relaxed)
            .is_multiple_of(TIMED)
        {
            let took = Duration::from_millis(now.wall.saturating_sub(newest_at));
            self.delivery_seconds.record(took.as_secs_f64());
        }
    }

    pub(crate) fn committed(&self, commits: &[Commit]) {
        self.transaction_commits.record(commits.len() as f64);
        let events = || commits.iter().flat_map(|commit| &commit.events);
        self.events.increment(events().count() as u64);
        let messages = events()
            .filter(|event| matches!(event.body, EventBody::Message(_)))
            .count();
        self.messages.increment(messages as u64);
    }

    pub(crate) fn rest_answered(
        &self,
        method: &axum::http::Method,
        route: &str,
        status: axum::http::StatusCode,
        took: Duration,
    ) {
        // What nobody knows is one name, so that strangers cannot make any number of them.
        let method = match method.as_str() {
            known @ ("GET" | "POST" | "PATCH" | "DELETE" | "OPTIONS" | "HEAD") => known,
            _ => "other",
        };
        let labels = vec![
            Label::new("method", method.to_owned()),
            Label::new("route", route.to_owned()),
            Label::new("status", status.as_str().to_owned()),
        ];
        self.recorder
            .register_counter(
                &Key::from_parts("causerie_rest_requests_total", labels),
                &METADATA,
            )
            .increment(1);
        self.rest_seconds.record(took.as_secs_f64());
    }

    fn labelled(&self, name: &'static str, label: &'static str, value: &str) {
        let labels = vec![Label::new(label, value.to_owned())];
        self.recorder
            .register_counter(&Key::from_parts(name, labels), &METADATA)
            .increment(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_in_the_text() {
        let metrics = Metrics::new();
        metrics.connected();
        metrics.refused(&ErrorCode::Forbidden);
        metrics.refused(&ErrorCode::Forbidden);
        metrics.written(Duration::from_millis(3));
        metrics.run_upkeep();
        let text = metrics.render();
        for line in [
            "causerie_connections 1",
            "causerie_refusals_total{code=\"forbidden\"} 2",
            "causerie_write_seconds_bucket{le=\"0.005\"} 1",
            "causerie_write_seconds_count 1",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }
}
