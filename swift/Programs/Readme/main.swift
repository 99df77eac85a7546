import Causerie
import Foundation

let folder = URL(filePath: "alice-data")  // outbox and cache; it opens offline too
let server = "ws://127.0.0.1:4000"
let chat = try await Causerie.open(directory: folder, server: server, user: "alice") {
    ProcessInfo.processInfo.environment["TOKEN"] ?? ""  // from your backend
}
try await chat.start()  // from here on it stays connected by itself
Task { for await state in chat.connectionStates { print(state) } }

let conversation = try await chat.openDirect(with: "bob")
let timeline = try await conversation.timeline()
try await conversation.send("Bonjour, Bob")  // shown at once, sent when it can be

for await _ in timeline.updates {
    for item in timeline.items {
        let state = item.sendState == nil ? "✓" : "…"
        print(state, "\(item.senderID):", item.text ?? "")
    }
}
