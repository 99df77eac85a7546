//! A node's connections: what they are told, what they want, and whom that wakes.

use std::{sync::Arc, time::Duration};

use causerie_protocol::{CloseCode, SessionId};
use causerie_server::{
    conn::{Conn, Input, Output, Token},
    store::{Command, Commit, LaneId, Outcome, Query, StoreError},
};

use crate::{
    database::Asked,
    link::{LinkId, To},
    node::{Bell, Mark, Read, small},
    world::{Event, World},
};

impl World {
    /// A device's connection reaches its node.
    pub(crate) fn node_accepts(&mut self, id: LinkId) {
        let Some(node) = self.node_of(id) else {
            return;
        };
        let Some(shared) = self.nodes[node].shared.clone() else {
            return;
        };
        self.lanes += 1;
        let lane = LaneId(self.lanes);
        let session = SessionId::from_uuid(self.rng.uuid_v7(self.node_wall(node)));
        let bell = Bell {
            link: id,
            marks: Arc::clone(&self.nodes[node].marks),
        };
        let now = self.node_now(node);
        let conn = Conn::new(shared, lane, session, None, Arc::new(bell), now);
        self.nodes[node].conns.insert(id, conn);
        self.pump_node(node, id);
    }

    pub(crate) fn arrive_at_node(&mut self, id: LinkId, text: &str) {
        if self.links.get(&id).is_some_and(|link| link.alive) {
            self.tell_conn(id, Input::Text(text));
        }
    }

    pub(crate) fn node_sees_end(&mut self, id: LinkId) {
        self.tell_conn(id, Input::Closed);
        if let Some(node) = self.node_of(id) {
            self.nodes[node].conns.remove(&id);
        }
        self.links.remove(&id);
    }

    pub(crate) fn conn_timer(&mut self, id: LinkId) {
        let Some(node) = self.node_of(id) else {
            return;
        };
        self.nodes[node].armed.remove(&id);
        let now = self.node_now(node);
        let Some(conn) = self.nodes[node].conns.get_mut(&id) else {
            return;
        };
        match conn.poll_timeout(now) {
            Some((at, _)) if at <= now.mono => {
                conn.handle_timeout(now);
                self.pump_node(node, id);
            }
            Some((at, _)) => self.arm_conn(node, id, at),
            None => {}
        }
    }

    fn arm_conn(&mut self, node: usize, id: LinkId, at: Duration) {
        let armed = &mut self.nodes[node].armed;
        if armed.get(&id).is_none_or(|armed| *armed > at) {
            armed.insert(id, at);
            self.at(at, Event::ConnTimer(id));
        }
    }

    fn tell_conn(&mut self, id: LinkId, input: Input<'_>) {
        let Some(node) = self.node_of(id) else {
            return;
        };
        let now = self.node_now(node);
        if let Some(conn) = self.nodes[node].conns.get_mut(&id) {
            conn.handle(input, now);
            self.pump_node(node, id);
        }
    }

    /// Carries out what the connection wants, and what that wakes.
    fn pump_node(&mut self, node: usize, first: LinkId) {
        self.pump_conn(node, first);
        self.ring_bells(node);
        self.carry_hints(node);
    }

    fn pump_conn(&mut self, node: usize, id: LinkId) {
        let now = self.node_now(node);
        while self.perform(node, id).is_some() {
            let wrote = self.write_message(node, id);
            // Looking for a message may itself ask the store for something.
            if !wrote && self.perform(node, id) == Some(0) {
                break;
            }
        }
        if let Some(conn) = self.nodes[node].conns.get(&id)
            && let Some((at, _)) = conn.poll_timeout(now)
        {
            self.arm_conn(node, id, at);
        }
    }

    /// Carries out what the connection wants beside messages. How much that was, unless the
    /// connection is gone.
    fn perform(&mut self, node: usize, id: LinkId) -> Option<usize> {
        let mut done = 0;
        while let Some(output) = self.nodes[node].conns.get_mut(&id)?.poll_output() {
            done += 1;
            match output {
                Output::Submit(token, command) => {
                    self.submit(node, token.map(|token| (id, token)), command);
                }
                Output::Query(token, query) => {
                    let delay = self.disk_delay();
                    let generation = self.nodes[node].generation;
                    let event = Event::Snapshot(generation, id, token, Box::new(query));
                    self.after(delay, event);
                }
                Output::Close(code) => {
                    self.node_closes(node, id, code);
                    return None;
                }
            }
        }
        Some(done)
    }

    /// Gives the socket a message, if it can take one and there is one.
    fn write_message(&mut self, node: usize, id: LinkId) -> bool {
        let now = self.node_now(node);
        if self.nodes[node].unflushed.contains(&id) {
            return false;
        }
        let message = self.nodes[node].conns.get_mut(&id);
        let Some(bytes) = message.and_then(|conn| conn.poll_transmit(now)) else {
            return false;
        };
        match String::from_utf8(bytes.into()) {
            Ok(text) => self.transmit(id, To::Device, text),
            Err(_) => self.blame("the server sent what is no text".into()),
        }
        self.flush(node, id);
        true
    }

