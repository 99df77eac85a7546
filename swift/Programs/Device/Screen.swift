import Causerie

/// What a screen makes of a timeline's differences, and what it must never be told.
struct Screen {
    /// Oldest first.
    private(set) var items: [TimelineItem] = []
    /// How the timeline stands.
    private(set) var state = TimelineState()
    /// It was told at least once.
    private(set) var told = false
    /// How often it was told anew what it showed.
    private(set) var resets = 0
    /// How often an item moved.
    private(set) var moves = 0
    /// Every text that was ever shown.
    private(set) var ever: Set<String> = []
    /// What it was told that no screen may be told.
    private(set) var broken: [String] = []

    /// Applies what an iteration gave.
    mutating func apply(_ batch: TimelineBatch) {
        told = true
        state = batch.state
        for diff in batch.diffs { apply(diff) }
        check()
    }

    private mutating func apply(_ diff: TimelineDiff) {
        var before: TimelineItem?
        switch diff {
        case .reset: resets += items.isEmpty ? 0 : 1
        case .move: moves += 1
        case .update(let item): before = items.first { $0.key == item.key }
        case .insert, .remove: break
        }
        guard items.apply(diff) else {
            broken.append("a difference does not fit what is there")
            return
        }
        if case .update(let after) = diff, let before {
            if before.seq != nil, after.seq == nil {
                broken.append("\(says(after)) was confirmed, and is not any more")
            }
            if case .sent = before.sendState, after.sendState == .queued {
                broken.append("\(says(after)) was sent, and is queued again")
            }
        }
    }

    /// What holds after every batch.
    private mutating func check() {
        var last: Int64 = 0
        var keys: Set<String> = []
        for item in items {
            if let text = item.text { ever.insert(text) }
            if !keys.insert(item.key).inserted { broken.append("\(says(item)) is shown twice") }
            guard let seq = item.seq else { continue }
            if seq <= last { broken.append("\(says(item)) stands behind a later one") }
            last = max(last, seq)
        }
    }

    private func says(_ item: TimelineItem) -> String {
        "`\(item.text ?? "(no text)")`"
    }
}
