//! What the server's log of events must never hold, whatever anybody shows of it.

use std::collections::{BTreeMap, BTreeSet};

use causerie_protocol::{ConversationId, Seq, TempId, UserId};
use causerie_server::store::{
    EventBody, EventRecord,
    tables::{Rows, TableError},
};

use crate::world::World;

/// Reads every log.
///
/// # Errors
/// The first thing in it that must not be.
pub fn check(world: &World) -> Result<(), String> {
    let ids: BTreeSet<ConversationId> = world
        .devices
        .iter()
        .flat_map(|device| device.entries.keys().copied())
        .collect();
    for id in ids {
        let events = read(world, id).map_err(|error| format!("the log of {id}: {error}"))?;
        check_log(&events).map_err(|what| format!("in the log of {id} {what}"))?;
    }
    Ok(())
}

fn read(world: &World, id: ConversationId) -> Result<Vec<EventRecord>, TableError> {
    let tables = world.database.store.tables();
    match tables.conversation(id)? {
        Some(conversation) if conversation.head_seq > 0 => {
            tables.events(conversation.key, (1, conversation.head_seq))
        }
        Some(_) | None => Ok(Vec::new()),
    }
}

/// No hole, nothing twice, and nobody who has left does anything.
fn check_log(events: &[EventRecord]) -> Result<(), String> {
    let mut gone: BTreeSet<&UserId> = BTreeSet::new();
    let mut sent: BTreeMap<(&UserId, TempId), Seq> = BTreeMap::new();
    for (event, seq) in events.iter().zip(1..) {
        if event.seq != seq {
            return Err(format!("{} stands where {seq} belongs", event.seq));
        }
        if gone.contains(&event.actor) {
            return Err(format!("{} does {seq}, and had left", event.actor));
        }
        match &event.body {
            EventBody::MemberLeft { user_id, .. } => {
                if !gone.insert(user_id) {
                    return Err(format!("{user_id} leaves twice, at {seq} again"));
                }
            }
            EventBody::MemberJoined { user_id, .. } => {
                gone.remove(user_id);
            }
            EventBody::Message(message) => {
                if let Some(temp_id) = message.temp_id
                    && let Some(first) = sent.insert((&event.actor, temp_id), seq)
                {
                    return Err(format!("{temp_id} is at {first} and at {seq}"));
                }
            }
            EventBody::Edited { .. }
            | EventBody::Deleted { .. }
            | EventBody::ReactionAdded { .. }
            | EventBody::ReactionRemoved { .. }
            | EventBody::MemberUpdated { .. }
            | EventBody::Updated { .. } => {}
        }
    }
    Ok(())
}
