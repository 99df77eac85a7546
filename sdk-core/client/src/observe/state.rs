//! A single value, such as the connection's state.

use causerie_engine::ConnectionState;

use super::{Join, Mirror};

/// Every listener gets the present value first, then each new one.
pub(crate) struct StateMirror<T>(pub(crate) T);

/// Every state is told, also one that was short.
impl Join for ConnectionState {}

impl<T: Join + Clone + Send + 'static> Mirror for StateMirror<T> {
    type Change = T;

    fn whole(&self) -> T {
        self.0.clone()
    }
}

impl<T: Clone + PartialEq> StateMirror<T> {
    /// The new value, unless it is the old one.
    pub(crate) fn set(&mut self, value: T) -> Option<T> {
        if self.0 == value {
            return None;
        }
        self.0 = value.clone();
        Some(value)
    }
}
