//! Tokens, which the app's code brings.

use causerie::{TokenError, TokenRequest};

/// What a token provider is asked.
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenQuestion {
    /// For whom.
    pub user_id: String,
    /// The server refused the last token: get a new one, do not give a remembered one again.
    pub refused: bool,
}

impl From<TokenRequest> for TokenQuestion {
    fn from(request: TokenRequest) -> Self {
        Self {
            user_id: request.user_id.to_string(),
            refused: request.refused,
        }
    }
}

/// What it answers. No answer of it is an exception: each language's shell turns what the app
/// throws into one of the two problems, since every tool loses exceptions in its own way.
///
/// For uniffi the exporting crate has its own: Kotlin's generated code cannot give a record of
/// another crate out of a future of its own.
#[cfg_attr(feature = "napi", napi_derive::napi(object))]
#[derive(Clone, PartialEq, Eq)]
pub struct TokenAnswer {
    /// The token.
    pub token: Option<String>,
    /// Why there is none.
    pub problem: Option<String>,
    /// That will not pass by itself: the user must sign in again.
    pub sign_in_needed: bool,
}

impl std::fmt::Debug for TokenAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenAnswer")
            .field("token", &self.token.as_ref().map(|_| "[redacted]"))
            .field("problem", &self.problem)
            .field("sign_in_needed", &self.sign_in_needed)
            .finish()
    }
}

impl TokenAnswer {
    /// There is no token for now; the SDK asks again by itself.
    pub fn temporary(problem: impl Into<String>) -> Self {
        Self {
            token: None,
            problem: Some(problem.into()),
            sign_in_needed: false,
        }
    }
}

impl From<TokenAnswer> for Result<String, TokenError> {
    fn from(answer: TokenAnswer) -> Self {
        if let Some(token) = answer.token {
            return Ok(token);
        }
        let problem = answer
            .problem
            .unwrap_or_else(|| "the token provider gave neither a token nor a reason".into());
        Err(if answer.sign_in_needed {
            TokenError::SignInNeeded(problem)
        } else {
            TokenError::Temporary(problem)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_token_or_one_of_two_problems_and_never_shows_the_token() {
        let answer = TokenAnswer {
            token: Some("secret".into()),
            problem: None,
            sign_in_needed: false,
        };
        assert!(!format!("{answer:?}").contains("secret"));
        assert_eq!(Result::from(answer), Ok("secret".to_owned()));
        let busy = TokenAnswer::temporary("busy");
        assert_eq!(
            Result::from(busy.clone()),
            Err(TokenError::Temporary("busy".into()))
        );
        let gone = TokenAnswer {
            sign_in_needed: true,
            ..busy
        };
        assert_eq!(
            Result::from(gone),
            Err(TokenError::SignInNeeded("busy".into()))
        );
        let silent = TokenAnswer {
            token: None,
            problem: None,
            sign_in_needed: false,
        };
        assert!(matches!(
            Result::from(silent),
            Err(TokenError::Temporary(_))
        ));
    }
}
