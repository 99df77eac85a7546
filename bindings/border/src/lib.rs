//! The public API in the one shape that every language can carry.
