//! Error codes and close codes (docs/protocol.md §3, §4 and §8). A code never changes its meaning.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An enum of wire words that keeps a word it does not know.
macro_rules! words {
    ($(#[doc = $doc:literal])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)+
            /// A word of a newer peer, kept as it came.
            Other(Box<str>),
        }

        impl $name {
            /// The word on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $($word => Self::$variant,)+
                    other => Self::Other(other.into()),
                }
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                crate::schema::words(&[$($word),+], concat!($($doc),*).trim())
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::scalar::read_str(deserializer, "a word", |word| {
                    Ok::<_, std::convert::Infallible>(Self::from(word))
                })
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Why a request was refused.
    ErrorCode {
        /// No valid token on this connection.
        Unauthenticated = "unauthenticated",
        /// Not allowed, or no such conversation: the two are not told apart.
        Forbidden = "forbidden",
        /// The message named is not there.
        NotFound = "not_found",
        /// Malformed; `field` says where.
        Invalid = "invalid",
        /// Beyond a size limit.
        TooLarge = "too_large",
        /// Too often; `retry_after_ms` says when to come back.
        RateLimited = "rate_limited",
        /// A request that this server does not serve.
        UnknownType = "unknown_type",
        /// It contradicts what is there.
        Conflict = "conflict",
        /// Its sender deleted it before the server had it.
        Cancelled = "cancelled",
        /// An earlier write of this conversation must come again first.
        Aborted = "aborted",
        /// The server cannot now; nothing was written.
        Unavailable = "unavailable",
        /// A fault of the server.
        Internal = "internal",
    }
}

impl ErrorCode {
    /// Whether the same request may succeed later without a change to it.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::RateLimited | Self::Aborted | Self::Unavailable | Self::Internal => true,
            Self::Unauthenticated
            | Self::Forbidden
            | Self::NotFound
            | Self::Invalid
            | Self::TooLarge
            | Self::UnknownType
            | Self::Conflict
            | Self::Cancelled
            | Self::Other(_) => false,
        }
    }
}

words! {
    /// Why a connection was not authenticated.
    AuthCode {
        /// The token is not one of this server's.
        TokenInvalid = "token_invalid",
        /// The token's time is over.
        TokenExpired = "token_expired",
        /// The server speaks another protocol version.
        VersionUnsupported = "version_unsupported",
        /// A guest may not do this.
        GuestForbidden = "guest_forbidden",
        /// The token or the user was revoked.
        Revoked = "revoked",
    }
}

/// Why a connection was closed (docs/protocol.md §8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CloseCode {
    /// 1000: a normal end.
    Normal,
    /// 1009: a message larger than 256 KiB.
    MessageTooBig,
    /// 4000: the server drains; come back after `retry_after_ms`.
    Draining,
    /// 4001: no pong.
    NoPong,
    /// 4002: the socket's write stalled for 30 s.
    SlowConsumer,
    /// 4003: come back and resume.
    Resync,
    /// 4004: the token expired.
    TokenExpired,
    /// 4005: too many requests.
    RateLimited,
    /// 4006: a fault of the server.
    Internal,
    /// 4007: a newer connection of the same installation took over.
    Superseded,
    /// 4008: no `authenticate` in time.
    AuthenticationTimeout,
    /// 4500: the token is invalid.
    TokenInvalid,
    /// 4501: the protocol was violated.
    ProtocolViolation,
    /// 4503: revoked.
    Revoked,
    /// 4504: too many connections.
    TooManyConnections,
    /// 4505: another protocol version.
    VersionUnsupported,
    /// Any other code.
    Other(u16),
}

/// What a client does after a close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterClose {
    /// Reconnect with back-off.
    ComeBack,
    /// Ask for another token first.
    NewToken,
    /// Stay away until the app changes something.
    Stop,
    /// Try again after five minutes.
    Later,
}

impl CloseCode {
    /// The number on the wire.
    pub fn number(self) -> u16 {
        match self {
            Self::Normal => 1000,
            Self::MessageTooBig => 1009,
            Self::Draining => 4000,
            Self::NoPong => 4001,
            Self::SlowConsumer => 4002,
            Self::Resync => 4003,
            Self::TokenExpired => 4004,
            Self::RateLimited => 4005,
            Self::Internal => 4006,
            Self::Superseded => 4007,
            Self::AuthenticationTimeout => 4008,
            Self::TokenInvalid => 4500,
            Self::ProtocolViolation => 4501,
            Self::Revoked => 4503,
            Self::TooManyConnections => 4504,
            Self::VersionUnsupported => 4505,
            Self::Other(number) => number,
        }
    }

    /// The code of a number.
    pub fn from_number(number: u16) -> Self {
        match number {
            1000 => Self::Normal,
            1009 => Self::MessageTooBig,
            4000 => Self::Draining,
            4001 => Self::NoPong,
            4002 => Self::SlowConsumer,
            4003 => Self::Resync,
            4004 => Self::TokenExpired,
            4005 => Self::RateLimited,
            4006 => Self::Internal,
            4007 => Self::Superseded,
            4008 => Self::AuthenticationTimeout,
            4500 => Self::TokenInvalid,
            4501 => Self::ProtocolViolation,
            4503 => Self::Revoked,
            4504 => Self::TooManyConnections,
            4505 => Self::VersionUnsupported,
            other => Self::Other(other),
        }
    }

    /// What a client does next. Codes this version does not know come back with back-off.
    /// Who was superseded on a connection that it had not replaced itself comes back with a new
    /// `client_id` (docs/protocol.md §3).
    pub fn after(self) -> AfterClose {
        match self {
            Self::TokenExpired | Self::TokenInvalid => AfterClose::NewToken,
            Self::Revoked | Self::VersionUnsupported => AfterClose::Stop,
            Self::ProtocolViolation | Self::TooManyConnections => AfterClose::Later,
            Self::Normal
            | Self::MessageTooBig
            | Self::Draining
            | Self::NoPong
            | Self::SlowConsumer
            | Self::Resync
            | Self::RateLimited
            | Self::Internal
            | Self::Superseded
            | Self::AuthenticationTimeout
            | Self::Other(_) => AfterClose::ComeBack,
        }
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number())
    }
}

impl Serialize for CloseCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.number())
    }
}

impl<'de> Deserialize<'de> for CloseCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u16::deserialize(deserializer).map(Self::from_number)
    }
}
