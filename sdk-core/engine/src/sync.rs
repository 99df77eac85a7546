//! Where the sync stands (docs/protocol.md §2 and §4, "Sync pages"). It is state and not a log:
//! pages may repeat, and applying one twice changes nothing.

/// Where the sync stands.
#[derive(Debug, Default)]
pub(crate) struct SyncState {
    /// Where the last one ended.
    pub(crate) token: Option<String>,
    /// The next page of one that was interrupted.
    pub(crate) cursor: Option<String>,
    run: Option<Run>,
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
    pub(crate) fn restore(token: Option<String>, cursor: Option<String>) -> Self {
        Self {
            token,
            cursor,
            run: None,
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        self.run.is_some()
    }

    /// Asked from the token.
    pub(crate) fn begin(&mut self) {
        self.run = Some(Run {
            pages: 0,
            resumed: false,
        });
    }

    /// Asked from the cursor that an earlier connection left.
    pub(crate) fn resume(&mut self) {
        self.run = Some(Run {
            pages: 0,
            resumed: true,
        });
    }

    /// The connection is gone.
    pub(crate) fn handle_lost(&mut self) {
        self.run = None;
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
    ) -> AfterPage {
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
            AfterPage::Done
        }
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

    #[test]
    fn one_page_is_the_end_of_it() {
        let mut sync = SyncState::default();
        sync.begin();
        assert_eq!(sync.handle_page(None, some("t1")), AfterPage::Done);
        assert_eq!(sync.token, some("t1"));
        assert!(!sync.is_running());
    }

    #[test]
    fn after_several_pages_it_asks_once_more_with_the_token() {
        let mut sync = SyncState::default();
        sync.begin();
        assert_eq!(sync.handle_page(some("c1"), None), AfterPage::NextPage);
        assert_eq!(sync.handle_page(None, some("t1")), AfterPage::Again);
        assert_eq!(sync.handle_page(None, some("t2")), AfterPage::Done);
        assert_eq!((sync.token, sync.cursor), (some("t2"), None));
    }

    #[test]
    fn a_sync_that_began_on_another_connection_is_followed_by_one_more() {
        let mut sync = SyncState::restore(some("t0"), some("c1"));
        sync.resume();
        assert_eq!(sync.handle_page(None, some("t1")), AfterPage::Again);
        assert_eq!(sync.handle_page(None, some("t2")), AfterPage::Done);
    }

    #[test]
    fn an_unknown_cursor_begins_again_from_the_token() {
        let mut sync = SyncState::restore(some("t0"), some("c1"));
        sync.resume();
        sync.handle_bad_cursor();
        assert_eq!((&sync.token, &sync.cursor), (&some("t0"), &None));
        assert_eq!(sync.handle_page(None, some("t1")), AfterPage::Done);
    }
}
