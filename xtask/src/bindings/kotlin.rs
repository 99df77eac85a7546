//! What is changed in what uniffi writes for Kotlin.

/// What JNA allocates for every call, by the lines that begin it.
const ALLOCATED_BY_CALL: [&str; 2] = [
    "open class RustBuffer : Structure() {",
    "internal open class UniffiRustCallStatus : Structure() {",
];
/// Has it come from where many come from: why, stands in `CallMemory.kt`.
const FROM_A_SLAB: &str =
    "    override fun autoAllocate(size: Int) = io.causerie.internal.ffi.CallMemory.take(size)\n\n";
/// How a call that waits ends, whatever became of it.
const END_OF_A_CALL: &str = "    } finally {\n        freeFunc(rustFuture)\n    }\n";
/// Stands before it. Of a future that is ready and freed, uniffi drops the bare address of what it
/// gives: what was opened would be open until the process ends. One that is not ready gives nothing.
const WHEN_CANCELLED: &str = "    } catch (cancelled: kotlinx.coroutines.CancellationException) {
        // It may have been ready before its caller heard of it: what it gives is nobody's now.
        try {
            Disposable.destroy(
                liftFunc(uniffiRustCallWithError(errorHandler, { status -> completeFunc(rustFuture, status) }))
            )
        } catch (_: kotlin.Exception) {
            // It was not ready, or had failed.
        }
        throw cancelled
";

/// The same text with everything that is changed.
pub fn amended(text: &str) -> String {
    let mut text = text.replace(END_OF_A_CALL, &format!("{WHEN_CANCELLED}{END_OF_A_CALL}"));
    for begins in ALLOCATED_BY_CALL {
        let begins = format!("{begins}\n");
        text = text.replace(&begins, &format!("{begins}{FROM_A_SLAB}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As committed: an update of the generator that words a line anew is seen.
    const COMMITTED: [&str; 2] = [
        include_str!(
            "../../../kotlin/src/generated/kotlin/io/causerie/internal/ffi/causerie_ffi.kt"
        ),
        include_str!(
            "../../../kotlin/src/generated/kotlin/io/causerie/internal/border/causerie_border.kt"
        ),
    ];

    #[test]
    fn what_a_call_allocates_comes_from_a_slab() {
        for begins in ALLOCATED_BY_CALL {
            let amended = amended(&format!("{begins}\n    @JvmField var a = 0\n"));
            let expected = format!("{begins}\n{FROM_A_SLAB}    @JvmField var a = 0\n");
            assert_eq!(amended, expected);
        }
        for file in COMMITTED {
            assert_eq!(file.matches(FROM_A_SLAB).count(), ALLOCATED_BY_CALL.len());
        }
    }

    #[test]
    fn a_call_that_is_cancelled_when_its_answer_is_there_destroys_it() {
        let call = format!("    try {{\n        return 1\n{END_OF_A_CALL}}}\n");
        let expected = format!("    try {{\n        return 1\n{WHEN_CANCELLED}{END_OF_A_CALL}}}\n");
        assert_eq!(amended(&call), expected);
        // Calls that wait are the library's; the border has only values.
        let [library, border] = COMMITTED;
        assert_eq!(library.matches("freeFunc(rustFuture)").count(), 1);
        assert_eq!(
            library
                .matches(&format!("{WHEN_CANCELLED}{END_OF_A_CALL}"))
                .count(),
            1
        );
        assert_eq!(border.matches("freeFunc(rustFuture)").count(), 0);
    }
}
