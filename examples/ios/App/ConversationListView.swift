import ChatLogic
import SwiftUI

/// The conversations, newest activity first.
struct ConversationListView: View {
    let app: AppModel
    let session: Session
    @State private var path: [String] = []
    @State private var isStarting = false

    private var list: ConversationsModel { session.conversations }

    var body: some View {
        NavigationStack(path: $path) {
            // Times such as "Yesterday" change by themselves.
            TimelineView(.everyMinute) { context in
                rows(list.rows(now: context.date))
            }
            .safeAreaInset(edge: .top, spacing: 0) {
                BannerView(banner: list.banner) { await app.reconnect() }
            }
            .animation(.default, value: list.banner)
            .navigationTitle(list.title)
            .navigationDestination(for: String.self) { id in
                ChatScreen(app: app, session: session, id: id)
            }
            .toolbar {
                ToolbarItem(placement: .topBarLeading) {
                    Menu {
                        Text(session.account.user)
                        Button("Sign out", role: .destructive) { Task { await app.signOut() } }
                    } label: {
                        Label("Account", systemImage: "person.crop.circle")
                    }
                }
                ToolbarItem(placement: .topBarTrailing) {
                    Button {
                        isStarting = true
                    } label: {
                        Label("New conversation", systemImage: "square.and.pencil")
                    }
                }
            }
            .sheet(isPresented: $isStarting) {
                NewConversationView(list: list) { path = [$0] }
            }
        }
    }

    private func rows(_ rows: [ConversationRow]) -> some View {
        List(rows) { row in
            NavigationLink(value: row.id) { ConversationRowView(row: row) }
        }
        .listStyle(.plain)
        .overlay {
            if rows.isEmpty {
                ContentUnavailableView(
                    "No conversations", systemImage: "bubble.left.and.bubble.right",
                    description: Text("Start one with the button at the top."))
            }
        }
    }
}

/// A conversation in the list.
struct ConversationRowView: View {
    let row: ConversationRow

    var body: some View {
        HStack(spacing: 12) {
            AvatarView(avatar: row.avatar)
            VStack(alignment: .leading, spacing: 2) {
                HStack(spacing: 4) {
                    Text(row.title)
                        .font(.headline)
                        .lineLimit(1)
                    if row.isMuted { Image(systemName: "bell.slash.fill").font(.caption) }
                    if row.isPinned { Image(systemName: "pin.fill").font(.caption) }
                    Spacer(minLength: 8)
                    Text(row.time)
                        .font(.caption)
                        .foregroundStyle(.secondary)
                }
                HStack(spacing: 6) {
                    preview
                        .font(.subheadline)
                        .lineLimit(2)
                    Spacer(minLength: 8)
                    if row.hasFailed {
                        Image(systemName: "exclamationmark.circle.fill")
                            .foregroundStyle(.red)
                    }
                    if row.isMentioned {
                        Image(systemName: "at.circle.fill").foregroundStyle(.tint)
                    }
                    if let badge = row.badge { badgeView(badge) }
                }
            }
        }
        .padding(.vertical, 4)
        .accessibilityElement(children: .ignore)
        .accessibilityLabel(row.label)
    }

    @ViewBuilder
    private var preview: some View {
        switch row.preview {
        case .draft:
            Text(row.preview.text).foregroundStyle(.orange)
        case .waiting:
            Label(row.preview.text, systemImage: "clock").foregroundStyle(.secondary)
        case .deleted, .nothing:
            Text(row.preview.text).italic().foregroundStyle(.secondary)
        case .message:
            Text(row.preview.text)
                .foregroundStyle(row.badge == nil ? .secondary : .primary)
        }
    }

    private func badgeView(_ badge: String) -> some View {
        Text(badge)
            .font(.caption.weight(.semibold))
            .monospacedDigit()
            .foregroundStyle(.white)
            .padding(.horizontal, 7)
            .padding(.vertical, 2)
            .background(row.isMuted ? Color.secondary : Color.accentColor, in: Capsule())
    }
}
