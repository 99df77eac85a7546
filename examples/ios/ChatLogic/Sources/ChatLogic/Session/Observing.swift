import Observation

/// Calls with the value of what is observed: now, and whenever it is another one, until the task is
/// cancelled.
@MainActor
func observing<Value: Equatable & Sendable>(
    _ read: @MainActor () -> Value, each: @MainActor (Value) async -> Void
) async {
    var last: Value?
    while !Task.isCancelled {
        let (changes, change) = AsyncStream<Void>.makeStream()
        let value = withObservationTracking(read) { change.finish() }
        if value != last {
            last = value
            await each(value)
        }
        // Ends with the change, which may be past already, and with the task.
        for await _ in changes {}
    }
}
