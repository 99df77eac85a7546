//! The one error on its way through a promise.

use causerie_border::{Action, Fault};

/// An error whose message is a [`Fault`] as JSON.
pub(crate) fn rejection(error: causerie::Error) -> napi::Error {
    let fault = Fault::from(error);
    let action = match fault.action {
        Action::RetryLater => "retry_later",
        Action::AskUser => "ask_user",
        Action::SignIn => "sign_in",
        Action::FixCode => "fix_code",
    };
    let json = serde_json::json!({
        "code": fault.code,
        "action": action,
        "message": fault.message,
        "retryable": fault.retryable,
        "retryAfterMs": fault.retry_after_ms,
    });
    napi::Error::from_reason(json.to_string())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_rejection_carries_the_whole_fault() {
        let error = causerie::Error::from(causerie::RetryLater::Interrupted);
        let json: serde_json::Value =
            serde_json::from_str(&super::rejection(error).reason).unwrap();
        assert_eq!(json["code"], "interrupted");
        assert_eq!(json["action"], "retry_later");
        assert_eq!(json["retryable"], true);
        assert_eq!(json["retryAfterMs"], 1000);
    }
}
