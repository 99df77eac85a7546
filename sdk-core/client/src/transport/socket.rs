//! One WebSocket, from its opening to its end.

use std::{sync::Arc, time::Duration};

use causerie_protocol::{
    ClientFrame, CloseCode, ServerFrame, decode_server, encode_client,
    limits::{MAX_MESSAGE_BYTES, MAX_SERVER_FRAME_BYTES, SUBPROTOCOL},
};
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    runtime::Handle,
    sync::{
        OwnedSemaphorePermit, Semaphore,
        mpsc::{self, UnboundedReceiver, UnboundedSender},
    },
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        ClientRequestBuilder, Error, Message,
        protocol::{CloseFrame, WebSocketConfig, frame::coding::CloseCode as WireCode},
    },
};

use super::{Address, tls};

/// Messages read and not yet taken by the core. With it the socket is not read, and the server's
/// own backpressure sets in.
const READ_AHEAD: usize = 32;
/// For the farewell of a socket that the core closed, or whose writing failed.
const FAREWELL: Duration = Duration::from_secs(1);

/// What a socket tells.
pub(crate) enum SocketNews {
    /// The upgrade succeeded.
    Opened,
    /// A message came. The permit goes when the core has taken it.
    Frames(Vec<ServerFrame>, OwnedSemaphorePermit),
    /// It ended, or never came to be.
    Closed {
        code: Option<CloseCode>,
        reason: String,
    },
}

/// The core's end of a socket. Dropping it closes the socket, and nothing more is told.
#[derive(Debug)]
pub(crate) struct Socket {
    outgoing: UnboundedSender<Vec<ClientFrame>>,
    /// Its other end goes when the socket is gone.
    gone: std::sync::mpsc::Receiver<()>,
}

impl Socket {
    /// Begins to connect.
    pub(crate) fn open(
        runtime: &Handle,
        address: Address,
        tell: impl Fn(SocketNews) + Send + Sync + 'static,
    ) -> Self {
        // Not bounded: what the core sends is, by the outbox's windows.
        let (outgoing, frames) = mpsc::unbounded_channel();
        let (alive, gone) = std::sync::mpsc::channel();
        runtime.spawn(async move {
            let _alive: std::sync::mpsc::Sender<()> = alive;
            if let Some((code, reason)) = run(&address, frames, &tell).await {
                tell(SocketNews::Closed { code, reason });
            }
        });
        Self { outgoing, gone }
    }

    /// Closes it and waits until the server was told, for a moment at most: for the end, when the
    /// runtime may go as well. Blocks the thread.
    pub(crate) fn close(self) {
        drop(self.outgoing);
        let _ = self.gone.recv_timeout(FAREWELL);
    }

    /// Sends frames, in order. After the end they go nowhere; the news of the end is on its way.
    pub(crate) fn send(&self, frames: Vec<ClientFrame>) {
        let _ = self.outgoing.send(frames);
    }
}

type End = (Option<CloseCode>, String);
type Outgoing = UnboundedReceiver<Vec<ClientFrame>>;

/// How it ended; `None` if the core ended it.
async fn run(
    address: &Address,
    mut frames: Outgoing,
    tell: &(impl Fn(SocketNews) + Sync),
) -> Option<End> {
    let connected = tokio::select! {
        connected = connect(address) => connected,
        () = closed(&mut frames) => return None,
    };
    match connected {
        Ok(Connected::Plain(socket)) => converse(*socket, frames, tell).await,
        Ok(Connected::Secure(socket)) => converse(*socket, frames, tell).await,
        Err(reason) => Some((None, reason)),
    }
}

/// Resolves when the core drops its end. It sends nothing before the socket is open.
async fn closed(frames: &mut Outgoing) {
    while frames.recv().await.is_some() {}
}

enum Connected {
    Plain(Box<WebSocketStream<TcpStream>>),
    Secure(Box<WebSocketStream<tokio_rustls::client::TlsStream<TcpStream>>>),
}

async fn connect(address: &Address) -> Result<Connected, String> {
    let stream = TcpStream::connect((address.host.as_str(), address.port))
        .await
        .map_err(|error| error.to_string())?;
    // Frames are small and someone waits for each.
    stream
        .set_nodelay(true)
        .map_err(|error| error.to_string())?;
    if address.secure {
        let stream = tls::connect(&address.host, stream).await?;
        upgrade(address, stream)
            .await
            .map(|socket| Connected::Secure(Box::new(socket)))
    } else {
        upgrade(address, stream)
            .await
            .map(|socket| Connected::Plain(Box::new(socket)))
    }
}

