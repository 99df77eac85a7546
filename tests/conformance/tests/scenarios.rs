//! Every file of `scenarios/` is a test. `CAUSERIE_SCENARIO=name` runs one and tells each step.
//! `CAUSERIE_DEVICE="program argument …"` (or the words as a JSON list) has every device be a process
//! of this program, and `CAUSERIE_DEVICE_NAME` says what the summary calls it.
//!
//! The files of `wrong/` are tests, too: each says in its `.expected` how it must fail, so that it
//! shows that the judge sees.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use causerie_conformance::{
    parse,
    process::Program,
    run::{self, Means, PATIENCE},
    scenario::{Scenario, Tag},
};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;

/// Most scenarios wait most of the time.
const AT_ONCE: usize = 8;
/// As many, where each device is a process that first has to come up.
const AT_ONCE_APART: usize = 4;
/// How long a wrong scenario has to come out right.
const WRONG_PATIENCE: Duration = Duration::from_secs(3);
/// As long, where each device is a process that first has to come up.
const WRONG_PATIENCE_APART: Duration = Duration::from_secs(10);

/// Those of `malformed/` that a schema can see; the others are wrong about names.
const MISFITS: [&str; 5] = [
    "unknown_verb",
    "unknown_field",
    "unknown_order",
    "two_verbs",
    "half_an_expectation",
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    let judged = match Judged::by_environment() {
        Ok(judged) => judged,
        Err(what) => {
            eprintln!("{what}");
            return ExitCode::FAILURE;
        }
    };
    arguments.test_threads.get_or_insert(judged.at_once());
    let asked = std::env::var("CAUSERIE_SCENARIO").ok();
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut trials = Vec::new();
    if !judged.apart {
        trials.push(Trial::test(
            "what is no scenario is refused with its line",
            || refused(&here_of("malformed")),
        ));
        trials.push(Trial::test(
            "the schema takes every scenario and not what is none",
            schema,
        ));
    }
    let mut tally = Tally::default();
    for path in files(&here.join("scenarios")) {
        let name = name_of(&path);
        let scenario = parse::file(&path);
        let left_out = asked.as_ref().is_some_and(|asked| *asked != name)
            || arguments
                .filter
                .as_ref()
                .is_some_and(|f| !name.contains(f.as_str()));
        tally.count(&name, scenario.as_ref().ok(), left_out);
        if left_out {
            continue;
        }
        let trace = asked.is_some();
        let judged = judged.clone();
        trials.push(Trial::test(name, move || {
            let scenario = scenario.map_err(|error| error.to_string())?;
            play(&scenario, &judged, PATIENCE, trace).map_err(|failed| Failed::from(failed.story()))
        }));
    }
    if asked.is_none() {
        for path in files(&here.join("wrong")) {
            let judged = judged.clone();
            trials.push(Trial::test(
                format!("wrong: {}", name_of(&path)),
                move || wrong(&path, &judged),
            ));
        }
    }
    if let Some(asked) = asked.filter(|_| tally.run == 0) {
        eprintln!("no scenario is called {asked}");
        return ExitCode::FAILURE;
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    tally.print(&judged.name);
    conclusion.exit_code()
}

/// Whose SDK is judged.
#[derive(Clone)]
struct Judged {
    /// What the summary calls it.
    name: String,
    /// A device as a process.
    device: Program,
    /// Whether every device is one.
    apart: bool,
}

impl Judged {
    fn by_environment() -> Result<Self, String> {
        let name = std::env::var("CAUSERIE_DEVICE_NAME").ok();
        let Some(named) = std::env::var_os("CAUSERIE_DEVICE") else {
            return Ok(Self {
                name: name.unwrap_or_else(|| "rust".into()),
                device: vec![env!("CARGO_BIN_EXE_conformance-device").into()],
                apart: false,
            });
        };
        let named = named
            .into_string()
            .map_err(|_| "CAUSERIE_DEVICE is no text")?;
        let device: Program = if named.starts_with('[') {
            let words: Vec<String> = serde_json::from_str(&named)
                .map_err(|error| format!("CAUSERIE_DEVICE is no list of words: {error}"))?;
            words.into_iter().map(Into::into).collect()
        } else {
            named.split_whitespace().map(Into::into).collect()
        };
        let program = device.first().ok_or("CAUSERIE_DEVICE names no program")?;
        Ok(Self {
            name: name.unwrap_or_else(|| name_of(Path::new(program))),
            device,
            apart: true,
        })
    }

    fn at_once(&self) -> usize {
        if self.apart { AT_ONCE_APART } else { AT_ONCE }
    }

    fn patience_with_what_is_wrong(&self) -> Duration {
        if self.apart {
            WRONG_PATIENCE_APART
        } else {
            WRONG_PATIENCE
        }
    }
}

fn here_of(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    files.sort();
    files
}

fn name_of(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn play(
    scenario: &Scenario,
    judged: &Judged,
    patience: Duration,
    trace: bool,
) -> Result<(), run::Failed> {
    let means = Means {
        server: server_program(),
        device: judged.device.clone(),
        apart: judged.apart,
        patience,
        trace,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("threads");
    runtime.block_on(run::run(scenario, &means))
}

/// The server, where `CAUSERIE_BIN` says, or else beside the tests in the target folder.
fn server_program() -> PathBuf {
    let named = std::env::var_os("CAUSERIE_BIN").map(PathBuf::from);
    let device = Path::new(env!("CARGO_BIN_EXE_conformance-device"));
    named.unwrap_or_else(|| device.with_file_name("causerie"))
}

/// A wrong scenario must fail, in the words of the file beside it.
fn wrong(path: &Path, judged: &Judged) -> Result<(), Failed> {
    let scenario = parse::file(path)?;
    let patience = judged.patience_with_what_is_wrong();
    let said = match play(&scenario, judged, patience, false) {
        Ok(()) => return Err("it was not noticed".into()),
        Err(failed) => failed.to_string(),
    };
    same(&path.with_extension("expected"), &said)
}

/// What is no scenario is refused in the words of the file beside it.
fn refused(folder: &Path) -> Result<(), Failed> {
    let files = files(folder);
    if files.is_empty() {
        return Err("there is nothing to refuse".into());
    }
    for path in files {
        let text = fs::read_to_string(&path)?;
        let said = match parse::text_of(&name_of(&path), &text) {
            Ok(_) => return Err(format!("{} was taken", path.display()).into()),
            Err(error) => error.to_string(),
        };
        same(&path.with_extension("expected"), &said)?;
    }
    Ok(())
}

/// The schema says the same as the parser does.
fn schema() -> Result<(), Failed> {
    let schema = fs::read_to_string(here_of("scenario.schema.json"))?;
    let schema: Value = serde_json::from_str(&schema)?;
    let schema = jsonschema::validator_for(&schema)?;
    let value = |path: &Path| -> Result<Value, Failed> {
        let text = fs::read_to_string(path)?;
        serde_saphyr::from_str(&text).map_err(|error| error.to_string().into())
    };
    for path in files(&here_of("scenarios"))
        .iter()
        .chain(&files(&here_of("wrong")))
    {
        if let Err(error) = schema.validate(&value(path)?) {
            let (name, place) = (name_of(path), error.instance_path());
            return Err(format!("{name}: {place}: {error}").into());
        }
    }
    for misfit in MISFITS {
        let path = here_of("malformed").join(misfit).with_extension("yaml");
        if schema.is_valid(&value(&path)?) {
            return Err(format!("the schema takes {misfit}").into());
        }
    }
    Ok(())
}

fn same(expected: &Path, said: &str) -> Result<(), Failed> {
    if std::env::var_os("CAUSERIE_UPDATE").is_some() {
        fs::write(expected, format!("{}\n", said.trim_end()))?;
    }
    let expected = fs::read_to_string(expected)?;
    match expected.trim_end() == said.trim_end() {
        true => Ok(()),
        false => Err(format!("expected:\n{expected}\nand it said:\n{said}").into()),
    }
}

/// How many scenarios run, and which do not.
#[derive(Default)]
struct Tally {
    run: usize,
    tags: BTreeMap<Tag, usize>,
    left_out: Vec<String>,
}

impl Tally {
    fn count(&mut self, name: &str, scenario: Option<&Scenario>, left_out: bool) {
        if left_out {
            self.left_out.push(name.to_owned());
            return;
        }
        self.run += 1;
        for tag in scenario.into_iter().flat_map(|scenario| &scenario.tags) {
            *self.tags.entry(*tag).or_default() += 1;
        }
    }

    fn print(&self, name: &str) {
        let tags: Vec<String> = self
            .tags
            .iter()
            .map(|(tag, count)| format!("{count} {}", tag.name()))
            .collect();
        let (run, all) = (self.run, self.run + self.left_out.len());
        println!(
            "scenarios: {run} of {all} run by {name} ({})",
            tags.join(", ")
        );
        match self.left_out.len() {
            0 => println!("left out: none"),
            many => println!("left out: {many}: {}", self.left_out.join(", ")),
        }
    }
}
