import ChatLogic
import SwiftUI

/// The strip that says what is wrong with the connection.
struct BannerView: View {
    let banner: Banner?
    let act: () async -> Void

    var body: some View {
        if let banner {
            HStack(spacing: 12) {
                Image(systemName: symbol(of: banner))
                    .accessibilityHidden(true)
                Text(banner.text)
                    .font(.footnote)
                    .frame(maxWidth: .infinity, alignment: .leading)
                if let action = banner.action {
                    Button(action) { Task { await act() } }
                        .font(.footnote.weight(.semibold))
                        .buttonStyle(.bordered)
                        .controlSize(.small)
                }
            }
            .padding(.horizontal)
            .padding(.vertical, 8)
            .background(.bar)
            .overlay(alignment: .bottom) { Divider() }
            .accessibilityElement(children: .combine)
            .transition(.move(edge: .top).combined(with: .opacity))
        }
    }

    private func symbol(of banner: Banner) -> String {
        switch banner.kind {
        case .offline: "wifi.slash"
        case .signInNeeded: "person.crop.circle.badge.exclamationmark"
        case .closed: "bolt.slash"
        }
    }
}
