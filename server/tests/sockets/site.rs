//! A real server on loopback with a database in a folder, and clients that know the wire.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use causerie_protocol::UserId;
use causerie_server::{
    auth::{Auth, Rules},
    clock::Clock,
    conn::ConnConfig,
    listener::{self, Core, Options, Server},
    metrics::Metrics,
    store::sqlite::{Options as StoreOptions, SqliteStore},
};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest, http},
};
use uuid::{Builder, Uuid};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Site {
    pub addr: SocketAddr,
    pub clock: Clock,
    pub metrics: Arc<Metrics>,
    /// Where faults are ordered.
    #[cfg(feature = "control")]
    pub control: SocketAddr,
    auth: Auth,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl Site {
    pub async fn dev() -> Self {
        let options = Options {
            dev: true,
            ..Options::default()
        };
        Self::new(ConnConfig::default(), options).await
    }

    pub async fn new(config: ConnConfig, options: Options) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let core = Core::default();
        let (clock, metrics) = (core.clock.clone(), Arc::clone(&core.metrics));
        let wall = clock.clone();
        let store_options = StoreOptions::default().clock(move || wall.wall());
        let store =
            SqliteStore::open(folder.path(), store_options, core.publisher()).expect("a store");
        let auth = || Auth::from_secret(b"secret", Rules::default()).expect("a secret");
        let server = Server::new(core, Arc::new(store), auth(), config, options);
        let listener = listener::bind(([127, 0, 0, 1], 0).into()).expect("a port");
        let addr = listener.local_addr().expect("an address");
        #[cfg(feature = "control")]
        let control = {
            let listener = listener::bind(([127, 0, 0, 1], 0).into()).expect("a port");
            let addr = listener.local_addr().expect("an address");
            tokio::spawn(causerie_server::control::run(listener, Arc::clone(&server)));
            addr
        };
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(listener::run(listener, server, async {
            let _ = stopped.await;
        }));
        Self {
            addr,
            clock,
            metrics,
            #[cfg(feature = "control")]
            control,
            auth: auth(),
            stop: Some(stop),
            running,
            _folder: folder,
        }
    }

    pub fn token(&self, user: &str, ttl: Duration) -> String {
        let expires_at = self.clock.wall() + u64::try_from(ttl.as_millis()).expect("short");
        let user = UserId::new(user).expect("a user id");
        self.auth.mint(&user, expires_at, None).expect("a signer")
    }

    /// Tells the server to end, as SIGTERM does.
    pub fn stop(&mut self) {
        let _ = self.stop.take().expect("stopped once").send(());
    }

    pub async fn stopped(self) {
        timeout(PATIENCE, self.running)
            .await
            .expect("the server ends")
            .expect("without a panic");
    }

    /// A socket that is open; nothing was said.
    pub async fn open(&self) -> Wire {
        self.upgrade(&[]).await.expect("an upgrade")
    }

    /// An upgrade with these headers; an error has the status.
    pub async fn upgrade(&self, headers: &[(&'static str, &str)]) -> Result<Wire, u16> {
        let stream = TcpStream::connect(self.addr).await.expect("a connection");
        self.upgrade_on(stream, headers).await
    }

    pub async fn upgrade_on(
        &self,
        stream: TcpStream,
        headers: &[(&'static str, &str)],
    ) -> Result<Wire, u16> {
        let mut request = format!("ws://{}/ws", self.addr)
            .into_client_request()
            .expect("a request");
        for (name, value) in headers {
            let value = http::HeaderValue::from_str(value).expect("a value");
            request.headers_mut().append(*name, value);
        }
        match tokio_tungstenite::client_async(request, stream).await {
            Ok((ws, response)) => Ok(Wire {
                ws,
                protocol: response
                    .headers()
                    .get("sec-websocket-protocol")
                    .map(|value| value.to_str().expect("text").to_owned()),
                waiting: Vec::new(),
                last_id: 0,
                last_uuid: 0,
            }),
            Err(tokio_tungstenite::tungstenite::Error::Http(response)) => {
                Err(response.status().as_u16())
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// A connection of this user on a device of its own.
    pub async fn connect(&self, user: &str) -> Wire {
        let mut wire = self.open().await;
        let device = device(user);
        wire.authenticate(&self.token(user, PATIENCE * 100), device)
            .await;
        wire
    }

    /// A plain request; gives the status and the body.
    pub async fn http(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        self.http_on(self.addr, method, path, body).await
    }

    /// Has the server do something wrong.
    #[cfg(feature = "control")]
    pub async fn order(&self, path: &str, body: Value) {
        let (status, answer) = self
            .http_on(self.control, "POST", path, &body.to_string())
            .await;
        assert_eq!(status, 200, "{answer}");
    }

    pub async fn http_on(
        &self,
        addr: SocketAddr,
        method: &str,
        path: &str,
        body: &str,
    ) -> (u16, String) {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {addr}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let response = exchange(addr, &request).await;
        let status = response.get(9..12).and_then(|code| code.parse().ok());
        let body = response
            .split_once("\r\n\r\n")
            .map(|(_, body)| body.to_owned());
        (status.expect("a status"), body.unwrap_or_default())
    }
}

/// Sends this, and reads until the server closes.
pub async fn exchange(addr: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(addr).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut response = String::new();
    let read = stream.read_to_string(&mut response);
    timeout(PATIENCE, read)
        .await
        .expect("in time")
        .expect("a response");
    response
}

/// A UUIDv7 that follows from a user's name.
pub fn device(user: &str) -> Uuid {
    let mut bytes = [0; 10];
    for (into, byte) in bytes.iter_mut().zip(user.bytes()) {
        *into = byte;
    }
    Builder::from_unix_timestamp_millis(1, &bytes).into_uuid()
}

pub struct Wire {
    ws: WebSocketStream<TcpStream>,
    pub protocol: Option<String>,
    waiting: Vec<Value>,
    last_id: u64,
    last_uuid: u64,
}

impl Wire {
    pub async fn authenticate(&mut self, token: &str, client_id: Uuid) {
        let payload = json!({"token": token, "client_id": client_id, "protocol": 1});
        let reply = self.call("authenticate", payload).await;
        assert_eq!(reply["type"], "authenticated", "{reply}");
    }

    pub async fn text(&mut self, text: String) {
        self.ws.send(Message::text(text)).await.expect("sent");
    }

    /// Bytes that are frames already, or none.
    pub async fn raw(&mut self, bytes: &[u8]) {
        self.ws.get_mut().write_all(bytes).await.expect("sent");
    }

    pub async fn send(&mut self, message: Message) {
        self.ws.send(message).await.expect("sent");
    }

    /// The next message of the WebSocket; `None` if the connection broke.
    pub async fn message(&mut self) -> Option<Message> {
        let message = timeout(PATIENCE, self.ws.next()).await.expect("in time");
        message?.ok()
    }

    pub async fn ask(&mut self, kind: &str, payload: Value) -> u64 {
        self.last_id += 1;
        let frame = json!({"type": kind, "id": self.last_id, "payload": payload});
        self.text(frame.to_string()).await;
        self.last_id
    }

    /// Asks, and waits for the reply.
    pub async fn call(&mut self, kind: &str, payload: Value) -> Value {
        let id = self.ask(kind, payload).await;
        self.until(|frame| frame["id"] == id).await
    }

    /// A durable write; gives the reply's payload.
    pub async fn write(&mut self, kind: &str, room: Uuid, mut payload: Value) -> Value {
        payload["temp_id"] = json!(self.uuid());
        payload["conversation_id"] = json!(room);
        let reply = self.call(kind, payload).await;
        assert_ne!(reply["type"], "message_error", "{reply}");
        reply["payload"].clone()
    }

    pub async fn group(&mut self, members: &[&str]) -> Uuid {
        let room = self.uuid();
        let create = json!({"kind": "group", "members": members});
        self.write("create_conversation", room, create).await;
        room
    }

    pub async fn subscribe(&mut self, room: Uuid) -> Value {
        let payload = json!({"room": format!("conv:{room}")});
        let reply = self.call("subscribe", payload).await;
        assert_eq!(reply["type"], "subscribed", "{reply}");
        reply["payload"].clone()
    }

    pub async fn say(&mut self, room: Uuid, text: &str) -> Value {
        let payload = json!({"kind": "text", "content": text});
        self.write("send_message", room, payload).await
    }

    pub fn uuid(&mut self) -> Uuid {
        self.last_uuid += 1;
        let mut bytes = [0; 10];
        bytes[..8].copy_from_slice(&self.last_uuid.to_be_bytes());
        let here = std::ptr::from_ref(self) as u16;
        bytes[8..].copy_from_slice(&here.to_be_bytes());
        Builder::from_unix_timestamp_millis(2, &bytes).into_uuid()
    }

    /// The next frame of this type.
    pub async fn next(&mut self, kind: &str) -> Value {
        self.until(|frame| frame["type"] == kind).await
    }

    async fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            if let Some(at) = self.waiting.iter().position(&wanted) {
                return self.waiting.remove(at);
            }
            match self.read().await {
                Ok(()) => {}
                Err(end) => panic!("the connection ended with {end:?}; {:?}", self.waiting),
            }
        }
    }

    /// Reads until the connection ends; gives the close code, if one was said.
    pub async fn end(&mut self) -> Option<u16> {
        loop {
            if let Err(code) = self.read().await {
                return code;
            }
        }
    }

    /// Everything read and not yet taken.
    pub fn take(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.waiting)
    }

    async fn read(&mut self) -> Result<(), Option<u16>> {
        match timeout(PATIENCE, self.ws.next()).await.expect("in time") {
            Some(Ok(Message::Text(text))) => {
                for line in text.lines() {
                    let frame = serde_json::from_str(line).expect("a frame a line");
                    self.waiting.push(frame);
                }
                Ok(())
            }
            Some(Ok(Message::Close(frame))) => Err(frame.map(|frame| frame.code.into())),
            Some(Ok(_)) => Ok(()),
            Some(Err(_)) | None => Err(None),
        }
    }
}
