import ChatLogic
import SwiftUI

/// The lines of a conversation. It begins at the newest, and the line at the top of the screen stays
/// where it is when older ones come above it.
struct MessageList: View {
    @Bindable var chat: ChatModel

    var body: some View {
        let rows = chat.rows()
        ScrollView {
            LazyVStack(spacing: 0) {
                if chat.hasOlder {
                    ProgressView()
                        .frame(maxWidth: .infinity)
                        .padding()
                        .accessibilityLabel("Loading older messages")
                        // Once more with each page, for as long as it can be seen.
                        .task(id: rows.first?.id) { await chat.loadOlder() }
                }
                ForEach(rows) { row in
                    switch row {
                    case .day(_, let text): DayLine(text: text)
                    case .unread(let text): UnreadLine(text: text)
                    case .message(let message): MessageBubble(row: message, chat: chat)
                    }
                }
                Color.clear
                    .frame(height: 1)
                    .onAppear { chat.isAtNewest = true }
                    .onDisappear { chat.isAtNewest = false }
                    .accessibilityHidden(true)
            }
            .scrollTargetLayout()
            .padding(.horizontal, 12)
        }
        .scrollPosition(id: $chat.place, anchor: .top)
        .defaultScrollAnchor(.bottom)
        .scrollDismissesKeyboard(.interactively)
        .onChange(of: chat.newest) {
            if chat.isAtNewest { goToNewest() }
        }
        .overlay(alignment: .bottomTrailing) {
            if !chat.isAtNewest {
                Button(action: goToNewest) {
                    Label("Newest messages", systemImage: "chevron.down")
                        .labelStyle(.iconOnly)
                        .padding(12)
                        .background(.regularMaterial, in: Circle())
                }
                .padding()
            }
        }
    }

    /// The list cannot scroll beyond its end, so this leads to the bottom.
    private func goToNewest() {
        withAnimation { chat.place = chat.newest }
    }
}

private struct DayLine: View {
    let text: String

    var body: some View {
        Text(text)
            .font(.caption.weight(.semibold))
            .foregroundStyle(.secondary)
            .frame(maxWidth: .infinity)
            .padding(.vertical, 12)
            .accessibilityAddTraits(.isHeader)
    }
}

private struct UnreadLine: View {
    let text: String

    var body: some View {
        HStack {
            line
            Text(text)
                .font(.caption.weight(.semibold))
                .fixedSize()
            line
        }
        .foregroundStyle(.tint)
        .padding(.vertical, 8)
        .accessibilityElement(children: .combine)
        .accessibilityAddTraits(.isHeader)
    }

    private var line: some View {
        Rectangle().frame(height: 1).opacity(0.4).accessibilityHidden(true)
    }
}
