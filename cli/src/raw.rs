//! A WebSocket client that knows the wire (`docs/protocol.md`) and nothing of the SDK, so that it
//! can be a witness against it. It holds frames as plain JSON, reconnects never, retries never,
//! and waits for nothing longer than [`PATIENCE`].

use std::{collections::VecDeque, fmt, io, net::SocketAddr, time::Duration};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{self, Message, client::IntoClientRequest, protocol::WebSocketConfig},
};

/// How long a call waits for what must come.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Most messages on one page (docs/protocol.md §4).
const PAGE: u64 = 200;

/// Why a raw client did not get what it waited for.
#[derive(Debug)]
pub enum RawError {
    /// The connection could not be made, or broke.
    Broken(io::Error),
    /// The upgrade was answered with this HTTP status.
    Refused(u16),
    /// The server closed with this code; 1005 if it named none.
    Closed(u16),
    /// What was waited for did not come in time.
    Late(String),
    /// A request was answered with this error frame.
    Error(Value),
    /// The server sent what is no frame.
    Garbled(String),
}

impl fmt::Display for RawError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(error) => write!(f, "the connection broke: {error}"),
            Self::Refused(status) => write!(f, "the upgrade was refused with HTTP {status}"),
            Self::Closed(code) => write!(f, "the server closed with {code}"),
            Self::Late(what) => write!(f, "{what} did not come within {PATIENCE:?}"),
            Self::Error(frame) => write!(f, "refused: {frame}"),
            Self::Garbled(text) => write!(f, "no frame: {text}"),
        }
    }
}

impl std::error::Error for RawError {}

impl From<tungstenite::Error> for RawError {
    fn from(error: tungstenite::Error) -> Self {
        match error {
            tungstenite::Error::Http(response) => Self::Refused(response.status().as_u16()),
            tungstenite::Error::Io(error) => Self::Broken(error),
            tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => {
                Self::Closed(1005)
            }
            other => Self::Broken(io::Error::other(other)),
        }
    }
}

/// One connection.
#[derive(Debug)]
pub struct RawClient {
    socket: WebSocketStream<TcpStream>,
    /// Frames that came while something else was waited for, oldest first.
    inbox: VecDeque<Value>,
    last_id: u64,
}

impl RawClient {
    /// Connects and upgrades; nothing is sent yet.
    ///
    /// # Errors
    /// If the port does not answer or the upgrade is refused.
    pub async fn connect(addr: SocketAddr) -> Result<Self, RawError> {
        Self::connect_with(addr, &[]).await
    }

    /// As [`Self::connect`], with headers of one's own on the upgrade.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub async fn connect_with(
        addr: SocketAddr,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, RawError> {
        let mut request = format!("ws://{addr}/ws").into_client_request()?;
        for (name, value) in headers {
            let value = value
                .parse()
                .map_err(|_| RawError::Garbled(format!("{name} is no header")))?;
            request.headers_mut().insert(*name, value);
        }
        // The defaults are a 128 KiB buffer a connection, too much for a thousand of them.
        let config = WebSocketConfig::default()
            .read_buffer_size(4 * 1024)
            .write_buffer_size(0);
        let socket = within("the connection", async {
            let stream = TcpStream::connect(addr).await.map_err(RawError::Broken)?;
            stream.set_nodelay(true).map_err(RawError::Broken)?;
            let upgraded =
                tokio_tungstenite::client_async_with_config(request, stream, Some(config));
            Ok(upgraded.await?.0)
        })
        .await?;
        Ok(Self {
            socket,
            inbox: VecDeque::new(),
            last_id: 0,
        })
    }

    /// Connects and authenticates.
    ///
    /// # Errors
    /// As [`Self::connect`], and [`RawError::Error`] with the `auth_error`.
    pub async fn open(addr: SocketAddr, token: &str, client_id: &str) -> Result<Self, RawError> {
        let mut client = Self::connect(addr).await?;
        client
            .request(
                "authenticate",
                json!({"token": token, "client_id": client_id, "protocol": 1}),
            )
            .await?;
        Ok(client)
    }

    /// Sends text as it is, frame or not.
    ///
    /// # Errors
    /// If the connection is gone.
    pub async fn send_text(&mut self, text: String) -> Result<(), RawError> {
        let sent = self.socket.send(Message::Text(text.into()));
        within("room to send", async { Ok(sent.await?) }).await
    }

    /// Sends a request and gives its id; does not wait for the answer.
    ///
    /// # Errors
    /// If the connection is gone.
    pub async fn send(&mut self, kind: &str, payload: Value) -> Result<u64, RawError> {
        self.last_id += 1;
        let frame = json!({"type": kind, "id": self.last_id, "payload": payload});
        self.send_text(frame.to_string()).await?;
        Ok(self.last_id)
    }

