//! What must be true at the end: every screen shows what the server holds, and nothing that was
//! sent is lost, doubled or out of order.

use std::{collections::BTreeMap, time::Duration};

use causerie_engine::{CommandKind, SendState, TimelineId, TimelineItem};
use causerie_protocol::{
    ConversationId, History, Item, MembershipState, Message, MessageId, Role, TempId, UserId,
};
use causerie_server::store::{Answer, Query, SyncFrom};

use crate::{log, script::END, world::World};

/// Time for what nobody waits for to arrive.
const DUST: Duration = Duration::from_secs(8);

/// The longest wait before what was refused comes again, and some.
const BACK: Duration = Duration::from_secs(90);

/// How often it is looked for.
const STRIDE: Duration = Duration::from_secs(1);

/// Checks everything.
///
/// # Errors
/// The first thing that is wrong.
pub fn check(world: &mut World) -> Result<(), String> {
    // Receipts and coalesced activity are still on their way.
    let end = world.now + DUST;
    while world.now < end {
        world.step()?;
    }
    for device in world.present() {
        eventually(world, |world| check_membership(world, device))?;
        for conversation in joined(world, device) {
            let user = world.devices[device].user.clone();
            eventually(world, |world| {
                let truth = truth(world, &user, conversation)?;
                check_open_screens(world, device, conversation, &truth)
            })?;
            let truth = truth(world, &user, conversation)?;
            check_whole_timeline(world, device, conversation, &truth)?;
        }
        eventually(world, |world| check_list(world, device))?;
    }
    check_sends(world)?;
    log::check(world)
}

/// What was refused for a while comes again by itself.
fn eventually(
    world: &mut World,
    check: impl Fn(&World) -> Result<(), String>,
) -> Result<(), String> {
    let end = world.now + BACK;
    loop {
        match check(world) {
            Ok(()) => return Ok(()),
            Err(what) if world.now >= end => return Err(what),
            Err(_) => {
                let next = world.now + STRIDE;
                while world.now < next {
                    world.step()?;
                }
            }
        }
    }
}

/// Devices list what their user is a member of, and nothing else as joined.
fn check_membership(world: &World, device: usize) -> Result<(), String> {
    let listed = joined(world, device);
    let user_id = &world.devices[device].user;
    for conversation_id in world.model.ledger.conversations() {
        let access = world.database.store.query(&Query::Access {
            user_id: user_id.clone(),
            conversation_id,
        });
        let is_member = matches!(access, Ok(Answer::Access { .. }));
        if is_member != listed.contains(&conversation_id) {
            return Err(format!(
                "device {device} lists {conversation_id} as joined: {}, and is a member: {is_member}",
                !is_member
            ));
        }
    }
    Ok(())
}

fn joined(world: &World, device: usize) -> Vec<ConversationId> {
    world.devices[device]
        .entries
        .values()
        .filter(|entry| entry.item.membership == MembershipState::Joined)
        .map(|entry| entry.item.conversation_id)
        .collect()
}

/// All messages of a conversation that a user may see, as the server holds them.
fn truth(
    world: &World,
    user: &UserId,
    conversation_id: ConversationId,
) -> Result<Vec<Message>, String> {
    let mut messages: Vec<Message> = Vec::new();
    let mut before = None;
    loop {
        let query = Query::History {
            user_id: user.clone(),
            request: History {
                conversation_id,
                before,
                after: None,
                limit: Some(200),
                changed_since: None,
            },
        };
        match world.database.store.query(&query) {
            Ok(Answer::History(page)) => {
                let more = page.more;
                before = Some(page.lo);
                let mut older = page.messages;
                older.append(&mut messages);
                messages = older;
                if !more {
                    return Ok(messages);
                }
            }
            Ok(Answer::Refused(error)) => {
                return Err(format!(
                    "{user} believes to be in {conversation_id}, the server says {}",
                    error.code
                ));
            }
            other => return Err(format!("history: {other:?}")),
        }
    }
}

/// A screen that was open all the time shows the end of the truth.
fn check_open_screens(
    world: &World,
    device: usize,
    conversation: ConversationId,
    truth: &[Message],
) -> Result<(), String> {
    for (id, screen) in world.devices[device].screens.values() {
        if *id != conversation || screen.state.has_newer {
            continue;
        }
        let shown: Vec<&TimelineItem> = confirmed(&screen.items).collect();
        if shown.is_empty() && !truth.is_empty() {
            return Err(format!(
                "a screen that was open: device {device} shows nothing of {conversation}"
            ));
        }
        let tail = truth
            .len()
            .checked_sub(shown.len())
            .ok_or_else(|| format!("device {device} shows more of {conversation} than there is"))?;
        compare(device, conversation, &shown, &truth[tail..])
            .map_err(|what| format!("a screen that was open, {:?}: {what}", screen.state))?;
    }
    Ok(())
}

