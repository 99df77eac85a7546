//! Causerie for Kotlin, Swift and Python, by uniffi.
