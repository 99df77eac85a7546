//! 2,000 connections are reset at once and come back at once, each with the position it had. They
//! missed some messages meanwhile, and must get them.

use std::time::Duration;

use causerie_cli::{
    load::member::{Member, Room},
    raw::RawClient,
};
use serde_json::json;

use super::{
    Figure,
    idle::members,
    stage::{Stage, StageError, millis, new_id, now, raise_file_limit},
};

const CONNECTIONS: usize = 2_000;
const MISSED: usize = 20;

pub async fn measure(mut stage: Stage) -> Result<Vec<Figure>, StageError> {
    raise_file_limit()?;
    stage.start().await?;
    let mut members = members(&stage, CONNECTIONS).await?;
    let mut times = Vec::new();
    let mut used = [Duration::ZERO; 2];
    for _ in 0..3 {
        let opened = stage.open(&members).await?;
        for (member, opened) in members.iter_mut().zip(&opened) {
            member.epoch.clone_from(&opened.epoch);
            member.rooms[0].1 = Some(opened.rooms[0].head_seq);
            opened.speaker.reset_on_drop()?;
        }
        drop(opened);
        say(&stage, &members).await?;

        let before = stage.processor_time()?;
        let begin = now();
        let tasks: Vec<_> = members
            .iter()
            .cloned()
            .map(|member| {
                let buffer = std::rc::Rc::clone(&stage.buffer);
                tokio::task::spawn_local(async move { member.open(&buffer).await })
            })
            .collect();
        let mut back = Vec::new();
        for task in tasks {
            back.push(task.await.map_err(std::io::Error::other)??);
        }
        times.push(now() - begin);
        let after = stage.processor_time()?;
        for (used, (before, after)) in used.iter_mut().zip(before.iter().zip(after)) {
            *used += after - *before;
        }
        for (member, opened) in members.iter().zip(&back) {
            let since = member.rooms[0].1.unwrap_or_default();
            let expected = Room {
                head_seq: since + MISSED as u64,
                messages: MISSED,
                complete: true,
            };
            if opened.rooms[0] != expected {
                return Err(format!("{:?} instead of {expected:?}", opened.rooms[0]).into());
            }
            opened.speaker.reset_on_drop()?;
        }
    }
    times.sort_unstable();
    Ok(vec![
        Figure::new("connections", CONNECTIONS as f64, ""),
        Figure::new("all subscribed again, median of 3", millis(times[1]), "ms").at_most(800.0),
        Figure::new("slowest of 3", millis(times[2]), "ms"),
        Figure::new("processor time, server, mean", millis(used[0] / 3), "ms"),
        Figure::new("processor time, load, mean", millis(used[1] / 3), "ms"),
    ])
}

/// What they miss: some messages in each conversation.
async fn say(stage: &Stage, members: &[Member]) -> Result<(), StageError> {
    let mut said = "";
    for member in members {
        let room = member.rooms[0].0.as_str();
        if room == said {
            continue;
        }
        said = room;
        let id = new_id().to_string();
        let mut client = RawClient::open(stage.backend.addr(), &member.token, &id).await?;
        for _ in 0..MISSED {
            client
                .request(
                    "send_message",
                    json!({"temp_id": new_id(), "conversation_id": room, "kind": "text", "content": "missed"}),
                )
                .await?;
        }
        client.close().await;
    }
    Ok(())
}
