//! Who a token names (docs/protocol.md §3).
//!
//! The algorithm follows from the key that the server was given and from nothing else: a token
//! that says another one is invalid before its signature is looked at.

use std::fmt;

use causerie_protocol::{AuthCode, Millis, UserId, limits};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde_json::{Map, Value};

/// How far a token's `nbf` may lie ahead of this server's clock, in milliseconds.
const NOT_BEFORE_LEEWAY_MS: u64 = 60_000;
/// Claims that mean something else in every token (RFC 7519 §4.1; docs/protocol.md §3).
const OTHER_CLAIMS: [&str; 8] = [
    "exp",
    "nbf",
    "iat",
    "iss",
    "aud",
    "scope",
    "guest",
    "conversations",
];
/// Longest name taken from a token, in bytes.
const MAX_NAME_BYTES: usize = 512;

/// What a good token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Who.
    pub user_id: UserId,
    /// Until when.
    pub expires_at: Millis,
    /// The name to show.
    pub name: Option<String>,
    /// A reference to the picture.
    pub avatar: Option<String>,
    /// Whether the token has `scope: "admin"`.
    pub admin: bool,
}

/// Why a token is refused. The message never holds the token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The code of `auth_error`.
    pub code: AuthCode,
    /// For a person.
    pub message: String,
}

impl Refusal {
    fn new(code: AuthCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// An empty secret signs anything.
    #[error("the JWT secret is empty")]
    Empty,
    /// Not a public key that a token can be checked with.
    #[error("the JWT key is no PEM of an RSA, P-256 or Ed25519 public key")]
    NotPublicKey,
    /// This claim says something else.
    #[error("the claim `{0}` cannot hold the user id: it has a meaning of its own in every token")]
    UserClaim(String),
}

/// What else a token must fulfil.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// `iss` must be this. Default: not looked at.
    pub issuer: Option<String>,
    /// `aud` must be, or hold, this. Default: not looked at.
    pub audience: Option<String>,
    /// The claim that holds the user id. Default: `sub`.
    pub user_claim: Option<String>,
}

