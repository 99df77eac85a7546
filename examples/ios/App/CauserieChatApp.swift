import Causerie
import ChatLogic
import SwiftUI

@main
struct CauserieChatApp: App {
    @State private var app = AppModel(
        accounts: AccountFile(URL.applicationSupportDirectory.appending(component: "account.json")),
        folder: { try Storage().prepare(user: $0.user, server: $0.server) },
        backend: { DevBackend(server: $0.server) }
    )
    @State private var background = BackgroundTime()
    @Environment(\.scenePhase) private var phase

    var body: some Scene {
        WindowGroup {
            RootView(app: app)
                .task {
                    for await isThere in NetworkPath.changes {
                        app.networkChanged(isThere: isThere)
                    }
                }
        }
        .onChange(of: phase) {
            switch phase {
            case .background: background.spend { await app.enterBackground() }
            case .active: Task { await app.enterForeground() }
            case .inactive: break
            @unknown default: break
            }
        }
    }
}