/// A screen that is opened now, and scrolled up to its end, shows all of it.
fn check_whole_timeline(
    world: &mut World,
    device: usize,
    conversation: ConversationId,
    truth: &[Message],
) -> Result<(), String> {
    let before: Vec<TimelineId> = world.devices[device].screens.keys().copied().collect();
    world.open_timeline(device, conversation);
    let Some(timeline) = world.devices[device]
        .screens
        .keys()
        .copied()
        .find(|id| !before.contains(id))
    else {
        return Err(format!("device {device} cannot open {conversation}"));
    };
    let end = world.now + END;
    loop {
        let (whole, wants_more) = match world.devices[device].screens.get(&timeline) {
            Some((_, screen)) => (
                !screen.state.has_older && is_whole(&screen.items, truth),
                screen.state.has_older && !screen.state.loading,
            ),
            None => return Err("a screen went away".into()),
        };
        if whole || world.now >= end {
            break;
        }
        if wants_more {
            world.command(device, CommandKind::LoadOlder(timeline));
        }
        world.step()?;
    }
    let Some((_, screen)) = world.devices[device].screens.get(&timeline) else {
        return Err("a screen went away".into());
    };
    let shown: Vec<&TimelineItem> = confirmed(&screen.items).collect();
    compare(device, conversation, &shown, truth)?;
    for item in &screen.items {
        if item.send == Some(SendState::Queued) {
            return Err(format!(
                "device {device}: {:?} sticks in the queue",
                item.key
            ));
        }
    }
    world.command(device, CommandKind::CloseTimeline(timeline));
    world.devices[device].screens.remove(&timeline);
    Ok(())
}

fn is_whole(items: &[TimelineItem], truth: &[Message]) -> bool {
    confirmed(items).count() == truth.len()
        && confirmed(items)
            .zip(truth)
            .all(|(item, message)| face(&item.message) == face(message))
}

fn confirmed(items: &[TimelineItem]) -> impl Iterator<Item = &TimelineItem> {
    items.iter().filter(|item| item.send.is_none())
}

fn compare(
    device: usize,
    conversation: ConversationId,
    shown: &[&TimelineItem],
    truth: &[Message],
) -> Result<(), String> {
    for (index, message) in truth.iter().enumerate() {
        let Some(item) = shown.get(index) else {
            return Err(format!(
                "device {device} does not show seq {} of {conversation}: lost",
                message.seq
            ));
        };
        if face(&item.message) != face(message) {
            let seqs: Vec<u64> = shown.iter().map(|item| item.message.seq).collect();
            return Err(format!(
                "device {device} shows in {conversation}\n    {:?}\n  where the server has\n    {:?}\n  and in all it shows {seqs:?}",
                face(&item.message),
                face(message)
            ));
        }
    }
    for item in shown {
        let message = &item.message;
        let rest = !message.attachments.is_empty()
            || message.metadata.is_some()
            || !message.reactions.is_empty();
        if message.deleted_at.is_some() && rest {
            return Err(format!(
                "device {device} shows more of #{} of {conversation} than that it is deleted",
                message.seq
            ));
        }
    }
    match shown.get(truth.len()) {
        Some(item) => Err(format!(
            "device {device} shows seq {} of {conversation}, which is not there",
            item.message.seq
        )),
        None => Ok(()),
    }
}

/// What a person sees of a message. Of a deleted one, that it was there.
#[derive(Debug, PartialEq)]
struct Face {
    place: (u64, u64, MessageId),
    sender: UserId,
    text: Option<String>,
    deleted_at: Option<u64>,
    edited_at: Option<u64>,
    reactions: Vec<(String, u64, bool, Vec<UserId>)>,
}

fn face(message: &Message) -> Face {
    let is_there = message.deleted_at.is_none();
    let mut reactions: Vec<_> = message
        .reactions
        .iter()
        .filter(|_| is_there)
        .map(|reaction| {
            let mut users = reaction.users.clone();
            users.sort();
            (reaction.emoji.clone(), reaction.count, reaction.me, users)
        })
        .collect();
    reactions.sort();
    Face {
        place: (message.seq, message.number, message.message_id),
        sender: message.sender_id.clone(),
        text: message.content.text().map(str::to_owned),
        deleted_at: message.deleted_at,
        edited_at: message.edited_at.filter(|_| is_there),
        reactions,
    }
}

