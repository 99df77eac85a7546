//! A server that does what the test says, and clients that come back fast.

#![allow(dead_code, reason = "every test binary uses a part")]

pub mod site;

use std::{collections::VecDeque, future::Future, path::Path, time::Duration};

use causerie::{Client, ClientBuilder, Message, MessageKind, TokenError, TokenRequest};
use causerie_protocol::{
    Authenticate, Authenticated, ClientFrame, ConversationId, Item, Limits, MessageId, MessageSent,
    NewMessage, Request, Room, SendMessage, ServerFrame, ServerMessage, SessionId, Subscribed,
    SyncPage, TempId, UserId, Write, WriteAck, WriteOp, decode_client, encode_server,
};
use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async,
    tungstenite::{
        self,
        handshake::server::{Request as Upgrade, Response},
        http::HeaderValue,
        protocol::CloseFrame,
    },
};
use uuid::Uuid;

/// Nothing here takes so long; a test that waits for what does not come fails by it.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(Duration::from_secs(20), future).await {
        Ok(value) => value,
        Err(_) => panic!("waited in vain for {what}"),
    }
}

/// A builder whose attempts follow each other at once.
pub fn builder(url: &str, folder: &Path) -> ClientBuilder {
    Client::builder(url, "alice")
        .data_dir(folder)
        .token_provider(|_: TokenRequest| async { Ok::<String, TokenError>("a token".into()) })
        .tune(|config| {
            config.backoff_base = Duration::from_millis(1);
            config.backoff_cap = Duration::from_millis(5);
        })
}

/// For clients that are not to connect.
pub async fn offline(folder: &Path) -> Client {
    builder("ws://localhost:1", folder).open().await.unwrap()
}

pub fn bob() -> UserId {
    UserId::new("bob").unwrap()
}

/// The direct conversation of alice and bob.
pub fn direct() -> ConversationId {
    ConversationId::direct(&UserId::new("alice").unwrap(), &bob())
}

/// A server that only does what it is told.
pub struct Server {
    listener: TcpListener,
}

impl Server {
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        Self { listener }
    }

    pub fn url(&self) -> String {
        format!("ws://{}", self.listener.local_addr().unwrap())
    }

    /// The next TCP connection, as it is.
    pub async fn accept_tcp(&self) -> TcpStream {
        soon("a connection", self.listener.accept())
            .await
            .unwrap()
            .0
    }

    /// The next connection that is upgraded; the client may think better of one before.
    pub async fn accept(&self) -> Peer {
        let choose = |request: &Upgrade, mut response: Response| {
            let offered = request.headers().get("sec-websocket-protocol");
            assert_eq!(offered.unwrap(), "causerie.v1.json");
            assert_eq!(request.uri().path(), "/ws");
            response.headers_mut().insert(
                "sec-websocket-protocol",
                HeaderValue::from_static("causerie.v1.json"),
            );
            Ok(response)
        };
        loop {
            let stream = self.accept_tcp().await;
            if let Ok(socket) = soon("the upgrade", accept_hdr_async(stream, choose)).await {
                return Peer {
                    socket,
                    frames: VecDeque::new(),
                };
            }
        }
    }

    /// The next connection, authenticated and synced.
    pub async fn welcome(&self) -> Peer {
        let mut peer = self.accept().await;
        peer.welcome().await;
        peer
    }
}

/// The server's end of a connection.
pub struct Peer {
    socket: WebSocketStream<TcpStream>,
    frames: VecDeque<ClientFrame>,
}

