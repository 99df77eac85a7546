/// What stands in for a picture: initials on a colour that never changes.
public struct Avatar: Hashable, Sendable {
    /// How many colours there are.
    public static let tints = 8

    /// One or two letters.
    public let initials: String
    /// Which colour: 0 to ``tints`` - 1.
    public let tint: Int

    /// The initials of a name, and the colour of an id.
    public init(name: String, id: String) {
        initials = Self.initials(of: name)
        // FNV-1a: Swift's own hashes differ from launch to launch.
        let hash = id.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        tint = Int(hash % UInt32(Self.tints))
    }

    /// The first letters of the first and the last word that begin with one.
    static func initials(of name: String) -> String {
        let words = name.split(whereSeparator: \.isWhitespace)
        let letters = words.compactMap(\.first).filter { $0.isLetter || $0.isNumber }
        switch letters.count {
        case 0: return words.first?.first.map(String.init) ?? "?"
        case 1: return letters[0].uppercased()
        default: return letters[0].uppercased() + letters[letters.count - 1].uppercased()
        }
    }
}
