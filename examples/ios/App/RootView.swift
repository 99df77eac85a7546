import ChatLogic
import SwiftUI

/// The form to sign in with, or the conversations.
struct RootView: View {
    @Bindable var app: AppModel

    var body: some View {
        Group {
            switch app.stage {
            case .opening:
                ProgressView()
            case .signedOut:
                SignInView(app: app)
            case .signedIn(let session):
                ConversationListView(app: app, session: session)
                    .task { await session.run() }
                    .id(ObjectIdentifier(session))
            }
        }
        .task { await app.launch() }
        .alert("That did not work", isPresented: $app.hasFailed) {
            Button("OK") {}
        } message: {
            Text(app.failure ?? "")
        }
        .alert("Sign out?", isPresented: $app.isSignOutToBeConfirmed) {
            Button("Sign out", role: .destructive) {
                Task { await app.signOut(discardingUnsent: true) }
            }
            Button("Stay", role: .cancel) {}
        } message: {
            Text("Some of your messages were not sent yet. They would be lost.")
        }
    }
}

/// Where somebody signs in. With a real backend, its own way of signing in stands here.
struct SignInView: View {
    let app: AppModel
    @State private var server = "ws://127.0.0.1:4000"
    @State private var user = ""
    @State private var isBusy = false

    var body: some View {
        NavigationStack {
            Form {
                Section {
                    TextField("Your name", text: $user)
                        .textContentType(.username)
                    TextField("Server", text: $server)
                        .keyboardType(.URL)
                        .textContentType(.URL)
                } footer: {
                    Text("A server in development takes any name.")
                }
                .textInputAutocapitalization(.never)
                .autocorrectionDisabled()
                Section {
                    Button("Sign in", action: signIn)
                        .disabled(isBusy || user.isEmpty)
                }
            }
            .navigationTitle("Causerie")
            .onSubmit(signIn)
        }
    }

    private func signIn() {
        guard !isBusy else { return }
        isBusy = true
        Task {
            await app.signIn(server: server, user: user)
            isBusy = false
        }
    }
}
