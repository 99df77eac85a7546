import Foundation

/// The lines of the standard input. Reading blocks, so it has a thread of its own.
enum Input {
    static var lines: AsyncStream<String> {
        AsyncStream { lines in
            Thread.detachNewThread {
                while let line = readLine() { lines.yield(line) }
                lines.finish()
            }
        }
    }
}

/// The standard output: one line at a time, whoever says it.
actor Output {
    private struct Changed: Encodable {
        var says = "changed"
    }

    func say(_ value: some Encodable) {
        guard let line = try? Self.line(value) else { return }
        try? FileHandle.standardOutput.write(contentsOf: line)
    }

    /// A value as a line.
    static func line(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        var line = try encoder.encode(value)
        line.append(UInt8(ascii: "\n"))
        return line
    }

    /// It may show something else now.
    func changed() {
        say(Changed())
    }
}