    /// Sends a request and waits for its answer. What comes in between stays for [`Self::next`].
    ///
    /// # Errors
    /// [`RawError::Error`] if the answer is `error`, `message_error` or `auth_error`.
    pub async fn request(&mut self, kind: &str, payload: Value) -> Result<Value, RawError> {
        let id = self.send(kind, payload).await?;
        self.answer(id).await
    }

    /// Waits for the answer to the request of this id.
    ///
    /// # Errors
    /// As [`Self::request`].
    pub async fn answer(&mut self, id: u64) -> Result<Value, RawError> {
        let frame = self.wait_for("an answer", |f| f["id"] == id).await?;
        match frame["type"].as_str() {
            Some("error" | "message_error" | "auth_error") => Err(RawError::Error(frame)),
            _ => Ok(frame),
        }
    }

    /// Waits for the first frame that is meant; the others keep their order for later.
    ///
    /// # Errors
    /// [`RawError::Late`] names `what` if it does not come.
    pub async fn wait_for(
        &mut self,
        what: &str,
        meant: impl Fn(&Value) -> bool,
    ) -> Result<Value, RawError> {
        if let Some(at) = self.inbox.iter().position(&meant)
            && let Some(frame) = self.inbox.remove(at)
        {
            return Ok(frame);
        }
        within(what, async {
            loop {
                let before = self.inbox.len();
                self.receive().await?;
                let at = (before..self.inbox.len()).find(|at| meant(&self.inbox[*at]));
                if let Some(frame) = at.and_then(|at| self.inbox.remove(at)) {
                    return Ok(frame);
                }
            }
        })
        .await
    }

    /// The next frame in the order of arrival.
    ///
    /// # Errors
    /// If the connection ends or nothing comes.
    pub async fn next(&mut self) -> Result<Value, RawError> {
        self.wait_for("a frame", |_| true).await
    }

    /// What has arrived and was not taken yet.
    pub fn inbox(&self) -> impl Iterator<Item = &Value> {
        self.inbox.iter()
    }

    /// Reads until the server closes, and gives the close code. Frames stay in the inbox.
    ///
    /// # Errors
    /// If it does not close in time, or breaks off without closing.
    pub async fn wait_closed(&mut self) -> Result<u16, RawError> {
        within("the end of the connection", async {
            loop {
                match self.receive().await {
                    Ok(()) => {}
                    Err(RawError::Closed(code)) => return Ok(code),
                    Err(error) => return Err(error),
                }
            }
        })
        .await
    }

    /// Every message of a conversation as the server would show it now, in rising seq, read page
    /// by page.
    ///
    /// # Errors
    /// As [`Self::request`].
    pub async fn history(&mut self, conversation_id: &str) -> Result<Vec<Value>, RawError> {
        let mut all = Vec::new();
        let mut after = 0;
        loop {
            let page = self
                .request(
                    "history",
                    json!({"conversation_id": conversation_id, "after": after, "limit": PAGE}),
                )
                .await?;
            let payload = &page["payload"];
            let messages = payload["messages"].as_array();
            all.extend(messages.into_iter().flatten().cloned());
            let hi = payload["hi"].as_u64().unwrap_or(after);
            if payload["more"] != true || hi <= after {
                return Ok(all);
            }
            after = hi;
        }
    }

    /// Closes in order.
    pub async fn close(mut self) {
        // Whoever is gone already needs no farewell.
        let _ = timeout(PATIENCE, self.socket.close(None)).await;
    }

    /// Breaks off with RST.
    pub fn abort(self) {
        let _ = self.socket.get_ref().set_zero_linger();
    }

    /// Takes in one WebSocket message; answers the server's pings.
    async fn receive(&mut self) -> Result<(), RawError> {
        let message = match self.socket.next().await {
            None => return Err(RawError::Closed(1005)),
            Some(message) => message?,
        };
        match message {
            Message::Text(text) => {
                for value in serde_json::Deserializer::from_str(&text).into_iter::<Value>() {
                    let frame = value.map_err(|_| RawError::Garbled(text.to_string()))?;
                    if frame["type"] == "ping" {
                        let pong = json!({"type": "pong", "payload": frame["payload"]});
                        self.socket
                            .send(Message::Text(pong.to_string().into()))
                            .await?;
                    } else {
                        self.inbox.push_back(frame);
                    }
                }
                Ok(())
            }
            Message::Close(frame) => Err(RawError::Closed(
                frame.map_or(1005, |close| close.code.into()),
            )),
            Message::Binary(_) => Err(RawError::Garbled("a binary message".into())),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Ok(()),
        }
    }
}

async fn within<T>(
    what: &str,
    event: impl Future<Output = Result<T, RawError>>,
) -> Result<T, RawError> {
    match timeout(PATIENCE, event).await {
        Ok(result) => result,
        Err(_) => Err(RawError::Late(what.to_owned())),
    }
}
