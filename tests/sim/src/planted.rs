//! One switch for the bugs planted in the engine and in the server.

/// Switches a bug on for this thread, or all of them off. Without `cfg(planted)` it does nothing.
pub fn set(name: Option<&'static str>) {
    #[cfg(planted)]
    {
        causerie_server::planted::set(name);
        causerie_engine::planted::set(name.unwrap_or_default());
    }
    #[cfg(not(planted))]
    let _ = name;
}