impl Peer {
    /// The next frame; `None` once the client has closed.
    pub async fn receive(&mut self) -> Option<ClientFrame> {
        while self.frames.is_empty() {
            match soon("a frame", self.socket.next()).await {
                Some(Ok(tungstenite::Message::Text(text))) => {
                    self.frames.extend(decode_client(&text).map(Result::unwrap));
                }
                Some(Ok(tungstenite::Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
        self.frames.pop_front()
    }

    /// The next durable write; everything else on the way is answered as if nothing were known.
    pub async fn receive_write(&mut self) -> (Option<u64>, Write) {
        loop {
            let frame = self.receive().await.expect("a write");
            match frame.request {
                Request::Write(write) => return (frame.id, *write),
                Request::Subscribe(subscribe) => self.subscribed(frame.id, subscribe.room).await,
                _ => {}
            }
        }
    }

    /// The next message that is sent.
    pub async fn receive_message(&mut self) -> (Option<u64>, TempId, SendMessage) {
        loop {
            let (id, write) = self.receive_write().await;
            match write.op.unwrap() {
                WriteOp::SendMessage(message) => return (id, write.temp_id, message),
                WriteOp::CreateConversation(_) => {
                    self.reply(
                        id,
                        ServerMessage::Ack(causerie_protocol::Ack::Write(Box::new(WriteAck {
                            temp_id: write.temp_id,
                            conversation_id: write.conversation_id,
                            seq: None,
                            at: 1,
                            duplicate: false,
                            conversation: Some(item(0)),
                            group: None,
                        }))),
                    )
                    .await;
                }
                other => panic!("not asked for: {other:?}"),
            }
        }
    }

    pub async fn authenticate(&mut self) -> (Option<u64>, Authenticate) {
        let frame = self.receive().await.expect("the first frame");
        match frame.request {
            Request::Authenticate(hello) => (frame.id, hello),
            other => panic!("the first frame is {}", other.kind()),
        }
    }

    /// Lets the client in, and tells it that it has no conversations but the one with bob.
    pub async fn welcome(&mut self) -> Authenticate {
        let (id, hello) = self.authenticate().await;
        self.let_in(id, &hello, vec![item(0)]).await;
        hello
    }

    pub async fn let_in(&mut self, id: Option<u64>, hello: &Authenticate, items: Vec<Item>) {
        self.reply(
            id,
            ServerMessage::Authenticated(Authenticated {
                user_id: UserId::new("alice").unwrap(),
                session_id: SessionId::from_uuid(Uuid::from_u128(1)),
                epoch: "epoch".into(),
                compression: None,
                heartbeat_ms: 25_000,
                pong_timeout_ms: 10_000,
                token_expires_at: 1 << 50,
                server_time: 1,
                limits: Limits::default(),
                features: Vec::new(),
            }),
        )
        .await;
        for wanted in &hello.subscriptions {
            self.subscribed(None, wanted.room.clone()).await;
        }
        self.send(ServerMessage::SyncPage(SyncPage {
            conversations: items,
            token: Some("synced".into()),
            ..SyncPage::default()
        }))
        .await;
    }

    pub async fn subscribed(&mut self, id: Option<u64>, room: Room) {
        self.reply(
            id,
            ServerMessage::Subscribed(Subscribed {
                room,
                head_seq: 0,
                head_number: 0,
                from_seq: 1,
                complete: true,
                reset: false,
                visible_from: 1,
                events: Vec::new(),
                read_cursors: Vec::new(),
                viewers: Vec::new(),
                users: Vec::new(),
                read_seq: 0,
                read_number: 0,
                mentions_unread: 0,
                rev: 1,
            }),
        )
        .await;
    }

    pub async fn acknowledge(&mut self, id: Option<u64>, temp_id: TempId, seq: u64) {
        self.reply(
            id,
            ServerMessage::MessageSent(Box::new(MessageSent {
                temp_id,
                message_id: MessageId::from_uuid(Uuid::from_u128(seq.into())),
                conversation_id: direct(),
                seq,
                number: seq,
                created_at: 1_000 + seq,
                duplicate: false,
                message: None,
            })),
        )
        .await;
    }

    pub async fn reply(&mut self, id: Option<u64>, message: ServerMessage) {
        self.send_frame(ServerFrame::reply(id, message)).await;
    }

    pub async fn send(&mut self, message: ServerMessage) {
        self.send_frame(ServerFrame::event(message)).await;
    }

    async fn send_frame(&mut self, frame: ServerFrame) {
        self.send_text(&encode_server(&frame).unwrap()).await;
    }

    pub async fn send_text(&mut self, text: &str) {
        // The client may be gone already; then the test waits for what comes next.
        let _ = self.socket.send(tungstenite::Message::text(text)).await;
    }

    pub async fn close(&mut self, code: u16) {
        let frame = CloseFrame {
            code: code.into(),
            reason: "".into(),
        };
        let _ = self
            .socket
            .send(tungstenite::Message::Close(Some(frame)))
            .await;
    }
}

/// The direct conversation with bob, as the server tells it.
pub fn item(head: u64) -> Item {
    serde_json::from_value(serde_json::json!({
        "conversation_id": direct(), "kind": "direct", "peer_id": "bob", "membership": "joined",
        "role": "owner", "rev": 1, "visible_from": 1, "head_seq": head, "head_number": head,
        "read_seq": 0, "read_number": 0, "mentions_unread": 0, "updated_at": 1, "members_count": 2
    }))
    .unwrap()
}

/// What bob says.
pub fn said(seq: u64, text: &str) -> ServerMessage {
    let message_id = MessageId::from_uuid(Uuid::from_u128(0xB0B_0000 + u128::from(seq)));
    ServerMessage::NewMessage(Box::new(NewMessage {
        event_id: message_id,
        message: Message {
            conversation_id: direct(),
            seq,
            number: seq,
            message_id,
            temp_id: None,
            sender_id: bob(),
            kind: MessageKind::Text,
            content: text.into(),
            attachments: Vec::new(),
            reply_to: None,
            mentions: Vec::new(),
            metadata: None,
            created_at: 1_000 + seq,
            edited_at: None,
            deleted_at: None,
            state_seq: seq,
            reactions: Vec::new(),
        },
    }))
}
