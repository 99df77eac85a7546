//! The server's control port, spoken to in the little HTTP that it takes.

use std::{io, net::SocketAddr};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Orders faults.
#[derive(Debug, Clone, Copy)]
pub struct Control {
    addr: SocketAddr,
}

impl Control {
    /// Picks a free port, for `serve --control`.
    ///
    /// # Errors
    /// If there is none.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            addr: causerie_cli::port::free()?,
        })
    }

    /// Where it is.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Sets the server's wall clock off from the system's.
    pub async fn clock(&self, offset_ms: i64) {
        self.order("/clock", json!({"offset_ms": offset_ms})).await;
    }

    /// Has the server refuse the next durable writes that are no repeats.
    pub async fn refuse(&self, count: u32, code: &str) {
        self.order("/refuse", json!({"count": count, "code": code}))
            .await;
    }

    /// Breaks the connections of a user without a word.
    pub async fn cut(&self, user: &str) {
        self.order("/cut", json!({"user_id": user})).await;
    }

    async fn order(&self, path: &str, body: Value) {
        let body = body.to_string();
        let answer = http(self.addr, "POST", path, &body).await;
        let (status, text) = answer.expect("the control port answers");
        assert_eq!(status, 200, "{path}: {text}");
    }
}

/// One HTTP request and its answer: status and body.
///
/// # Errors
/// If the connection breaks, or the answer is no HTTP.
pub async fn http(
    addr: SocketAddr,
    method: &str,
    path: &str,
    body: &str,
) -> io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(addr).await?;
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .ok_or_else(|| io::Error::other("the answer is no HTTP"))?;
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
    let status = status.ok_or_else(|| io::Error::other("the answer has no status"))?;
    Ok((status, body.to_owned()))
}
