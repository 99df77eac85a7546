internal import CauserieGenerated

/// What changed in a timeline, and how it stands now.
public struct TimelineBatch: Hashable, Sendable {
    /// In order; each is applied to the result of the one before. Those of an iteration's first
    /// batch are one ``TimelineDiff/reset(_:)``.
    public let diffs: [TimelineDiff]
    /// Whether there is more to load.
    public let state: TimelineState
}

/// Whether a timeline has more to load, and whether it is being loaded.
public struct TimelineState: Hashable, Sendable {
    /// There are older messages to load.
    public let hasOlder: Bool
    /// There are newer messages to load.
    public let hasNewer: Bool
    /// The server was asked for more.
    public let isLoading: Bool

    /// A state; for previews and tests.
    public init(hasOlder: Bool = false, hasNewer: Bool = false, isLoading: Bool = false) {
        self.hasOlder = hasOlder
        self.hasNewer = hasNewer
        self.isLoading = isLoading
    }
}

/// A change to a timeline. Items are named by their keys, which never change.
public enum TimelineDiff: Hashable, Sendable {
    /// All of it anew, oldest first.
    case reset([TimelineItem])
    /// Something new, behind the item of this key; `nil` for the first place.
    case insert(TimelineItem, after: String?)
    /// The item of the same key, in place.
    case update(TimelineItem)
    /// The item of this key goes behind another; `nil` for the first place.
    case move(key: String, after: String?)
    /// The item of this key goes.
    case remove(key: String)
}

extension Array where Element == TimelineItem {
    /// Applies what changed.
    ///
    /// - Returns: Whether the change fits what is there. From one iteration, applied in order, each
    ///   does; one that does not fit changes nothing.
    @discardableResult
    public mutating func apply(_ diff: TimelineDiff) -> Bool {
        switch diff {
        case .reset(let items):
            self = items
        case .insert(let item, let after):
            guard place(of: item.key) == nil, let place = place(behind: after) else { return false }
            insert(item, at: place)
        case .update(let item):
            guard let place = place(of: item.key) else { return false }
            self[place] = item
        case .move(let key, let after):
            guard key != after, let from = place(of: key), place(behind: after) != nil else {
                return false
            }
            let item = remove(at: from)
            insert(item, at: place(behind: after) ?? 0)
        case .remove(let key):
            guard let place = place(of: key) else { return false }
            remove(at: place)
        }
        return true
    }

    /// Changes come mostly at the end.
    private func place(of key: String) -> Int? {
        lastIndex { $0.key == key }
    }

    private func place(behind key: String?) -> Int? {
        guard let key else { return 0 }
        return place(of: key).map { $0 + 1 }
    }
}

extension TimelineBatch {
    init(_ batch: CauserieGenerated.TimelineBatch) {
        diffs = batch.diffs.map(TimelineDiff.init)
        state = TimelineState(batch.state)
    }
}

extension TimelineState {
    init(_ state: CauserieGenerated.TimelineState) {
        self.init(hasOlder: state.hasOlder, hasNewer: state.hasNewer, isLoading: state.loading)
    }
}

extension TimelineDiff {
    init(_ diff: CauserieGenerated.TimelineDiff) {
        switch diff.kind {
        case .reset: self = .reset(diff.items.map(TimelineItem.init))
        case .insert: self = .insert(TimelineItem(diff.items[0]), after: diff.after)
        case .update: self = .update(TimelineItem(diff.items[0]))
        case .move: self = .move(key: diff.key ?? "", after: diff.after)
        case .remove: self = .remove(key: diff.key ?? "")
        }
    }
}
