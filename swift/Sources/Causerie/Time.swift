import Foundation

extension Date {
    /// Milliseconds since 1970, as the border and the wire have them.
    init(milliseconds: Int64) {
        self.init(timeIntervalSince1970: Double(milliseconds) / 1000)
    }
}

extension Duration {
    /// Whole milliseconds, at most about as many as there are.
    var milliseconds: Int64 {
        let most = Int64.max / 1000 - 1
        let seconds = min(max(components.seconds, -most), most)
        return seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
