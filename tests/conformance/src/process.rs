//! A device's process, seen from the judge: it is told a line, and answers with one.

use std::{
    collections::VecDeque,
    ffi::OsString,
    fmt,
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
    sync::{Notify, mpsc},
    task::JoinHandle,
    time::timeout,
};

use crate::{
    protocol::{Says, Spec, Told},
    shown::Refusal,
};

/// How long a process may take to come up: what that takes is its runtime's, not the SDK's.
const TO_BEGIN: Duration = Duration::from_secs(120);
/// How long a process may take to end once its input has, or its output. It has nothing to do any
/// more; what keeps it is a thread or a task that somebody forgot.
pub const TO_END: Duration = Duration::from_secs(10);
/// How much of what it wrote to stderr is kept.
const LAST_LINES: usize = 40;

/// The program of a device: what it is called, and its arguments.
pub type Program = Vec<OsString>;

/// A process that is a device.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// Until it is to end.
    stdin: Option<ChildStdin>,
    answers: mpsc::UnboundedReceiver<Result<Says, String>>,
    /// Reads its stderr, up to the end of it.
    errors: JoinHandle<()>,
}

/// The last lines that the processes of a device wrote to stderr.
#[derive(Debug, Default)]
pub struct Tail {
    lines: Mutex<VecDeque<String>>,
    /// Whose lines are passed on at once, if they are.
    aloud: Option<String>,
}

/// What the judge found wrong with a process.
pub fn lost(what: impl fmt::Display) -> Refusal {
    Refusal {
        code: "process".into(),
        message: what.to_string(),
    }
}

impl Process {
    /// Starts `program` as this device, and waits until it answers. `changed` is told when it says so,
    /// and when its output ends.
    ///
    /// # Errors
    /// If it does not start, or shows anything before it was opened.
    pub async fn begin(
        program: &Program,
        spec: &Spec,
        changed: &Arc<Notify>,
        tail: &Arc<Tail>,
    ) -> Result<Self, Refusal> {
        let (name, arguments) = program.split_first().ok_or_else(|| lost("no program"))?;
        let mut child = Command::new(name)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own, so that a program which a script starts is killed with it.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| lost(format!("{} does not start: {error}", name.display())))?;
        let none = || lost("a pipe is missing");
        let stdin = child.stdin.take().ok_or_else(none)?;
        let stdout = child.stdout.take().ok_or_else(none)?;
        let stderr = child.stderr.take().ok_or_else(none)?;
        let (tell, answers) = mpsc::unbounded_channel();
        tokio::spawn(read(stdout, tell, Arc::clone(changed)));
        let mut process = Self {
            child,
            stdin: Some(stdin),
            answers,
            errors: tokio::spawn(keep(stderr, Arc::clone(tail))),
        };
        process.tell(&Told::Be(spec.clone())).await?;
        match timeout(TO_BEGIN, process.ask(&Told::Look)).await {
            Ok(Ok(Says::Shown(shown))) if shown.connection == "closed" => Ok(process),
            Ok(Ok(other)) => Err(lost(format!("before it was opened, it said {other:?}"))),
            Ok(Err(refusal)) => Err(refusal),
            Err(_) => Err(lost(format!("it does not answer within {TO_BEGIN:?}"))),
        }
    }

    /// Tells it something, and waits for the answer.
    ///
    /// # Errors
    /// If it ends instead, or says what is no answer.
    pub async fn ask(&mut self, told: &Told) -> Result<Says, Refusal> {
        match self.answers.try_recv() {
            Ok(Ok(says)) => return Err(lost(format!("it was asked nothing, and said {says:?}"))),
            Ok(Err(nonsense)) => return Err(lost(nonsense)),
            Err(_) => {}
        }
        self.tell(told).await?;
        match self.answers.recv().await {
            Some(Ok(says)) => Ok(says),
            Some(Err(nonsense)) => Err(lost(nonsense)),
            None => Err(self.ended().await),
        }
    }

    async fn tell(&mut self, told: &Told) -> Result<(), Refusal> {
        let mut line = serde_json::to_string(told).map_err(lost)?;
        line.push('\n');
        let Some(stdin) = &mut self.stdin else {
            return Err(lost("its input has ended"));
        };
        match stdin.write_all(line.as_bytes()).await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.ended().await),
        }
    }

    /// What is said of a process that ended without being asked to.
    async fn ended(&mut self) -> Refusal {
        match self.wait(TO_END).await {
            Some(status) => lost(format!("its process ended by itself: {status}")),
            None => lost("its process closed its output, and runs on"),
        }
    }

    /// Waits until it has ended and all that it wrote is read.
    async fn wait(&mut self, within: Duration) -> Option<ExitStatus> {
        let ended = timeout(within, async {
            let status = self.child.wait().await;
            // Ends when nobody holds the other end any more.
            let _ = (&mut self.errors).await;
            status
        });
        ended.await.ok()?.ok()
    }

    /// Kills it.
    ///
    /// # Errors
    /// If that cannot be done.
    pub async fn kill(mut self) -> Result<(), Refusal> {
        self.slay().await
    }

    async fn slay(&mut self) -> Result<(), Refusal> {
        if let Some(pid) = self.child.id() {
            let group = format!("-{pid}");
            let kill = Command::new("kill").args(["-KILL", "--", &group]).status();
            let status = kill.await.map_err(lost)?;
            if !status.success() {
                return Err(lost(format!("it cannot be killed: {status}")));
            }
        }
        self.child.wait().await.map(drop).map_err(lost)
    }

    /// Ends its input, upon which it must end by itself, in time and well.
    ///
    /// # Errors
    /// If it does not, and had to be killed, or if it says that something went wrong.
    pub async fn end(mut self, within: Duration) -> Result<(), Refusal> {
        drop(self.stdin.take());
        match self.wait(within).await {
            Some(status) if status.success() => Ok(()),
            Some(status) => Err(lost(format!(
                "its input ended, and then its process did: {status}"
            ))),
            None => {
                self.slay().await?;
                Err(lost(format!(
                    "its process was still there {within:?} after its input had ended, and was \
                     killed: something of it runs on"
                )))
            }
        }
    }
}

