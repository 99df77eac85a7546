//! Where the sync stands (docs/protocol.md §2 and §4, "Sync pages"). It is state and not a log:
//! pages may repeat, and applying one twice changes nothing.

use std::time::Duration;

use crate::{
    EngineConfig,
    backoff::{Backoff, Jitter},
};

/// So many pages in a row may bring nothing new before the next one has to wait.
const FREE_PAGES: u32 = 1;

/// Where the sync stands.
#[derive(Debug)]
pub(crate) struct SyncState {
    /// Where the last one ended.
    pub(crate) token: Option<String>,
    /// The next page of one that was interrupted.
    pub(crate) cursor: Option<String>,
    run: Option<Run>,
    /// What is to be asked for, and when.
    next: Option<(Duration, AfterPage)>,
    /// Pages in a row that brought nothing new.
    idle: u32,
    backoff: Backoff,
}

#[derive(Debug, Clone, Copy)]
struct Run {
    pages: u32,
    /// It began on another connection.
    resumed: bool,
}

/// What follows a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AfterPage {
    /// The next page is to be asked for, by cursor.
    NextPage,
    /// What changed meanwhile is to be asked for, by token.
    Again,
    /// All is known.
    Done,
}

impl SyncState {
    pub(crate) fn restore(
        token: Option<String>,
        cursor: Option<String>,
        config: &EngineConfig,
    ) -> Self {
        Self {
            token,
            cursor,
            run: None,
            next: None,
            idle: 0,
            backoff: Backoff::new(config.backoff_base, config.backoff_cap),
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        self.run.is_some()
    }

    /// Asked from the token.
    pub(crate) fn begin(&mut self) {
        self.next = None;
        self.run = Some(Run {
            pages: 0,
            resumed: false,
        });
    }

    /// Asked from the cursor that an earlier connection left.
    pub(crate) fn resume(&mut self) {
        self.next = None;
        self.run = Some(Run {
            pages: 0,
            resumed: true,
        });
    }

    /// The connection is gone.
    pub(crate) fn handle_lost(&mut self) {
        self.run = None;
        self.next = None;
    }

    /// Another database: everything begins anew.
    pub(crate) fn handle_epoch(&mut self) {
        self.token = None;
        self.cursor = None;
    }

    /// A page came, with what ends it.
    pub(crate) fn handle_page(
        &mut self,
        cursor: Option<String>,
        token: Option<String>,
        brings_something: bool,
    ) -> AfterPage {
        let repeats = cursor.is_some() && cursor == self.cursor;
        if brings_something && !repeats {
            self.idle = 0;
        } else {
            self.idle = self.idle.saturating_add(1);
        }
        let run = self.run.get_or_insert(Run {
            pages: 0,
            resumed: false,
        });
        run.pages += 1;
        if let Some(cursor) = cursor {
            self.cursor = Some(cursor);
            return AfterPage::NextPage;
        }
        let again = run.pages > 1 || run.resumed;
        self.cursor = None;
        if token.is_some() {
            self.token = token;
        }
        self.run = None;
        if again {
            self.begin();
            AfterPage::Again
        } else {
            self.idle = 0;
            AfterPage::Done
        }
    }

    /// Sets when to ask for what follows a page: at once, unless pages bring nothing new.
    pub(crate) fn go_on(&mut self, after: AfterPage, jitter: &mut Jitter, now: Duration) {
        let delay = if self.idle > FREE_PAGES {
            self.backoff.next_delay(jitter, None)
        } else {
            self.backoff.reset();
            Duration::ZERO
        };
        self.next = Some((now + delay, after));
    }

    /// What is to be asked for now.
    pub(crate) fn take_due(&mut self, now: Duration) -> Option<AfterPage> {
        let (_, after) = self.next.take_if(|(at, _)| *at <= now)?;
        Some(after)
    }

    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        self.next.map(|(at, _)| at)
    }

    /// The server does not know the cursor: begin again from the token.
    pub(crate) fn handle_bad_cursor(&mut self) {
        self.cursor = None;
        self.begin();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(text: &str) -> Option<String> {
        Some(text.into())
    }

    fn restored(token: Option<String>, cursor: Option<String>) -> SyncState {
        SyncState::restore(token, cursor, &EngineConfig::default())
    }

    #[test]
    fn one_page_is_the_end_of_it() {
        let mut sync = restored(None, None);
        sync.begin();
        assert_eq!(sync.handle_page(None, some("t1"), true), AfterPage::Done);
        assert_eq!(sync.token, some("t1"));
        assert!(!sync.is_running());
    }

    #[test]
    fn after_several_pages_it_asks_once_more_with_the_token() {
        let mut sync = restored(None, None);
        sync.begin();
        assert_eq!(
            sync.handle_page(some("c1"), None, true),
            AfterPage::NextPage
        );
        assert_eq!(sync.handle_page(None, some("t1"), true), AfterPage::Again);
        assert_eq!(sync.handle_page(None, some("t2"), true), AfterPage::Done);
        assert_eq!((sync.token, sync.cursor), (some("t2"), None));
    }

    #[test]
    fn a_sync_that_began_on_another_connection_is_followed_by_one_more() {
        let mut sync = restored(some("t0"), some("c1"));
        sync.resume();
        assert_eq!(sync.handle_page(None, some("t1"), true), AfterPage::Again);
        assert_eq!(sync.handle_page(None, some("t2"), true), AfterPage::Done);
    }

    #[test]
    fn an_unknown_cursor_begins_again_from_the_token() {
        let mut sync = restored(some("t0"), some("c1"));
        sync.resume();
        sync.handle_bad_cursor();
        assert_eq!((&sync.token, &sync.cursor), (&some("t0"), &None));
        assert_eq!(sync.handle_page(None, some("t1"), true), AfterPage::Done);
    }

    #[test]
    fn pages_that_bring_something_follow_each_other_at_once() {
        let mut sync = restored(None, None);
        let (mut jitter, now) = (Jitter::new(1), Duration::from_secs(5));
        sync.begin();
        for n in 0..100 {
            // One page in between may be empty.
            let after = sync.handle_page(some(&format!("c{n}")), None, n % 2 == 0);
            sync.go_on(after, &mut jitter, now);
            assert_eq!(sync.take_due(now), Some(AfterPage::NextPage));
            assert_eq!(sync.poll_timeout(), None);
        }
    }

    #[test]
    fn pages_that_bring_nothing_new_are_asked_for_later_and_later() {
        let endless: [fn(&mut SyncState, u32) -> AfterPage; 3] = [
            |sync, _| sync.handle_page(some("c"), None, true),
            |sync, n| sync.handle_page(some(&format!("c{n}")), None, false),
            |sync, n| match n % 2 {
                0 => sync.handle_page(some("c"), None, false),
                _ => sync.handle_page(None, some("t"), false),
            },
        ];
        for page in endless {
            let mut sync = restored(None, None);
            let (mut jitter, mut now) = (Jitter::new(1), Duration::ZERO);
            sync.begin();
            for n in 0..30 {
                let after = page(&mut sync, n);
                sync.go_on(after, &mut jitter, now);
                let due = sync.poll_timeout().expect("it goes on");
                assert!(due <= now + Duration::from_secs(30));
                now = due;
                assert_eq!(sync.take_due(now), Some(after));
            }
            assert!(now > Duration::from_secs(60), "thirty pages took {now:?}");
        }
    }
}
