//! Group commit: however slow the disk is, many messages share one fsync.

use std::time::{Duration, Instant};

use causerie_e2e::{
    House,
    senders::{Difference, Senders, room_for},
};

const SENDERS: usize = 64;
const EACH: usize = 120;
/// How long an fsync takes.
const SYNC: Duration = Duration::from_millis(5);
/// What at least shares an fsync, of the 512 that are in flight. Where an fsync takes 5 ms there are
/// 200 a second at most, so that fewer would be less than 8,000 messages a second. Whatever
/// comes during one commit shares the next, so that a busy machine, where a commit takes longer,
/// changes the rate far more than the count.
const SHARED: u64 = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(
    clippy::disallowed_methods,
    reason = "the rate is told; only the counts are judged"
)]
async fn sixty_four_senders_share_the_fsyncs_of_a_slow_disk() {
    let (house, disk) = House::open_on_disk().await;
    let (conversation, names) = room_for(&house, SENDERS).await;
    disk.slow_syncs(SYNC);
    let before = disk.counts();
    let begun = Instant::now();
    let senders = Senders::begin(&house, &conversation, names, EACH);
    let total = senders.total();
    let sent = senders.finish().await;
    let taken = begun.elapsed();
    let syncs = disk.counts().syncs - before.syncs;
    println!(
        "{total} acknowledged with {syncs} fsyncs: {} each, {:.0}/s",
        total / syncs,
        total as f64 / taken.as_secs_f64()
    );
    assert!(
        total / syncs >= SHARED,
        "{total} acknowledged, {syncs} fsyncs"
    );
    disk.slow_syncs(Duration::ZERO);
    assert_eq!(sent.compare(&house).await, Difference::default());
}
