import ChatLogic
import SwiftUI

/// Initials in a circle of the colour that belongs to an id.
struct AvatarView: View {
    let avatar: Avatar
    var size: CGFloat = 44

    private static let tints: [Color] = [
        .blue, .green, .orange, .pink, .purple, .teal, .indigo, .brown,
    ]

    var body: some View {
        Text(avatar.initials)
            .font(.system(size: size * 0.4, weight: .semibold, design: .rounded))
            .foregroundStyle(.white)
            .frame(width: size, height: size)
            .background(Self.tints[avatar.tint % Self.tints.count].gradient, in: Circle())
            .accessibilityHidden(true)
    }
}

#Preview {
    HStack {
        ForEach(["Alice", "Bob Stone", "Carol"], id: \.self) {
            AvatarView(avatar: Avatar(name: $0, id: $0))
        }
    }
}
