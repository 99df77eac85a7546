//! What the model says of what a device shows, whenever something was shown.

use causerie_engine::{ConnectionState, ConversationChange, Emission, SendState, TimelineItem};
use causerie_protocol::{ConversationId, Message, Seq, TempId, UserId};

use crate::{
    device::Device,
    ledger::{Ledger, Look, Room},
    model::Model,
    person::{Known, OwnState, Person, What},
    screen::{Screen, Touched},
};

impl Model {
    /// A device is told something.
    ///
    /// # Errors
    /// What cannot be true of it.
    pub fn hear(&mut self, device: &mut Device, emission: &Emission) -> Result<(), String> {
        let dirty = &mut self.people[device.index].dirty;
        match emission {
            Emission::Conversations(changes) => {
                dirty.extend(changes.iter().filter_map(|change| match change {
                    ConversationChange::Put(entry) => Some(entry.item.conversation_id),
                    ConversationChange::Remove(_) => None,
                }));
            }
            Emission::Timeline { timeline, .. } => {
                dirty.extend(device.screens.get(timeline).map(|(id, _)| *id));
            }
            Emission::Outbox { key, state, row } => {
                // What lies over a message changes with the write that changes it.
                let own = self.people[device.index].writes.get(key);
                if let Some(target) = own.and_then(|own| own.target) {
                    for (_, screen) in device.screens.values_mut() {
                        screen.touched.add(target);
                    }
                }
                return self.told(device.index, *key, state.as_ref(), row.as_deref());
            }
            Emission::Connection(state) => {
                if *state != ConnectionState::Live {
                    self.people[device.index].flying.clear();
                }
            }
            Emission::Typing { .. }
            | Emission::Cursors { .. }
            | Emission::Users(_)
            | Emission::Event(_)
            | Emission::Stats(_)
            | Emission::Fault { .. } => {}
        }
        Ok(())
    }

    /// Looks at all of a device that may have changed.
    ///
    /// # Errors
    /// What it should show otherwise.
    pub fn look(&mut self, device: &mut Device) -> Result<(), String> {
        let mut checks = 0;
        let (ledger, person) = self.pair(device.index);
        let before = person.before.take();
        if let Some(before) = before.filter(|_| device.connection != ConnectionState::Live) {
            person.doubt(&before);
        }
        for id in std::mem::take(&mut person.dirty) {
            if let Some(entry) = device.entries.get(&id) {
                checks += 1;
                person.look_at_entry(ledger, entry)?;
            }
            let open = device.screens.values_mut().filter(|(of, _)| *of == id);
            for (_, screen) in open {
                checks += 1;
                let touched = std::mem::take(&mut screen.touched);
                person.look_at_screen(ledger, id, screen, &touched)?;
            }
        }
        self.checks += checks;
        Ok(())
    }
}

