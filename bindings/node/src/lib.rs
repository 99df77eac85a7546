//! Causerie for Node and Electron, by napi-rs.