    /// The socket takes what it was given: at once, or when a stalled device reads again.
    fn flush(&mut self, node: usize, id: LinkId) {
        let stalled_until = self.links.get(&id).map(|link| link.stalled_until);
        match stalled_until {
            Some(until) if until > self.now => {
                self.nodes[node].unflushed.insert(id);
                self.at(until, Event::Flushed(id));
            }
            Some(_) | None => {
                let now = self.node_now(node);
                if let Some(conn) = self.nodes[node].conns.get_mut(&id) {
                    conn.handle(Input::Flushed, now);
                }
            }
        }
    }

    pub(crate) fn flushed(&mut self, id: LinkId) {
        if let Some(node) = self.node_of(id)
            && self.nodes[node].unflushed.remove(&id)
        {
            self.tell_conn(id, Input::Flushed);
        }
    }

    fn node_closes(&mut self, node: usize, id: LinkId, code: CloseCode) {
        let now = self.node_now(node);
        self.note(|| format!("node {node} closes {id:?} with {code}"));
        if let Some(mut conn) = self.nodes[node].conns.remove(&id) {
            conn.handle(Input::Closed, now);
            while let Some(output) = conn.poll_output() {
                if let Output::Submit(token, command) = output {
                    self.submit(node, token.map(|token| (id, token)), command);
                }
            }
        }
        let delay = self.delay();
        if let Some(link) = self.links.get_mut(&id)
            && link.alive
            && !link.swallows
        {
            let at = link.arrival(To::Device, now.mono, delay);
            self.at(at, Event::DeviceSeesEnd(id, Some(code)));
        }
    }

    pub(crate) fn submit(&mut self, node: usize, asked: Option<(LinkId, Token)>, command: Command) {
        self.nodes[node].waiting.push_back((asked, command));
        self.commit_the_rest(node);
    }

    /// Sees to it that what waits is committed.
    pub(crate) fn commit_the_rest(&mut self, node: usize) {
        let state = &mut self.nodes[node];
        if !state.waiting.is_empty() && !std::mem::replace(&mut state.commit_is_due, true) {
            let generation = state.generation;
            let delay = self.disk_delay();
            self.after(delay, Event::Commit(node, generation));
        }
    }

    /// The node takes in what its own transaction changed, and tells the other.
    pub(crate) fn publish(&mut self, node: usize, commits: &[Commit]) {
        if let Some(shared) = &self.nodes[node].shared {
            shared.hub.publish(commits, self.node_now(node));
        }
        self.carry_hints(node);
    }

    /// A transaction's answers, and whom its publication wakes.
    pub(crate) fn give_outcomes(&mut self, node: usize, batch: Vec<Asked>, outcomes: Vec<Outcome>) {
        for ((asked, _), outcome) in batch.into_iter().zip(outcomes) {
            if let Some((id, token)) = asked {
                self.tell_conn(id, Input::Outcome(token, outcome));
            }
        }
        self.ring_bells(node);
    }

    /// Wakes whom something concerns.
    pub(crate) fn ring_bells(&mut self, node: usize) {
        loop {
            let marks = self.nodes[node].take_marks();
            if marks.is_empty() {
                return;
            }
            let now = self.node_now(node);
            for (woken, mark) in marks {
                if let Some(conn) = self.nodes[node].conns.get_mut(&woken) {
                    let input = match mark {
                        Mark::Woken => Input::Woken,
                        Mark::Superseded => Input::Superseded,
                    };
                    conn.handle(input, now);
                    self.pump_conn(node, woken);
                }
            }
        }
    }

    pub(crate) fn read_snapshot(
        &mut self,
        generation: u64,
        id: LinkId,
        token: Token,
        query: &Query,
    ) {
        let is_there = self
            .node_of(id)
            .is_some_and(|node| self.nodes[node].generation == generation);
        if !is_there {
            return;
        }
        // What is being synced is in nobody's snapshot: a reader waits for it here.
        if let Some(until) = self.database.syncs_until() {
            let event = Event::Snapshot(generation, id, token, Box::new(query.clone()));
            return self.at(until, event);
        }
        let read = self
            .database
            .store
            .query(&small(query))
            .map_err(|error| StoreError(error.to_string()));
        let delay = self.disk_delay();
        self.after(delay, Event::Answer(generation, id, token, Box::new(read)));
    }

    pub(crate) fn give_answer(&mut self, generation: u64, id: LinkId, token: Token, read: Read) {
        let is_there = self
            .node_of(id)
            .is_some_and(|node| self.nodes[node].generation == generation);
        if is_there {
            self.tell_conn(id, Input::Answer(token, read));
        }
    }
}