impl Person {
    /// A timeline is a stretch of the server's order without gaps, not older than what was shown or
    /// given before; behind it this device's own messages that are known to be taken; behind them
    /// those on their way, in local order. Failed ones stand where they failed.
    fn look_at_screen(
        &mut self,
        ledger: &Ledger,
        id: ConversationId,
        screen: &mut Screen,
        touched: &Touched,
    ) -> Result<(), String> {
        let nothing = Room::default();
        let room = ledger.room(id).unwrap_or(&nothing);
        let known = self.rooms.get(&id).copied().unwrap_or_default();
        let first = room.number_at(known.visible_from.saturating_sub(1));
        let mut last: Option<&Message> = None;
        let mut whole: Option<&Message> = None;
        let mut has_gap = false;
        // A window may begin with own messages that are known from their acknowledgements.
        let mut in_order = false;
        let mut on_their_way = Vec::new();
        let mut failed = Vec::new();
        for item in &screen.items {
            let message = &item.message;
            let key = TempId::from_uuid(item.key.0);
            match &item.send {
                None => {
                    if let Some(first) = on_their_way.first() {
                        return Err(format!(
                            "shows #{} of {id} behind {first}, which is on its way",
                            message.seq
                        ));
                    }
                    self.look_at_place(room, known, id, item)?;
                    has_gap |= match last {
                        Some(last) => last.number + 1 != message.number,
                        None => !screen.state.has_older && first + 1 != message.number,
                    };
                    if has_gap && !self.writes.contains_key(&key) {
                        return Err(format!(
                            "shows #{} of {id} after #{}, with a gap between them",
                            message.seq,
                            last.map_or(0, |last| last.seq)
                        ));
                    }
                    last = Some(message);
                    in_order |= !self.writes.contains_key(&key) || message.number == first + 1;
                    if in_order && !has_gap {
                        whole = Some(message);
                    }
                }
                Some(SendState::Failed { .. }) => {
                    failed.push((key, last.map_or(0, |last| last.seq)));
                }
                Some(SendState::Queued | SendState::Sent { .. }) => on_their_way.push(key),
            }
            if touched.holds(item) {
                self.look_at_item(room, item)?;
            }
        }
        self.look_at_failed(id, screen, &failed)?;
        self.look_at_way(id, screen, &on_their_way)?;
        if screen.state.has_newer {
            return Ok(());
        }
        let Some(number) = whole
            .map(|message| message.number)
            .or_else(|| (last.is_none() && !screen.state.has_older).then_some(first))
        else {
            // A stretch without a message: where it ends is not told.
            return Ok(());
        };
        // A screen that was opened later may show more than one with a hole.
        let before = match known.newest {
            // Nothing of it is known any more.
            0 => 0,
            newest => screen
                .newest
                .filter(|(database, _)| *database == self.databases)
                .map_or(newest, |(_, number)| number),
        };
        if number < before {
            return Err(format!(
                "shows {number} messages of {id}, and showed {before} before"
            ));
        }
        screen.newest = Some((self.databases, number));
        let due = known
            .position
            .filter(|_| known.attached && !screen.state.loading)
            .map_or(0, |position| room.number_at(position));
        if due > first && number < due {
            return Err(format!(
                "shows {number} messages of {id}, and was given {due}"
            ));
        }
        self.rooms.entry(id).or_default().newest = number.max(known.newest);
        Ok(())
    }

    /// A confirmed message stands where the server has it, and its user may see it.
    fn look_at_place(
        &self,
        room: &Room,
        known: Known,
        id: ConversationId,
        item: &TimelineItem,
    ) -> Result<(), String> {
        let message = &item.message;
        let Some(said) = room.message(message.message_id) else {
            return Err(format!(
                "shows #{} of {id}, which the server does not have",
                message.seq
            ));
        };
        if (said.seq, said.number) != (message.seq, message.number) {
            return Err(format!("shows #{} of {id} as #{}", said.seq, message.seq));
        }
        if message.seq < known.visible_from {
            return Err(format!(
                "shows #{} of {id}, and may see it from #{} on",
                message.seq, known.visible_from
            ));
        }
        if !room.may_see(&self.user, message.seq) {
            return Err(format!(
                "shows #{} of {id}, said while {} was no member",
                message.seq, self.user
            ));
        }
        Ok(())
    }

    /// A message looks as it did after the last event that it is said to contain, with this
    /// device's own changes on their way laid over it.
    fn look_at_item(&mut self, room: &Room, item: &TimelineItem) -> Result<(), String> {
        let message = &item.message;
        let shown = look_of(message);
        let (mut due, state) = match &item.send {
            None => {
                let Some(said) = room.message(message.message_id) else {
                    return Ok(());
                };
                let state = message.state_seq;
                if !said.states().any(|seq| seq == state) {
                    return Err(format!(
                        "shows #{} as of #{state}, when nothing happened to it",
                        message.seq
                    ));
                }
                let own = (message.sender_id == self.user)
                    .then_some(message.temp_id)
                    .flatten();
                let key = own.map_or(message.message_id.uuid(), TempId::uuid);
                let before = self.shown.insert(message.message_id, (state, item.key));
                if item.key.0 != key || before.is_some_and(|(_, known)| known != item.key) {
                    return Err(format!("shows #{} under another key", message.seq));
                }
                if let Some((before, _)) = before.filter(|(before, _)| *before > state) {
                    return Err(format!(
                        "shows #{} as of #{state}, and showed it as of #{before} before",
                        message.seq
                    ));
                }
                // What is taken back later may be told without what it said at any time.
                if said.is_deleted() && shown.text.is_none() {
                    return Ok(());
                }
                (said.look(state), state)
            }
            Some(_) => {
                let own = self.writes.get(&TempId::from_uuid(item.key.0));
                let Some(What::Message(text)) = own.map(|own| &own.what) else {
                    return Err(format!("shows {:?}, which nobody sent here", item.key));
                };
                let look = Look {
                    text: Some(text.clone()),
                    ..Look::default()
                };
                (look, 0)
            }
        };
        let pending = self.lay_over(&mut due, item, state);
        if due != shown || pending != item.pending_change {
            return Err(format!(
                "shows {:?}, #{} as of #{state}, as\n    {shown:?}, changes pending: {}\n  and should as\n    {due:?}, changes pending: {pending}",
                item.key, message.seq, item.pending_change
            ));
        }
        Ok(())
    }

