import Foundation

/// Whose device it is, and where its server is.
struct Identity: Sendable {
    let url: String
    let control: URL
    let user: String
    let folder: URL
    let tokenMs: Int64

    init(_ order: Order) throws {
        url = try order.need(order.url)
        control = try order.need(URL(string: try order.need(order.control)))
        user = try order.need(order.user)
        folder = URL(filePath: try order.need(order.folder), directoryHint: .isDirectory)
        tokenMs = try order.need(order.tokenMs)
    }
}
