use causerie_protocol::{AuthCode, CloseCode};

use super::*;

struct Line {
    connection: Connection,
    jitter: Jitter,
    now: Duration,
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

impl Line {
    fn new() -> Self {
        Self::with(&EngineConfig::default())
    }

    fn with(config: &EngineConfig) -> Self {
        Self {
            connection: Connection::new(config),
            jitter: Jitter::new(5),
            now: seconds(1000),
        }
    }

    /// Started, with a token, and accepted.
    fn live() -> Self {
        let mut line = Self::new();
        line.connection.handle_start(line.now);
        line.give_token("one");
        line.connection.handle_opened(line.now);
        line.accept();
        line.connection.take_actions();
        line
    }

    fn accept(&mut self) {
        self.connection.handle_authenticated(seconds(35), self.now);
    }

    fn give_token(&mut self, token: &str) {
        self.connection
            .handle_token(Ok(token.into()), &mut self.jitter, self.now);
    }

    fn fail_token(&mut self, failure: TokenFailure) {
        self.connection
            .handle_token(Err(failure), &mut self.jitter, self.now);
    }

    /// Time goes by while the server speaks.
    fn age(&mut self, by: Duration) {
        self.now += by;
        self.connection.handle_heard(self.now);
        self.advance(Duration::ZERO);
    }

    fn expiring(&mut self) {
        self.connection
            .handle_token_expiring(&mut self.jitter, self.now);
    }

    fn refuse(&mut self, code: AuthCode) {
        self.connection
            .handle_auth_error(&code, "no", true, self.now);
    }

    fn close(&mut self, code: Option<CloseCode>) {
        self.connection
            .handle_closed(code, "", &mut self.jitter, self.now);
    }

    fn advance(&mut self, by: Duration) {
        self.now += by;
        self.connection.handle_timer(&mut self.jitter, self.now);
    }

    fn actions(&mut self) -> Vec<Action> {
        self.connection.take_actions()
    }

    fn waits(&self) -> Option<Duration> {
        match self.connection.state() {
            ConnectionState::Waiting { retry_in, .. } => Some(*retry_in),
            _ => None,
        }
    }

