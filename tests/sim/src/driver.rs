//! What an engine asks for is carried out, one thing after the other.

use std::time::Duration;

use causerie_engine::{Engine, Input, Output, Reply, ReplyId};
use causerie_protocol::{ClientFrame, ClientId, Request, encode_client};

use crate::{
    device::Told,
    link::{LinkId, To},
    screen::Screen,
    trace,
    world::{Event, World},
};

impl World {
    /// Whether the device is still there afterwards.
    pub(crate) fn carry_out(&mut self, index: usize, output: Output) -> bool {
        let now = self.device_now(index);
        if matches!(output, Output::Store(_)) && self.has_no_room(index) {
            return true;
        }
        let device = &mut self.devices[index];
        match output {
            Output::Store(ops) => {
                let Some(store) = &mut device.store else {
                    return false;
                };
                if let Err(error) = store.apply(&ops) {
                    self.blame(format!("device {index} cannot commit: {error}"));
                    return false;
                }
                device.note_confirmed(&ops);
            }
            Output::Load { load, query } => {
                let loaded = device.store.as_mut().map(|store| store.load(&query));
                match (loaded, &mut device.engine) {
                    (Some(Ok(messages)), Some(engine)) => {
                        engine.handle(Input::Loaded { load, messages }, now);
                    }
                    (Some(Err(error)), _) => {
                        self.blame(format!("device {index} cannot read: {error}"));
                        return false;
                    }
                    (_, _) => return false,
                }
            }
            Output::OpenSocket => self.connect(index),
            Output::Transmit(frames) => self.transmit_frames(index, &frames),
            Output::CloseSocket => {
                if let Some(id) = device.link.take() {
                    self.hang_up(id);
                }
            }
            Output::RequestToken { .. } => {
                device.tokens += 1;
                let generation = device.tokens;
                let delay = self.delay();
                self.after(delay, Event::Token(index, generation));
            }
            Output::NewClientId => {
                let fresh = ClientId::from_uuid(self.rng.uuid_v7(now.wall));
                if let Some(engine) = &mut self.devices[index].engine {
                    engine.handle(Input::ClientId(fresh), now);
                }
            }
            Output::Emit(emissions) => {
                let mut told = Vec::new();
                for emission in emissions {
                    if let Err(what) = self.model.hear(device, &emission) {
                        told.push(Told::Wrong(what));
                    }
                    device.observe(emission, &mut told);
                }
                self.hear(index, told);
            }
            Output::Reply { reply, result } => {
                let opening = device.opening.remove(&reply);
                let entries = &device.entries;
                self.model.people[index].answered(reply, result.is_ok(), |id| {
                    entries.get(&id).map(|entry| entry.item.head_seq)
                });
                if let (Some((timeline, conversation_id)), Ok(Reply::Timeline(batch))) =
                    (opening, result)
                {
                    let mut screen = Screen::default();
                    let applied = screen.apply(batch);
                    device.screens.insert(timeline, (conversation_id, screen));
                    self.model.people[index].dirty.insert(conversation_id);
                    if let Err(what) = applied {
                        self.blame(format!("device {index}: {what}"));
                    }
                }
            }
        }
        true
    }

    /// The disk is full for what the app just asked, now and then. The app is told so, and the
    /// device goes on as if it had not been asked.
    fn has_no_room(&mut self, index: usize) -> bool {
        let device = &mut self.devices[index];
        if self.calm || !device.disk.one_in(12) {
            return false;
        }
        let refused = device.engine.as_mut().is_some_and(Engine::undo);
        if refused {
            // Only what the app asked last can be taken back.
            let reply = ReplyId(device.next_reply);
            device.refused_last = true;
            self.model.people[index].answered(reply, false, |_| None);
            self.note(|| format!("device {index} has no room for what was asked"));
        }
        refused
    }

    fn transmit_frames(&mut self, index: usize, frames: &[ClientFrame]) {
        let Some(id) = self.devices[index].link else {
            return;
        };
        self.note(|| format!("device {index} tells {}", trace::client_frames(frames)));
        let writes = frames.iter().filter_map(|frame| match &frame.request {
            Request::Write(write) => Some((frame.id, write.temp_id)),
            _ => None,
        });
        if let Some(link) = self.links.get_mut(&id) {
            for (request, key) in writes.clone() {
                if let Some(request) = request {
                    link.witness.ask(request, key);
                }
            }
        }
        self.model.people[index].transmit(writes.map(|(_, key)| key));
        let mut text = String::new();
        for frame in frames {
            match encode_client(frame) {
                Ok(line) => {
                    text.push_str(&line);
                    text.push('\n');
                }
                Err(error) => {
                    return self.blame(format!("device {index} sends no frame: {error}"));
                }
            }
        }
        self.transmit(id, To::Server, text);
    }

    /// The device closes its end: what it sent before still arrives.
    pub(crate) fn hang_up(&mut self, id: LinkId) {
        let delay = self.delay();
        let now = self.now;
        if let Some(link) = self.links.get_mut(&id)
            && link.alive
            && !link.swallows
        {
            let at = link.arrival(To::Server, now, delay);
            self.at(at, Event::ServerSeesEnd(id));
        }
    }

    /// What is late on a stalled line comes now.
    pub(crate) fn stall(&mut self, index: usize, pause: Duration) {
        let now = self.now;
        if let Some(link) = self.devices[index]
            .link
            .and_then(|id| self.links.get_mut(&id))
        {
            link.stalled_until = now + pause;
        }
    }
}
