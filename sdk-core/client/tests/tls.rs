//! `wss`: the operating system decides whom to trust.

mod common;

use std::{path::Path, process::Command, sync::Arc};

use causerie::ConnectionState;
use common::*;
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::{
        handshake::server::{Request, Response},
        http::HeaderValue,
    },
};

fn fixture(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

/// Speaks TLS with the certificate of localhost, which only the CA in the fixtures vouches for.
fn acceptor() -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_file(fixture("localhost.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(fixture("localhost.key.pem")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// How a client fares with such a server: where its connection gets beyond connecting, or why not.
async fn outcome() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("wss://localhost:{}", listener.local_addr().unwrap().port());
    let serving = tokio::spawn(async move {
        let acceptor = acceptor();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(stream) = acceptor.accept(stream).await else {
                continue;
            };
            let choose = |_: &Request, mut response: Response| {
                let chosen = HeaderValue::from_static("causerie.v1.json");
                response
                    .headers_mut()
                    .insert("sec-websocket-protocol", chosen);
                Ok(response)
            };
            if accept_hdr_async(stream, choose).await.is_ok() {
                return;
            }
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let client = builder(&url, folder.path()).open().await.unwrap();
    client.start().await.unwrap();
    let mut states = client.connection_state();
    let outcome = soon("an outcome", async {
        loop {
            match states.next().await.unwrap() {
                ConnectionState::Authenticating => return "connected".to_owned(),
                ConnectionState::Waiting { reason, .. } => return reason,
                _ => {}
            }
        }
    })
    .await;
    serving.abort();
    client.close().await;
    outcome
}

const CHILD: &str = "CAUSERIE_TEST_TRUSTS";

/// Not a test of its own: run as another process by the one below.
#[tokio::test]
async fn child_process_that_trusts_the_ca() {
    if std::env::var_os(CHILD).is_some() {
        println!("verdict: {}", outcome().await);
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused_in_words() {
    let refusal = outcome().await;
    assert!(refusal.contains("TLS"), "{refusal}");
    assert!(refusal.contains("certificate"), "{refusal}");
}

/// The system's certificates are read from the file that this variable names, on Linux.
#[cfg(target_os = "linux")]
#[test]
fn a_certificate_that_the_system_trusts_is_taken() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_process_that_trusts_the_ca", "--nocapture"])
        .env(CHILD, "1")
        .env("SSL_CERT_FILE", fixture("ca.pem"))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("verdict: connected"), "{text}");
}