    fn needs_sign_in(&self) -> bool {
        matches!(
            self.connection.state(),
            ConnectionState::SignInNeeded { .. }
        )
    }
}

#[test]
fn the_socket_opens_while_the_token_is_asked_for_once() {
    let mut line = Line::new();
    line.connection.handle_start(line.now);
    assert_eq!(
        line.actions(),
        [Action::OpenSocket, Action::RequestToken { refused: false }]
    );
    line.connection.handle_opened(line.now);
    assert!(line.actions().is_empty(), "the token is awaited");
    assert_eq!(*line.connection.state(), ConnectionState::Authenticating);
    line.give_token("one");
    assert_eq!(line.actions(), [Action::Authenticate("one".into())]);
    line.accept();
    assert_eq!(*line.connection.state(), ConnectionState::Live);
}

#[test]
fn a_provider_that_takes_its_time_is_not_asked_twice() {
    let mut line = Line::new();
    line.connection.handle_start(line.now);
    line.connection.handle_opened(line.now);
    line.actions();
    line.advance(seconds(10));
    assert_eq!(line.actions(), [Action::CloseSocket, Action::Lost]);
    line.advance(seconds(1));
    assert_eq!(line.actions(), [Action::OpenSocket]);
    line.give_token("late");
    line.connection.handle_opened(line.now);
    assert_eq!(line.actions(), [Action::Authenticate("late".into())]);
}

#[test]
fn what_can_be_no_token_is_not_sent_and_another_is_asked_for_later() {
    let huge = "x".repeat(29 * 1024);
    for token in ["a\0b", "to\nken", "\u{85}", "", " \n", &huge] {
        for opened in [false, true] {
            let mut line = Line::new();
            line.connection.handle_start(line.now);
            if opened {
                line.connection.handle_opened(line.now);
            }
            line.actions();
            line.give_token(token);
            assert!(line.waits().is_some(), "{token:?}");
            assert_eq!(line.actions(), [Action::CloseSocket, Action::Lost]);
            line.advance(seconds(1));
            assert_eq!(
                line.actions(),
                [Action::OpenSocket, Action::RequestToken { refused: false }]
            );
            line.connection.handle_opened(line.now);
            line.give_token("sound");
            assert_eq!(line.actions(), [Action::Authenticate("sound".into())]);
        }
        let mut line = Line::live();
        line.age(seconds(60));
        line.expiring();
        line.actions();
        line.give_token(token);
        assert!(line.connection.is_live(), "the present one still serves");
        assert!(line.actions().is_empty());
        line.advance(seconds(1));
        assert_eq!(line.actions(), [Action::RequestToken { refused: true }]);
    }
}

#[test]
fn white_space_around_a_token_is_none_of_it() {
    let mut line = Line::new();
    line.connection.handle_start(line.now);
    line.connection.handle_opened(line.now);
    line.actions();
    line.give_token(" token\n");
    assert_eq!(line.actions(), [Action::Authenticate("token".into())]);
}

#[test]
fn tokens_that_end_as_they_come_are_asked_for_with_growing_waits() {
    let mut line = Line::live();
    let mut asked = 0;
    let end = line.now + seconds(600);
    line.expiring();
    while line.now < end {
        line.age(Duration::from_millis(100));
        if line
            .actions()
            .contains(&Action::RequestToken { refused: true })
        {
            asked += 1;
            line.give_token("short");
            line.connection.handle_refreshed();
            line.expiring();
        }
    }
    // The mean wait is 15 s once the waits have grown.
    assert!((20..80).contains(&asked), "asked {asked} times in 10 min");
    line.age(seconds(30));
    line.actions();
    line.give_token("long");
    line.age(seconds(3600));
    line.expiring();
    assert_eq!(
        line.actions().last(),
        Some(&Action::RequestToken { refused: true }),
        "one that lasted is replaced at once"
    );
}

#[test]
fn a_kept_token_serves_the_next_connection() {
    let mut line = Line::live();
    line.close(None);
    line.advance(seconds(1));
    assert_eq!(line.actions(), [Action::Lost, Action::OpenSocket]);
    line.connection.handle_opened(line.now);
    assert_eq!(line.actions(), [Action::Authenticate("one".into())]);
}

#[test]
fn a_second_refusal_in_a_row_waits_for_the_app() {
    let mut line = Line::new();
    line.connection.handle_start(line.now);
    line.give_token("one");
    line.connection.handle_opened(line.now);
    line.actions();
    line.refuse(AuthCode::TokenExpired);
    assert_eq!(
        line.actions(),
        [
            Action::CloseSocket,
            Action::Lost,
            Action::OpenSocket,
            Action::RequestToken { refused: true }
        ]
    );
    line.give_token("two");
    line.connection.handle_opened(line.now);
    line.refuse(AuthCode::TokenInvalid);
    assert!(line.needs_sign_in());
    assert_eq!(line.connection.poll_timeout(), None);
    line.actions();
    line.give_token("three");
    assert_eq!(line.actions(), [Action::OpenSocket]);
    line.connection.handle_opened(line.now);
    line.accept();
    assert_eq!(*line.connection.state(), ConnectionState::Live);
}

#[test]
fn after_sign_in_is_needed_a_start_asks_the_provider_again() {
    let mut line = Line::new();
    line.connection.handle_start(line.now);
    line.fail_token(TokenFailure::SignInNeeded("signed out".into()));
    assert!(line.needs_sign_in());
    line.actions();
    line.connection.handle_start(line.now);
    assert!(line.actions().contains(&Action::OpenSocket));
    line.fail_token(TokenFailure::SignInNeeded("still".into()));
    line.connection.handle_resume(line.now);
    assert!(line.actions().contains(&Action::OpenSocket));
}

#[test]
fn a_provider_that_fails_for_now_is_asked_again_with_the_next_attempt() {
    let mut line = Line::new();
    line.connection.handle_start(line.now);
    line.fail_token(TokenFailure::Temporary("no network".into()));
    assert!(line.waits().is_some());
    line.actions();
    line.advance(seconds(1));
    assert_eq!(
        line.actions(),
        [Action::OpenSocket, Action::RequestToken { refused: false }]
    );
}

#[test]
fn a_token_that_ends_soon_is_replaced_without_a_new_connection() {
    let mut line = Line::live();
    line.age(seconds(60));
    line.expiring();
    line.expiring();
    assert_eq!(line.actions(), [Action::RequestToken { refused: true }]);
    line.fail_token(TokenFailure::Temporary("later".into()));
    assert!(line.connection.is_live());
    let retry = line.connection.poll_timeout();
    assert_eq!(retry.map(|(_, why)| why), Some(TimerReason::TokenRetry));
    line.advance(seconds(1));
    assert_eq!(line.actions(), [Action::RequestToken { refused: true }]);
    line.give_token("two");
    assert_eq!(line.actions(), [Action::Refresh("two".into())]);
}

#[test]
fn an_expired_token_is_replaced_before_the_next_attempt() {
    let mut line = Line::live();
    line.close(Some(CloseCode::TokenExpired));
    line.advance(seconds(1));
    assert_eq!(
        line.actions(),
        [
            Action::Lost,
            Action::OpenSocket,
            Action::RequestToken { refused: true }
        ]
    );
}

#[test]
fn each_close_code_has_its_consequence() {
    let comes_back = [
        CloseCode::Draining,
        CloseCode::NoPong,
        CloseCode::SlowConsumer,
        CloseCode::Resync,
        CloseCode::TokenExpired,
        CloseCode::RateLimited,
        CloseCode::Internal,
        CloseCode::AuthenticationTimeout,
        CloseCode::Normal,
        CloseCode::Other(1001),
        CloseCode::Other(1006),
        CloseCode::Other(1011),
        CloseCode::Other(4999),
    ];
    for code in comes_back {
        let mut line = Line::live();
        line.close(Some(code));
        assert!(line.waits() <= Some(Duration::from_millis(500)), "{code}");
    }
    for code in [CloseCode::ProtocolViolation, CloseCode::TooManyConnections] {
        let mut line = Line::live();
        line.close(Some(code));
        assert_eq!(line.waits(), Some(seconds(300)), "{code}");
    }
    let mut line = Line::live();
    line.close(Some(CloseCode::Revoked));
    assert!(line.needs_sign_in());
    let mut line = Line::live();
    line.close(Some(CloseCode::VersionUnsupported));
    assert!(matches!(
        line.connection.state(),
        ConnectionState::Closed { .. }
    ));
    let mut line = Line::live();
    line.close(Some(CloseCode::TokenInvalid));
    assert!(
        line.actions()
            .contains(&Action::RequestToken { refused: true })
    );
}

#[test]
fn what_was_announced_counts_when_a_proxy_drops_the_code() {
    let mut line = Line::live();
    line.connection
        .handle_announced(Some(CloseCode::Draining), Some(seconds(7)));
    line.close(None);
    assert_eq!(line.waits(), Some(seconds(7)));
    line.connection
        .handle_network(NetworkHint::Changed, line.now);
    assert_eq!(line.actions(), [Action::Lost], "not before that time");
    line.advance(seconds(7));
    assert_eq!(line.actions(), [Action::OpenSocket]);
}

#[test]
fn a_hint_does_not_wait_where_the_server_asked_for_long() {
    let hints: [fn(&mut Line); 3] = [
        |line| {
            line.connection
                .handle_network(NetworkHint::Changed, line.now)
        },
        |line| line.connection.handle_resume(line.now),
        |line| line.connection.handle_start(line.now),
    ];
    for hint in hints {
        let mut line = Line::live();
        line.connection
            .handle_announced(Some(CloseCode::Draining), Some(seconds(3600)));
        line.close(None);
        assert_eq!(line.waits(), Some(seconds(3600)));
        line.advance(seconds(1));
        assert_eq!(line.actions(), [Action::Lost], "by itself it waits");
        hint(&mut line);
        assert_eq!(line.actions(), [Action::OpenSocket]);
    }
}

#[test]
fn who_is_superseded_by_a_copy_comes_back_with_another_client_id() {
    let mut line = Line::live();
    line.close(Some(CloseCode::Superseded));
    assert_eq!(line.actions(), [Action::Lost, Action::NewClientId]);
    assert_eq!(line.connection.poll_timeout(), None);
    line.connection.handle_client_id(&mut line.jitter, line.now);
    line.advance(seconds(1));
    assert_eq!(line.actions(), [Action::OpenSocket]);
}

#[test]
fn who_superseded_itself_keeps_its_client_id() {
    let mut line = Line::live();
    line.close(None);
    line.advance(seconds(1));
    line.connection.handle_opened(line.now);
    line.accept();
    line.actions();
    line.close(Some(CloseCode::Superseded));
    assert_eq!(line.actions(), [Action::Lost]);
    assert!(line.waits().is_some());
}

#[test]
fn silence_for_heartbeat_and_pong_together_reconnects() {
    let mut line = Line::live();
    line.advance(seconds(30));
    line.connection.handle_heard(line.now);
    assert_eq!(
        line.connection.poll_timeout(),
        Some((line.now + seconds(35), TimerReason::Silence))
    );
    line.advance(seconds(34));
    assert!(line.connection.is_live());
    line.advance(seconds(1));
    assert_eq!(line.actions(), [Action::CloseSocket, Action::Lost]);
    assert!(line.waits().is_some());
}

#[test]
fn a_network_hint_tries_at_once_and_probes_what_seems_live() {
    let mut line = Line::live();
    line.connection
        .handle_network(NetworkHint::Changed, line.now);
    line.connection
        .handle_network(NetworkHint::Changed, line.now);
    assert_eq!(line.actions(), [Action::Ping], "one probe at a time");
    line.advance(seconds(2));
    line.connection.handle_heard(line.now);
    line.advance(seconds(2));
    assert!(line.connection.is_live(), "it showed life");
    line.connection
        .handle_network(NetworkHint::Changed, line.now);
    line.actions();
    line.advance(seconds(3));
    assert_eq!(line.actions(), [Action::CloseSocket, Action::Lost]);
    line.connection
        .handle_network(NetworkHint::Changed, line.now);
    assert_eq!(line.actions(), [Action::OpenSocket]);
}

#[test]
fn a_network_hint_gives_an_attempt_under_way_a_short_time() {
    let mut line = Line::new();
    line.connection.handle_start(line.now);
    line.connection
        .handle_network(NetworkHint::Changed, line.now);
    assert_eq!(
        line.connection.poll_timeout(),
        Some((line.now + seconds(3), TimerReason::OpenDeadline))
    );
}

#[test]
fn failures_are_forgotten_after_ten_seconds_of_life_and_not_before() {
    let mut line = Line::live();
    let attempt = |line: &mut Line, life: u64| {
        line.advance(seconds(life));
        line.close(Some(CloseCode::Internal));
        let ConnectionState::Waiting { attempt, .. } = *line.connection.state() else {
            panic!("it waits");
        };
        line.advance(seconds(30));
        line.connection.handle_opened(line.now);
        line.accept();
        attempt
    };
    assert_eq!(attempt(&mut line, 1), 1);
    assert_eq!(attempt(&mut line, 9), 2);
    assert_eq!(attempt(&mut line, 9), 3);
    assert_eq!(attempt(&mut line, 10), 1);
}

#[test]
fn attempts_never_end_unless_the_app_sets_a_maximum() {
    let fail = |line: &mut Line| {
        line.close(None);
        line.advance(seconds(31));
    };
    let mut line = Line::new();
    line.connection.handle_start(line.now);
    for _ in 0..1000 {
        fail(&mut line);
        assert_eq!(*line.connection.state(), ConnectionState::Connecting);
    }
    let mut line = Line::with(&EngineConfig {
        max_reconnect_attempts: Some(3),
        ..EngineConfig::default()
    });
    line.connection.handle_start(line.now);
    for _ in 0..3 {
        fail(&mut line);
        assert_eq!(*line.connection.state(), ConnectionState::Connecting);
    }
    fail(&mut line);
    assert!(matches!(
        line.connection.state(),
        ConnectionState::Closed { .. }
    ));
    line.connection.handle_start(line.now);
    assert_eq!(*line.connection.state(), ConnectionState::Connecting);
}

#[test]
fn the_background_closes_and_the_foreground_connects_at_once() {
    let mut line = Line::live();
    line.connection.handle_suspend();
    assert_eq!(line.actions(), [Action::CloseSocket, Action::Lost]);
    assert_eq!(*line.connection.state(), ConnectionState::Suspended);
    line.connection.handle_start(line.now);
    assert!(line.actions().is_empty(), "not in the background");
    line.connection.handle_resume(line.now);
    assert_eq!(line.actions(), [Action::OpenSocket]);
    line.connection.handle_stop();
    line.connection.handle_suspend();
    line.connection.handle_resume(line.now);
    assert_eq!(*line.connection.state(), ConnectionState::Disconnected);
}

#[test]
fn an_unsupported_version_ends_it() {
    let mut line = Line::live();
    line.refuse(AuthCode::VersionUnsupported);
    assert!(matches!(
        line.connection.state(),
        ConnectionState::Closed { .. }
    ));
    assert_eq!(line.connection.poll_timeout(), None);
}
