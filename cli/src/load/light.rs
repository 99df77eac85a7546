//! A light client: one socket and what is needed to check an order, so that thousands fit.

use std::{
    future::poll_fn,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf},
    net::{
        TcpSocket,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use super::frame::{self, Frame, Reader};

/// The half that reads. It answers nothing: see [`Listener::read`].
#[derive(Debug)]
pub struct Listener {
    half: OwnedReadHalf,
    reader: Reader,
}

/// The half that writes.
#[derive(Debug)]
pub struct Speaker {
    half: OwnedWriteHalf,
}

/// What a read brought beside lines.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Aside {
    /// Text messages that ended in it.
    pub texts: u64,
    /// Frames to send back: answers to WebSocket pings.
    pub answers: Vec<u8>,
    /// The server closed with this code.
    pub closed: Option<u16>,
}

/// Connects and upgrades.
///
/// # Errors
/// If the connection or the upgrade fails.
pub async fn connect(addr: SocketAddr) -> io::Result<(Speaker, Listener)> {
    connect_from(None, addr).await
}

/// The same from this address of the machine: one address has no more than some 28,000 ports.
///
/// # Errors
/// If the connection or the upgrade fails.
pub async fn connect_from(
    from: Option<IpAddr>,
    addr: SocketAddr,
) -> io::Result<(Speaker, Listener)> {
    let socket = if addr.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    if let Some(from) = from {
        socket.bind(SocketAddr::new(from, 0))?;
    }
    let mut stream = socket.connect(addr).await?;
    stream.set_nodelay(true)?;
    // The key is the example of RFC 6455; only browsers care that it is random.
    let request = format!(
        "GET /ws HTTP/1.1\r\nHost: {addr}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    // Byte by byte would be slow, more than the head could swallow the first frame: the server
    // sends none before it was spoken to.
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    while !head.ends_with(b"\r\n\r\n") {
        let count = stream.read(&mut buffer).await?;
        if count == 0 || head.len() > 16 * 1024 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        head.extend_from_slice(&buffer[..count]);
    }
    if !head.starts_with(b"HTTP/1.1 101 ") {
        let line = String::from_utf8_lossy(&head);
        let line = line.lines().next().unwrap_or_default();
        return Err(io::Error::other(format!("the upgrade was refused: {line}")));
    }
    let (read, write) = stream.into_split();
    let listener = Listener {
        half: read,
        reader: Reader::default(),
    };
    Ok((Speaker { half: write }, listener))
}

impl Speaker {
    /// Sends a text message of one or more frames.
    ///
    /// # Errors
    /// If the connection is gone.
    pub async fn send(&mut self, text: &str) -> io::Result<()> {
        self.half.write_all(&frame::text(text)).await
    }

    /// Sends bytes that are frames already, as [`Aside::answers`] are.
    ///
    /// # Errors
    /// If the connection is gone.
    pub async fn send_raw(&mut self, frames: &[u8]) -> io::Result<()> {
        self.half.write_all(frames).await
    }

    /// Makes the connection end with RST when both halves are dropped.
    ///
    /// # Errors
    /// If the connection is gone.
    pub fn reset_on_drop(&self) -> io::Result<()> {
        self.half.as_ref().set_zero_linger()
    }
}

impl Listener {
    /// Waits for bytes and hands over each line, which is one frame of the protocol. The buffer
    /// may be shared: nothing stays in it.
    ///
    /// # Errors
    /// If the connection broke off, or something unreadable came.
    pub async fn read(
        &mut self,
        buffer: &std::cell::RefCell<Vec<u8>>,
        mut line: impl FnMut(&[u8]),
    ) -> io::Result<Aside> {
        // Not `readable` and then `try_read`: that asks the kernel a second time whether there is
        // more, for every frame.
        let count = poll_fn(|context| {
            let mut buffer = buffer.borrow_mut();
            let mut filled = ReadBuf::new(&mut buffer);
            let read = Pin::new(&mut self.half).poll_read(context, &mut filled);
            read.map_ok(|()| filled.filled().len())
        })
        .await?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut aside = Aside::default();
        let each = |frame: Frame<'_>| match frame {
            Frame::Text(text) => {
                aside.texts += 1;
                text.split(|byte| *byte == b'\n')
                    .filter(|text| !text.is_empty())
                    .for_each(&mut line);
            }
            Frame::Ping(payload) => aside.answers.extend(frame::pong(payload)),
            Frame::Close(code) => aside.closed = Some(code),
            Frame::Pong => {}
        };
        self.reader
            .handle(&buffer.borrow()[..count], each)
            .map_err(|_| io::Error::other("an unreadable WebSocket frame"))?;
        Ok(aside)
    }
}

/// The unsigned number behind the first `"field":` of a line; nothing is parsed that is not asked
/// for. The protocol's frames name `type`, `id` and `seq` before any text of a person.
pub fn number(line: &[u8], field: &str) -> Option<u64> {
    digits(after(line, field)?)
}

/// The unsigned number at the beginning.
pub fn digits(rest: &[u8]) -> Option<u64> {
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()
}

/// Whether the line is a frame of this type.
pub fn is_type(line: &[u8], kind: &str) -> bool {
    after(line, "type").is_some_and(|rest| {
        rest.strip_prefix(b"\"")
            .and_then(|rest| rest.strip_prefix(kind.as_bytes()))
            .is_some_and(|rest| rest.first() == Some(&b'"'))
    })
}

/// What stands behind the first `"field":`.
pub fn after<'a>(line: &'a [u8], field: &str) -> Option<&'a [u8]> {
    let mut from = 0;
    while let Some(quote) = line.get(from..)?.iter().position(|byte| *byte == b'"') {
        let name = &line[from + quote + 1..];
        if let Some(rest) = name.strip_prefix(field.as_bytes())
            && let Some(rest) = rest.strip_prefix(b"\":")
        {
            return Some(rest);
        }
        from += quote + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_without_reading_the_rest() {
        let line =
            br#"{"type":"new_message","payload":{"conversation_id":"c","seq":42,"content":"seq"}}"#;
        assert!(is_type(line, "new_message"));
        assert!(!is_type(line, "new"));
        assert_eq!(number(line, "seq"), Some(42));
        assert_eq!(after(line, "content"), Some(&br#""seq"}}"#[..]));
        assert_eq!(number(line, "head_seq"), None);
        assert_eq!(number(b"\"seq\":x", "seq"), None);
        assert_eq!(number(b"", "seq"), None);
    }
}
