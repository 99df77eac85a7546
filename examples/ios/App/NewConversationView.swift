import ChatLogic
import SwiftUI

/// With whom to talk.
struct NewConversationView: View {
    @Bindable var list: ConversationsModel
    let open: (String) -> Void
    @State private var isGroup = false
    @State private var title = ""
    @State private var users = ""
    @Environment(\.dismiss) private var dismiss

    var body: some View {
        NavigationStack {
            Form {
                Toggle("Group", isOn: $isGroup)
                if isGroup { TextField("Title", text: $title) }
                Section {
                    TextField(isGroup ? "Members" : "Name", text: $users)
                        .textInputAutocapitalization(.never)
                        .autocorrectionDisabled()
                } footer: {
                    if isGroup { Text("Names, separated by commas.") }
                }
            }
            .navigationTitle("New conversation")
            .navigationBarTitleDisplayMode(.inline)
            .toolbar {
                ToolbarItem(placement: .cancellationAction) {
                    Button("Cancel") { dismiss() }
                }
                ToolbarItem(placement: .confirmationAction) {
                    Button("Start") { Task { await start() } }
                        .disabled(users.isEmpty)
                }
            }
            .alert("That did not work", isPresented: $list.hasFailed) {
                Button("OK") {}
            } message: {
                Text(list.failure ?? "")
            }
        }
    }

    private func start() async {
        let id =
            isGroup
            ? await list.startGroup(title, members: users) : await list.startDirect(with: users)
        guard let id else { return }
        dismiss()
        open(id)
    }
}
