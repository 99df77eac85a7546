import Foundation

/// Something that changes, as an `AsyncSequence`: the present state first, then each change.
///
/// Every iteration begins anew with the present state. One that is slow misses nothing: what came
/// meanwhile is one element, or the state anew. An iteration ends when its task is cancelled, when
/// the loop is left, and when what it observes is closed; it never throws.
///
/// ```swift
/// for await state in client.connectionStates {
///     banner.isHidden = state == .live
/// }
/// ```
public struct Updates<Element: Sendable>: AsyncSequence, Sendable {
    private let begin: @Sendable () -> Pull<Element>

    init(_ begin: @escaping @Sendable () -> Pull<Element>) {
        self.begin = begin
    }

    /// Begins to observe.
    public func makeAsyncIterator() -> Iterator {
        Iterator(pull: begin())
    }

    /// Where an iteration stands. A copy is the same iteration: of several tasks that share it each
    /// element goes to one, and when one of them is cancelled while it waits, it ends for all. Tasks
    /// that each want everything make an iterator each.
    public struct Iterator: AsyncIteratorProtocol, Sendable {
        let pull: Pull<Element>

        /// All that changed since the last call, once there is something; `nil` at the end.
        public mutating func next() async -> Element? {
            await pull.next()
        }
    }
}

/// The end of something, which comes once.
final class Ending: @unchecked Sendable {
    private let lock = NSLock()
    private var hasCome = false

    /// It comes.
    ///
    /// - Returns: Whether it had not come before.
    func comes() -> Bool {
        lock.withLock {
            defer { hasCome = true }
            return !hasCome
        }
    }
}

/// The Rust side of an iteration; it ends with this object.
final class Pull<Element: Sendable>: Sendable {
    private let take: @Sendable () async -> Element?
    private let end: @Sendable () -> Void

    /// `take` gives the next, `end` wakes who waits for it. What must live as long as the iteration
    /// is held by `take`.
    init(
        take: @escaping @Sendable () async -> Element?,
        end: @escaping @Sendable () -> Void
    ) {
        self.take = take
        self.end = end
    }

    deinit { end() }

    func next() async -> Element? {
        // A cancelled task drops no future in Rust; ending the object is what wakes it.
        await withTaskCancellationHandler(operation: take, onCancel: end)
    }
}
