//! The floor: a thread that writes the same bytes to a thousand sockets, one after the other, and
//! knows nothing else. What Causerie costs beyond this is its own; what this costs is the kernel's,
//! and differs from machine to machine.

use std::{
    cell::{Cell, RefCell},
    io::{self, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    rc::Rc,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use causerie_cli::load::{
    LoadError,
    frame::Reader,
    process::thread_time,
    report::Report,
    stage::{Cores, raise_file_limit},
};

const RECEIVERS: usize = 1_000;
const PER_SECOND: u32 = 100;
/// Of a `new_message` with a text of 100 bytes, as the server writes it.
const FRAME: usize = 520;

/// Measures it for so long.
pub async fn measure(cores: Cores, length: Duration) -> Result<Report, LoadError> {
    raise_file_limit()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let addr = listener.local_addr()?;
    let messages = u32::try_from(length.as_secs()).unwrap_or(u32::MAX) * PER_SECOND;
    let (go, begin) = mpsc::channel();
    let sender = thread::spawn(move || {
        cores.pin_as_server()?;
        let streams: io::Result<Vec<TcpStream>> = (0..RECEIVERS)
            .map(|_| {
                let (stream, _) = listener.accept()?;
                stream.set_nodelay(true)?;
                Ok(stream)
            })
            .collect();
        // Whoever is to say when is gone only if it has failed.
        let _ = begin.recv();
        Ok::<_, LoadError>(broadcast(streams?, messages)?)
    });
    let received = Rc::new(Cell::new(0_u64));
    let buffer = Rc::new(RefCell::new(vec![0; 64 * 1024]));
    let mut tasks = Vec::new();
    for _ in 0..RECEIVERS {
        let stream = tokio::net::TcpStream::connect(addr).await?;
        let (received, buffer) = (Rc::clone(&received), Rc::clone(&buffer));
        tasks.push(tokio::task::spawn_local(receive(
            stream, received, buffer, messages,
        )));
    }
    let _ = go.send(());
    for task in tasks {
        task.await.map_err(io::Error::other)??;
    }
    let used = sender
        .join()
        .map_err(|_| io::Error::other("the broadcaster panicked"))??;
    let deliveries = received.get();
    let mut report = Report::new(format!(
        "bare: a thread that writes {FRAME} bytes to {RECEIVERS} sockets, {PER_SECOND} times/s"
    ));
    report.figure("deliveries", "deliveries", deliveries as f64, "");
    let micros = used.as_secs_f64() * 1e6 / deliveries.max(1) as f64;
    let micros = (micros * 100.0).round() / 100.0;
    let key = "cpu_us_per_delivery";
    report.figure(
        key,
        "the thread's processor time per delivery",
        micros,
        "µs",
    );
    Ok(report)
}

/// Returns the processor time that it took.
#[expect(clippy::disallowed_methods, reason = "a benchmark keeps a pace")]
fn broadcast(mut streams: Vec<TcpStream>, messages: u32) -> io::Result<Duration> {
    let mut frame = vec![b'x'; FRAME];
    let length = u16::try_from(FRAME - 4).unwrap_or_default().to_be_bytes();
    frame[..4].copy_from_slice(&[0x81, 126, length[0], length[1]]);
    let before = thread_time()?;
    let begin = Instant::now();
    for n in 0..messages {
        let due = Duration::from_secs(1) * n / PER_SECOND;
        thread::sleep(due.saturating_sub(begin.elapsed()));
        for stream in &mut streams {
            stream.write_all(&frame)?;
        }
    }
    Ok(thread_time()? - before)
}

async fn receive(
    stream: tokio::net::TcpStream,
    received: Rc<Cell<u64>>,
    buffer: Rc<RefCell<Vec<u8>>>,
    messages: u32,
) -> io::Result<()> {
    let mut reader = Reader::default();
    let mut left = messages;
    while left > 0 {
        stream.readable().await?;
        let mut buffer = buffer.borrow_mut();
        let count = match stream.try_read(&mut buffer) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error),
        };
        let each = |_: causerie_cli::load::frame::Frame<'_>| {
            left = left.saturating_sub(1);
            received.set(received.get() + 1);
        };
        reader
            .handle(&buffer[..count], each)
            .map_err(|_| io::Error::other("unreadable"))?;
    }
    Ok(())
}
