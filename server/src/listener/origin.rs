//! Which web pages may have a browser speak to the server for them.

use std::net::IpAddr;

use axum::http::{HeaderMap, header};

impl super::Options {
    /// Whether a page of this origin may connect: one of the server's own host, or of the list.
    /// What is no browser sends none.
    pub(crate) fn allows_origin(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else {
            return true;
        };
        let Ok(origin) = origin.to_str() else {
            return false;
        };
        self.dev || self.lists(origin) || is_same_host(origin, headers)
    }

    /// Whether a token for developers may be given. They are for this machine, but a browser on it
    /// also speaks for pages from elsewhere: those are told by their origin, or, where a name of
    /// their own was made to lead here, by the host that they ask for. An address cannot be made to
    /// lead elsewhere, so any will do: emulators have one of their own for this machine.
    pub(super) fn gives_dev_token(&self, headers: &HeaderMap) -> bool {
        let host = match headers.get(header::HOST).map(|host| host.to_str()) {
            Some(Ok(host)) => is_address(host_of(host)) || is_localhost(host_of(host)),
            Some(Err(_)) => false,
            None => true,
        };
        let origin = match headers.get(header::ORIGIN).map(|origin| origin.to_str()) {
            Some(Ok(origin)) => {
                self.lists(origin) || is_same_host(origin, headers) || is_of_this_machine(origin)
            }
            Some(Err(_)) => false,
            None => true,
        };
        host && origin
    }

    fn lists(&self, origin: &str) -> bool {
        self.allowed_origins.iter().any(|allowed| allowed == origin)
    }
}

/// Whether this can be the value of a browser's `Origin`.
pub(crate) fn is_origin(text: &str) -> bool {
    // A page from a file, and one without an origin to speak of.
    if text == "null" || text == "file://" {
        return true;
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (rest, None),
    };
    let inner = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let host_is_sound = match inner {
        Some(inner) => inner.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty()
                && host.bytes().all(|byte| {
                    byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._".contains(&byte)
                })
        }
    };
    scheme.starts_with(|first: char| first.is_ascii_lowercase())
        && scheme.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte)
        })
        && host_is_sound
        && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

/// Whether a page is of the host that it asks.
fn is_same_host(origin: &str, headers: &HeaderMap) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    match (origin.split_once("://"), host) {
        (Some((scheme, origin)), Some(host)) => without_default_port(scheme, origin)
            .eq_ignore_ascii_case(without_default_port(scheme, host)),
        _ => false,
    }
}

fn without_default_port<'a>(scheme: &str, host: &'a str) -> &'a str {
    let port = if scheme.eq_ignore_ascii_case("https") {
        ":443"
    } else {
        ":80"
    };
    host.strip_suffix(port).unwrap_or(host)
}

/// `host:port`, `[host]:port` or `host` without the port.
fn host_of(authority: &str) -> &str {
    match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => authority.split(':').next().unwrap_or(authority),
    }
}

fn is_address(host: &str) -> bool {
    host.parse::<IpAddr>().is_ok()
}

/// Names that lead nowhere but here (RFC 6761).
fn is_localhost(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

fn is_of_this_machine(origin: &str) -> bool {
    let Some((_, authority)) = origin.split_once("://") else {
        return false;
    };
    let host = host_of(authority);
    is_localhost(host) || host.parse().is_ok_and(|host: IpAddr| host.is_loopback())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;
    use crate::listener::Options;

    #[test]
    fn a_foreign_origin_must_be_on_the_list() {
        let options = options();
        let allows = |origin, host| {
            options.allows_origin(&with(&[(header::ORIGIN, origin), (header::HOST, host)]))
        };
        assert!(allows("https://chat.example", "chat.example"));
        assert!(allows("https://chat.example", "chat.example:443"));
        assert!(allows("http://127.0.0.1:4000", "127.0.0.1:4000"));
        assert!(allows("https://app.example", "chat.example"));
        assert!(!allows("https://evil.example", "chat.example"));
        assert!(!allows("http://127.0.0.1:4001", "127.0.0.1:4000"));
        assert!(!allows("null", "chat.example"));
        assert!(options.allows_origin(&HeaderMap::new()));
    }

    #[test]
    fn a_page_from_elsewhere_gets_no_token_for_developers() {
        let options = Options {
            dev: true,
            ..options()
        };
        let gives = |origin: Option<&'static str>, host| {
            let mut headers = with(&[(header::HOST, host)]);
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            }
            options.gives_dev_token(&headers)
        };
        for host in [
            "127.0.0.1:4000",
            "localhost:4000",
            "LOCALHOST",
            "app.localhost:4000",
            "[::1]:4000",
            "10.0.2.2:4000",
        ] {
            assert!(gives(None, host), "{host}");
            assert!(gives(Some("http://localhost:5173"), host), "{host}");
            assert!(gives(Some("http://[::1]:5173"), host), "{host}");
            assert!(gives(Some("https://app.example"), host), "{host}");
            for origin in [
                "https://evil.example",
                "null",
                "http://localhost.evil.example",
            ] {
                assert!(!gives(Some(origin), host), "{origin} at {host}");
            }
        }
        // A name that was made to lead to this machine.
        for host in [
            "evil.example:4000",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
        ] {
            assert!(!gives(None, host), "{host}");
            assert!(!gives(Some("http://evil.example:4000"), host), "{host}");
        }
    }

    #[test]
    fn an_origin_is_a_scheme_and_a_host_and_no_more() {
        for origin in [
            "https://app.example",
            "http://localhost:5173",
            "http://[::1]:5173",
            "capacitor://localhost",
            "chrome-extension://abcdefgh",
            "null",
            "file://",
        ] {
            assert!(is_origin(origin), "{origin}");
        }
        for wrong in [
            "",
            "*",
            "not a url",
            "app.example",
            "https://",
            "https://app.example/",
            "https://app.example/path",
            "https://App.example",
            "https://me@app.example",
            "https://app.example:port",
            "https://*.app.example",
            "https://[::1",
        ] {
            assert!(!is_origin(wrong), "{wrong}");
        }
    }

    fn options() -> Options {
        Options {
            allowed_origins: vec!["https://app.example".into()],
            ..Options::default()
        }
    }

    fn with(pairs: &[(header::HeaderName, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect()
    }
}
