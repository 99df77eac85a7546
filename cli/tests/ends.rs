//! How `causerie load` ends when it does not come to its own end: by its limit, by Ctrl-C as a
//! terminal sends it, or since the server is gone.

use std::{
    fs,
    path::Path,
    process::{Output, Stdio},
    time::Duration,
};

use causerie_cli::backend::Backend;
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Lines},
    process::{Child, ChildStderr, Command},
    time::timeout,
};

/// No test takes as long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A run that is under way, in a process group of its own, as a shell gives it one.
struct Run {
    child: Child,
    progress: Lines<BufReader<ChildStderr>>,
}

impl Run {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_causerie"))
            .args(["load", "--json"])
            .args(arguments)
            .env_remove("CAUSERIE_JWT_SECRET")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let progress = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, progress }
    }

    fn pid(&self) -> i32 {
        i32::try_from(self.child.id().unwrap()).unwrap()
    }

    /// Waits until it says this.
    async fn says(&mut self, what: &str) {
        loop {
            let line = timeout(PATIENCE, self.progress.next_line()).await;
            let line = line.unwrap().unwrap();
            let line = line.unwrap_or_else(|| panic!("it ended and never said {what}"));
            if line.contains(what) {
                return;
            }
        }
    }

    /// What a terminal does at Ctrl-C: everything in the group gets it.
    fn interrupt(&self) {
        killpg(Pid::from_raw(self.pid()), Signal::SIGINT).unwrap();
    }

    async fn end(mut self) -> (Option<i32>, Value, String) {
        let mut rest = String::new();
        let ends = async {
            while let Ok(Some(line)) = self.progress.next_line().await {
                rest += &line;
                rest.push('\n');
            }
            let mut printed = String::new();
            let mut output = self.child.stdout.take().unwrap();
            output.read_to_string(&mut printed).await.unwrap();
            (self.child.wait().await.unwrap().code(), printed)
        };
        let (code, printed) = timeout(PATIENCE, ends).await.expect("it ends by itself");
        let report = printed.lines().next_back().unwrap_or_default();
        let report = serde_json::from_str(report).unwrap_or(Value::Null);
        (code, report, rest)
    }
}

async fn refused(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_causerie"));
    let command = command.arg("load").args(arguments);
    command.env_remove("CAUSERIE_JWT_SECRET").kill_on_drop(true);
    timeout(PATIENCE, command.output()).await.unwrap().unwrap()
}

