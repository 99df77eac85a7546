//! What every exported function runs in: a panic is the app's to handle, as any other failure.
//!
//! uniffi stops a panic, too, but what it makes of one is no [`CauserieError`], and in Swift the
//! whole app ends unless the function is declared to throw. So those that throw give the code
//! `panicked`, and those that do not give what they give when there is nothing; the log says why.

use std::{
    any::Any,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    task::Poll,
};

use crate::{CauserieError, gate::woken};

/// A call that may fail.
pub(crate) fn call<T, E>(work: impl FnOnce() -> Result<T, E>) -> Result<T, CauserieError>
where
    CauserieError: From<E>,
{
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => Ok(done?),
        Err(panic) => Err(panicked(&*panic)),
    }
}

/// The same for a future, whose wakers go through the gate.
pub(crate) async fn called<T, E>(
    work: impl Future<Output = Result<T, E>> + Send,
) -> Result<T, CauserieError>
where
    CauserieError: From<E>,
{
    Ok(caught(pin!(work)).await??)
}

/// A call that cannot fail.
pub(crate) fn look<T: Default>(work: impl FnOnce() -> T) -> T {
    look_or(T::default, work)
}

/// A call that cannot fail, and what it gives if it does.
pub(crate) fn look_or<T>(nothing: impl FnOnce() -> T, work: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        panicked(&*panic);
        nothing()
    })
}

/// A future that cannot fail, whose wakers go through the gate.
pub(crate) async fn looked<T: Default>(work: impl Future<Output = T> + Send) -> T {
    caught(pin!(work)).await.unwrap_or_default()
}

async fn caught<T>(
    mut work: Pin<&mut (dyn Future<Output = T> + Send)>,
) -> Result<T, CauserieError> {
    woken(poll_fn(|context| {
        match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(panicked(&*panic))),
        }
    }))
    .await
}

/// Says that there was a panic, and what it said.
pub(crate) fn panicked(panic: &(dyn Any + Send)) -> CauserieError {
    let what = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without words");
    tracing::error!("a call of the app's panicked: {what}");
    CauserieError::panicked(what)
}

#[cfg(test)]
mod tests {
    use causerie_border::Fault;
    use std::{fs, path::Path};

    use super::*;

    fn fault<T: std::fmt::Debug>(result: Result<T, CauserieError>) -> Fault {
        let CauserieError::Failed { fault } = result.unwrap_err();
        fault
    }

    fn broken<T>(what: &str) -> T {
        panic!("{what}")
    }

    #[tokio::test]
    async fn a_panic_is_an_error_of_the_call_or_nothing_where_a_call_cannot_fail() {
        let now = fault(call(|| broken::<Result<(), causerie::Error>>("now")));
        assert_eq!(now.code, "panicked");
        assert!(now.message.ends_with(": now"), "{now:?}");
        let later = called(async {
            tokio::task::yield_now().await;
            broken::<Result<(), causerie::Error>>("later")
        });
        let later = fault(later.await);
        assert!(later.message.ends_with(": later"), "{later:?}");
        assert_eq!(look(|| broken::<Option<i64>>("unseen")), None);
        assert_eq!(look_or(|| 1, || broken("unseen")), 1);
        assert_eq!(
            looked(async { broken::<Option<i64>>("unseen") }).await,
            None
        );
    }

    /// What a new function could forget.
    #[test]
    fn every_exported_function_runs_in_one_of_these() {
        // `written` calls `called`.
        const GUARDS: [&str; 6] = [
            "call(", "called(", "look(", "look_or(", "looked(", "written(",
        ];
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut seen = 0;
        for entry in fs::read_dir(folder).unwrap() {
            let source = fs::read_to_string(entry.unwrap().path()).unwrap();
            for block in source.split("#[uniffi::export]").skip(1) {
                // It ends where something else begins at the margin.
                let end = block.find("\n}").map_or(block.len(), |end| end + 2);
                for function in block[..end].split("pub ").skip(1) {
                    let Some((head, body)) = function.split_once('{') else {
                        continue;
                    };
                    if head.contains("fn ") {
                        seen += 1;
                        let guarded = GUARDS.iter().any(|guard| body.contains(guard));
                        assert!(guarded, "not guarded: {head}");
                    }
                }
            }
        }
        assert!(seen > 60, "only {seen} functions were seen");
    }
}
