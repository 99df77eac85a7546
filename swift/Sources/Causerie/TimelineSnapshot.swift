internal import CauserieGenerated

/// What a timeline shows and how it stands, of one moment.
public struct TimelineSnapshot: Hashable, Sendable {
    /// What it shows, oldest first.
    public let items: [TimelineItem]
    /// Whether there is more to load.
    public let state: TimelineState
}

extension TimelineSnapshot {
    init(_ snapshot: CauserieGenerated.TimelineSnapshot) {
        items = snapshot.items.map(TimelineItem.init)
        state = TimelineState(snapshot.state)
    }
}
