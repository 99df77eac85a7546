//! One switch for the bugs planted in the engine, in the server and in this simulation's node.

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

/// Whether a bug is switched on.
pub fn is(name: &str) -> bool {
    causerie_server::planted::is(name)
}
