//! What waits for the core's thread.

use std::{collections::VecDeque, time::Duration};

use causerie_engine::TokenFailure;
use causerie_protocol::{CloseCode, ServerFrame};
use parking_lot::{Condvar, Mutex};

use super::ask::Ask;
use crate::transport::SocketNews;

/// Frames that are given to the engine at once, and so committed together. More is faster in a
/// backlog; but a `send` waits behind them, and this many take about two milliseconds.
const BATCH: usize = 128;
/// Asks in a row before the socket gets a turn.
const ASKS_IN_A_ROW: u32 = 32;
/// No wait is longer while a timer runs: condition variables do not count the time asleep.
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// What to do next.
pub(crate) enum Work {
    Ask(Ask),
    Opened {
        socket: u64,
    },
    Frames {
        socket: u64,
        frames: Vec<ServerFrame>,
    },
    Closed {
        socket: u64,
        code: Option<CloseCode>,
        reason: String,
    },
    Token(Result<String, TokenFailure>),
    /// The time has come, or might have.
    Timer,
}

enum News {
    Socket(u64, SocketNews),
    Token(Result<String, TokenFailure>),
}

#[derive(Default)]
pub(crate) struct Inbox {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
}

#[derive(Default)]
struct Waiting {
    asks: VecDeque<Ask>,
    news: VecDeque<News>,
    asks_in_a_row: u32,
    ending: bool,
    closed: bool,
}

impl Inbox {
    /// Refused once the core has ended: the ask is dropped, and with it its answer.
    pub(crate) fn ask(&self, ask: Ask) {
        let mut waiting = self.waiting.lock();
        if !waiting.closed {
            waiting.ending |= matches!(ask, Ask::Close);
            waiting.asks.push_back(ask);
            self.arrived.notify_one();
        }
    }

    /// Whether the core was told to end.
    pub(crate) fn is_ending(&self) -> bool {
        self.waiting.lock().ending
    }

    pub(crate) fn socket(&self, socket: u64, news: SocketNews) {
        self.news(News::Socket(socket, news));
    }

    pub(crate) fn token(&self, token: Result<String, TokenFailure>) {
        self.news(News::Token(token));
    }

    fn news(&self, news: News) {
        let mut waiting = self.waiting.lock();
        if !waiting.closed {
            waiting.news.push_back(news);
            self.arrived.notify_one();
        }
    }

    /// The core has ended: everything that waits, or still comes, is dropped.
    pub(crate) fn close(&self) {
        let dropped = {
            let mut waiting = self.waiting.lock();
            waiting.closed = true;
            (
                std::mem::take(&mut waiting.asks),
                std::mem::take(&mut waiting.news),
            )
        };
        drop(dropped);
    }

    /// Waits for something to do, at most for so long; for ever without a limit. Asks go first:
    /// someone waits for each.
    pub(crate) fn next(&self, limit: Option<Duration>) -> Work {
        let mut waiting = self.waiting.lock();
        loop {
            let turn_of_news = waiting.asks_in_a_row >= ASKS_IN_A_ROW && !waiting.news.is_empty();
            if !turn_of_news && let Some(ask) = waiting.asks.pop_front() {
                waiting.asks_in_a_row += 1;
                return Work::Ask(ask);
            }
            waiting.asks_in_a_row = 0;
            if let Some(news) = waiting.news.pop_front() {
                return waiting.work(news);
            }
            match limit {
                None => self.arrived.wait(&mut waiting),
                Some(limit) => {
                    let wait = limit.min(LONGEST_WAIT);
                    if wait.is_zero() || self.arrived.wait_for(&mut waiting, wait).timed_out() {
                        return Work::Timer;
                    }
                }
            }
        }
    }
}

impl Waiting {
    fn work(&mut self, news: News) -> Work {
        match news {
            News::Token(token) => Work::Token(token),
            News::Socket(socket, SocketNews::Opened) => Work::Opened { socket },
            News::Socket(socket, SocketNews::Closed { code, reason }) => Work::Closed {
                socket,
                code,
                reason,
            },
            News::Socket(socket, SocketNews::Frames(mut frames, _permit)) => {
                while frames.len() < BATCH
                    && matches!(self.news.front(), Some(News::Socket(from, SocketNews::Frames(..))) if *from == socket)
                    && let Some(News::Socket(_, SocketNews::Frames(more, _permit))) =
                        self.news.pop_front()
                {
                    frames.extend(more);
                }
                Work::Frames { socket, frames }
            }
        }
    }
}