impl Tail {
    /// One that passes every line on as well, with this name, if there is one.
    pub fn new(aloud: Option<String>) -> Self {
        Self {
            aloud,
            ..Self::default()
        }
    }

    /// The lines.
    pub fn text(&self) -> String {
        let lines: Vec<_> = self.locked().iter().cloned().collect();
        lines.join("\n")
    }

    fn push(&self, line: String) {
        if let Some(name) = &self.aloud {
            eprintln!("{name} says: {line}");
        }
        let mut lines = self.locked();
        if lines.len() == LAST_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    fn locked(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn read(
    stdout: ChildStdout,
    tell: mpsc::UnboundedSender<Result<Says, String>>,
    changed: Arc<Notify>,
) {
    let mut lines = BufReader::new(stdout).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let said = match serde_json::from_str(&line) {
            Ok(Says::Changed) => None,
            Ok(answer) => Some(Ok(answer)),
            Err(error) => Some(Err(format!("it said `{line}`: {error}"))),
        };
        // An answer that nobody waits for is found with the next question.
        match said {
            Some(answer) => drop(tell.send(answer)),
            None => changed.notify_one(),
        }
    }
    drop(tell);
    changed.notify_one();
}

async fn keep(stderr: ChildStderr, tail: Arc<Tail>) {
    let mut lines = BufReader::new(stderr).split(b'\n');
    while let Ok(Some(line)) = lines.next_segment().await {
        tail.push(String::from_utf8_lossy(&line).into_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A device that comes up, and does what the script does from then on.
    async fn begin(script: &str) -> (Process, Arc<Tail>) {
        let closed = r#"{"says":"shown","connection":"closed","rooms":[],"outbox":[],"tokens_asked":0,"ever":[],"broken":[]}"#;
        let script = format!("read be; read look; echo '{closed}'\n{script}");
        let program = ["sh", "-c", &script].map(OsString::from).to_vec();
        let changed = Arc::new(Notify::new());
        let spec = Spec {
            url: "ws://127.0.0.1:1".into(),
            control: "http://127.0.0.1:1".into(),
            user: "alice".into(),
            folder: "nowhere".into(),
            token_ms: 1,
        };
        let tail = Arc::new(Tail::default());
        let process = Process::begin(&program, &spec, &changed, &tail).await;
        (process.expect("a shell"), tail)
    }

    #[tokio::test]
    async fn a_process_that_ends_by_itself_is_told_with_its_code_and_its_last_words() {
        let (mut process, tail) = begin("read look; echo 'no memory' >&2; exit 7").await;
        let refusal = process.ask(&Told::Look).await.expect_err("it ended");
        assert!(refusal.message.contains("exit status: 7"), "{refusal:?}");
        assert_eq!(tail.text(), "no memory");
    }

    #[tokio::test]
    async fn what_is_no_answer_is_told_as_it_was_said() {
        let (mut process, _) = begin("read look; echo hello; read end").await;
        let refusal = process.ask(&Told::Look).await.expect_err("no answer");
        assert!(refusal.message.contains("it said `hello`"), "{refusal:?}");
        process.kill().await.expect("killed");
    }

    #[tokio::test]
    async fn a_second_answer_to_one_question_is_not_taken_for_that_to_the_next() {
        let twice = r#"read look; echo '{"says":"done"}
{"says":"done"}
{"says":"changed"}'; read end"#;
        let (mut process, _) = begin(twice).await;
        let first = process.ask(&Told::Look).await;
        assert_eq!(first, Ok(Says::Done(crate::protocol::Done::default())));
        // Until the second is there, which was said in the same breath.
        while process.answers.is_empty() {
            tokio::task::yield_now().await;
        }
        let refusal = process.ask(&Told::Look).await.expect_err("a second answer");
        assert!(refusal.message.contains("asked nothing"), "{refusal:?}");
        process.kill().await.expect("killed");
    }

    #[tokio::test]
    async fn a_process_ends_with_its_input() {
        let (process, _) = begin("while read line; do :; done").await;
        assert_eq!(process.end(TO_END).await, Ok(()));
    }

    #[tokio::test]
    async fn a_process_that_runs_on_behind_its_input_is_killed_and_told() {
        let (process, _) = begin("while read line; do :; done; sleep 600 & wait").await;
        let ended = process.end(Duration::from_millis(100)).await;
        let refusal = ended.expect_err("it ran on");
        assert!(refusal.message.contains("was killed"), "{refusal:?}");
    }

    #[tokio::test]
    async fn a_process_that_ends_badly_is_told() {
        let (process, _) = begin("while read line; do :; done; exit 3").await;
        let refusal = process.end(TO_END).await.expect_err("not well");
        assert!(refusal.message.contains("exit status: 3"), "{refusal:?}");
    }
}
