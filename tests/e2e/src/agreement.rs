//! Whether the two ends of a conversation show the same, and all of it.

use causerie_cli::demo::seen::Mark;

use crate::player::Player;

/// Waits until both have sent and received everything, and holds their screens against each other
/// and against what each of them accepted: every message once, each sender's in the order said,
/// one order for both.
///
/// # Panics
/// If they differ, or if either showed something twice or out of order even for a moment.
pub async fn agree(players: &mut [Player; 2]) -> usize {
    let accepted = [players[0].accepted(), players[1].accepted()];
    let count = accepted[0].len() + accepted[1].len();
    for player in players.iter() {
        player.until_sent().await;
    }
    for player in players.iter() {
        player.until_shows(count).await;
    }
    let mut dumps = Vec::new();
    for (player, accepted) in players.iter_mut().zip(&accepted) {
        let items = player.dump().await;
        let user = player.user().to_owned();
        assert_eq!(player.state().flaws, 0, "{user}: not even for a moment");
        assert!(
            items.iter().all(|item| item.mark == Mark::Confirmed),
            "{user}"
        );
        let keys = items
            .iter()
            .filter(|item| item.sender == user)
            .map(|item| &item.key);
        assert!(
            keys.eq(accepted.values()),
            "{user}: each once, in the order said"
        );
        let items = items
            .into_iter()
            .map(|item| (item.seq, item.message_id, item.sender, item.text));
        dumps.push(items.collect::<Vec<_>>());
    }
    assert_eq!(dumps[0].len(), count);
    assert_eq!(dumps[0], dumps[1]);
    count
}
