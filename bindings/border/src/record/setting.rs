//! What a call is told beside its subject.

/// What a commit survives.
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
#[cfg_attr(feature = "napi", napi_derive::napi(string_enum = "snake_case"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// The death of the process, however it comes. After a power loss the newest commits may be
    /// missing, never the older ones. The default.
    Process,
    /// A power loss as well. Every commit waits for the disk: milliseconds on a phone.
    PowerLoss,
}

impl From<Durability> for causerie::Durability {
    fn from(durability: Durability) -> Self {
        match durability {
            Durability::Process => Self::Process,
            Durability::PowerLoss => Self::PowerLoss,
        }
    }
}

/// The system's word on the network.
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
#[cfg_attr(feature = "napi", napi_derive::napi(string_enum = "snake_case"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkHint {
    /// There is one, or another one: try at once, probe a socket that seems live.
    Changed,
    /// There is none. Only a hint: attempts go on.
    Lost,
}

impl From<NetworkHint> for causerie::NetworkHint {
    fn from(hint: NetworkHint) -> Self {
        match hint {
            NetworkHint::Changed => Self::Changed,
            NetworkHint::Lost => Self::Lost,
        }
    }
}

/// What becomes of writes that were not sent when the user signs out.
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
#[cfg_attr(feature = "napi", napi_derive::napi(string_enum = "snake_case"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsent {
    /// Do not sign out: `unsent` says how many they are.
    Refuse,
    /// They are lost.
    Discard,
}

impl From<Unsent> for causerie::Unsent {
    fn from(unsent: Unsent) -> Self {
        match unsent {
            Unsent::Refuse => Self::Refuse,
            Unsent::Discard => Self::Discard,
        }
    }
}
