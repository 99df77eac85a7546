import Network
import UIKit

/// Time that the system grants an app that goes to the background: to close its files.
@MainActor
final class BackgroundTime {
    private var id = UIBackgroundTaskIdentifier.invalid

    /// Does it, and then tells the system that it may sleep.
    func spend(_ work: @escaping @MainActor () async -> Void) {
        end()
        id = UIApplication.shared.beginBackgroundTask { [weak self] in self?.end() }
        Task {
            await work()
            end()
        }
    }

    private func end() {
        guard id != .invalid else { return }
        UIApplication.shared.endBackgroundTask(id)
        id = .invalid
    }
}

/// What the system says of the network.
enum NetworkPath {
    /// Whether there is one: now, and whenever it changes.
    static var changes: AsyncStream<Bool> {
        AsyncStream { continuation in
            let monitor = NWPathMonitor()
            monitor.pathUpdateHandler = { continuation.yield($0.status == .satisfied) }
            continuation.onTermination = { _ in monitor.cancel() }
            monitor.start(queue: DispatchQueue(label: "network path"))
        }
    }
}
