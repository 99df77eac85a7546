//! The real server on loopback, over a folder, and lines on its wire.

use std::{collections::VecDeque, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use causerie::{Client, ClientBuilder, ConnectionState, TokenError, TokenRequest, UserId};
use causerie_server::{
    auth::{Auth, Rules},
    clock::Clock,
    conn::ConnConfig,
    listener::{self, Core, Options, Server},
    store::sqlite::{Options as StoreOptions, SqliteStore},
};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, sync::oneshot, task::JoinHandle};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};
use uuid::Uuid;

use super::soon;

/// A server in this process, with its database in a folder.
pub struct Site {
    addr: SocketAddr,
    clock: Clock,
    auth: Arc<Auth>,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<()>,
}

fn auth() -> Auth {
    Auth::from_secret(b"a secret of the tests", Rules::default()).unwrap()
}

impl Site {
    pub fn start(folder: &Path) -> Self {
        let core = Core::default();
        let clock = core.clock.clone();
        let wall = clock.clone();
        let options = StoreOptions::default().clock(move || wall.wall());
        let store = SqliteStore::open(folder, options, core.publisher()).unwrap();
        let dev = Options {
            dev: true,
            ..Options::default()
        };
        let server = Server::new(core, Arc::new(store), auth(), ConnConfig::default(), dev);
        let listener = listener::bind(([127, 0, 0, 1], 0).into()).unwrap();
        let addr = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(listener::run(listener, server, async {
            let _ = stopped.await;
        }));
        Self {
            addr,
            clock,
            auth: Arc::new(auth()),
            stop: Some(stop),
            running,
        }
    }

    /// Ends it, and waits until its database is closed.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        soon("the server's end", self.running).await.unwrap();
    }

    pub fn url(&self) -> String {
        format!("ws://{}", self.addr)
    }

    pub fn token(&self, user: &str) -> String {
        mint(&self.auth, &self.clock, user)
    }

    /// A client of this server that comes back fast.
    pub fn builder(&self, user: &str, folder: &Path) -> ClientBuilder {
        let (auth, clock, name) = (Arc::clone(&self.auth), self.clock.clone(), user.to_owned());
        Client::builder(&self.url(), user)
            .data_dir(folder)
            .token_provider(move |_: TokenRequest| {
                let token = mint(&auth, &clock, &name);
                async move { Ok::<String, TokenError>(token) }
            })
            .tune(|config| {
                config.backoff_base = Duration::from_millis(1);
                config.backoff_cap = Duration::from_millis(5);
            })
    }

    /// Someone who speaks the wire, authenticated.
    pub async fn wire(&self, user: &str) -> Wire {
        let mut wire = self.socket().await;
        let hello = json!({
            "token": self.token(user), "client_id": new_id(), "protocol": 1, "sync_token": null,
        });
        wire.request("authenticate", hello).await;
        wire
    }

    /// A socket on which nothing was said.
    pub async fn socket(&self) -> Wire {
        let url = format!("ws://{}/ws", self.addr);
        let (socket, _) = soon("a socket", connect_async(url)).await.unwrap();
        Wire {
            socket,
            waiting: VecDeque::new(),
            last_id: 1_000_000,
        }
    }
}

fn mint(auth: &Auth, clock: &Clock, user: &str) -> String {
    let user = UserId::new(user).unwrap();
    auth.mint(&user, clock.wall() + 3_600_000, None).unwrap()
}

/// A UUIDv7, as a client makes them.
#[expect(clippy::disallowed_methods, reason = "a client's id")]
pub fn new_id() -> Uuid {
    Uuid::now_v7()
}

/// One who sends and receives lines.
pub struct Wire {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    waiting: VecDeque<Value>,
    last_id: u64,
}

impl Wire {
    pub async fn send(&mut self, line: &str) {
        self.socket.send(Message::text(line)).await.unwrap();
    }

    /// The next frame.
    pub async fn receive(&mut self) -> Value {
        while self.waiting.is_empty() {
            let message = soon("a frame", self.socket.next()).await;
            let Message::Text(text) = message.unwrap().unwrap() else {
                continue;
            };
            let frames = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
            self.waiting.extend(frames.map(Result::unwrap));
        }
        self.waiting.pop_front().unwrap()
    }

    /// Everything that the server sent before it answered this.
    pub async fn barrier(&mut self) -> Vec<Value> {
        self.last_id += 1;
        let id = self.last_id;
        self.send(&json!({"type": "ping", "id": id, "payload": {"t": id}}).to_string())
            .await;
        let mut frames = Vec::new();
        loop {
            let frame = self.receive().await;
            if frame["id"] == id {
                return frames;
            }
            if frame["type"] != "ping" {
                frames.push(frame);
            }
        }
    }

    /// Asks, and gives the reply; what comes before it is passed over.
    pub async fn request(&mut self, kind: &str, payload: Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        self.send(&json!({"type": kind, "id": id, "payload": payload}).to_string())
            .await;
        loop {
            let frame = self.receive().await;
            if frame["id"] == id {
                return frame;
            }
        }
    }

    /// A durable write, under a new name unless it brings one. Gives the payload of the reply.
    pub async fn write(&mut self, kind: &str, conversation: &str, more: Value) -> Value {
        let mut payload = json!({"temp_id": new_id(), "conversation_id": conversation});
        let fields = payload.as_object_mut().unwrap();
        fields.extend(more.as_object().unwrap().clone());
        self.request(kind, payload).await["payload"].take()
    }

    pub async fn say(&mut self, conversation: &str, text: &str) -> Value {
        let message = json!({"kind": "text", "content": text});
        self.write("send_message", conversation, message).await
    }

    /// All messages of a conversation that this user may see.
    pub async fn history(&mut self, conversation: &str) -> Vec<Value> {
        let all = json!({"conversation_id": conversation, "limit": 200});
        let mut page = self.request("history", all).await;
        let messages = page["payload"]["messages"].take();
        serde_json::from_value(messages).unwrap()
    }
}

/// Waits for a state of the connection.
pub async fn live(client: &Client) {
    let mut states = client.connection_state();
    soon("the connection", async {
        while states.next().await.unwrap() != ConnectionState::Live {}
    })
    .await;
}
