//! Which server the load is for, and who may speak to it.

use std::{
    fmt,
    net::{SocketAddr, ToSocketAddrs as _},
    time::{Duration, SystemTime},
};

use causerie_protocol::{Millis, UserId};
use causerie_server::auth::{Auth, Rules};
use serde::Deserialize;

use super::LoadError;

/// Of tokens that are made here.
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A server's address, as `ws://host:port` says it.
///
/// # Errors
/// If it is no such URL or the host has no address. `wss://` is refused: this measures the server,
/// and TLS ends before it.
pub fn address(url: &str) -> Result<SocketAddr, LoadError> {
    let wrong = |why: &str| LoadError::new(format!("{url}: {why}"));
    let rest = match url.split_once("://") {
        Some(("ws" | "http", rest)) => rest,
        Some(("wss" | "https", _)) => {
            return Err(wrong(
                "the load generator speaks no TLS; name the server behind it, as ws://host:port",
            ));
        }
        Some(_) => return Err(wrong("a server is named as ws://host:port")),
        None => url,
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if !matches!(path, "" | "ws" | "ws/chat") {
        return Err(wrong("the path of a server is /ws"));
    }
    host.to_socket_addrs()
        .map_err(|_| wrong("this host has no address, or no port is named"))?
        .next()
        .ok_or_else(|| wrong("this host has no address"))
}

/// Where users' tokens come from.
pub enum Tokens {
    /// They are signed here, with the server's own secret.
    Secret(Box<Auth>),
    /// The server makes them: `POST /dev/token`.
    Dev(SocketAddr, reqwest::Client),
    /// A program prints them.
    Command(String),
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Secret(_) => "Secret",
            Self::Dev(..) => "Dev",
            Self::Command(_) => "Command",
        })
    }
}

impl Tokens {
    /// Signed with HS256 and this secret.
    ///
    /// # Errors
    /// If the secret is too short.
    pub fn from_secret(secret: &str) -> Result<Self, LoadError> {
        let auth = Auth::from_secret(secret.as_bytes(), Rules::default());
        Ok(Self::Secret(Box::new(auth.map_err(LoadError::of)?)))
    }

    /// Asked of a server that runs with `--dev` on this machine.
    pub fn dev(server: SocketAddr) -> Self {
        Self::Dev(server, reqwest::Client::new())
    }

    /// A user's token.
    ///
    /// # Errors
    /// If there is none to be had.
    pub async fn get(&self, user: &str) -> Result<String, LoadError> {
        match self {
            Self::Secret(auth) => {
                let id = UserId::new(user).map_err(LoadError::of)?;
                let lifetime = u64::try_from(A_DAY.as_millis()).unwrap_or(Millis::MAX);
                auth.mint(&id, now().saturating_add(lifetime), None)
                    .ok_or_else(|| LoadError::new("no token could be made with this secret"))
            }
            Self::Dev(server, http) => ask(http, *server, user).await,
            Self::Command(command) => run(command, user).await,
        }
    }
}

async fn ask(http: &reqwest::Client, server: SocketAddr, user: &str) -> Result<String, LoadError> {
    #[derive(Deserialize)]
    struct DevToken {
        token: String,
    }
    let url = format!("http://{server}/dev/token");
    let answer = http
        .post(&url)
        .json(&serde_json::json!({ "user_id": user }))
        .send()
        .await
        .map_err(|error| {
            // Its own words name the address once more.
            LoadError::with_causes(format!("no answer from {url}"), &error.without_url())
        })?;
    if !answer.status().is_success() {
        return Err(LoadError::new(format!(
            "{url} answered {}; does the server run with --dev? Otherwise give --secret or \
             --token-command",
            answer.status()
        )));
    }
    let answer: Result<DevToken, _> = answer.json().await;
    answer
        .map(|answer| answer.token)
        .map_err(|_| LoadError::new(format!("{url} answered something else than a token")))
}

/// Runs the command with the user as `$1`, and takes the first line that it prints.
async fn run(command: &str, user: &str) -> Result<String, LoadError> {
    let output = tokio::process::Command::new("sh")
        .args(["-c", command, "token", user])
        .output()
        .await?;
    let printed = String::from_utf8_lossy(&output.stdout);
    match printed.lines().next().map(str::trim) {
        Some(token) if output.status.success() && !token.is_empty() => Ok(token.to_owned()),
        _ => Err(LoadError::new(format!(
            "the token command ended with {} and printed no token: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        ))),
    }
}

#[expect(clippy::disallowed_methods, reason = "tokens expire by the calendar")]
fn now() -> Millis {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |time| u64::try_from(time.as_millis()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_named_by_host_and_port() {
        for url in [
            "127.0.0.1:4000",
            "ws://127.0.0.1:4000",
            "ws://127.0.0.1:4000/ws",
            "http://127.0.0.1:4000/",
        ] {
            assert_eq!(address(url).unwrap().port(), 4000, "{url}");
        }
        for url in [
            "wss://127.0.0.1:4000",
            "ftp://127.0.0.1:4000",
            "ws://127.0.0.1",
            "ws://127.0.0.1:4000/elsewhere",
        ] {
            assert!(address(url).is_err(), "{url}");
        }
    }

    #[tokio::test]
    async fn a_token_command_gets_the_user_and_what_it_prints_is_the_token() {
        let echo = Tokens::Command("echo token-of-$1".to_owned());
        assert_eq!(echo.get("load00001").await.unwrap(), "token-of-load00001");
        let fails = Tokens::Command("echo no key >&2; exit 3".to_owned());
        let said = fails.get("load00001").await.unwrap_err().to_string();
        assert!(said.contains("no key") && said.contains('3'), "{said}");
    }
}
