//! Causerie for Dart and Flutter, by flutter_rust_bridge.
