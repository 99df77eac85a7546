//! The fuzzers' functions over the committed corpus, and over a number of seeded mutations of it. On
//! any compiler; `CAUSERIE_FUZZ_ROUNDS=100` makes a hundred times as many. `cargo xtask fuzz` goes on
//! from the same corpus for as long as one likes.

use std::{fs, path::Path};

use causerie_fuzz::mutate::{Dice, mutate};

fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target);
    let mut inputs: Vec<_> = fs::read_dir(folder)
        .expect("a corpus")
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            (name, fs::read(path).expect("an input"))
        })
        .collect();
    inputs.sort();
    assert!(inputs.len() >= 5, "{target}: {} inputs", inputs.len());
    inputs
}

/// Prints the input if it breaks a promise, so that it can be put into the corpus.
fn run(target: &str, what: &str, input: &[u8], check: fn(&[u8])) {
    if std::panic::catch_unwind(|| check(input)).is_err() {
        let text = input.escape_ascii();
        panic!("{target}, {what}: put this into its corpus when it is mended:\n{text}");
    }
}

fn replay(target: &str, mutations: u64, check: fn(&[u8])) {
    let inputs = corpus(target);
    for (name, input) in &inputs {
        run(target, name, input, check);
    }
    let rounds = std::env::var("CAUSERIE_FUZZ_ROUNDS").ok();
    let rounds: u64 = rounds.map_or(1, |rounds| rounds.parse().expect("a number of rounds"));
    let mutations = mutations * rounds;
    for seed in 0..mutations {
        let mut dice = Dice::new(seed);
        let (name, input) = &inputs[dice.below(inputs.len())];
        let (_, other) = &inputs[dice.below(inputs.len())];
        let input = mutate(input, other, &mut dice);
        run(target, &format!("{name} by seed {seed}"), &input, check);
    }
    println!(
        "{target}: {} inputs and {mutations} mutations",
        inputs.len()
    );
}

#[test]
fn no_text_breaks_the_decoders() {
    replay("frames", 20_000, causerie_fuzz::frames);
}

#[test]
fn no_sequence_of_frames_breaks_the_engine() {
    replay("engine", 4_000, causerie_fuzz::engine);
}

#[test]
fn no_file_in_place_of_the_database_breaks_the_opener() {
    replay("database", 150, causerie_fuzz::database);
}