impl Rules {
    fn check(&self) -> Result<(), KeyError> {
        match &self.user_claim {
            Some(claim) if OTHER_CLAIMS.contains(&claim.as_str()) => {
                Err(KeyError::UserClaim(claim.clone()))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// Checks tokens; with a shared secret it makes them too.
pub struct Auth {
    key: DecodingKey,
    signer: Option<EncodingKey>,
    validation: Validation,
    user_claim: String,
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth")
            .field("algorithms", &self.validation.algorithms)
            .finish_non_exhaustive()
    }
}

impl Auth {
    /// Tokens signed with HS256 and this secret.
    ///
    /// # Errors
    /// If the secret is empty, or the user id is to stand in a claim that means something else.
    pub fn from_secret(secret: &[u8], rules: Rules) -> Result<Self, KeyError> {
        rules.check()?;
        if secret.is_empty() {
            return Err(KeyError::Empty);
        }
        Ok(Self {
            signer: Some(EncodingKey::from_secret(secret)),
            ..Self::new(DecodingKey::from_secret(secret), Algorithm::HS256, rules)
        })
    }

    /// Tokens signed by whoever has the private key to this public one: RS256, ES256 or EdDSA, as
    /// the key's type has it.
    ///
    /// # Errors
    /// If the PEM holds no such key, or the user id is to stand in a claim that means something else.
    pub fn from_public_pem(pem: &[u8], rules: Rules) -> Result<Self, KeyError> {
        rules.check()?;
        let (key, algorithm) = DecodingKey::from_ec_pem(pem)
            .map(|key| (key, Algorithm::ES256))
            .or_else(|_| DecodingKey::from_ed_pem(pem).map(|key| (key, Algorithm::EdDSA)))
            .or_else(|_| DecodingKey::from_rsa_pem(pem).map(|key| (key, Algorithm::RS256)))
            .map_err(|_| KeyError::NotPublicKey)?;
        Ok(Self::new(key, algorithm, rules))
    }

    fn new(key: DecodingKey, algorithm: Algorithm, rules: Rules) -> Self {
        let mut validation = Validation::new(algorithm);
        // Times are judged below, by the time that is passed in.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = rules.audience.is_some();
        validation.required_spec_claims.clear();
        if let Some(issuer) = &rules.issuer {
            validation.set_issuer(&[issuer]);
            validation.required_spec_claims.insert("iss".into());
        }
        if let Some(audience) = &rules.audience {
            validation.set_audience(&[audience]);
            validation.required_spec_claims.insert("aud".into());
        }
        Self {
            key,
            signer: None,
            validation,
            user_claim: rules.user_claim.unwrap_or_else(|| "sub".into()),
        }
    }

    /// Reads a token at this time.
    ///
    /// # Errors
    /// The code and message of the `auth_error`.
    pub fn verify(&self, token: &str, now: Millis) -> Result<Identity, Refusal> {
        use AuthCode::{GuestForbidden, TokenExpired, TokenInvalid};
        let token = jsonwebtoken::decode::<Map<String, Value>>(token, &self.key, &self.validation)
            .map_err(|error| {
                Refusal::new(TokenInvalid, format!("the token is invalid: {error}"))
            })?;
        // Whatever it names must be understood (RFC 7515 §4.1.11), and this server knows none.
        if token.header.crit.is_some() {
            let why = "the token's header has `crit`, of which this server knows nothing";
            return Err(Refusal::new(TokenInvalid, why));
        }
        let claims = token.claims;
        let user_id = claims
            .get(&self.user_claim)
            .and_then(Value::as_str)
            .ok_or_else(|| {
                let claim = &self.user_claim;
                Refusal::new(TokenInvalid, format!("the token has no text `{claim}`"))
            })
            .and_then(|id| {
                UserId::new(id).map_err(|error| Refusal::new(TokenInvalid, error.to_string()))
            })?;
        let expires_at = claims
            .get("exp")
            .and_then(time_claim)
            .ok_or_else(|| Refusal::new(TokenInvalid, "the token has no number `exp`"))?;
        if expires_at <= now {
            return Err(Refusal::new(TokenExpired, "the token has expired"));
        }
        if let Some(not_before) = claims.get("nbf") {
            let not_before = time_claim(not_before)
                .ok_or_else(|| Refusal::new(TokenInvalid, "the token's `nbf` is no number"))?;
            if not_before > now.saturating_add(NOT_BEFORE_LEEWAY_MS) {
                return Err(Refusal::new(TokenInvalid, "the token is not valid yet"));
            }
        }
        if claims.get("guest").and_then(Value::as_bool) == Some(true) {
            return Err(Refusal::new(
                GuestForbidden,
                "this server does not serve guests",
            ));
        }
        Ok(Identity {
            user_id,
            expires_at,
            name: text_claim(&claims, "name", MAX_NAME_BYTES),
            avatar: text_claim(&claims, "avatar", limits::MAX_AVATAR_BYTES),
            admin: claims.get("scope").and_then(Value::as_str) == Some("admin"),
        })
    }

    /// Makes a token; `None` if this server only has a public key.
    pub fn mint(&self, user_id: &UserId, expires_at: Millis, name: Option<&str>) -> Option<String> {
        self.mint_with(user_id, expires_at, name, None)
    }

    /// Makes a token with a `scope`, of which the server knows `admin`.
    pub fn mint_with(
        &self,
        user_id: &UserId,
        expires_at: Millis,
        name: Option<&str>,
        scope: Option<&str>,
    ) -> Option<String> {
        let signer = self.signer.as_ref()?;
        let mut claims = Map::new();
        claims.insert("exp".into(), (expires_at / 1000).into());
        for (claim, value) in [("name", name), ("scope", scope)] {
            if let Some(value) = value {
                claims.insert(claim.into(), value.into());
            }
        }
        // Last, since that claim may be `name`.
        claims.insert(self.user_claim.clone(), user_id.as_str().into());
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, signer).ok()
    }
}

/// A NumericDate as milliseconds; it may have a fraction.
fn time_claim(value: &Value) -> Option<Millis> {
    let latest = limits::MAX_INTEGER - 1;
    if let Some(seconds) = value.as_u64() {
        return Some(seconds.saturating_mul(1000).min(latest));
    }
    let seconds = value.as_f64().filter(|seconds| seconds.is_finite())?;
    // The cast saturates.
    let millis = (seconds * 1000.0) as u64;
    Some(millis.min(latest))
}

fn text_claim(claims: &Map<String, Value>, name: &str, most: usize) -> Option<String> {
    claims
        .get(name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty() && text.len() <= most && !text.contains('\0'))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_763_600_000_000;

    #[test]
    fn a_minted_token_names_its_user_until_it_expires() {
        let auth = auth(Rules::default());
        let token = auth.mint(&alice(), NOW + 60_000, Some("Alice")).unwrap();
        let identity = auth.verify(&token, NOW).unwrap();
        assert_eq!(identity.user_id, alice());
        assert_eq!(identity.expires_at, NOW + 60_000);
        assert_eq!(identity.name.as_deref(), Some("Alice"));
        assert!(!identity.admin);
        let refusal = auth.verify(&token, NOW + 60_000).unwrap_err();
        assert_eq!(refusal.code, AuthCode::TokenExpired);
    }

    #[test]
    fn an_expired_token_under_another_key_is_not_even_expired() {
        let token = Auth::from_secret(b"another secret", Rules::default())
            .unwrap()
            .mint(&alice(), NOW - 1, None)
            .unwrap();
        assert_eq!(refused(&token), AuthCode::TokenInvalid);
    }

    #[test]
    fn the_algorithm_follows_from_the_key_and_not_from_the_token() {
        for algorithm in [Algorithm::HS384, Algorithm::HS512] {
            let token = signed(algorithm, &[("sub", "alice".into()), ("exp", far())]);
            assert_eq!(refused(&token), AuthCode::TokenInvalid, "{algorithm:?}");
        }
        let none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSIsImV4cCI6OTk5OTk5OTk5OX0.";
        assert_eq!(refused(none), AuthCode::TokenInvalid);
    }

    #[test]
    fn a_token_without_user_or_expiry_is_invalid() {
        for claims in [
            vec![("exp", far())],
            vec![("sub", "alice".into())],
            vec![("sub", 7.into()), ("exp", far())],
            vec![("sub", "".into()), ("exp", far())],
            vec![("sub", "a\u{7}".into()), ("exp", far())],
            vec![("sub", "alice".into()), ("exp", "soon".into())],
        ] {
            let token = signed(Algorithm::HS256, &claims);
            assert_eq!(refused(&token), AuthCode::TokenInvalid, "{claims:?}");
        }
    }

    #[test]
    fn a_token_that_is_not_valid_yet_is_refused_beyond_a_minute_of_another_clock() {
        let now = NOW / 1000;
        for (nbf, is_good) in [
            (Value::from(now - 1), true),
            (Value::from(now + 60), true),
            (Value::from(now + 61), false),
            (Value::from(1e300), false),
            (Value::from("later"), false),
        ] {
            let token = signed(
                Algorithm::HS256,
                &[("sub", "a".into()), ("exp", far()), ("nbf", nbf.clone())],
            );
            let verified = auth(Rules::default()).verify(&token, NOW);
            assert_eq!(verified.is_ok(), is_good, "{nbf}: {verified:?}");
            if let Err(refusal) = verified {
                assert_eq!(refusal.code, AuthCode::TokenInvalid);
            }
        }
    }

    #[test]
    fn a_header_that_must_be_understood_is_refused() {
        let claims = serde_json::json!({"sub": "a", "exp": far()});
        for crit in [vec!["x".to_owned()], Vec::new()] {
            let header = Header {
                crit: Some(crit),
                ..Header::new(Algorithm::HS256)
            };
            let key = EncodingKey::from_secret(b"secret");
            let token = jsonwebtoken::encode(&header, &claims, &key).unwrap();
            assert_eq!(refused(&token), AuthCode::TokenInvalid);
        }
    }

    #[test]
    fn a_claim_with_a_meaning_of_its_own_holds_no_user_id() {
        let with = |claim: &str| Rules {
            user_claim: Some(claim.into()),
            ..Rules::default()
        };
        for claim in ["exp", "nbf", "guest", "scope"] {
            let made = Auth::from_secret(b"secret", with(claim));
            assert!(matches!(made, Err(KeyError::UserClaim(_))), "{claim}");
        }
        let named = auth(with("name"));
        let token = named.mint(&alice(), NOW + 60_000, Some("Alice")).unwrap();
        assert_eq!(named.verify(&token, NOW).unwrap().user_id, alice());
    }

    #[test]
    fn a_guest_is_refused_and_an_admin_is_known() {
        let guest = signed(
            Algorithm::HS256,
            &[("sub", "g".into()), ("exp", far()), ("guest", true.into())],
        );
        assert_eq!(refused(&guest), AuthCode::GuestForbidden);
        let admin = signed(
            Algorithm::HS256,
            &[
                ("sub", "root".into()),
                ("exp", far()),
                ("scope", "admin".into()),
            ],
        );
        let identity = auth(Rules::default()).verify(&admin, NOW).unwrap();
        assert!(identity.admin);
    }

    #[test]
    fn issuer_and_audience_count_once_they_are_configured() {
        let strict = auth(Rules {
            issuer: Some("me".into()),
            audience: Some("causerie".into()),
            user_claim: Some("uid".into()),
        });
        let plain = [("uid", Value::from("alice")), ("exp", far())];
        let good = [
            plain.as_slice(),
            &[("iss", "me".into()), ("aud", vec!["x", "causerie"].into())],
        ]
        .concat();
        let other = [
            plain.as_slice(),
            &[("iss", "you".into()), ("aud", "causerie".into())],
        ]
        .concat();
        assert!(strict.verify(&signed(Algorithm::HS256, &good), NOW).is_ok());
        for claims in [plain.as_slice(), &other] {
            let token = signed(Algorithm::HS256, claims);
            let refusal = strict.verify(&token, NOW).unwrap_err();
            assert_eq!(refusal.code, AuthCode::TokenInvalid, "{claims:?}");
        }
    }

    #[test]
    fn an_expiry_with_a_fraction_and_one_beyond_all_time_are_read() {
        for (exp, expires_at) in [
            (Value::from(1_763_600_001.5), 1_763_600_001_500),
            (Value::from(1e300), limits::MAX_INTEGER - 1),
        ] {
            let token = signed(Algorithm::HS256, &[("sub", "a".into()), ("exp", exp)]);
            let identity = auth(Rules::default()).verify(&token, NOW).unwrap();
            assert_eq!(identity.expires_at, expires_at);
        }
    }

    #[test]
    fn a_public_key_checks_what_its_private_key_signed() {
        const PRIVATE: &[u8] = b"-----BEGIN PRIVATE KEY-----\n\
            MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n\
            -----END PRIVATE KEY-----\n";
        const PUBLIC: &[u8] = b"-----BEGIN PUBLIC KEY-----\n\
            MCowBQYDK2VwAyEAA6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=\n\
            -----END PUBLIC KEY-----\n";
        let auth = Auth::from_public_pem(PUBLIC, Rules::default()).unwrap();
        let claims = serde_json::json!({"sub": "alice", "exp": 9_999_999_999_u64});
        let key = EncodingKey::from_ed_pem(PRIVATE).unwrap();
        let token = jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), &claims, &key).unwrap();
        assert_eq!(auth.verify(&token, NOW).unwrap().user_id, alice());
        assert!(auth.mint(&alice(), NOW, None).is_none());
        let forged = signed(Algorithm::HS256, &[("sub", "alice".into()), ("exp", far())]);
        assert_eq!(
            auth.verify(&forged, NOW).unwrap_err().code,
            AuthCode::TokenInvalid
        );
        assert!(Auth::from_public_pem(b"garbage", Rules::default()).is_err());
    }

    fn alice() -> UserId {
        UserId::new("alice").unwrap()
    }

    fn auth(rules: Rules) -> Auth {
        Auth::from_secret(b"secret", rules).unwrap()
    }

    fn far() -> Value {
        9_999_999_999_u64.into()
    }

    fn refused(token: &str) -> AuthCode {
        auth(Rules::default()).verify(token, NOW).unwrap_err().code
    }

    fn signed(algorithm: Algorithm, claims: &[(&str, Value)]) -> String {
        let claims: Map<_, _> = claims
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        jsonwebtoken::encode(
            &Header::new(algorithm),
            &claims,
            &EncodingKey::from_secret(b"secret"),
        )
        .unwrap()
    }
}
