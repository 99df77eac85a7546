//! What an operator sets: by flag, else by environment, else by file (JSON), else by default.
//!
//! ```json
//! {
//!   "listen": "0.0.0.0:4000",
//!   "data": "/var/lib/causerie",
//!   "jwt": { "key_file": "/etc/causerie/jwt.pem", "issuer": "https://app.example" },
//!   "allowed_origins": ["https://app.example"],
//!   "max_connections": 50,
//!   "rate": { "per_second": 100, "burst": 400, "flood": 1000 }
//! }
//! ```
//!
//! The secret of HS256 is never in the file; it comes by `CAUSERIE_JWT_SECRET`.

use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{
    auth::{Auth, KeyError, Rules},
    conn::{ConnConfig, RateConfig},
    listener::{Options, is_origin},
};

/// What is set in one place. What is not set there is set in the next.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where to listen. Default `127.0.0.1:4000`.
    pub listen: Option<SocketAddr>,
    /// The folder of the database. Default `causerie-data`.
    pub data: Option<PathBuf>,
    /// What tokens must be like.
    pub jwt: JwtSettings,
    /// Origins of pages that may connect, beside the server's own host. Default none.
    pub allowed_origins: Option<Vec<String>>,
    /// How many connections a user may have at once. Default no limit; ignored in `--dev`.
    pub max_connections: Option<usize>,
    /// How often a connection may ask. Ignored in `--dev`.
    pub rate: Option<RateSettings>,
}

/// What tokens must be like.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JwtSettings {
    /// A PEM with the public key of whoever makes tokens; without it, the secret counts.
    pub key_file: Option<PathBuf>,
    /// What `iss` must be.
    pub issuer: Option<String>,
    /// What `aud` must be or hold.
    pub audience: Option<String>,
    /// The claim that holds the user id. Default `sub`.
    pub user_claim: Option<String>,
}

/// How often a connection may ask.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateSettings {
    /// Requests a second in the long run.
    pub per_second: f64,
    /// Requests at once after silence.
    pub burst: f64,
    /// Refused requests after which the connection is closed.
    pub flood: f64,
}

/// Why the server cannot be set up so.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file that was named cannot be read.
    #[error("{path} cannot be read: {error}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file is not what it should be.
    #[error("{path} is no configuration: {error}")]
    Malformed {
        /// Which.
        path: PathBuf,
        /// Where and why.
        error: serde_json::Error,
    },
    /// Nobody could connect.
    #[error("max_connections is at least 1")]
    Connections,
    /// A number makes no sense.
    #[error("the rate needs a positive per_second and burst, and a flood of at least 0")]
    Rate,
    /// No page has this origin.
    #[error(
        "`{0}` is no origin: write it as browsers do, a scheme and a host in lower case and a port if need be, as in https://app.example"
    )]
    Origin(String),
    /// There is nothing to check tokens with.
    #[error(
        "no key for tokens: set CAUSERIE_JWT_SECRET, or name a public key with --jwt-key, or use --dev"
    )]
    NoKey,
    /// The key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// A complete configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The folder of the database.
    pub data: PathBuf,
    /// For a developer's machine: any origin, no rate limits, tokens on loopback.
    pub dev: bool,
    jwt: JwtSettings,
    allowed_origins: Vec<String>,
    max_connections: Option<usize>,
    rate: RateConfig,
}

impl Settings {
    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read, or names something that there is not.
    pub fn from_file(path: &Path) -> Result<Self, ConfigError> {
        let text = read(path)?;
        serde_json::from_slice(&text).map_err(|error| ConfigError::Malformed {
            path: path.to_owned(),
            error,
        })
    }