/// The list: counts and previews are the server's. The head of a conversation that is subscribed is
/// told for messages only, so it may lie below the server's by edits and the like; what people see
/// of it is the number.
fn check_list(world: &World, device: usize) -> Result<(), String> {
    let query = Query::Sync {
        user_id: world.devices[device].user.clone(),
        from: SyncFrom::First,
        limit: u32::MAX,
    };
    let items = match world.database.store.query(&query) {
        Ok(Answer::Sync(page)) if page.cursor.is_none() => page.conversations,
        other => return Err(format!("items: {other:?}")),
    };
    for item in items {
        let id = item.conversation_id;
        let Some(entry) = world.devices[device].entries.get(&id) else {
            return Err(format!("device {device} does not list {id}"));
        };
        let known = (entry.item.head_number, entry.unread, said(&entry.item));
        let there = (item.head_number, item.unread(), said(&item));
        if entry.item.head_seq > item.head_seq {
            return Err(format!(
                "device {device} lists {} up to #{}, the server has #{}",
                item.conversation_id, entry.item.head_seq, item.head_seq
            ));
        }
        if known != there {
            return Err(format!(
                "device {device} lists {id} with number, unread and last message {known:?}, the server has {there:?}"
            ));
        }
        let (known, there) = (standing(&entry.item), standing(&item));
        if known != there {
            return Err(format!(
                "device {device} lists {id} as {known:?}, the server as {there:?}"
            ));
        }
    }
    Ok(())
}

/// What a list tells of this user's place in the conversation, and of the others'.
fn standing(item: &Item) -> (MembershipState, Role, u64, u64, Option<&str>) {
    (
        item.membership.clone(),
        item.role.clone(),
        item.visible_from,
        item.members_count,
        item.title.as_deref(),
    )
}

/// What a list shows of the last message.
fn said(item: &Item) -> Option<(MessageId, Option<String>, bool)> {
    let last = item.last_message.as_ref()?;
    let text = last.content.text().map(str::to_owned);
    Some((last.message_id, text, last.deleted_at.is_some()))
}

/// Every message that was sent is there once, or failed or was given up where its sender sees it.
fn check_sends(world: &World) -> Result<(), String> {
    let mut there: BTreeMap<TempId, Vec<Message>> = BTreeMap::new();
    let mut seen = Vec::new();
    for device in &world.devices {
        for conversation in device.entries.keys() {
            if seen.contains(&(&device.user, conversation)) {
                continue;
            }
            seen.push((&device.user, conversation));
            let own = world.database.store.query(&Query::Access {
                user_id: device.user.clone(),
                conversation_id: *conversation,
            });
            if !matches!(own, Ok(Answer::Access { .. })) {
                continue;
            }
            for message in truth(world, &device.user, *conversation)? {
                if let (true, Some(temp_id)) = (message.sender_id == device.user, message.temp_id) {
                    there.entry(temp_id).or_default().push(message);
                }
            }
        }
    }
    let mut last: BTreeMap<(usize, ConversationId), (u32, u64)> = BTreeMap::new();
    let mut in_order: Vec<_> = world.sends.iter().collect();
    in_order.sort_by_key(|(_, sent)| sent.order);
    for (key, sent) in in_order {
        let device = &world.devices[sent.device];
        let copies = there.get(key).map_or(&[][..], Vec::as_slice);
        if copies.len() > 1 {
            return Err(format!(
                "{} ({key}) is there {} times",
                sent.text,
                copies.len()
            ));
        }
        let visible = device
            .entries
            .get(&sent.conversation_id)
            .is_some_and(|entry| {
                entry.item.membership == MembershipState::Joined && entry.item.visible_from <= 1
            });
        let Some(message) = copies.first() else {
            if sent.undone && device.has_confirmed(*key) {
                continue;
            }
            let failed = matches!(device.outbox.get(key), Some(SendState::Failed { .. }));
            if visible && !failed && !sent.cancelled {
                return Err(format!("{} ({key}) is lost", sent.text));
            }
            if visible && sent.told_sent && !sent.cancelled {
                return Err(format!(
                    "{} ({key}) was acknowledged and is lost",
                    sent.text
                ));
            }
            continue;
        };
        if sent.abandoned && message.deleted_at.is_none() {
            return Err(format!("{} ({key}) was given up, and is there", sent.text));
        }
        if sent.retried || sent.refused {
            continue;
        }
        let place = (sent.device, sent.conversation_id);
        if let Some((_, seq)) = last.get(&place)
            && message.seq < *seq
        {
            return Err(format!(
                "{} ({key}) has seq {}, but was sent after seq {seq}",
                sent.text, message.seq
            ));
        }
        last.insert(place, (sent.order, message.seq));
    }
    Ok(())
}