    /// Says whether any of it is on its way.
    fn lay_over(&self, look: &mut Look, item: &TimelineItem, state: Seq) -> bool {
        let message = &item.message;
        let by_temp = match &item.send {
            None => message.temp_id.map(TempId::uuid),
            Some(_) => Some(item.key.0),
        };
        let by_id = item.send.is_none().then(|| message.message_id.uuid());
        let mut changes: Vec<_> = by_temp
            .into_iter()
            .chain(by_id)
            .filter_map(|target| self.targets.get(&target))
            .flatten()
            .filter_map(|key| self.writes.get(key))
            .collect();
        changes.sort_by_key(|own| own.order);
        let mut pending = false;
        for own in changes {
            let is_over = match own.state {
                OwnState::Queued => true,
                OwnState::Taken(Some(seq)) => state < seq,
                OwnState::Taken(None) | OwnState::Failed(_) | OwnState::Asked | OwnState::Gone => {
                    false
                }
            };
            if !is_over || look.deleted {
                continue;
            }
            let before = look.clone();
            match &own.what {
                What::Edit(text) => {
                    look.text = Some(text.clone());
                    look.edited = true;
                }
                What::Delete => look.delete(),
                What::React(emoji, on) => look.react(&self.user, emoji, *on),
                What::Message(_) | What::Other => {}
            }
            let changes = *look != before || matches!(own.what, What::Edit(_));
            pending |= changes && own.state == OwnState::Queued;
        }
        pending
    }

    /// Where a message failed, it stays.
    fn look_at_failed(
        &self,
        id: ConversationId,
        screen: &Screen,
        shown: &[(TempId, Seq)],
    ) -> Result<(), String> {
        let state = |key: &TempId| self.writes.get(key).map(|own| own.state);
        for (key, behind) in shown {
            match state(key) {
                Some(OwnState::Failed(after)) if *behind <= after => {}
                other => {
                    return Err(format!(
                        "shows {key} as failed behind #{behind}, and it is {other:?}"
                    ));
                }
            }
        }
        let lane = self.lanes.get(&id).into_iter().flatten();
        let whole = !screen.state.has_older && !screen.state.has_newer;
        for (_, key) in lane.filter(|_| whole) {
            let failed = matches!(state(key), Some(OwnState::Failed(_)));
            if failed && !shown.iter().any(|(other, _)| other == key) {
                return Err(format!("does not show {key}, which failed"));
            }
        }
        Ok(())
    }

    /// What is on its way is shown, all of it and in the order in which it was asked for.
    fn look_at_way(
        &self,
        id: ConversationId,
        screen: &Screen,
        shown: &[TempId],
    ) -> Result<(), String> {
        if screen.state.has_newer {
            return match shown.first() {
                None => Ok(()),
                Some(key) => Err(format!("shows {key} and not what lies before it")),
            };
        }
        let is_queued = |key: &&TempId| {
            self.writes
                .get(*key)
                .is_some_and(|own| own.state == OwnState::Queued)
        };
        let due: Vec<&TempId> = self
            .lanes
            .get(&id)
            .into_iter()
            .flat_map(|lane| lane.values())
            .filter(is_queued)
            .collect();
        let queued: Vec<&TempId> = shown.iter().filter(is_queued).collect();
        if due != queued {
            return Err(format!(
                "shows {queued:?} of {id} as on their way, and should {due:?}"
            ));
        }
        Ok(())
    }
}

fn look_of(message: &Message) -> Look {
    let mut reactions: Vec<(String, Vec<UserId>)> = message
        .reactions
        .iter()
        .map(|reaction| {
            let mut users = reaction.users.clone();
            users.sort();
            (reaction.emoji.clone(), users)
        })
        .collect();
    reactions.sort();
    if message.deleted_at.is_some() {
        return Look {
            deleted: true,
            text: message.content.text().map(str::to_owned),
            ..Look::default()
        };
    }
    Look {
        text: message.content.text().map(str::to_owned),
        edited: message.edited_at.is_some(),
        deleted: false,
        reactions,
    }
}
