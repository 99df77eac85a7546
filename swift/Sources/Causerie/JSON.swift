import Foundation

/// A JSON object of the app's own, which the SDK carries and does not look into.
public struct JSON: Hashable, Sendable {
    /// The object as text. What is no JSON object is refused where it is used, with `invalid`.
    public let text: String

    /// From text.
    public init(text: String) {
        self.text = text
    }

    /// From a value that encodes as a JSON object.
    ///
    /// - Throws: What the value's encoding throws.
    public init(encoding value: some Encodable) throws {
        self.init(text: String(decoding: try JSONEncoder().encode(value), as: UTF8.self))
    }

    /// The object as a value.
    ///
    /// - Throws: `DecodingError`, if it is of another shape.
    public func decode<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }
}
