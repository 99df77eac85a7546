//! What clients and a server of a released version said to each other.
