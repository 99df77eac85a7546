//! The store alone.

use std::path::Path;

use causerie_engine::{OutboxRow, OutboxState, StoreOp};
use causerie_protocol::{SendMessage, TempId, WriteOp};
use uuid::Uuid;

use crate::{Failed, Figure, Samples, cache, clock};

const CACHED: u64 = 1_000_000;
const COMMITS: u64 = 5_000;
const ROWS: u64 = 64_000;

pub fn measure(folder: &Path) -> Result<Vec<Figure>, Failed> {
    let began = clock();
    let mut store = cache::fill(folder, CACHED)?;
    let filled = CACHED as f64 / began.elapsed().as_secs_f64();
    let mut commits = Samples::default();
    for n in 0..COMMITS {
        let row = StoreOp::PutOutbox(Box::new(OutboxRow {
            key: TempId::from_uuid(Uuid::from_u128(0x0192 << 112 | u128::from(n))),
            order: n,
            conversation_id: cache::conversation(),
            op: WriteOp::SendMessage(SendMessage::text("Shall we meet at eight?")),
            created_at: 1_763_600_000_000,
            attempted: false,
            state: OutboxState::Queued,
        }));
        let began = clock();
        store.apply(&[row])?;
        commits.add(began.elapsed());
    }
    let mut figures = vec![
        Figure::millis(
            "commit of one outbox row, p50",
            commits.percentile(50),
            "goal < 0.1",
        ),
        Figure::millis("commit of one outbox row, p99", commits.percentile(99), ""),
        Figure::new(
            "filling it with a million, 512 a commit",
            filled,
            "/s",
            "goal > 50,000",
        ),
    ];
    let mut seq = CACHED + 1;
    for batch in [64, 512] {
        let began = clock();
        for _ in 0..ROWS / batch {
            let ops: Vec<StoreOp> = (seq..seq + batch)
                .map(|seq| StoreOp::PutMessage(Box::new(cache::message(seq))))
                .collect();
            store.apply(&ops)?;
            seq += batch;
        }
        let rate = (ROWS / batch * batch) as f64 / began.elapsed().as_secs_f64();
        let name = format!("messages on top of a million, {batch} a commit");
        figures.push(Figure::new(name, rate, "/s", "goal > 50,000"));
    }
    Ok(figures)
}
