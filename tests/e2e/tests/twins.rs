//! Two processes on one folder: the second is refused, the first suffers nothing.

use std::process::Stdio;

use causerie_cli::backend::Backend;
use causerie_e2e::{
    House,
    chat::{create_group, say},
    player::Player,
    program, within,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_client_on_one_folder_is_told_who_has_it_until_the_first_is_dead() {
    let house = House::open().await;
    let mut first = Player::new(&house, "alice", "bob");
    first.start().expect("it starts");
    first.say("a1 before").await.expect("accepted");
    for _ in 0..3 {
        let mut command = first.command();
        command.stderr(Stdio::piped());
        let second = command.spawn().expect("it starts");
        let output = within(30, "its end", second.wait_with_output()).await;
        let output = output.expect("its output");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success());
        assert_eq!(text.lines().count(), 1, "{text}");
        let pid = first.pid().expect("it runs").to_string();
        assert!(text.contains("in use") && text.contains(&pid), "{text}");
        assert!(output.stdout.is_empty(), "it shows nothing");
    }
    first.say("a2 after").await.expect("the first goes on");
    first.until_sent().await;
    let shown = first.dump().await;
    assert_eq!(first.state().troubles, Vec::<String>::new());

    // The same folder, while the first one still runs, and once it was killed.
    first.kill().await;
    first.start().expect("the folder is free");
    assert_eq!(first.dump().await, shown);
    first.say("a3 from the next").await.expect("accepted");
    first.until_sent().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_server_on_one_folder_is_refused_until_the_first_is_dead() {
    let mut house = House::open().await;
    let mut client = house.client("alice").await;
    let conversation = create_group(&mut client, &[]).await;
    let elsewhere = house.folder("beside");
    let folder = elsewhere.parent().expect("the house's own");
    let mut second = Backend::new(&program(), folder).expect("a free port");
    assert_eq!(second.data(), house.server.data());
    let error = second.start().await.expect_err("the folder is taken");
    assert_eq!(error.status.and_then(|status| status.code()), Some(2));
    assert!(
        error.log.contains("in use by another causerie server"),
        "{error}"
    );
    say(&mut client, &conversation, "the first goes on")
        .await
        .expect("sent");
    house.server.kill();
    second.start().await.expect("the folder is free");
}
