use super::*;

/// Four messages: two of the phone's, one edited with a reaction; one of bob's, deleted; one that
/// was withdrawn before it left.
struct Case {
    ledger: Ledger,
    wire: Vec<Seen>,
    devices: [Vec<Seen>; 3],
    moments: Flaws,
}

impl Case {
    fn good() -> Self {
        let mut ledger = Ledger::default();
        for (device, tag) in [
            (Device::Phone, "p001"),
            (Device::Phone, "p002"),
            (Device::Bob, "b001"),
            (Device::Bob, "b002"),
        ] {
            let number = ledger.ask(device, tag, &format!("{tag} hello"));
            ledger.show(number, &format!("key-{tag}"));
            ledger.get_mut(number).expect("just asked").acknowledged = true;
        }
        let edited = ledger.by_tag("p002").expect("asked");
        edited.text = "p002 hello, again".into();
        edited.edited = true;
        edited.reactions.insert(("♥".into(), "bob".into()));
        ledger.by_tag("b001").expect("asked").deleted = Deleted::Confirmed;
        ledger.by_tag("b002").expect("asked").deleted = Deleted::Unconfirmed;

        let mut wire = vec![seen("p001", 1), seen("b001", 2), seen("p002", 3)];
        wire[1].text = None;
        wire[1].deleted = true;
        wire[2].text = Some("p002 hello, again".into());
        wire[2].edited = true;
        wire[2].reactions.insert(("♥".into(), "bob".into()));
        let devices = Device::ALL.map(|device| {
            let mut shown = wire.clone();
            for item in &mut shown {
                if item.sender != device.user() {
                    item.key = item.message_id.clone();
                }
            }
            shown
        });
        Self {
            ledger,
            wire,
            devices,
            moments: Flaws::default(),
        }
    }

    fn check(&self) -> Findings {
        check(&Evidence {
            ledger: &self.ledger,
            wire: &self.wire,
            devices: &self.devices,
            moments: &self.moments,
        })
    }
}

fn seen(tag: &str, seq: u64) -> Seen {
    Seen {
        key: format!("key-{tag}"),
        message_id: format!("id-{tag}"),
        seq,
        sender: if tag.starts_with('b') { "bob" } else { "alice" }.into(),
        text: Some(format!("{tag} hello")),
        edited: false,
        deleted: false,
        reactions: BTreeSet::new(),
        mark: Mark::Confirmed,
    }
}

#[test]
fn a_run_that_kept_its_promises_is_clean() {
    let findings = Case::good().check();
    assert!(findings.is_clean(), "{findings:?}");
    assert_eq!((findings.sent, findings.withdrawn), (3, 1));
    assert_eq!(
        (findings.shown, findings.acknowledged, findings.delivered),
        (3, 3, 3)
    );
}

#[test]
fn a_message_missing_on_one_device_is_lost() {
    let mut case = Case::good();
    case.devices[2].remove(0);
    let findings = case.check();
    assert_eq!((findings.lost, findings.delivered), (1, 2));
    assert!(!findings.is_clean());
}

#[test]
fn a_tombstone_missing_on_one_device_is_lost() {
    let mut case = Case::good();
    case.devices[0].remove(1);
    assert_eq!(case.check().lost, 1);
}

#[test]
fn a_message_that_was_shown_and_is_nowhere_is_lost() {
    let mut case = Case::good();
    case.ledger.by_tag("b002").expect("asked").deleted = Deleted::No;
    let findings = case.check();
    assert_eq!((findings.sent, findings.lost), (4, 1));
}

#[test]
fn a_message_deleted_after_it_was_confirmed_must_leave_a_tombstone() {
    let mut case = Case::good();
    case.ledger.by_tag("b002").expect("asked").deleted = Deleted::Confirmed;
    assert_eq!(case.check().lost, 1);
}

#[test]
fn a_message_that_stands_twice_is_doubled_on_a_device_and_on_the_server() {
    let mut case = Case::good();
    let again = case.devices[1][0].clone();
    case.devices[1].push(again);
    assert_eq!(case.check().doubled, 1);

    let mut case = Case::good();
    let mut again = case.wire[0].clone();
    again.message_id = "id-other".into();
    again.seq = 4;
    case.wire.push(again.clone());
    for device in &mut case.devices {
        device.push(again.clone());
    }
    assert_eq!(case.check().doubled, 1);
}

#[test]
fn what_stood_twice_for_a_moment_counts_once_by_whatever_name() {
    let mut case = Case::good();
    case.moments.doubled = ["p001", "key-p001", "id-p001"].map(String::from).into();
    case.moments.out_of_order = ["key-b001".to_owned()].into();
    let findings = case.check();
    assert_eq!((findings.doubled, findings.out_of_order), (1, 1));
    assert!(!findings.is_clean());
}

#[test]
fn another_order_than_the_servers_is_noticed() {
    let mut case = Case::good();
    case.devices[2].swap(0, 1);
    let findings = case.check();
    assert_eq!(findings.out_of_order, 1);
}

#[test]
fn another_order_than_the_senders_is_noticed_even_if_all_agree() {
    let mut case = Case::good();
    let change = |items: &mut Vec<Seen>| {
        items.swap(0, 2);
        for (at, item) in items.iter_mut().enumerate() {
            item.seq = at as u64 + 1;
        }
    };
    change(&mut case.wire);
    case.devices.iter_mut().for_each(change);
    assert_eq!(case.check().out_of_order, 1);
}

#[test]
fn a_wrong_byte_a_lost_reaction_and_a_talking_tombstone_are_altered() {
    let spoil: [fn(&mut Case); 5] = [
        |case| case.devices[0][0].text = Some("p001 hellO".into()),
        |case| case.devices[1][2].reactions.clear(),
        |case| case.devices[2][1].text = Some("b001 hello".into()),
        |case| case.wire[2].edited = false,
        |case| case.devices[2][0].sender = "bob".into(),
    ];
    for spoil in spoil {
        let mut case = Case::good();
        spoil(&mut case);
        let findings = case.check();
        assert_eq!(findings.altered, 1, "{findings:?}");
        assert!(!findings.is_clean());
    }
}

#[test]
fn a_message_that_nobody_sent_is_strange() {
    let mut case = Case::good();
    for device in &mut case.devices {
        device.push(seen("x001", 4));
    }
    assert_eq!(case.check().strange, 1);
}

#[test]
fn a_message_that_a_device_shows_as_queued_is_stuck() {
    let mut case = Case::good();
    case.devices[0][2].mark = Mark::Queued;
    assert_eq!(case.check().stuck, 1);
}
