import Foundation

/// What the process holds, as Linux says.
struct Held: CustomStringConvertible {
    /// Memory, in KiB.
    let memory: Double
    /// Open files and sockets.
    let files: Double
    /// Threads.
    let threads: Double

    var description: String {
        "\(Int(memory)) KiB, \(Int(files)) files, \(Int(threads)) threads"
    }

    static func now() throws -> Self {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        func field(_ name: String) throws -> Double {
            for line in status.split(separator: "\n") where line.hasPrefix(name + ":") {
                let words = line.split(whereSeparator: \.isWhitespace)
                if words.count > 1, let number = Double(words[1]) { return number }
            }
            throw Failure("/proc/self/status says nothing of \(name)")
        }
        let files = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        return Self(
            memory: try field("VmRSS"), files: Double(files), threads: try field("Threads"))
    }
}

/// Whether what is held has stopped growing.
struct Verdict {
    /// By how much each may grow over the last half.
    private static let limit = 0.02

    let holds: Bool
    let text: String

    /// Compares the tenth of the samples behind the middle with the last tenth, each by its median.
    init(_ held: [Held]) {
        let tenth = held.count / 10
        let middle = held[(held.count / 2)..<(held.count / 2 + tenth)]
        let end = held.suffix(tenth)
        var lines: [String] = []
        var holds = true
        for (name, part) in [
            ("memory, KiB", \Held.memory), ("open files", \.files), ("threads", \.threads),
        ] {
            let (before, after) = (
                Self.median(middle.map { $0[keyPath: part] }),
                Self.median(end.map { $0[keyPath: part] })
            )
            let change = (after - before) / before
            holds = holds && change < Self.limit
            let name = name.padding(toLength: 12, withPad: " ", startingAt: 0)
            let figures = String(format: "%9.0f -> %9.0f  %+.2f %%", before, after, change * 100)
            lines.append("\(name) \(figures)")
        }
        self.holds = holds
        lines.append(
            holds ? "nothing grew over the last half" : "something grew over the last half")
        text = lines.joined(separator: "\n")
    }

    private static func median(_ values: [Double]) -> Double {
        values.sorted()[values.count / 2]
    }
}
