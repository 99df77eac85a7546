//! What an idle subscribed connection costs: the server's resident memory with thousands of them,
//! less what it had before.

use causerie_cli::load::member::Member;

use super::{
    Figure,
    stage::{Stage, StageError, raise_file_limit, users},
};

const CONNECTIONS: usize = 4_000;
/// Members of one conversation, at most what `create_conversation` takes with its creator.
const ROOM: usize = 1_000;

pub async fn measure(mut stage: Stage) -> Result<Vec<Figure>, StageError> {
    let limit = raise_file_limit()?;
    let room_for = usize::try_from(limit)
        .unwrap_or(usize::MAX)
        .saturating_sub(100);
    let connections = CONNECTIONS.min(room_for / ROOM * ROOM);
    stage.start().await?;
    let members = members(&stage, connections).await?;
    // The first few make what every server has once: pools, caches, prepared statements.
    let first = stage.open(&members[..100]).await?;
    let before = stage.resident()?;
    let rest = stage.open(&members[100..]).await?;
    let after = stage.resident()?;
    let count = rest.len();
    drop((first, rest));
    let each = (after.saturating_sub(before)) as f64 / count as f64 / 1024.0;
    Ok(vec![
        Figure::new("connections", count as f64, ""),
        Figure::new("resident per connection", each, "KiB").at_most(10.0),
        Figure::new("resident in all", after as f64 / 1024.0 / 1024.0, "MiB"),
    ])
}

/// So many members, each subscribed to one conversation of [`ROOM`].
pub async fn members(stage: &Stage, count: usize) -> Result<Vec<Member>, StageError> {
    let users = users(count);
    let mut members = Vec::new();
    for present in users.chunks(ROOM) {
        let room = stage.conversation(present).await?;
        for user in present {
            let mut member = stage.member(user)?;
            member.rooms.push((room.clone(), None));
            members.push(member);
        }
    }
    Ok(members)
}
