import ChatLogic
import SwiftUI

/// A conversation. Its model is made when it is shown for the first time.
struct ChatScreen: View {
    let app: AppModel
    let session: Session
    let id: String
    @State private var chat: ChatModel?

    var body: some View {
        Group {
            if let chat {
                ChatView(app: app, chat: chat)
            } else {
                ProgressView()
            }
        }
        .navigationBarTitleDisplayMode(.inline)
        .task {
            if chat == nil { chat = session.chat(id) }
            await chat?.run()
        }
    }
}

/// Messages, banner and composer.
private struct ChatView: View {
    let app: AppModel
    @Bindable var chat: ChatModel

    var body: some View {
        MessageList(chat: chat)
            .safeAreaInset(edge: .top, spacing: 0) {
                BannerView(banner: chat.banner) { await app.reconnect() }
            }
            .safeAreaInset(edge: .bottom, spacing: 0) {
                VStack(spacing: 0) {
                    ForEach(chat.failedChanges) { FailedChangeView(change: $0, chat: chat) }
                    if let notice = chat.notice {
                        Text(notice)
                            .font(.footnote)
                            .foregroundStyle(.secondary)
                            .frame(maxWidth: .infinity)
                            .padding()
                    } else {
                        ComposerView(composer: chat.composer) { await chat.send() }
                    }
                }
                .background(.bar)
            }
            .animation(.default, value: chat.banner)
            .toolbar {
                ToolbarItem(placement: .principal) {
                    VStack(spacing: 0) {
                        Text(chat.title)
                            .font(.headline)
                            .lineLimit(1)
                        if let subtitle = chat.subtitle {
                            Text(subtitle)
                                .font(.caption)
                                .foregroundStyle(
                                    chat.isSomebodyTyping ? Color.accentColor : .secondary
                                )
                                .lineLimit(1)
                        }
                    }
                    .accessibilityElement(children: .combine)
                    .accessibilityAddTraits(.isHeader)
                }
            }
            .alert("That did not work", isPresented: $chat.hasFailed) {
                Button("OK") {}
            } message: {
                Text(chat.failure ?? "")
            }
    }
}

/// A change that was refused, above the composer.
private struct FailedChangeView: View {
    let change: FailedChange
    let chat: ChatModel

    var body: some View {
        HStack {
            Label(change.text, systemImage: "exclamationmark.circle.fill")
                .font(.footnote)
                .foregroundStyle(.red)
                .frame(maxWidth: .infinity, alignment: .leading)
            Button("Try again") { Task { await chat.retry(change) } }
            Button("Dismiss") { Task { await chat.dismiss(change) } }
        }
        .font(.footnote)
        .buttonStyle(.bordered)
        .controlSize(.small)
        .padding(.horizontal)
        .padding(.top, 8)
    }
}
