//! `causerie load` as a process of its own: against a server that keeps its promises, and through
//! a relay that makes it look as if it did not.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::{Output, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use causerie_cli::{
    backend::Backend,
    load::frame::{Frame, Reader},
};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    process::Command,
};

async fn load(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_causerie"))
        .arg("load")
        .args(arguments)
        .env_remove("CAUSERIE_JWT_SECRET")
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap()
}

fn text(output: &Output) -> String {
    let printed = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    format!("{printed}{errors}")
}

fn report(output: &Output) -> Value {
    let printed = String::from_utf8_lossy(&output.stdout);
    let last = printed.lines().next_back().unwrap_or_default();
    serde_json::from_str(last).unwrap_or_else(|_| panic!("no JSON: {}", text(output)))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_finds_a_server_clean_and_tells_its_figures() {
    for (scenario, figures) in [
        (
            &["connect", "-n", "40", "--rate", "400", "--hold", "0"][..],
            &[
                ("connections", 40.0),
                ("deliveries", 40.0),
                ("rss_kib_per_connection", 0.0),
            ][..],
        ),
        (
            &[
                "fanout",
                "--members",
                "12",
                "--senders",
                "3",
                "--rate",
                "200",
            ],
            &[
                ("messages", 60.0),
                ("deliveries", 720.0),
                ("delivery_p99_ms", 0.0),
                ("server_cpu_us_per_delivery", 0.0),
            ],
        ),
        (
            &["fanout", "--members", "12", "--senders", "3"],
            &[
                ("messages", 60.0),
                ("deliveries", 720.0),
                ("ack_p50_ms", 0.0),
            ],
        ),
        (
            &["throughput", "--senders", "6", "--conversations", "2"],
            &[("messages", 60.0), ("acks_per_s", 0.0)],
        ),
        (
            &["storm", "-n", "20", "--missed", "3", "--rounds", "2"],
            &[("messages", 120.0), ("storm_ms", 0.0)],
        ),
    ] {
        let sends = matches!(scenario[0], "fanout" | "throughput");
        let limit: &[&str] = if sends { &["--limit", "60"] } else { &[] };
        let common = ["--spawn", "--json", "--quiet"];
        let arguments = scenario.iter().chain(limit).copied().chain(common);
        let arguments: Vec<&str> = arguments.collect();
        let output = load(&arguments).await;
        assert!(output.status.success(), "{}", text(&output));
        assert!(output.stderr.is_empty(), "{}", text(&output));
        let said = report(&output);
        assert_eq!(said["clean"], true, "{said}");
        for (key, expected) in figures {
            let figure = said["scenarios"][0]["figures"][key].as_f64();
            match figure {
                Some(figure) if *expected > 0.0 => assert_eq!(figure, *expected, "{key}: {said}"),
                Some(figure) => assert!(figure >= 0.0, "{key}: {said}"),
                None => panic!("{key} is missing: {said}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_dropped_doubled_or_moved_is_seen_and_named() {
    let server = Server::start().await;
    for (lie, seen) in [
        (Lie::Drop, "was lost"),
        (Lie::Double, "came twice"),
        (Lie::Swap, "out of order"),
        (Lie::Renumber, "of sender"),
    ] {
        let relay = Relay::start(server.backend.addr(), lie).await;
        let output = server
            .load(
                relay.addr,
                &["fanout", "--members", "6", "--rate", "100", "--limit", "40"],
            )
            .await;
        let said = text(&output);
        assert_eq!(relay.told(), 1, "{lie:?}: {said}");
        assert_eq!(output.status.code(), Some(1), "{lie:?}: {said}");
        assert!(said.contains("NOT CLEAN"), "{lie:?}: {said}");
        assert!(
            said.lines()
                .any(|line| line.trim_start().starts_with("load0") && line.contains(seen)),
            "{lie:?}: {said}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_dropped_from_what_was_missed_is_seen_in_a_storm_and_in_throughput() {
    let server = Server::start().await;
    for (lie, scenario) in [
        (
            Lie::DropMissed,
            &["storm", "-n", "10", "--missed", "4", "--rounds", "1"][..],
        ),
        (
            Lie::Drop,
            &[
                "throughput",
                "--senders",
                "4",
                "--conversations",
                "2",
                "--limit",
                "200",
            ],
        ),
        (Lie::Drop, &["connect", "-n", "10", "--hold", "0"]),
    ] {
        let relay = Relay::start(server.backend.addr(), lie).await;
        let output = server.load(relay.addr, scenario).await;
        let said = text(&output);
        assert_eq!(relay.told(), 1, "{lie:?}: {said}");
        assert_eq!(output.status.code(), Some(1), "{lie:?}: {said}");
        assert!(said.contains("NOT CLEAN"), "{lie:?}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_may_make_the_tokens_and_a_program_may_too() {
    let server = Server::start().await;
    let url = format!("ws://{}", server.backend.addr());
    let secret = server.backend.secret();
    let program = format!(
        "CAUSERIE_JWT_SECRET='{secret}' {} token --user $1",
        env!("CARGO_BIN_EXE_causerie")
    );
    for tokens in [
        &["--dev"][..],
        &["--secret", secret],
        &["--token-command", &program],
    ] {
        let scenario = [
            "fanout",
            "--members",
            "3",
            "--limit",
            "20",
            "--server",
            &url,
        ];
        let arguments: Vec<&str> = scenario.iter().chain(tokens).copied().collect();
        let output = load(&arguments).await;
        assert!(output.status.success(), "{tokens:?}: {}", text(&output));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_loaded_is_one_line_and_exit_code_2() {
    for (arguments, said) in [
        (&["fanout"][..], "--server"),
        (
            &["--server", "ws://192.0.2.1:4000", "--dev", "fanout"],
            "--i-own-this-server",
        ),
        (&["--server", "ws://127.0.0.1:9", "fanout"], "tokens"),
        (
            &["--server", "ws://127.0.0.1:9", "--dev", "fanout"],
            "no answer",
        ),
        (&["--server", "wss://127.0.0.1:9", "--dev", "fanout"], "TLS"),
        (&["--spawn", "fanout", "--members", "0"], "at least 1"),
        (&["--spawn", "connect", "-n", "2000000000"], "open files"),
    ] {
        let output = load(arguments).await;
        let printed = text(&output);
        assert_eq!(output.status.code(), Some(2), "{printed}");
        assert!(printed.contains(said), "{said:?} is not in {printed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_ends_it_with_the_figures_so_far() {
    let server = Server::start().await;
    // The signal comes when messages are on their way, which the relay sees.
    let relay = Relay::start(server.backend.addr(), Lie::Drop).await;
    relay.tell_the_truth();
    let child = Command::new(env!("CARGO_BIN_EXE_causerie"))
        .args([
            "load",
            "--seconds",
            "3600",
            "--limit",
            "100000000",
            "--json",
        ])
        .args(["--server", &format!("ws://{}", relay.addr)])
        .args(["--secret", server.backend.secret(), "fanout"])
        .args(["--members", "4", "--rate", "50"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    relay.wait_for_messages(20).await;
    let pid = i32::try_from(child.id().unwrap()).unwrap();
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(pid),
        nix::sys::signal::Signal::SIGINT,
    )
    .unwrap();
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", text(&output));
    let said = report(&output);
    assert_eq!(said["scenarios"][0]["interrupted"], true, "{said}");
    assert_eq!(said["clean"], true, "{said}");
    let messages = said["scenarios"][0]["figures"]["messages"].as_f64();
    assert!(messages.is_some_and(|messages| messages >= 5.0), "{said}");
}

struct Server {
    backend: Backend,
    _folder: tempfile::TempDir,
}

impl Server {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = Path::new(env!("CARGO_BIN_EXE_causerie"));
        let mut backend = Backend::new(program, folder.path()).unwrap();
        backend.start().await.unwrap();
        Self {
            backend,
            _folder: folder,
        }
    }

    async fn load(&self, addr: SocketAddr, scenario: &[&str]) -> Output {
        let url = format!("ws://{addr}");
        let common = ["--server", &url, "--secret", self.backend.secret()];
        let arguments: Vec<&str> = common.iter().chain(scenario).copied().collect();
        load(&arguments).await
    }
}

/// What is done to one message, to one receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lie {
    /// It never comes.
    Drop,
    /// It comes twice.
    Double,
    /// It comes behind the next one.
    Swap,
    /// It is left out, and the seqs of those behind it hide that.
    Renumber,
    /// It is missing from `subscribed`.
    DropMissed,
}

/// Stands between the load and a server, and lies once.
struct Relay {
    addr: SocketAddr,
    state: Arc<State>,
}

struct State {
    lie: Lie,
    /// How many messages went by.
    messages: AtomicU64,
    /// How many lies were told.
    told: AtomicU64,
    passed: tokio::sync::watch::Sender<u64>,
}

impl Relay {
    async fn start(upstream: SocketAddr, lie: Lie) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let state = Arc::new(State {
            lie,
            messages: AtomicU64::new(0),
            told: AtomicU64::new(0),
            passed: tokio::sync::watch::Sender::new(0),
        });
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let shared = Arc::clone(&shared);
                tokio::spawn(async move {
                    // A connection that breaks is the load's to notice.
                    let _ = relay(client, upstream, &shared).await;
                });
            }
        });
        Self { addr, state }
    }

    fn told(&self) -> u64 {
        self.state.told.load(Ordering::SeqCst)
    }

    /// As if the lie had been told.
    fn tell_the_truth(&self) {
        self.state.told.store(1, Ordering::SeqCst);
    }

    async fn wait_for_messages(&self, count: u64) {
        let mut passed = self.state.passed.subscribe();
        passed.wait_for(|passed| *passed >= count).await.unwrap();
    }
}

async fn relay(client: TcpStream, upstream: SocketAddr, state: &State) -> io::Result<()> {
    let server = TcpStream::connect(upstream).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut from_client, to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    tokio::select! {
        done = tokio::io::copy(&mut from_client, &mut to_server) => done.map(drop),
        done = pass_down(from_server, to_client, state) => done,
    }
}

/// Passes on what the server says, line by line, each a WebSocket message of its own.
async fn pass_down(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    state: &State,
) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(from.read_u8().await?);
    }
    to.write_all(&head).await?;
    let mut reader = Reader::default();
    let mut buffer = vec![0; 64 * 1024];
    let mut liar = Liar::default();
    loop {
        let count = from.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        let mut down = Vec::new();
        reader
            .handle(&buffer[..count], |frame| match frame {
                Frame::Text(text) => {
                    for line in text.split(|byte| *byte == b'\n') {
                        liar.pass(line, state, &mut down);
                    }
                }
                Frame::Ping(_) | Frame::Pong | Frame::Close(_) => {}
            })
            .map_err(|_| io::Error::other("unreadable"))?;
        for line in down {
            to.write_all(&server_frame(&line)).await?;
        }
        state
            .passed
            .send_replace(state.messages.load(Ordering::SeqCst));
    }
}

/// What one connection has been told.
#[derive(Default)]
struct Liar {
    /// A message that is to come behind the next one.
    kept: Option<Vec<u8>>,
    /// How much the seqs are wrong.
    shift: u64,
}

impl Liar {
    fn pass(&mut self, line: &[u8], state: &State, down: &mut Vec<Vec<u8>>) {
        let mut value: Value = serde_json::from_slice(line).unwrap_or_default();
        let is_message = value["type"] == "new_message";
        if state.lie == Lie::DropMissed
            && value["payload"]["events"]
                .as_array()
                .is_some_and(|events| events.len() > 2)
            && state.told.swap(1, Ordering::SeqCst) == 0
        {
            if let Some(events) = value["payload"]["events"].as_array_mut() {
                events.remove(1);
            }
            let payload = &value["payload"];
            down.push(format!(r#"{{"type":"subscribed","payload":{payload}}}"#).into_bytes());
            return;
        }
        if !is_message {
            down.push(line.to_vec());
            return;
        }
        if let Some(kept) = self.kept.take() {
            down.push(line.to_vec());
            down.push(kept);
            return;
        }
        if self.shift > 0 {
            let seq = value["payload"]["seq"].as_u64().unwrap_or_default();
            value["payload"]["seq"] = (seq - self.shift).into();
            down.push(value.to_string().into_bytes());
            return;
        }
        let number = state.messages.fetch_add(1, Ordering::SeqCst);
        // Not the very first ones: who comes late must be told from what is lost.
        let lies = number >= 5 && state.lie != Lie::DropMissed;
        if !lies || state.told.swap(1, Ordering::SeqCst) > 0 {
            down.push(line.to_vec());
            return;
        }
        match state.lie {
            Lie::Drop | Lie::DropMissed => {}
            Lie::Double => down.extend([line.to_vec(), line.to_vec()]),
            Lie::Swap => self.kept = Some(line.to_vec()),
            Lie::Renumber => self.shift = 1,
        }
    }
}

/// A server's text message.
fn server_frame(payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x81];
    match u16::try_from(payload.len()) {
        Ok(length @ ..=125) => frame.push(length as u8),
        Ok(length) => {
            frame.push(126);
            frame.extend(length.to_be_bytes());
        }
        Err(_) => {
            frame.push(127);
            frame.extend((payload.len() as u64).to_be_bytes());
        }
    }
    frame.extend(payload);
    frame
}
