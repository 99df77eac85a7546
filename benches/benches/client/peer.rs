//! A server in this process that costs as little as it can: it answers, and says what it is told
//! to say.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use causerie_protocol::{
    Ack, Authenticated, ClientFrame, CursorAck, HistoryPage, Limits, Message, MessageId,
    MessageSent, NewMessage, Ping, Request, Room, ServerFrame, ServerMessage, SessionId,
    Subscribed, SyncPage, Write, WriteOp, decode_client, encode_server,
};
use futures_util::{SinkExt, StreamExt};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
        oneshot,
    },
    time::{MissedTickBehavior, interval},
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async,
    tungstenite::{
        self,
        handshake::server::{Request as Upgrade, Response},
        http::HeaderValue,
    },
};
use uuid::Uuid;

use crate::{Failed, cache, clock};

/// What it says once somebody has subscribed.
#[derive(Debug, Clone, Copy)]
pub enum Talk {
    /// So many messages a second, one at a time.
    Steady(u32),
    /// So many messages, as fast as they are taken, 64 at a time.
    Flood(u64),
    /// Nothing: whoever began it says it with [`Server::say`].
    Nothing,
}

/// The server. Dropping it ends it.
pub struct Server {
    address: SocketAddr,
    orders: UnboundedSender<String>,
    /// When the last order was carried out.
    said: Arc<Mutex<Option<Instant>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Begins with a conversation of so many messages.
    pub fn start(head: u64, talk: Talk) -> Result<Self, Failed> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let (orders, ordered) = unbounded_channel();
        let said = Arc::new(Mutex::new(None));
        let when = Arc::clone(&said);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let thread = std::thread::spawn(move || {
            runtime.block_on(async move {
                let serving = serve(listener, head, talk, ordered, when);
                tokio::select! {
                    served = serving => {
                        if let Err(error) = served {
                            eprintln!("client bench: the server in this process failed: {error}");
                        }
                    }
                    _ = stopped => {}
                }
            });
        });
        Ok(Self {
            address,
            orders,
            said,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    pub fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// Has it send a text.
    pub fn say(&self, text: String) {
        let _ = self.orders.send(text);
    }

    /// When it last began to send what it was told to.
    pub fn said(&self) -> Option<Instant> {
        self.said.lock().ok().and_then(|said| *said)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn serve(
    listener: std::net::TcpListener,
    head: u64,
    talk: Talk,
    orders: UnboundedReceiver<String>,
    said: Arc<Mutex<Option<Instant>>>,
) -> Result<(), Failed> {
    let listener = TcpListener::from_std(listener)?;
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    let choose = |_: &Upgrade, mut response: Response| {
        let chosen = HeaderValue::from_static("causerie.v1.json");
        response
            .headers_mut()
            .insert("sec-websocket-protocol", chosen);
        Ok(response)
    };
    let mut peer = Peer {
        socket: accept_hdr_async(stream, choose).await?,
        head,
        subscribed: false,
    };
    peer.run(talk, orders, &said).await
}

struct Peer {
    socket: WebSocketStream<TcpStream>,
    head: u64,
    subscribed: bool,
}

impl Peer {
    async fn run(
        &mut self,
        talk: Talk,
        mut orders: UnboundedReceiver<String>,
        said: &Mutex<Option<Instant>>,
    ) -> Result<(), Failed> {
        let period = match talk {
            Talk::Steady(rate) => Duration::from_secs(1) / rate.max(1),
            Talk::Flood(_) => Duration::from_micros(100),
            Talk::Nothing => Duration::from_secs(3_600),
        };
        let mut tick = interval(period);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                message = self.socket.next() => match message {
                    Some(Ok(tungstenite::Message::Text(text))) => {
                        for frame in decode_client(&text).flatten() {
                            self.answer(frame, talk).await?;
                        }
                    }
                    Some(Ok(tungstenite::Message::Close(_)) | Err(_)) | None => return Ok(()),
                    Some(Ok(_)) => {}
                },
                Some(text) = orders.recv() => {
                    if let Ok(mut said) = said.lock() {
                        *said = Some(clock());
                    }
                    self.socket.send(tungstenite::Message::text(text)).await?;
                }
                _ = tick.tick(), if self.subscribed => match talk {
                    Talk::Steady(_) => self.say(1).await?,
                    Talk::Flood(messages) if self.head < messages => {
                        self.say((messages - self.head).min(64)).await?;
                    }
                    Talk::Flood(_) | Talk::Nothing => {}
                },
            }
        }
    }

    async fn answer(&mut self, frame: ClientFrame, talk: Talk) -> Result<(), Failed> {
        let id = frame.id;
        match frame.request {
            Request::Authenticate(hello) => {
                self.send(ServerFrame::reply(id, authenticated())).await?;
                for wanted in hello.subscriptions {
                    self.send(self.joined(None, wanted.room)).await?;
                    self.subscribed = true;
                }
                let conversations = match talk {
                    Talk::Steady(_) | Talk::Flood(_) => vec![cache::item(self.head)?],
                    Talk::Nothing => Vec::new(),
                };
                let page = SyncPage {
                    conversations,
                    token: Some("synced".into()),
                    ..SyncPage::default()
                };
                self.send(ServerFrame::event(ServerMessage::SyncPage(page)))
                    .await
            }
            Request::Subscribe(wanted) => {
                self.send(self.joined(id, wanted.room)).await?;
                self.subscribed = true;
                Ok(())
            }
            Request::Write(write) => self.take(id, *write).await,
            Request::History(asked) => {
                let page = ServerMessage::HistoryPage(HistoryPage {
                    conversation_id: asked.conversation_id,
                    messages: Vec::new(),
                    lo: asked.after.map_or(1, |seq| seq + 1),
                    hi: asked.before.map_or(self.head, |seq| seq.saturating_sub(1)),
                    as_of_seq: self.head,
                    visible_from: 1,
                    more: false,
                    users: Vec::new(),
                });
                self.send(ServerFrame::reply(id, page)).await
            }
            Request::MarkRead(mark) | Request::MarkDelivered(mark) => {
                let ack = Ack::Cursor(CursorAck {
                    conversation_id: mark.conversation_id,
                    read_seq: mark.seq,
                    read_number: mark.seq,
                    mentions_unread: 0,
                    rev: 1,
                });
                self.send(ServerFrame::reply(id, ServerMessage::Ack(ack)))
                    .await
            }
            Request::Ping(Ping { t }) => {
                self.send(ServerFrame::reply(id, ServerMessage::Pong(Ping { t })))
                    .await
            }
            _ => Ok(()),
        }
    }

    /// A message that was sent: acknowledged, and shown to its sender as to everybody.
    async fn take(&mut self, id: Option<u64>, write: Write) -> Result<(), Failed> {
        let Ok(WriteOp::SendMessage(sent)) = write.op else {
            return Ok(());
        };
        self.head += 1;
        let message = Message {
            message_id: MessageId::from_uuid(Uuid::from_u128(u128::from(self.head))),
            temp_id: Some(write.temp_id),
            sender_id: cache::alice(),
            content: sent.content,
            ..cache::message(self.head)
        };
        let ack = ServerMessage::MessageSent(Box::new(MessageSent {
            temp_id: write.temp_id,
            message_id: message.message_id,
            conversation_id: message.conversation_id,
            seq: message.seq,
            number: message.number,
            created_at: message.created_at,
            duplicate: false,
            message: None,
        }));
        let text = format!(
            "{}\n{}",
            encode_server(&ServerFrame::reply(id, ack))?,
            encode_server(&event(message))?
        );
        self.socket.send(tungstenite::Message::text(text)).await?;
        Ok(())
    }

    /// Bob says so many things.
    async fn say(&mut self, messages: u64) -> Result<(), Failed> {
        let mut text = String::new();
        for _ in 0..messages {
            self.head += 1;
            text.push_str(&encode_server(&event(cache::message(self.head)))?);
            text.push('\n');
        }
        self.socket.send(tungstenite::Message::text(text)).await?;
        Ok(())
    }

    fn joined(&self, id: Option<u64>, room: Room) -> ServerFrame {
        ServerFrame::reply(
            id,
            ServerMessage::Subscribed(Subscribed {
                room,
                head_seq: self.head,
                head_number: self.head,
                from_seq: self.head + 1,
                complete: true,
                reset: false,
                visible_from: 1,
                events: Vec::new(),
                read_cursors: Vec::new(),
                viewers: Vec::new(),
                users: Vec::new(),
                read_seq: self.head,
                read_number: self.head,
                mentions_unread: 0,
                rev: 1,
            }),
        )
    }

    async fn send(&mut self, frame: ServerFrame) -> Result<(), Failed> {
        let text = encode_server(&frame)?;
        self.socket.send(tungstenite::Message::text(text)).await?;
        Ok(())
    }
}

pub fn event(message: Message) -> ServerFrame {
    ServerFrame::event(ServerMessage::NewMessage(Box::new(NewMessage {
        event_id: message.message_id,
        message,
    })))
}

pub fn authenticated() -> ServerMessage {
    ServerMessage::Authenticated(Authenticated {
        user_id: cache::alice(),
        session_id: SessionId::from_uuid(Uuid::from_u128(1)),
        epoch: cache::EPOCH.into(),
        compression: None,
        heartbeat_ms: 25_000,
        pong_timeout_ms: 10_000,
        token_expires_at: 1 << 50,
        server_time: 1_763_600_000_000,
        limits: Limits::default(),
        features: Vec::new(),
    })
}
