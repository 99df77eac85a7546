import ChatLogic
import SwiftUI

/// The text field, and what its text becomes.
struct ComposerView: View {
    let composer: Composer
    let send: () async -> Void
    @State private var text: String
    @FocusState private var isFocused: Bool

    init(composer: Composer, send: @escaping () async -> Void) {
        self.composer = composer
        self.send = send
        _text = State(initialValue: composer.text)
    }

    var body: some View {
        VStack(alignment: .leading, spacing: 8) {
            if let quote = composer.purpose.quote { purpose(quote) }
            HStack(alignment: .bottom, spacing: 8) {
                TextField("Message", text: $text, axis: .vertical)
                    .lineLimit(1...6)
                    .focused($isFocused)
                    .padding(.horizontal, 12)
                    .padding(.vertical, 8)
                    .background(
                        Color(uiColor: .systemBackground), in: RoundedRectangle(cornerRadius: 18)
                    )
                    .overlay {
                        RoundedRectangle(cornerRadius: 18).stroke(Color(uiColor: .separator))
                    }
                Button {
                    Task { await send() }
                } label: {
                    Label("Send", systemImage: "arrow.up.circle.fill")
                        .labelStyle(.iconOnly)
                        .font(.title)
                }
                .disabled(!composer.canSend)
            }
        }
        .padding(.horizontal, 12)
        .padding(.vertical, 8)
        // The model is told what is typed, and says when another text stands there.
        .onChange(of: text) { composer.type(text) }
        .onChange(of: composer.text) { text = composer.text }
        .onChange(of: composer.purpose) { if composer.purpose != .message { isFocused = true } }
    }

    private func purpose(_ quote: Quote) -> some View {
        HStack {
            Image(systemName: isEdit ? "pencil" : "arrowshape.turn.up.left")
                .accessibilityHidden(true)
            QuoteView(quote: quote)
            Spacer()
            Button {
                composer.giveUpPurpose()
            } label: {
                Label(isEdit ? "Stop editing" : "Do not reply", systemImage: "xmark.circle.fill")
                    .labelStyle(.iconOnly)
            }
            .foregroundStyle(.secondary)
        }
        .font(.subheadline)
    }

    private var isEdit: Bool {
        if case .edit = composer.purpose { true } else { false }
    }
}
