import ChatLogic
import SwiftUI
import UIKit

/// A message with what belongs to it. VoiceOver reads it as one, with its actions.
struct MessageBubble: View {
    let row: MessageRow
    let chat: ChatModel

    var body: some View {
        if case .notice(let text) = row.content {
            Text(text)
                .font(.footnote)
                .foregroundStyle(.secondary)
                .multilineTextAlignment(.center)
                .frame(maxWidth: .infinity)
                .padding(.vertical, 6)
        } else {
            message
                .accessibilityElement(children: .ignore)
                .accessibilityLabel(row.label)
                .accessibilityActions { menu }
        }
    }

    private var message: some View {
        HStack(alignment: .bottom, spacing: 0) {
            if row.isMine { Spacer(minLength: 48) }
            VStack(alignment: row.isMine ? .trailing : .leading, spacing: 3) {
                if let author = row.author {
                    HStack(spacing: 6) {
                        AvatarView(avatar: author.avatar, size: 20)
                        Text(author.name).font(.caption.weight(.semibold))
                    }
                    .foregroundStyle(.secondary)
                    .padding(.top, 4)
                }
                bubble
                if !row.reactions.isEmpty { reactions }
                if case .failed(let reason) = row.delivery { failure(reason) }
            }
            if !row.isMine { Spacer(minLength: 48) }
        }
        .padding(.bottom, row.endsRun ? 10 : 2)
    }

    private var bubble: some View {
        VStack(alignment: .leading, spacing: 4) {
            if let quote = row.quote { QuoteView(quote: quote) }
            content
            HStack(spacing: 4) {
                if row.isEdited { Text("edited") }
                Text(row.time)
                if row.isChanging { Image(systemName: "arrow.triangle.2.circlepath") }
                if let delivery = row.delivery { Image(systemName: symbol(of: delivery)) }
            }
            .font(.caption2)
            .opacity(0.75)
        }
        .foregroundStyle(row.isMine ? Color.white : Color.primary)
        .padding(.horizontal, 12)
        .padding(.vertical, 8)
        .background(fill, in: RoundedRectangle(cornerRadius: 16))
        .contextMenu { menu }
    }

    @ViewBuilder
    private var content: some View {
        switch row.content {
        case .text(let text), .notice(let text):
            Text(text)
        case .files(let names, let caption):
            ForEach(Array(names.enumerated()), id: \.offset) { _, name in
                Label(name, systemImage: "paperclip")
            }
            if let caption { Text(caption) }
        case .deleted, .unknown:
            Text(row.content.text).italic().opacity(0.75)
        }
    }

    private var reactions: some View {
        HStack(spacing: 4) {
            ForEach(row.reactions) { chip in
                Button {
                    Task { await chat.toggle(chip.emoji, on: row.id) }
                } label: {
                    Text("\(chip.emoji) \(chip.count)")
                        .font(.caption)
                        .monospacedDigit()
                        .padding(.horizontal, 8)
                        .padding(.vertical, 3)
                        .background(
                            chip.isMine
                                ? Color.accentColor.opacity(0.25)
                                : Color(uiColor: .secondarySystemBackground),
                            in: Capsule())
                }
                .buttonStyle(.plain)
            }
        }
    }

    private func failure(_ reason: String) -> some View {
        HStack(spacing: 8) {
            Label(reason, systemImage: "exclamationmark.circle.fill")
                .foregroundStyle(.red)
            Button(MessageAction.retry.title) { act(.retry) }
            Button(MessageAction.cancel.title, role: .destructive) { act(.cancel) }
        }
        .font(.caption)
        .buttonStyle(.bordered)
        .controlSize(.mini)
    }

    private var fill: Color {
        if case .failed = row.delivery { return .gray }
        return row.isMine ? .accentColor : Color(uiColor: .secondarySystemBackground)
    }

    private func symbol(of delivery: Delivery) -> String {
        switch delivery {
        case .waiting: "clock"
        case .sent: "checkmark"
        case .delivered: "checkmark.circle"
        case .read: "checkmark.circle.fill"
        case .failed: "exclamationmark.circle"
        }
    }

    // MARK: Actions

    @ViewBuilder
    private var menu: some View {
        ForEach(row.actions, id: \.self) { action in
            if action == .react {
                ForEach(MessageAction.emojis, id: \.self) { emoji in
                    Button("\(action.title) \(emoji)") {
                        Task { await chat.toggle(emoji, on: row.id) }
                    }
                }
            } else {
                Button(action.title, role: action.isDestructive ? .destructive : nil) {
                    act(action)
                }
            }
        }
    }

    private func act(_ action: MessageAction) {
        switch action {
        case .retry: Task { await chat.retry(row.id) }
        case .cancel, .delete: Task { await chat.delete(row.id) }
        case .reply: chat.reply(to: row.id)
        case .edit: chat.edit(row.id)
        case .copy: UIPasteboard.general.string = chat.text(of: row.id)
        case .react: break
        }
    }
}

/// The message that another answers.
struct QuoteView: View {
    let quote: Quote

    var body: some View {
        HStack(spacing: 8) {
            Capsule().frame(width: 3)
            VStack(alignment: .leading, spacing: 0) {
                if let author = quote.author { Text(author).font(.caption.weight(.semibold)) }
                Text(quote.text).font(.caption).lineLimit(2)
            }
        }
        .fixedSize(horizontal: false, vertical: true)
        .opacity(0.85)
        .accessibilityElement(children: .combine)
    }
}
