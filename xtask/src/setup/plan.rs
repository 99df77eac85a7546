//! What setup will do: what is there, what is installed and how, and what it cannot do.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use serde_json::{Value, json};

use super::machine::{Machine, Rights, System};
use super::maven;
use super::need::{ALL, Language, Need, Source};
use super::npm;
use super::tree;

/// A plan for a machine.
#[derive(Debug, Default)]
pub struct Plan {
    present: Vec<(Need, String)>,
    works: Vec<Work>,
    cannot: Vec<(Need, &'static str)>,
}

/// One thing that is done.
#[derive(Debug, PartialEq, Eq)]
struct Work {
    /// The tools that come by it.
    tools: Vec<&'static str>,
    /// What comes, from where and how large.
    what: String,
    /// The folder into which it goes.
    folder: String,
    deed: Deed,
}

#[derive(Debug, PartialEq, Eq)]
enum Deed {
    /// These commands, one after the other.
    Commands(Vec<Vec<OsString>>),
    /// Maven fetches what this project names.
    Maven(&'static str),
    /// npm fetches what this project names.
    Npm(&'static str),
    /// [`tree::make`].
    Tree,
}

impl Plan {
    /// What is to be done so that nothing of these languages is missing.
    pub fn make(
        machine: &Machine,
        languages: &[Language],
        found: impl Fn(&Need) -> Option<String>,
    ) -> Self {
        let mut plan = Self::default();
        let mut packages: Vec<&str> = Vec::new();
        let mut packaged = Vec::new();
        let mut others = Vec::new();
        for need in ALL.iter().filter(|need| languages.contains(&need.language)) {
            if let Some(version) = found(need) {
                plan.present.push((*need, version));
                continue;
            }
            let lacks = |tool: &str| plan.cannot.iter().any(|(need, _)| need.tool == tool);
            let without = match need.source {
                Source::Maven { .. } if lacks("mvn") => Some("there is no Maven"),
                Source::Npm { .. } if lacks("npm") => Some("there is no npm"),
                _ => None,
            };
            let obstacle = obstacle(machine, need.source);
            if let Some(reason) = obstacle.or(without) {
                plan.cannot.push((*need, reason));
                continue;
            }
            match need.source {
                Source::Apt(names) => {
                    packages.extend(names);
                    packaged.push(need.tool);
                }
                Source::Component(name) => others.push(component(need.tool, name)),
                Source::Crate { name, version } => {
                    others.push(built(machine, need.tool, name, version));
                }
                Source::Pip { name, version } => {
                    others.push(environment(machine, need.tool, name, version));
                }
                Source::Maven { project } => others.push(fetched(need.tool, project)),
                Source::Npm { project } => others.push(Work {
                    tools: vec![need.tool],
                    what: format!("the compiler and the packages that {project} names, by npm"),
                    folder: npm::modules(&machine.cache, project).display().to_string(),
                    deed: Deed::Npm(project),
                }),
                Source::Tree => {
                    let fetcher = ["debootstrap", "ca-certificates"];
                    if !tree::has_debootstrap() {
                        packages.extend(fetcher);
                        packaged.push("debootstrap");
                    }
                    others.push(Work {
                        tools: vec![need.tool],
                        what: tree::WHAT.into(),
                        folder: machine.cache.tree().display().to_string(),
                        deed: Deed::Tree,
                    });
                }
            }
        }
        if !packages.is_empty() {
            plan.works.push(apt(machine, packaged, &packages));
        }
        plan.works.extend(others);
        plan
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.works.is_empty()
    }

    /// Success, unless something is missing that must be installed by hand.
    pub fn verdict(&self) -> ExitCode {
        ExitCode::from(u8::from(!self.cannot.is_empty()))
    }

    /// Does it.
    pub fn carry_out(&self, machine: &Machine) -> Result<(), String> {
        for (n, work) in self.works.iter().enumerate() {
            println!("\n=== [{}/{}] {}", n + 1, self.works.len(), work.what);
            match &work.deed {
                Deed::Commands(commands) => {
                    for words in commands {
                        run(machine, words)?;
                    }
                }
                Deed::Maven(project) => {
                    run(machine, &maven::command(project))?;
                    maven::remember(machine, project)?;
                }
                Deed::Npm(project) => {
                    npm::prepare(machine, project)?;
                    run(machine, &npm::command(&machine.cache, project))?;
                    npm::remember(machine, project)?;
                }
                Deed::Tree => tree::make(machine)?,
            }
        }
        println!("\ninstalled: {}", self.tools().join(", "));
        Ok(())
    }

    fn tools(&self) -> Vec<&'static str> {
        self.works
            .iter()
            .flat_map(|work| work.tools.clone())
            .collect()
    }

    /// The plan for a program that reads it.
    pub fn json(&self, machine: &Machine) -> Value {
        let present = self.present.iter().map(|(need, version)| {
            json!({ "tool": need.tool, "language": need.language.name(), "version": version })
        });
        let install = self.works.iter().map(|work| {
            let lines: Vec<_> = work.lines(machine).collect();
            json!({ "tools": work.tools, "what": work.what, "folder": work.folder, "commands": lines })
        });
        let cannot = self.cannot.iter().map(|(need, reason)| {
            json!({
                "tool": need.tool,
                "language": need.language.name(),
                "reason": reason,
                "by_hand": need.by_hand,
            })
        });
        json!({
            "cache": machine.cache.folder().display().to_string(),
            "present": present.collect::<Vec<_>>(),
            "install": install.collect::<Vec<_>>(),
            "by_hand": cannot.collect::<Vec<_>>(),
        })
    }

    /// The plan for a person, before anything is done.
    pub fn text(&self, machine: &Machine) -> String {
        let mut text = String::new();
        for (need, version) in &self.present {
            text += &format!("{:14} there: {version}\n", need.tool);
        }
        for work in &self.works {
            let tools = work.tools.join(", ");
            text += &format!("{tools:14} missing: {}, into {}\n", work.what, work.folder);
            for line in work.lines(machine) {
                text += &format!("{:16}$ {line}\n", "");
            }
        }
        for (need, reason) in &self.cannot {
            text += &format!(
                "{:14} missing, and not installed here ({reason}); please install by hand: {}\n",
                need.tool, need.by_hand
            );
        }
        if self.works.is_empty() && self.cannot.is_empty() {
            text += "nothing is missing\n";
        }
        text
    }
}

impl Work {
    /// The commands, as one would type them.
    fn lines(&self, machine: &Machine) -> impl Iterator<Item = String> {
        let commands = match &self.deed {
            Deed::Commands(commands) => commands.clone(),
            Deed::Maven(project) => vec![maven::command(project)],
            Deed::Npm(project) => vec![npm::command(&machine.cache, project)],
            Deed::Tree => tree::commands(machine, tree::mirror().as_deref()),
        };
        commands.into_iter().map(|words| typed(&words))
    }
}

/// Why it cannot come from there, on this machine.
fn obstacle(machine: &Machine, source: Source) -> Option<&'static str> {
    let by_apt = || match (machine.system, machine.rights) {
        (System::Other, _) => Some("this is no Debian"),
        (_, Rights::Ordinary) => Some("it needs root, or sudo"),
        (System::Debian | System::LikeDebian, Rights::Root | Rights::Sudo) => None,
    };
    match source {
        Source::Apt(_) => by_apt(),
        Source::Component(_) if !has_rustup() => Some("there is no rustup"),
        Source::Component(_)
        | Source::Crate { .. }
        | Source::Pip { .. }
        | Source::Maven { .. }
        | Source::Npm { .. } => None,
        Source::Tree if machine.system == System::LikeDebian => Some("this is no Debian"),
        Source::Tree if machine.rights == Rights::Sudo => {
            Some("only root itself can work in a tree of Debian sid")
        }
        Source::Tree => by_apt().or((!machine.mounts).then_some(
            "Swift comes in a tree of Debian sid, and this container forbids its mounts",
        )),
    }
}

fn has_rustup() -> bool {
    super::machine::said(Command::new("rustup").arg("--version")).is_some()
}

fn apt(machine: &Machine, tools: Vec<&'static str>, packages: &[&str]) -> Work {
    let mut install = vec![
        "env",
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "install",
        "-q",
        "-y",
        "--no-install-recommends",
    ];
    install.extend(packages);
    Work {
        tools,
        what: format!("Debian's packages {}", packages.join(", ")),
        folder: "/usr".into(),
        deed: Deed::Commands(vec![
            machine.as_root(&["apt-get", "update", "-q"]),
            machine.as_root(&install),
        ]),
    }
}

fn component(tool: &'static str, name: &str) -> Work {
    let words = ["rustup", "component", "add", name];
    Work {
        tools: vec![tool],
        what: format!("rustup's component {name}"),
        folder: "the present toolchain".into(),
        deed: Deed::Commands(vec![words.map(OsString::from).into()]),
    }
}

fn built(machine: &Machine, tool: &'static str, name: &str, version: &str) -> Work {
    let tools = machine.cache.tools();
    // Unoptimised: it runs for a second or two, and optimising it takes minutes.
    let mut words: Vec<OsString> = ["cargo", "install", "--debug", "--locked", "--root"]
        .map(OsString::from)
        .into();
    words.push(tools.clone().into());
    words.push(format!("{name}@{version}").into());
    Work {
        tools: vec![tool],
        what: format!("the crate {name} {version}, built in a minute or two"),
        folder: tools.display().to_string(),
        deed: Deed::Commands(vec![words]),
    }
}

/// An environment of its own, and its program among the other tools.
fn environment(machine: &Machine, tool: &'static str, name: &str, version: &str) -> Work {
    let folder = machine.cache.folder().join("python").join(name);
    let program = folder.join("bin").join(name);
    let tools = machine.cache.tools().join("bin");
    let words = |words: &[&dyn AsRef<std::ffi::OsStr>]| -> Vec<OsString> {
        words.iter().map(|word| word.as_ref().to_owned()).collect()
    };
    Work {
        tools: vec![tool],
        what: format!("{name} {version} with what it needs, by pip (80 MB)"),
        folder: folder.display().to_string(),
        deed: Deed::Commands(vec![
            words(&[&"python3", &"-m", &"venv", &folder]),
            words(&[
                &folder.join("bin/pip"),
                &"install",
                &"--quiet",
                &"--disable-pip-version-check",
                &format!("{name}=={version}"),
            ]),
            words(&[&"mkdir", &"-p", &tools]),
            words(&[&"ln", &"-sf", &program, &tools.join(name)]),
        ]),
    }
}

fn fetched(tool: &'static str, project: &'static str) -> Work {
    let folder = maven::repository().unwrap_or_else(|| "~/.m2/repository".into());
    Work {
        tools: vec![tool],
        what: format!(
            "the compiler, libraries and plugins that {project} names, by Maven (150 MB)"
        ),
        folder: folder.display().to_string(),
        deed: Deed::Maven(project),
    }
}

/// A command as one would type it.
pub fn typed(words: &[OsString]) -> String {
    let quoted = words.iter().map(|word| {
        let word = word.to_string_lossy();
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._-=:@+,%".contains(c);
        if !word.is_empty() && word.chars().all(plain) {
            word.into_owned()
        } else {
            format!("'{}'", word.replace('\'', "'\\''"))
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

/// Runs a command, and shows it and what it prints.
pub fn run(machine: &Machine, words: &[OsString]) -> Result<(), String> {
    println!("$ {}", typed(words));
    let status = Command::new(&words[0])
        .args(&words[1..])
        .current_dir(&machine.root)
        .env("PATH", machine.cache.path())
        // What cargo installs is built apart from the workspace.
        .env_remove("CARGO_TARGET_DIR")
        .status()
        .map_err(|problem| format!("cannot start {}: {problem}", words[0].to_string_lossy()))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{status}: {}", typed(words)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::machine::Cache;
    use super::*;

    const EVERY: [Language; 5] = [
        Language::Rust,
        Language::Python,
        Language::Node,
        Language::Kotlin,
        Language::Swift,
    ];

    fn machine(system: System, rights: Rights) -> Machine {
        Machine {
            system,
            rights,
            mounts: rights == Rights::Root,
            cache: Cache::at("/cache"),
            root: "/checkout".into(),
        }
    }

    fn there(need: &Need) -> Option<String> {
        Some(format!("{} 99.0", need.tool))
    }

    #[test]
    fn where_everything_is_there_nothing_is_done() {
        let machine = machine(System::Debian, Rights::Root);
        let plan = Plan::make(&machine, &EVERY, there);
        assert!(plan.is_empty());
        assert_eq!(plan.verdict(), ExitCode::SUCCESS);
        assert!(plan.text(&machine).contains("nothing is missing"));
        assert_eq!(plan.json(&machine)["install"], json!([]));
    }

    #[test]
    fn every_missing_package_comes_by_one_call_of_apt_before_all_else() {
        let machine = machine(System::Debian, Rights::Sudo);
        let missing = ["cc", "javac", "mvn", "cargo deny"];
        let plan = Plan::make(&machine, &EVERY, |need| {
            there(need).filter(|_| !missing.contains(&need.tool))
        });
        let json = plan.json(&machine);
        assert_eq!(json["install"][0]["tools"], json!(["cc", "javac", "mvn"]));
        assert_eq!(
            json["install"][0]["commands"],
            json!([
                "sudo apt-get update -q",
                "sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y \
                 --no-install-recommends gcc libc6-dev default-jdk-headless maven",
            ])
        );
        assert_eq!(json["install"][1]["tools"], json!(["cargo deny"]));
        assert_eq!(json["install"][1]["folder"], "/cache/tools");
    }

    #[test]
    fn only_the_languages_that_were_named_are_looked_at() {
        let machine = machine(System::Debian, Rights::Root);
        let plan = Plan::make(&machine, &[Language::Node], |_| None);
        assert_eq!(
            plan.tools(),
            [
                "node",
                "npm",
                "chromium",
                "Node's packages",
                "the Electron example's packages"
            ]
        );
    }

    #[test]
    fn maven_comes_before_what_it_fetches() {
        let machine = machine(System::Debian, Rights::Root);
        let plan = Plan::make(&machine, &[Language::Kotlin], |_| None);
        assert_eq!(plan.tools(), ["javac", "mvn", "Kotlin", "Kotlin's example"]);
        let without = Machine {
            system: System::Other,
            ..machine
        };
        let plan = Plan::make(&without, &[Language::Kotlin], |_| None);
        assert!(plan.is_empty());
        assert!(plan.text(&without).contains("there is no Maven"));
    }

    #[test]
    fn what_cannot_be_installed_is_told_and_the_exit_code_says_so() {
        for (system, rights, reason) in [
            (System::Other, Rights::Root, "this is no Debian"),
            (System::Debian, Rights::Ordinary, "needs root, or sudo"),
            (System::Debian, Rights::Sudo, "only root itself"),
            (System::LikeDebian, Rights::Root, "this is no Debian"),
        ] {
            let machine = machine(system, rights);
            let plan = Plan::make(&machine, &[Language::Swift], |_| None);
            assert!(plan.is_empty(), "{system:?} {rights:?}");
            assert_eq!(plan.verdict(), ExitCode::from(1));
            let text = plan.text(&machine);
            assert!(text.contains(reason), "{text}");
            assert!(text.contains("https://swift.org/install"), "{text}");
        }
        let contained = Machine {
            mounts: false,
            ..machine(System::Debian, Rights::Root)
        };
        let plan = Plan::make(&contained, &[Language::Swift], |_| None);
        assert!(plan.text(&contained).contains("forbids its mounts"));
    }

    #[test]
    fn the_tree_is_made_beside_its_place_and_the_commands_can_be_typed() {
        let machine = machine(System::Debian, Rights::Root);
        let plan = Plan::make(&machine, &[Language::Swift], |_| None);
        let text = plan.text(&machine);
        assert!(text.contains("into /cache/sid\n"), "{text}");
        assert!(
            text.contains("debootstrap --variant=minbase sid /cache/sid.new"),
            "{text}"
        );
    }

    #[test]
    fn a_program_of_python_gets_an_environment_and_a_place_on_the_path() {
        let machine = machine(System::Other, Rights::Ordinary);
        let plan = Plan::make(&machine, &[Language::Python], |need| {
            there(need).filter(|_| need.tool != "schemathesis")
        });
        let commands = &plan.json(&machine)["install"][0]["commands"];
        assert_eq!(commands[0], "python3 -m venv /cache/python/schemathesis");
        assert_eq!(
            commands[3],
            "ln -sf /cache/python/schemathesis/bin/schemathesis /cache/tools/bin/schemathesis"
        );
    }

    #[test]
    fn a_word_with_blanks_is_quoted() {
        let words = ["sh", "-c", "echo 'a b'", ""].map(OsString::from);
        assert_eq!(typed(&words), r"sh -c 'echo '\''a b'\''' ''");
    }
}
