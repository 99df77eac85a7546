import Causerie

/// What an action gave.
struct Done: Encodable {
    var says = "done"
    var room: String?
    var keys: [String]?
    var members: [String: String]?
    var resets: Int?
    var moves: Int?
}

/// An action did not work.
struct Refusal: Error, Encodable {
    var says = "failed"
    let code: String
    let message: String

    /// What was asked for cannot be.
    static func scenario(_ message: String) -> Self {
        Self(code: "scenario", message: message)
    }

    private init(code: String, message: String) {
        self.code = code
        self.message = message
    }

    init(_ error: any Error) {
        switch error {
        case let refusal as Refusal: self = refusal
        case let error as CauserieError:
            self.init(code: error.code.rawValue, message: error.message)
        default: self.init(code: "scenario", message: "\(error)")
        }
    }
}