fn figure(report: &Value, key: &str) -> f64 {
    let figure = report["scenarios"][0]["figures"][key].as_f64();
    figure.unwrap_or_else(|| panic!("{key} is missing: {report}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limit_ends_every_scenario_with_the_figures_that_it_has() {
    for (scenario, limit, key, most) in [
        (
            "connect -n 20 --hold 3600",
            "--seconds 1",
            "connections",
            20.0,
        ),
        (
            "connect -n 900 --rate 10",
            "--seconds 1",
            "connections",
            899.0,
        ),
        (
            "storm -n 10 --missed 2 --rounds 1000000",
            "--seconds 1",
            "rounds",
            999_999.0,
        ),
        ("fanout --members 3", "--seconds 1", "messages", 999_999.0),
        (
            "throughput --senders 3 --in-flight 2",
            "--limit 30",
            "messages",
            30.0,
        ),
    ] {
        let words = ["--spawn", "--quiet"].into_iter();
        let words = words.chain(limit.split(' ')).chain(scenario.split(' '));
        let words: Vec<&str> = words.collect();
        let (code, report, said) = Run::start(&words).end().await;
        assert_eq!(code, Some(0), "{scenario}: {report} {said}");
        assert_eq!(
            report["scenarios"][0]["limit"], limit,
            "{scenario}: {report}"
        );
        let figure = figure(&report, key);
        assert!(figure >= 1.0 && figure <= most, "{scenario}: {report}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_before_its_limit_does_not_blame_the_limit() {
    for scenario in ["connect -n 4 --hold 0", "storm -n 4 --missed 1 --rounds 1"] {
        let words = ["--spawn", "--quiet", "--seconds", "3600"].into_iter();
        let words: Vec<&str> = words.chain(scenario.split(' ')).collect();
        let (code, report, said) = Run::start(&words).end().await;
        assert_eq!(code, Some(0), "{scenario}: {report} {said}");
        assert_eq!(
            report["scenarios"][0]["limit"],
            Value::Null,
            "{scenario}: {report}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flag_that_would_do_nothing_is_refused() {
    for (line, named) in [
        ("--spawn --limit 10 connect", "--limit"),
        ("--spawn storm --limit 10", "--limit"),
        ("--spawn --awake storm", "--awake"),
        ("--spawn --server-pid 1 fanout", "--server-pid"),
        ("--spawn --dev fanout", "--dev"),
        ("--spawn fanout --rate 5 --in-flight 3", "--in-flight"),
        ("--spawn --limit 0 fanout", "--limit"),
    ] {
        let output = refused(&line.split(' ').collect::<Vec<_>>()).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{line}: {said}");
        assert!(said.contains(named), "{line}: {said}");
        assert_eq!(said.lines().count(), 1, "{line}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_names_the_help_of_its_own_scenario_and_no_answer_its_cause() {
    for (line, named) in [
        (
            "--spawn fanout --membrs 3",
            "(see causerie load fanout --help)",
        ),
        (
            "--server ws://127.0.0.1:9 --dev fanout",
            "Connection refused",
        ),
    ] {
        let output = refused(&line.split(' ').collect::<Vec<_>>()).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{line}: {said}");
        assert!(said.contains(named), "{line}: {said}");
    }
}

/// The server that a run has started.
#[cfg(target_os = "linux")]
fn server_of(run: &Run) -> String {
    let pid = run.pid();
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    let mut children = children.split_whitespace();
    let server = children.next().expect("a server").to_owned();
    assert_eq!(children.next(), None, "more than a server");
    server
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_of_the_whole_group_leaves_the_figures_and_no_server() {
    for (scenario, under_way) in [
        ("fanout --members 4 --rate 50", "delivered"),
        ("throughput --senders 4 --in-flight 1", "delivered"),
        ("connect -n 5 --hold 3600", "all are open"),
        ("storm -n 5 --missed 1 --rounds 1000000", "round 3 of"),
    ] {
        let words = ["--spawn", "--seconds", "3600"].into_iter();
        let words: Vec<&str> = words.chain(scenario.split(' ')).collect();
        let mut run = Run::start(&words);
        run.says(under_way).await;
        let server = server_of(&run);
        run.interrupt();
        let (code, report, said) = run.end().await;
        assert_eq!(code, Some(130), "{scenario}: {report} {said}");
        assert_eq!(report["clean"], true, "{scenario}: {report}");
        assert_eq!(report["scenarios"][0]["interrupted"], true, "{report}");
        let figures = report["scenarios"][0]["figures"].as_object();
        assert!(figures.is_some_and(|figures| !figures.is_empty()));
        assert!(
            !Path::new("/proc").join(&server).exists(),
            "{scenario}: the server {server} is left over"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_before_there_is_a_figure_says_so() {
    for scenario in ["connect -n 900 --rate 1", "storm -n 900"] {
        let words: Vec<&str> = ["--spawn"].into_iter().chain(scenario.split(' ')).collect();
        let mut run = Run::start(&words);
        run.says("users and their tokens").await;
        run.interrupt();
        let (code, report, said) = run.end().await;
        assert_eq!(code, Some(130), "{scenario}: {report} {said}");
        assert!(
            !report.is_null() || said.contains("ended by Ctrl-C before there was a figure"),
            "{scenario}: {said}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_away_is_a_fault_with_figures_and_exit_code_1() {
    for (scenario, under_way) in [
        ("storm -n 10 --missed 1 --rounds 1000000", "round 3 of"),
        ("connect -n 10 --hold 1", "all are open"),
        ("fanout --members 4 --rate 50", "delivered"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let program = Path::new(env!("CARGO_BIN_EXE_causerie"));
        let mut server = Backend::new(program, folder.path()).unwrap();
        server.start().await.unwrap();
        let url = format!("ws://{}", server.addr());
        let words = ["--server", &url, "--secret", server.secret()].into_iter();
        let words: Vec<&str> = words.chain(scenario.split(' ')).collect();
        let mut run = Run::start(&words);
        run.says(under_way).await;
        server.kill();
        let (code, report, said) = run.end().await;
        assert_eq!(code, Some(1), "{scenario}: {report} {said}");
        assert_eq!(report["clean"], false, "{scenario}: {report}");
        assert!(report["scenarios"][0]["fault_count"].as_u64() > Some(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_ends_with_the_program_that_holds_its_input() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Command::new(env!("CARGO_BIN_EXE_causerie"))
        .args([
            "serve",
            "--dev",
            "--listen",
            "127.0.0.1:0",
            "--end-with-stdin",
        ])
        .arg("--data")
        .arg(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let input = server.stdin.take().unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let line = timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap();
    assert!(line.is_some_and(|line| line.starts_with("listening on ")));
    assert!(server.try_wait().unwrap().is_none(), "it waits for the end");
    drop(input);
    let status = timeout(PATIENCE, server.wait()).await.unwrap().unwrap();
    assert!(status.success(), "{status}");
}
