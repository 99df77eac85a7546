//! The app's backend, which brings tokens: the server's control port makes them.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU32, Ordering},
};

use causerie::{TokenError, TokenRequest};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::scenario::Tokens;

/// A backend for one device.
#[derive(Debug)]
pub struct Backend {
    control: String,
    lifetime_ms: u64,
    mood: Mutex<Tokens>,
    asked: AtomicU32,
    changed: Arc<Notify>,
}

impl Backend {
    /// One that asks this control port for tokens that are good for so long. `changed` is told
    /// whenever it is asked.
    pub fn new(control: &str, lifetime_ms: u64, changed: Arc<Notify>) -> Self {
        Self {
            control: control.to_owned(),
            lifetime_ms,
            mood: Mutex::new(Tokens::Good),
            asked: AtomicU32::new(0),
            changed,
        }
    }

    /// What it answers from now on.
    pub fn set(&self, mood: Tokens) {
        *self.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
    }

    /// How often it was asked.
    pub fn asked(&self) -> u32 {
        self.asked.load(Ordering::Acquire)
    }

    /// Answers.
    ///
    /// # Errors
    /// If it is to answer so, or the server does not run.
    pub async fn token(&self, request: TokenRequest) -> Result<String, TokenError> {
        self.asked.fetch_add(1, Ordering::AcqRel);
        self.changed.notify_one();
        let mood = *self.mood.lock().unwrap_or_else(PoisonError::into_inner);
        match mood {
            Tokens::Good => self.mint(&request).await,
            Tokens::Forged => self.mint(&request).await.map(|token| token + "x"),
            Tokens::Unavailable => Err(TokenError::Temporary("the backend is down".into())),
            Tokens::SignedOut => Err(TokenError::SignInNeeded("signed out elsewhere".into())),
        }
    }

    async fn mint(&self, request: &TokenRequest) -> Result<String, TokenError> {
        let temporary = |error: reqwest::Error| TokenError::Temporary(error.to_string());
        let ask = json!({"user_id": request.user_id, "lifetime_ms": self.lifetime_ms});
        let answer = reqwest::Client::new()
            .post(format!("{}/token", self.control))
            .json(&ask)
            .send()
            .await
            .and_then(reqwest::Response::error_for_status)
            .map_err(temporary)?;
        let answer: Value = answer.json().await.map_err(temporary)?;
        let token = answer["token"].as_str().map(str::to_owned);
        token.ok_or_else(|| TokenError::Temporary("the answer has no token".into()))
    }
}
