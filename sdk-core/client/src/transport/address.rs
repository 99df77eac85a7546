//! The server's address.

use std::fmt;

use tokio_tungstenite::tungstenite::http::Uri;

/// Where the server is, as the app gave it, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// For the TCP connection and the certificate: without the brackets of an IPv6 address.
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) secure: bool,
    /// For the request line.
    pub(crate) uri: Uri,
}

impl Address {
    /// Takes `ws` and `wss`, in letters of either case, as in any URI (RFC 3986, 3.1); the path is
    /// `/ws` if there is none.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Err("name the server's address; it looks like wss://chat.example.org".into());
        }
        let given: Uri = text
            .parse()
            .map_err(|_| format!("`{text}` is no address; it looks like wss://chat.example.org"))?;
        let secure = match given.scheme_str().map(str::to_ascii_lowercase).as_deref() {
            Some("ws") => false,
            Some("wss") => true,
            Some(_) | None => {
                return Err(format!(
                    "`{text}` must begin with wss:// (or ws:// for tests)"
                ));
            }
        };
        let authority = given
            .authority()
            .filter(|authority| !authority.host().is_empty())
            .ok_or_else(|| format!("`{text}` names no host"))?;
        if authority.as_str().contains('@') {
            return Err(
                "an address holds no name or password; tokens come from the token provider".into(),
            );
        }
        let port = port(authority.as_str(), text)?;
        if given.query().is_some() || text.contains('#') {
            return Err(
                "an address has no query and no fragment; tokens come from the token provider"
                    .into(),
            );
        }
        let scheme = if secure { "wss" } else { "ws" };
        let path = match given.path() {
            "" | "/" => "/ws",
            path => path,
        };
        let uri = format!("{scheme}://{authority}{path}")
            .parse()
            .map_err(|_| format!("`{text}` is no address"))?;
        Ok(Self {
            host: authority
                .host()
                .trim_start_matches('[')
                .trim_end_matches(']')
                .to_owned(),
            port: port.unwrap_or(if secure { 443 } else { 80 }),
            secure,
            uri,
        })
    }
}

/// The port that an authority names, if it does. The library takes what is none for nothing.
fn port(authority: &str, text: &str) -> Result<Option<u16>, String> {
    let Some((_, port)) = authority
        .rsplit_once(':')
        .filter(|(_, rest)| !rest.contains(']'))
    else {
        return Ok(None);
    };
    match port.parse() {
        Ok(port) if port > 0 => Ok(Some(port)),
        Ok(_) | Err(_) => Err(format!(
            "`{text}` has no port from 1 to 65535 after its host"
        )),
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.uri, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_path_means_the_websocket() {
        let address = Address::parse("wss://chat.example.org").unwrap();
        assert_eq!(address.to_string(), "wss://chat.example.org/ws");
        assert_eq!(
            (address.host.as_str(), address.port),
            ("chat.example.org", 443)
        );
        assert!(address.secure);
    }

    #[test]
    fn a_scheme_may_be_in_capitals() {
        for (text, uri) in [
            ("WSS://chat.example.org", "wss://chat.example.org/ws"),
            ("Ws://127.0.0.1:4000/Chat", "ws://127.0.0.1:4000/Chat"),
        ] {
            assert_eq!(Address::parse(text).unwrap().to_string(), uri);
        }
    }

    #[test]
    fn an_ipv6_address_is_connected_to_without_its_brackets() {
        let address = Address::parse("ws://[::1]:4000/ws/chat").unwrap();
        assert_eq!((address.host.as_str(), address.port), ("::1", 4000));
        assert_eq!(address.to_string(), "ws://[::1]:4000/ws/chat");
    }

    #[test]
    fn a_port_may_be_any_that_exists_or_left_out() {
        for (text, port) in [
            ("ws://host:1", 1),
            ("wss://host:65535/ws", 65535),
            ("ws://host", 80),
            ("wss://[::1]", 443),
        ] {
            assert_eq!(Address::parse(text).map(|address| address.port), Ok(port));
        }
    }

    #[test]
    fn what_is_no_address_is_refused_in_words() {
        for text in [
            "",
            "chat.example.org",
            "ftp://x",
            "http://chat.example.org",
            "https://chat.example.org/ws",
            "HTTPS://chat.example.org",
            "wsss://chat.example.org",
            "ws://",
            "ws://a:b@host",
            "wss://a b",
            "ws://127.0.0.1:99999",
            "ws://127.0.0.1:0",
            "ws://127.0.0.1:",
            "ws://127.0.0.1:-1",
            "ws://[::1]:0",
            "ws://host?token=x",
            "ws://host:80/ws?token=x",
            "ws://host/?",
            "ws://host/#token",
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }
}