    /// These, and where they are silent, others.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            listen: self.listen.or(other.listen),
            data: self.data.or(other.data),
            jwt: JwtSettings {
                key_file: self.jwt.key_file.or(other.jwt.key_file),
                issuer: self.jwt.issuer.or(other.jwt.issuer),
                audience: self.jwt.audience.or(other.jwt.audience),
                user_claim: self.jwt.user_claim.or(other.jwt.user_claim),
            },
            allowed_origins: self.allowed_origins.or(other.allowed_origins),
            max_connections: self.max_connections.or(other.max_connections),
            rate: self.rate.or(other.rate),
        }
    }

    /// Fills in the defaults.
    ///
    /// # Errors
    /// If a number makes no sense, or an origin is none.
    pub fn complete(self, dev: bool) -> Result<Config, ConfigError> {
        let rate = match self.rate {
            None => RateConfig::default(),
            Some(rate) => RateConfig {
                per_second: rate.per_second,
                burst: rate.burst,
                flood: rate.flood,
            },
        };
        let is_sound = rate.per_second > 0.0 && rate.burst >= 1.0 && rate.flood >= 0.0;
        if !is_sound {
            return Err(ConfigError::Rate);
        }
        if self.max_connections == Some(0) {
            return Err(ConfigError::Connections);
        }
        let allowed_origins = self.allowed_origins.unwrap_or_default();
        if let Some(wrong) = allowed_origins.iter().find(|origin| !is_origin(origin)) {
            return Err(ConfigError::Origin(wrong.clone()));
        }
        Ok(Config {
            listen: self.listen.unwrap_or(([127, 0, 0, 1], 4000).into()),
            data: self.data.unwrap_or_else(|| "causerie-data".into()),
            dev,
            jwt: self.jwt,
            allowed_origins,
            max_connections: self.max_connections,
            rate,
        })
    }
}

impl Config {
    /// Who checks tokens: by the key file, else by this secret.
    ///
    /// # Errors
    /// If there is neither, or it cannot be used.
    pub fn auth(&self, secret: Option<&str>) -> Result<Auth, ConfigError> {
        let rules = Rules {
            issuer: self.jwt.issuer.clone(),
            audience: self.jwt.audience.clone(),
            user_claim: self.jwt.user_claim.clone(),
        };
        match (&self.jwt.key_file, secret) {
            (Some(path), _) => Ok(Auth::from_public_pem(&read(path)?, rules)?),
            (None, Some(secret)) => Ok(Auth::from_secret(secret.as_bytes(), rules)?),
            (None, None) => Err(ConfigError::NoKey),
        }
    }

    /// Whether tokens are checked with a public key.
    pub fn has_public_key(&self) -> bool {
        self.jwt.key_file.is_some()
    }

    /// For the connections.
    pub fn connections(&self) -> ConnConfig {
        ConnConfig {
            max_connections: self.max_connections.filter(|_| !self.dev),
            rate: (!self.dev).then_some(self.rate),
            ..ConnConfig::default()
        }
    }

    /// For the listener.
    pub fn options(&self) -> Options {
        Options {
            dev: self.dev,
            allowed_origins: self.allowed_origins.clone(),
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ConfigError> {
    fs::read(path).map_err(|error| ConfigError::Unreadable {
        path: path.to_owned(),
        error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_first_wins_and_the_rest_is_filled_in() {
        let first = settings(r#"{"listen":"127.0.0.1:1"}"#);
        let second = settings(r#"{"listen":"127.0.0.1:2","jwt":{"issuer":"me"}}"#);
        let config = first.or(second).complete(false).unwrap();
        assert_eq!(config.listen.port(), 1);
        assert_eq!(config.jwt.issuer.as_deref(), Some("me"));
        assert_eq!(config.data, Path::new("causerie-data"));
        assert_eq!(config.connections().rate, Some(RateConfig::default()));
    }

    #[test]
    fn a_developer_is_not_limited_and_may_come_from_anywhere() {
        let strict = settings(r#"{"max_connections":2}"#);
        let config = strict.clone().complete(false).unwrap();
        assert_eq!(config.connections().max_connections, Some(2));
        let config = strict.complete(true).unwrap();
        assert!(config.options().dev);
        assert_eq!(config.connections().max_connections, None);
        assert_eq!(config.connections().rate, None);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let negative = r#"{"rate":{"per_second":-1,"burst":1,"flood":0}}"#;
        assert!(matches!(
            settings(negative).complete(false),
            Err(ConfigError::Rate)
        ));
        assert!(matches!(
            settings(r#"{"max_connections":0}"#).complete(false),
            Err(ConfigError::Connections)
        ));
        assert!(matches!(
            settings(r#"{"allowed_origins":["not a url"]}"#).complete(false),
            Err(ConfigError::Origin(_))
        ));
        assert!(serde_json::from_str::<Settings>(r#"{"lisen":"127.0.0.1:1"}"#).is_err());
        let config = Settings::default().complete(false).unwrap();
        assert!(matches!(config.auth(None), Err(ConfigError::NoKey)));
    }

    fn settings(json: &str) -> Settings {
        serde_json::from_str(json).unwrap()
    }
}
