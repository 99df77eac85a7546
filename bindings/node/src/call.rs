//! What every exported function runs in: what goes wrong, a panic too, is an error with a fault in it.

use std::{
    any::Any,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::{Context, Poll, Waker},
};

use causerie_border::{Action, Fault};
use napi::{
    Env,
    bindgen_prelude::{PromiseRaw, ToNapiValue, within_runtime_if_available},
};

/// What a call failed with.
pub(crate) struct Failure(pub(crate) Fault);

impl From<causerie::Error> for Failure {
    fn from(error: causerie::Error) -> Self {
        Self(error.into())
    }
}

impl From<Failure> for napi::Error {
    /// An error whose message is the fault as JSON.
    fn from(Failure(fault): Failure) -> Self {
        let action = match fault.action {
            Action::RetryLater => "retryLater",
            Action::AskUser => "askUser",
            Action::SignIn => "signIn",
            Action::FixCode => "fixCode",
        };
        let json = serde_json::json!({
            "code": fault.code,
            "action": action,
            "message": fault.message,
            "retryable": fault.retryable,
            "retryAfter": fault.retry_after_ms,
        });
        napi::Error::from_reason(json.to_string())
    }
}

/// A call.
pub(crate) fn call<T, E>(work: impl FnOnce() -> Result<T, E>) -> napi::Result<T>
where
    Failure: From<E>,
{
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => Ok(done.map_err(Failure::from)?),
        Err(panic) => Err(panicked(&*panic).into()),
    }
}

/// A call that cannot fail, but for a panic.
pub(crate) fn look<T>(work: impl FnOnce() -> T) -> napi::Result<T> {
    call(|| Ok::<_, Failure>(work()))
}

/// A promise. What the future needs, it owns: the object that was called may go before it is done.
///
/// It begins here and now, and goes on elsewhere: calls take effect in the order in which they are
/// made, whether anybody waits for them or not.
pub(crate) fn promise<'env, T, E>(
    env: &'env Env,
    work: impl Future<Output = Result<T, E>> + Send + 'static,
) -> napi::Result<PromiseRaw<'env, T>>
where
    T: ToNapiValue + Send + 'static,
    E: Send + 'static,
    Failure: From<E>,
{
    let mut work = Box::pin(caught(work));
    let mut begun = within_runtime_if_available(|| {
        match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => Some(done),
            Poll::Pending => None,
        }
    });
    env.spawn_future(async move {
        let done = match begun.take() {
            Some(done) => done,
            // It is asked again with a waker that is heard.
            None => work.await,
        };
        match done {
            Ok(done) => Ok(done.map_err(Failure::from)?),
            Err(failure) => Err(failure.into()),
        }
    })
}

async fn caught<T>(work: impl Future<Output = T> + Send) -> Result<T, Failure> {
    let mut work = pin!(work);
    poll_fn(
        |context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(panicked(&*panic))),
        },
    )
    .await
}

/// Says that there was a panic, and what it said.
fn panicked(panic: &(dyn Any + Send)) -> Failure {
    let what = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without words");
    tracing::error!("a call of the app's panicked: {what}");
    Failure(Fault {
        code: "panicked".into(),
        action: Action::FixCode,
        message: format!("a mistake in Causerie, please report it: {what}"),
        retryable: false,
        retry_after_ms: None,
    })
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    fn json(error: napi::Error) -> serde_json::Value {
        serde_json::from_str(&error.reason).unwrap()
    }

    #[test]
    fn a_rejection_carries_the_whole_fault() {
        let failed =
            call(|| Err::<(), _>(causerie::Error::from(causerie::RetryLater::Interrupted)));
        let json = json(failed.unwrap_err());
        assert_eq!(json["code"], "interrupted");
        assert_eq!(json["action"], "retryLater");
        assert_eq!(json["retryable"], true);
        assert_eq!(json["retryAfter"], 1000);
    }

    #[test]
    fn a_panic_is_an_error_of_the_call() {
        let failed = call(|| -> Result<(), causerie::Error> { panic!("on purpose") });
        let json = json(failed.unwrap_err());
        assert_eq!(json["code"], "panicked");
        assert!(json["message"].as_str().unwrap().ends_with(": on purpose"));
    }

    /// What a new function could forget.
    #[test]
    fn every_exported_function_catches_what_unwinds_and_runs_in_one_of_these() {
        const GUARDS: [&str; 5] = ["call(", "look(", "promise(", "written(", "listen("];
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut seen = 0;
        for entry in fs::read_dir(folder).unwrap() {
            let source = fs::read_to_string(entry.unwrap().path()).unwrap();
            let source = source.split("#[cfg(test)]").next().unwrap();
            for function in source.split("#[napi").skip(1) {
                let Some((head, body)) = function.split_once('{') else {
                    continue;
                };
                if !head.contains("fn ") {
                    continue;
                }
                seen += 1;
                assert!(head.contains("catch_unwind"), "unwinds: {head}");
                let guarded = GUARDS.iter().any(|guard| body.contains(guard));
                assert!(guarded, "not guarded: {head}");
            }
        }
        assert!(seen > 60, "only {seen} functions were seen");
    }
}
