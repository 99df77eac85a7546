import Causerie

/// A client that is open, and what watches it.
actor Opened {
    /// A timeline and the screen that shows it.
    struct Watched {
        let timeline: Timeline
        var screen = Screen()
        var watch: Task<Void, Never>?
    }

    /// A listener that takes what waits for it only when it is told to.
    struct Slow {
        let timeline: Timeline
        var updates: Updates<TimelineBatch>.Iterator
        var screen = Screen()
    }

    let client: Client
    private let output: Output
    private(set) var screens: [String: Watched] = [:]
    private(set) var listeners: [String: Slow] = [:]
    private var previews: Set<String> = []
    private var watches: [Task<Void, Never>] = []

    init(_ client: Client, output: Output) {
        self.client = client
        self.output = output
    }

    /// Watches everything but timelines.
    func watch() throws {
        let (client, output) = (client, output)
        let events = try client.events()
        watches = [
            Task { [weak self] in
                for await _ in client.conversations.updates {
                    await self?.preview()
                    await output.changed()
                }
            },
            Task { for await _ in client.connectionStates { await output.changed() } },
            Task { for await _ in client.outbox.updates { await output.changed() } },
            Task { for await _ in events { await output.changed() } },
        ]
    }

    /// Ends what watches.
    func leave() {
        for watch in watches { watch.cancel() }
        for watched in screens.values { watched.watch?.cancel() }
        screens = [:]
        listeners = [:]
    }

    /// Every text that was ever shown.
    var ever: Set<String> {
        screens.values.reduce(previews) { $0.union($1.screen.ever) }
    }

    private func preview() {
        previews.formUnion(client.conversations.items.compactMap { $0.lastMessage?.text })
    }

    // MARK: Timelines

    /// Opens a timeline, as soon as the device knows the conversation.
    func show(_ room: String, page: Int) async throws {
        let conversation = try client.conversation(room)
        if conversation.item == nil {
            for await _ in client.conversations.updates where conversation.item != nil { break }
        }
        let timeline = try await conversation.timeline(pageSize: page)
        hide(room)
        screens[room] = Watched(timeline: timeline)
        screens[room]?.watch = Task { [weak self, output] in
            for await batch in timeline.updates {
                await self?.draw(batch, of: room, in: timeline)
                await output.changed()
            }
        }
    }

    func hide(_ room: String) {
        guard let watched = screens.removeValue(forKey: room) else { return }
        previews.formUnion(watched.screen.ever)
        watched.watch?.cancel()
        watched.timeline.close()
    }

    private func draw(_ batch: TimelineBatch, of room: String, in timeline: Timeline) {
        guard screens[room]?.timeline === timeline else { return }
        screens[room]?.screen.apply(batch)
    }

    func timeline(of room: String) throws -> Timeline {
        guard let watched = screens[room] else {
            throw Refusal.scenario("its timeline is not open")
        }
        return watched.timeline
    }

    // MARK: Listeners

    func listen(to room: String, as name: String) throws {
        let timeline = try timeline(of: room)
        listeners[name] = Slow(
            timeline: timeline, updates: timeline.updates.makeAsyncIterator())
    }

    /// Takes what waits until it knows what the timeline shows; how often it was told anew and how
    /// often an item moved, since it began.
    func drain(_ name: String) async throws -> (resets: Int, moves: Int) {
        guard var slow = listeners[name] else { throw Refusal.scenario("no such listener") }
        repeat {
            guard let batch = await slow.updates.next() else {
                throw Refusal.scenario("it was closed")
            }
            slow.screen.apply(batch)
        } while slow.screen.items != slow.timeline.items
        listeners[name] = slow
        return (slow.screen.resets, slow.screen.moves)
    }
}