async fn upgrade<S: AsyncRead + AsyncWrite + Unpin>(
    address: &Address,
    stream: S,
) -> Result<WebSocketStream<S>, String> {
    let request = ClientRequestBuilder::new(address.uri.clone()).with_sub_protocol(SUBPROTOCOL);
    let config = WebSocketConfig::default()
        .read_buffer_size(32 * 1024)
        .max_message_size(Some(2 * MAX_SERVER_FRAME_BYTES))
        .max_frame_size(Some(2 * MAX_SERVER_FRAME_BYTES));
    match client_async_with_config(request, stream, Some(config)).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => {
            Err(format!("the server answered HTTP {}", response.status()))
        }
        Err(error) => Err(error.to_string()),
    }
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    socket: WebSocketStream<S>,
    frames: Outgoing,
    tell: &(impl Fn(SocketNews) + Sync),
) -> Option<End> {
    tell(SocketNews::Opened);
    let (mut sink, stream) = socket.split();
    // Both at once, in one task: a peer that does not read must not keep us from reading.
    let mut reading = std::pin::pin!(read(stream, tell));
    let written = tokio::select! {
        end = &mut reading => return Some(end),
        written = write(&mut sink, frames) => written,
    };
    match written {
        Ok(()) => {
            let farewell = CloseFrame {
                code: WireCode::Normal,
                reason: "".into(),
            };
            let _ = timeout(FAREWELL, sink.send(Message::Close(Some(farewell)))).await;
            None
        }
        // The server's reason for closing may have been sent before and not yet been read.
        Err(error) => Some(
            timeout(FAREWELL, reading)
                .await
                .unwrap_or((None, error.to_string())),
        ),
    }
}

/// Until the core drops its end, or writing fails.
async fn write(
    sink: &mut (impl Sink<Message, Error = Error> + Unpin),
    mut frames: Outgoing,
) -> Result<(), Error> {
    let mut batch = Vec::new();
    while frames.recv_many(&mut batch, 64).await > 0 {
        let mut text = String::new();
        for frame in batch.drain(..).flatten() {
            let line = match encode_client(&frame) {
                Ok(line) => line,
                Err(error) => {
                    tracing::error!(%error, kind = frame.request.kind(), "a frame cannot be encoded");
                    continue;
                }
            };
            if !text.is_empty() && text.len() + 1 + line.len() > MAX_MESSAGE_BYTES {
                sink.feed(Message::text(std::mem::take(&mut text))).await?;
            }
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&line);
        }
        if !text.is_empty() {
            sink.feed(Message::text(text)).await?;
        }
        sink.flush().await?;
    }
    Ok(())
}

/// Until the socket ends. Decodes here, so that the core's thread does not.
async fn read(
    mut stream: impl Stream<Item = Result<Message, Error>> + Unpin,
    tell: &(impl Fn(SocketNews) + Sync),
) -> End {
    let permits = Arc::new(Semaphore::new(READ_AHEAD));
    loop {
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else {
            return (None, "the reader was closed".into());
        };
        match stream.next().await {
            Some(Ok(Message::Text(text))) => match decode(&text) {
                Ok(frames) => tell(SocketNews::Frames(frames, permit)),
                Err(reason) => return (None, reason),
            },
            Some(Ok(Message::Close(frame))) => {
                return match frame {
                    Some(frame) => (
                        Some(CloseCode::from_number(frame.code.into())),
                        frame.reason.to_string(),
                    ),
                    None => (None, "closed without a code".into()),
                };
            }
            Some(Ok(Message::Binary(_))) => {
                return (
                    None,
                    "a binary message came, and no compression was agreed".into(),
                );
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            Some(Err(error)) => return (None, error.to_string()),
            None => return (None, "the connection ended".into()),
        }
    }
}

/// Malformed JSON ends the connection, since nothing says what was lost. Of a frame that cannot be
/// read follows what is left of it.
fn decode(text: &str) -> Result<Vec<ServerFrame>, String> {
    let mut frames = Vec::new();
    for frame in decode_server(text) {
        match frame {
            Ok(frame) => frames.push(frame),
            Err(causerie_protocol::DecodeError::Syntax(error)) => {
                return Err(format!("the server sent malformed JSON: {error}"));
            }
            Err(error) => tracing::warn!(%error, "a frame of the server's cannot be read"),
        }
    }
    Ok(frames)
}
