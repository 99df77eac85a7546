//! A thousand members in one conversation, and ten thousand connections.

use std::{
    cell::{Cell, RefCell},
    io,
    net::{IpAddr, Ipv4Addr},
    rc::Rc,
    time::Duration,
};

use causerie_cli::load::{
    member::{Member, Opened, pong, send_text},
    process::Process,
    watch::Watch,
};
use causerie_e2e::{
    House,
    chat::{create_group, new_id, say},
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
    let members = raise_file_limit(MEMBERS);
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

/// Raises the limit of open files as far as the system lets, and gives the connections that fit:
/// all that are wanted wherever the system allows so many files.
///
/// # Panics
/// If the system allows fewer, where it must not be passed over: in CI.
fn raise_file_limit(wanted: usize) -> usize {
    // One end of each is here, the other in the server; the other tests beside it need some, too.
    const BESIDE: usize = 1_500;
    let files = |count: usize| u64::try_from(count).expect("small");
    let needed = files(wanted + BESIDE);
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
    // Who may raise the hard one as well (root) does.
    if hard < needed {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, needed, needed);
    }
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).expect("one may raise it to the hard one");
    println!("up to {hard} files may be open, and {wanted} connections need {needed}");
    if hard >= needed {
        return wanted;
    }
    let fit = usize::try_from(hard)
        .unwrap_or(usize::MAX)
        .saturating_sub(BESIDE);
    let short = format!(
        "NOT RUN IN FULL: {fit} of {wanted} connections, since the hard limit of open files is \
         {hard}; `ulimit -Hn {needed}` or more is needed"
    );
    let in_ci = std::env::var("CI").is_ok_and(|set| set == "true" || set == "1");
    assert!(!in_ci && fit > 0, "{short}");
    println!("{short}");
    fit
}

/// Devices that one user has here.
const DEVICES: usize = 10;
/// Addresses that they come from.
const ADDRESSES: usize = 8;
/// Openings at a time.
const AT_ONCE: usize = 64;
const NEWS: u64 = 3;

#[tokio::test(flavor = "current_thread")]
async fn ten_thousand_connections_from_several_addresses_all_get_every_message() {
    let count = raise_file_limit(10_000);
    let house = House::open().await;
    let names: Vec<_> = (0..count.div_ceil(DEVICES))
        .map(|n| format!("user{n:04}"))
        .collect();
    let mut owner = house.client(&names[0]).await;
    let others: Vec<_> = names[1..].iter().map(String::as_str).collect();
    let conversation = create_group(&mut owner, &others).await;
    let members: Vec<_> = names
        .iter()
        .flat_map(|name| {
            let token = house.server.token(name).expect("a token");
            let member = Member {
                addr: house.server.addr(),
                token,
                client_id: new_id(),
                epoch: None,
                rooms: vec![(conversation.clone(), None)],
            };
            (0..DEVICES).map(move |_| Member {
                client_id: new_id(),
                ..member.clone()
            })
        })
        .take(count)
        .collect();
    let server = Process(house.server.pid().expect("it runs"));
    let before = server.memory().expect("its memory").proportional;

    let local = tokio::task::LocalSet::new();
    let (idle, watches) = local
        .run_until(async {
            let opened = open_all(&members).await;
            let idle = server.memory().expect("its memory").proportional;
            let tasks: Vec<_> = opened
                .into_iter()
                .map(|opened| tokio::task::spawn_local(listen(opened, NEWS)))
                .collect();
            for n in 0..NEWS {
                let text = format!("news {n}");
                say(&mut owner, &conversation, &text).await.expect("sent");
            }
            let mut watches = Vec::new();
            for task in tasks {
                let watch = within(90, "the last message", task)
                    .await
                    .expect("no panic");
                watches.push(watch.expect("the connection holds"));
            }
            (idle, watches)
        })
        .await;
    let after = server.memory().expect("its memory").proportional;
    assert!(
        watches
            .iter()
            .all(|watch| watch.is_clean() && watch.received == NEWS)
    );
    let each = |bytes: u64| (bytes - before.min(bytes)) as f64 / 1024.0 / count as f64;
    println!(
        "{count} connections of {} users from {ADDRESSES} addresses each got {NEWS} messages; \
         the server (unoptimised) held {:.1} KiB for each while idle, {:.1} KiB afterwards",
        names.len(),
        each(idle),
        each(after)
    );
}

/// Opens them, some at a time, from one address after the other.
async fn open_all(members: &[Member]) -> Vec<Opened> {
    let next = Rc::new(Cell::new(0));
    let members: Rc<[Member]> = members.into();
    let buffer = Rc::new(RefCell::new(vec![0; 256 * 1024]));
    let openers: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (next, members, buffer) = (next.clone(), members.clone(), buffer.clone());
            tokio::task::spawn_local(async move {
                let mut opened = Vec::new();
                loop {
                    let n = next.replace(next.get() + 1);
                    let Some(member) = members.get(n) else {
                        return opened;
                    };
                    let last = u8::try_from(2 + n % ADDRESSES).expect("few");
                    let from = IpAddr::V4(Ipv4Addr::new(127, 0, 0, last));
                    let opening = within(60, "an opening", member.open_from(Some(from), &buffer));
                    opened.push(opening.await.expect("it opens"));
                }
            })
        })
        .collect();
    let mut all = Vec::new();
    for opener in openers {
        all.extend(opener.await.expect("no panic"));
    }
    all
}

/// Reads until so many messages have come.
async fn listen(opened: Opened, count: u64) -> io::Result<Watch> {
    let Opened {
        mut speaker,
        mut listener,
        rooms,
        ..
    } = opened;
    let buffer = RefCell::new(vec![0; 4 * 1024]);
    let mut watch = Watch::after(rooms[0].head_seq);
    while watch.received < count {
        let mut answer = None;
        let aside = listener
            .read(&buffer, |line| {
                if watch.handle_line(line).is_none() {
                    answer = pong(line);
                }
            })
            .await?;
        if let Some(code) = aside.closed {
            return Err(io::Error::other(format!("closed with {code}")));
        }
        if let Some(answer) = answer {
            speaker.send(&answer).await?;
        }
    }
    Ok(watch)
}
