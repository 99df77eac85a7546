internal import CauserieGenerated
import Foundation

/// The SDK's version, such as `0.4.0`.
public var sdkVersion: String { CauserieGenerated.version() }

/// For the end of the process, from `applicationWillTerminate` or before `exit`: ends all clients,
/// and sees to it that the SDK calls no code of the app's any more. Nothing works after it.
///
/// Blocks until closures that are running have returned and all is closed, at most 5 s. An app that
/// the system kills loses nothing without it.
///
/// - Returns: Whether that was enough.
@discardableResult
public func shutdown() -> Bool {
    CauserieGenerated.shutdown()
}

extension Bundle {
    /// Where the privacy manifest lies.
    static var causerie: Bundle { .module }
}
