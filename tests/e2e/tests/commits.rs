//! Group commit: however slow the disk is, many messages share one fsync.

use std::time::Duration;

use causerie_e2e::{
    House,
    senders::{Difference, Senders, room_for},
};

const SENDERS: usize = 64;
const EACH: usize = 60;
/// What at least shares an fsync, of the 512 that are in flight.
const SHARED: u64 = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_senders_share_the_fsyncs_of_a_slow_disk() {
    let (house, disk) = House::open_on_disk().await;
    let (conversation, names) = room_for(&house, SENDERS).await;
    disk.slow_syncs(Duration::from_millis(20));
    let before = disk.counts();
    let senders = Senders::begin(&house, &conversation, names, EACH);
    let total = senders.total();
    let sent = senders.finish().await;
    let syncs = disk.counts().syncs - before.syncs;
    println!(
        "{total} acknowledged with {syncs} fsyncs: {} each",
        total / syncs
    );
    assert!(
        total / syncs >= SHARED,
        "{total} acknowledged, {syncs} fsyncs"
    );
    disk.slow_syncs(Duration::ZERO);
    assert_eq!(sent.compare(&house).await, Difference::default());
}
