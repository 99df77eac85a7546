//! Lines that are cut at any byte, stall, go silent or let nobody in: with real clients, through
//! the demo's own director and checker.

use std::time::Duration;

use causerie_cli::{
    demo::{
        device::Device,
        dice::Dice,
        director::Director,
        outcome::Outcome,
        script::{Action, Step},
        show::Show,
        stage::Stage,
    },
    proxy::Direction,
};
use causerie_e2e::{program, seed, within};

/// Plays a script in which something happens behind about every third message.
pub async fn play(
    seed: u64,
    messages: usize,
    mut hurt: impl FnMut(&mut Dice, &mut Vec<Action>),
    mend: &[Action],
) -> Outcome {
    let mut dice = Dice::new(seed);
    let mut steps = Vec::new();
    for n in 0..messages {
        let device = *dice.pick(&Device::ALL).expect("three devices");
        let tag = format!("{}{n:04}", device.letter());
        let text = format!("{tag} says {}", dice.roll());
        let wait = Duration::from_millis(dice.below(80));
        steps.push(Step {
            wait,
            action: Action::Say { device, tag, text },
        });
        if dice.below(3) == 0 {
            let mut actions = Vec::new();
            hurt(&mut dice, &mut actions);
            let wait = Duration::from_millis(dice.below(40));
            steps.extend(actions.into_iter().map(|action| Step { wait, action }));
        }
    }
    let wait = Duration::ZERO;
    steps.extend(mend.iter().cloned().map(|action| Step { wait, action }));
    let stage = Stage::set(&program()).await.expect("all processes start");
    let director = Director::new(stage, Show::Nowhere, messages, seed);
    let curtain = within(100, "the end", director.play(steps, None)).await;
    curtain.expect("the run comes to its end").outcome
}

fn assert_kept(outcome: &Outcome, messages: u64) {
    assert!(outcome.is_clean(), "{}", outcome.table().join("\n"));
    assert_eq!(outcome.findings.sent, messages);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_cut_behind_any_byte_lose_double_and_reorder_nothing() {
    let cut = |dice: &mut Dice, actions: &mut Vec<Action>| {
        let device = *dice.pick(&Device::ALL).expect("three devices");
        let direction = *dice.pick(&[Direction::Up, Direction::Down]).expect("two");
        actions.push(Action::CutAfter(device, direction, dice.below(250)));
    };
    let outcome = play(seed(1), 120, cut, &[]).await;
    assert_kept(&outcome, 120);
    let (connections, cuts) = (outcome.connections, outcome.cuts);
    println!("seed {}: {cuts} lines were cut", outcome.seed);
    assert!(cuts > 0, "seed {}: nothing was cut", outcome.seed);
    assert_eq!(
        connections,
        cuts + Device::ALL.len() as u64,
        "seed {}: after each cut its client connects once",
        outcome.seed
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_that_stall_go_silent_or_let_nobody_in_lose_double_and_reorder_nothing() {
    let hurt = |dice: &mut Dice, actions: &mut Vec<Action>| {
        let device = *dice.pick(&Device::ALL).expect("three devices");
        actions.push(match dice.below(6) {
            0 => Action::HalfOpen(device),
            1 => Action::Stall(device, Direction::Up, dice.below(2) == 0),
            2 => Action::Stall(device, Direction::Down, dice.below(2) == 0),
            3 => Action::Refuse(device, dice.below(2) == 0),
            _ => Action::Cut(device),
        });
    };
    let mend: Vec<_> = Device::ALL
        .into_iter()
        .flat_map(|device| {
            [
                Action::Refuse(device, false),
                Action::Stall(device, Direction::Up, false),
                Action::Stall(device, Direction::Down, false),
                // A line that went silent is only noticed after a minute, unless the system says so.
                Action::HalfOpen(device),
            ]
        })
        .collect();
    let outcome = play(seed(2), 120, hurt, &mend).await;
    assert_kept(&outcome, 120);
}
