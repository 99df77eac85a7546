use std::{io::ErrorKind, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use super::{Direction, Proxy};

const DEADLINE: Duration = Duration::from_secs(10);

/// A client and a server with the proxy between them.
struct Pair {
    proxy: Proxy,
    client: TcpStream,
    server: TcpStream,
    listener: TcpListener,
}

impl Pair {
    async fn connect() -> Self {
        let listener = listen().await;
        let proxy = Proxy::start(address(&listener)).await.expect("a free port");
        let (client, server) = join(&proxy, &listener).await;
        Self {
            proxy,
            client,
            server,
            listener,
        }
    }
}

#[tokio::test]
async fn bytes_pass_both_ways_unchanged_and_an_orderly_end_does_too() {
    let mut pair = Pair::connect().await;
    let big: Vec<u8> = (0..1_000_000_u32).map(|n| n as u8).collect();
    let sent = big.clone();
    let mut client = pair.client;
    let writer = tokio::spawn(async move {
        client.write_all(&sent).await.expect("writes");
        client.shutdown().await.expect("ends");
        client
    });
    let mut arrived = Vec::new();
    within(pair.server.read_to_end(&mut arrived))
        .await
        .expect("reads");
    assert_eq!(arrived, big);

    let mut client = writer.await.expect("the writer ends");
    pair.server
        .write_all(b"after the half close")
        .await
        .expect("writes");
    drop(pair.server);
    let mut answer = Vec::new();
    within(client.read_to_end(&mut answer))
        .await
        .expect("reads");
    assert_eq!(answer, b"after the half close");
    within(pair.proxy.wait_connections(0)).await;
}

#[tokio::test]
async fn a_cut_resets_both_sides_and_the_next_connection_gets_through() {
    let mut pair = Pair::connect().await;
    pair.proxy.cut();
    assert_eq!(reset_of(&mut pair.client).await, ErrorKind::ConnectionReset);
    assert_eq!(reset_of(&mut pair.server).await, ErrorKind::ConnectionReset);

    let (mut client, mut server) = join(&pair.proxy, &pair.listener).await;
    client.write_all(b"again").await.expect("writes");
    assert_eq!(read_exactly(&mut server, 5).await, b"again");
    assert_eq!(within(pair.proxy.wait_connected()).await, (2, 1));
}

#[tokio::test]
async fn only_what_a_cut_ended_counts_as_cut() {
    let mut pair = Pair::connect().await;
    drop(pair.client);
    assert_eq!(read_exactly(&mut pair.server, 0).await, b"");
    drop(pair.server);
    within(pair.proxy.wait_connections(0)).await;
    pair.proxy.cut();
    assert_eq!(pair.proxy.cuts(), 0);

    let (mut client, mut server) = join(&pair.proxy, &pair.listener).await;
    pair.proxy.cut_after(Direction::Up, 3);
    pair.proxy.spare();
    client.write_all(b"spared").await.expect("writes");
    assert_eq!(read_exactly(&mut server, 6).await, b"spared");
    pair.proxy.cut_after(Direction::Up, 0);
    let _ = client.write_all(b"cut").await;
    assert_eq!(reset_of(&mut client).await, ErrorKind::ConnectionReset);
    within(pair.proxy.wait_connections(0)).await;
    assert_eq!(pair.proxy.cuts(), 1);
}

#[tokio::test]
async fn a_half_open_connection_lives_on_and_carries_nothing() {
    let mut pair = Pair::connect().await;
    pair.proxy.half_open();
    // More than every buffer on the way holds: it can only be written if somebody swallows it.
    let much = vec![0_u8; 32 * 1024 * 1024];
    within(pair.client.write_all(&much))
        .await
        .expect("is swallowed");
    within(pair.server.write_all(&much))
        .await
        .expect("is swallowed");
    assert_eq!(pair.proxy.bytes(Direction::Up), 0);
    assert_eq!(pair.proxy.bytes(Direction::Down), 0);
    assert_eq!(pair.proxy.connections(), 1);

    let (mut client, mut server) = join(&pair.proxy, &pair.listener).await;
    client.write_all(b"new").await.expect("writes");
    assert_eq!(read_exactly(&mut server, 3).await, b"new");
    assert_nothing_to_read(&mut pair.server);
}

#[tokio::test]
async fn a_client_that_goes_away_on_a_half_open_connection_is_not_noticed_by_the_server() {
    let mut pair = Pair::connect().await;
    pair.proxy.half_open();
    pair.client.set_zero_linger().expect("a live socket");
    drop(pair.client);
    // The link lives, so the server's writes are still swallowed.
    let much = vec![0_u8; 16 * 1024 * 1024];
    within(pair.server.write_all(&much))
        .await
        .expect("is swallowed");
    assert_eq!(pair.proxy.connections(), 1);
}

#[tokio::test]
async fn a_stalled_direction_loses_nothing_and_the_other_one_goes_on() {
    let mut pair = Pair::connect().await;
    pair.proxy.stall(Direction::Down, true);
    pair.server.write_all(b"late").await.expect("writes");
    pair.client.write_all(b"on time").await.expect("writes");
    assert_eq!(read_exactly(&mut pair.server, 7).await, b"on time");
    assert_nothing_to_read(&mut pair.client);

    pair.proxy.stall(Direction::Down, false);
    assert_eq!(read_exactly(&mut pair.client, 4).await, b"late");
}

#[tokio::test]
async fn a_stalled_reader_makes_the_sender_wait() {
    let mut pair = Pair::connect().await;
    pair.proxy.stall(Direction::Up, true);
    let mut written = 0_usize;
    let chunk = [0_u8; 64 * 1024];
    // The kernel's buffers end somewhere; the proxy's end at HELD.
    while let Ok(wrote) = timeout(Duration::from_millis(500), pair.client.write(&chunk)).await {
        written += wrote.expect("writes");
        assert!(written < 1 << 30, "nothing holds the sender back");
    }
    assert_eq!(pair.proxy.bytes(Direction::Up), 0);
    pair.proxy.stall(Direction::Up, false);
    read_exactly(&mut pair.server, written).await;
}

#[tokio::test]
async fn the_cut_falls_behind_the_byte_that_was_named() {
    for count in [0_u64, 1, 777, 16 * 1024, 100_000] {
        let mut pair = Pair::connect().await;
        pair.proxy.cut_after(Direction::Up, count);
        // The reset may reach us while we write.
        let _ = pair.client.write_all(&vec![7; 200_000]).await;
        let mut arrived = 0_u64;
        let mut buffer = vec![0; 64 * 1024];
        let end = loop {
            match within(pair.server.read(&mut buffer)).await {
                Ok(0) => panic!("an orderly end after {arrived} bytes"),
                Ok(n) => arrived += n as u64,
                Err(error) => break error.kind(),
            }
        };
        assert_eq!(end, ErrorKind::ConnectionReset);
        assert_eq!(arrived, count);
        assert_eq!(pair.proxy.bytes(Direction::Up), count);

        let (mut client, mut server) = join(&pair.proxy, &pair.listener).await;
        client.write_all(b"only once").await.expect("writes");
        assert_eq!(read_exactly(&mut server, 9).await, b"only once");
    }
}

#[tokio::test]
async fn delayed_bytes_come_late_and_in_order() {
    let mut pair = Pair::connect().await;
    pair.proxy.delay(Duration::from_millis(120));
    let begin = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .expect("a clock");
    for n in 0..10_u8 {
        pair.client.write_all(&[n]).await.expect("writes");
    }
    let arrived = read_exactly(&mut pair.server, 10).await;
    let end = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .expect("a clock");
    assert_eq!(arrived, (0..10).collect::<Vec<u8>>());
    assert!(
        end - begin >= Duration::from_millis(115),
        "{:?}",
        end - begin
    );
}

#[tokio::test]
async fn a_refused_connection_is_reset_and_present_ones_go_on() {
    let mut pair = Pair::connect().await;
    pair.proxy.refuse(true);
    let mut refused = TcpStream::connect(pair.proxy.addr())
        .await
        .expect("connects");
    assert_eq!(reset_of(&mut refused).await, ErrorKind::ConnectionReset);
    assert_eq!(pair.proxy.accepted(), 2);

    pair.client.write_all(b"still").await.expect("writes");
    assert_eq!(read_exactly(&mut pair.server, 5).await, b"still");
    pair.proxy.refuse(false);
    join(&pair.proxy, &pair.listener).await;
}

#[tokio::test]
async fn new_connections_go_to_the_new_upstream_and_old_ones_stay() {
    let mut pair = Pair::connect().await;
    let other = listen().await;
    pair.proxy.set_upstream(address(&other));
    let (mut client, mut server) = join(&pair.proxy, &other).await;
    client.write_all(b"new").await.expect("writes");
    assert_eq!(read_exactly(&mut server, 3).await, b"new");
    pair.client.write_all(b"old").await.expect("writes");
    assert_eq!(read_exactly(&mut pair.server, 3).await, b"old");
}

#[tokio::test]
async fn a_missing_upstream_resets_the_client() {
    let gone = {
        let listener = listen().await;
        address(&listener)
    };
    let proxy = Proxy::start(gone).await.expect("a free port");
    let mut client = TcpStream::connect(proxy.addr()).await.expect("connects");
    assert_eq!(reset_of(&mut client).await, ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn dropping_the_proxy_resets_what_is_open() {
    let mut pair = Pair::connect().await;
    drop(pair.proxy);
    assert_eq!(reset_of(&mut pair.client).await, ErrorKind::ConnectionReset);
    assert_eq!(reset_of(&mut pair.server).await, ErrorKind::ConnectionReset);
}

async fn listen() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("a free port")
}

fn address(listener: &TcpListener) -> SocketAddr {
    listener.local_addr().expect("a bound listener")
}

async fn join(proxy: &Proxy, listener: &TcpListener) -> (TcpStream, TcpStream) {
    let (client, server) =
        within(async { tokio::join!(TcpStream::connect(proxy.addr()), listener.accept()) }).await;
    (client.expect("connects"), server.expect("accepts").0)
}

async fn read_exactly(stream: &mut TcpStream, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    within(stream.read_exact(&mut bytes)).await.expect("reads");
    bytes
}

async fn reset_of(stream: &mut TcpStream) -> ErrorKind {
    match within(stream.read(&mut [0; 1])).await {
        Ok(count) => panic!("read {count} bytes instead of a reset"),
        Err(error) => error.kind(),
    }
}

fn assert_nothing_to_read(stream: &mut TcpStream) {
    match stream.try_read(&mut [0; 1]) {
        Ok(count) => panic!("read {count} bytes"),
        Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
    }
}

async fn within<T>(event: impl Future<Output = T>) -> T {
    timeout(DEADLINE, event).await.expect("in time")
}
