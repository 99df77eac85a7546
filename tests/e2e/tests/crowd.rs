//! A thousand connections in one conversation.

use std::{cell::RefCell, io, rc::Rc, time::Duration};

use causerie_cli::load::{
    member::{Member, Opened, pong, send_text},
    watch::Watch,
};
use causerie_e2e::{
    House,
    chat::{create_group, new_id},
    within,
};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::time::{MissedTickBehavior, interval};

const MEMBERS: usize = 1_000;
const MESSAGES: u64 = 500;
const PER_SECOND: u32 = 100;

#[tokio::test(flavor = "current_thread")]
async fn a_thousand_members_get_a_hundred_messages_a_second_each_once_and_in_order() {
    // The server inherits the limit.
    let members = raise_file_limit();
    let house = House::open().await;
    let names: Vec<_> = (0..members).map(|n| format!("member{n:04}")).collect();
    let mut owner = house.client(&names[0]).await;
    let others: Vec<_> = names[1..].iter().map(String::as_str).collect();
    let conversation = create_group(&mut owner, &others).await;
    owner.close().await;
    let buffer = Rc::new(RefCell::new(vec![0; 256 * 1024]));

    let local = tokio::task::LocalSet::new();
    let watches = local.run_until(async {
        let mut opened = Vec::new();
        for name in &names {
            let member = Member {
                addr: house.server.addr(),
                token: house.server.token(name).expect("a token"),
                client_id: new_id(),
                epoch: None,
                rooms: vec![(conversation.clone(), None)],
            };
            opened.push(
                within(20, "an opening", member.open(&buffer))
                    .await
                    .expect("opens"),
            );
        }
        let tasks: Vec<_> = opened
            .into_iter()
            .enumerate()
            .map(|(n, opened)| {
                let room = (n == 0).then(|| conversation.clone());
                tokio::task::spawn_local(take_part(opened, room, Rc::clone(&buffer)))
            })
            .collect();
        let mut watches = Vec::new();
        for task in tasks {
            let watch = within(90, "the last message", task)
                .await
                .expect("no panic");
            watches.push(watch.expect("the connection holds"));
        }
        watches
    });
    for (name, watch) in names.iter().zip(watches.await) {
        assert!(watch.is_clean(), "{name}: {watch:?}");
        assert_eq!(watch.received, MESSAGES, "{name}");
    }
}

/// Receives every message; the one with a room also sends them.
async fn take_part(
    opened: Opened,
    room: Option<String>,
    buffer: Rc<RefCell<Vec<u8>>>,
) -> io::Result<Watch> {
    let Opened {
        mut speaker,
        mut listener,
        rooms,
        ..
    } = opened;
    let mut watch = Watch::after(rooms[0].head_seq);
    let mut sent = 0;
    let mut ticks = interval(Duration::from_secs(1) / PER_SECOND);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    while watch.received < MESSAGES {
        let mut answer = None;
        tokio::select! {
            read = listener.read(&buffer, |line| {
                if watch.handle_line(line).is_none() {
                    answer = pong(line);
                }
            }) => {
                if let Some(code) = read?.closed {
                    return Err(io::Error::other(format!("closed with {code}")));
                }
            }
            _ = ticks.tick(), if room.is_some() && sent < MESSAGES => {
                sent += 1;
                let room = room.as_deref().unwrap_or_default();
                let text = format!("message {sent}");
                speaker.send(&send_text(sent, new_id(), room, &text)).await?;
            }
        }
        if let Some(answer) = answer {
            speaker.send(&answer).await?;
        }
    }
    Ok(watch)
}

/// Raises the limit of open files as far as the system lets, and gives the members that fit.
fn raise_file_limit() -> usize {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).expect("one may raise it to the hard one");
    let room = usize::try_from(hard)
        .unwrap_or(usize::MAX)
        .saturating_sub(200);
    let members = MEMBERS.min(room);
    println!("{members} members, with a limit of {hard} open files");
    assert!(
        members >= 500,
        "the limit of {hard} open files leaves no room for a crowd"
    );
    members
}
