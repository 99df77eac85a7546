//! `causerie token`.

use std::time::Duration;

use causerie_cli::say;
use causerie_protocol::UserId;
use causerie_server::{
    auth::{Auth, Rules},
    clock::Clock,
};

use crate::Refused;

const EXAMPLES: &str = "Examples:
  CAUSERIE_JWT_SECRET=… causerie token --user alice
      a token for an hour
  CAUSERIE_JWT_SECRET=… causerie token --user alice --name \"Alice\" --ttl 7d --json
      with a name to show, for a week, as {\"token\", \"user_id\", \"expires_at\"}

Your own backend makes tokens in production; this is for trying things out.";

/// Arguments of `causerie token`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Whom the token names
    #[arg(long, value_name = "ID", value_parser = |id: &str| UserId::new(id))]
    user: UserId,
    /// The name to show
    #[arg(long)]
    name: Option<String>,
    /// How long it lasts: a number and s, m, h or d
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = parse_time)]
    ttl: Duration,
    /// Give it the scope `admin`
    #[arg(long)]
    admin: bool,
    /// The server's secret; better in the environment, since others see a command line
    #[arg(long, env = "CAUSERIE_JWT_SECRET", hide_env_values = true)]
    secret: Option<String>,
    /// The claim that holds the user id
    #[arg(long, value_name = "CLAIM", default_value = "sub")]
    user_claim: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Prints a token.
pub fn run(args: &Args) -> Result<(), Refused> {
    let Some(secret) = &args.secret else {
        return Err(Refused(
            "no secret: set CAUSERIE_JWT_SECRET to the server's (serve --dev prints its own)"
                .into(),
        ));
    };
    let rules = Rules {
        user_claim: Some(args.user_claim.clone()),
        ..Rules::default()
    };
    let auth = Auth::from_secret(secret.as_bytes(), rules)?;
    let ttl_ms = u64::try_from(args.ttl.as_millis()).unwrap_or(u64::MAX);
    let expires_at = Clock::system().wall().saturating_add(ttl_ms) / 1000 * 1000;
    let scope = args.admin.then_some("admin");
    let token = auth
        .mint_with(&args.user, expires_at, args.name.as_deref(), scope)
        .ok_or_else(|| Refused("the token could not be made".into()))?;
    if args.json {
        let said = serde_json::json!({
            "token": token,
            "user_id": args.user,
            "expires_at": expires_at,
        });
        say!("{said}");
    } else {
        say!("{token}");
    }
    Ok(())
}

fn parse_time(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no time; write 90s, 15m, 1h or 7d");
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let (number, seconds) = match unit {
        's' => (text.strip_suffix('s'), 1),
        'm' => (text.strip_suffix('m'), 60),
        'h' => (text.strip_suffix('h'), 60 * 60),
        'd' => (text.strip_suffix('d'), 24 * 60 * 60),
        _ => (Some(text), 1),
    };
    number
        .and_then(|number| number.parse::<u64>().ok())
        .and_then(|number| number.checked_mul(seconds))
        .filter(|seconds| *seconds > 0)
        .map(Duration::from_secs)
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_numbers_with_a_unit() {
        assert_eq!(parse_time("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_time("90"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_time("7d"), Ok(Duration::from_secs(604_800)));
        for wrong in ["", "h", "1w", "-1h", "0s", "99999999999999999999d"] {
            assert!(parse_time(wrong).is_err(), "{wrong}");
        }
    }
}
