internal import CauserieGenerated
import Foundation

/// A message as a screen shows it. Printing it shows nothing that people wrote.
public struct TimelineItem: Hashable, Identifiable, Sendable {
    /// Stable, also over the message's confirmation. For a message of this device it is the key that
    /// `send` gave.
    public let key: String
    /// Where.
    public let conversationID: String
    /// The server's id, once it is confirmed.
    public let messageID: String?
    /// Its sender's own key for it; on the sender's devices only.
    public let temporaryID: String?
    /// Its place in the conversation's order, from 1, once it is confirmed.
    public let seq: Int64?
    /// Who said it.
    public let senderID: String
    /// What it is.
    public let kind: MessageKind
    /// What was said, if it is text.
    public let text: String?
    /// What was said, if it is an object of the app's.
    public let object: JSON?
    /// Files.
    public let attachments: [Attachment]
    /// The id of the message that it answers.
    public let replyTo: String?
    /// Users whom it names.
    public let mentions: [String]
    /// The app's own.
    public let metadata: JSON?
    /// When it was taken: by the server's clock, or by the device's until it is confirmed.
    public let createdAt: Date
    /// When it was last edited.
    public let editedAt: Date?
    /// When it was deleted; then it says nothing any more.
    public let deletedAt: Date?
    /// In the order in which each emoji first came.
    public let reactions: [Reaction]
    /// How it stands, for one of this device that is not confirmed; `nil` once it is.
    public let sendState: SendState?
    /// An edit, deletion or reaction of this device is laid over it and on its way.
    public let isChanging: Bool

    /// ``key``.
    public var id: String { key }
}

/// A file that belongs to a message.
public struct Attachment: Hashable, Sendable {
    /// The file on the server.
    public var mediaID: String
    /// The name it had with its sender.
    public var name: String
    /// Its media type, such as `image/jpeg`.
    public var contentType: String
    /// Its size in bytes.
    public var size: Int64
    /// Its SHA-256, in hexadecimal.
    public var sha256: String
    /// Width of an image or a video, in pixels.
    public var width: Int?
    /// Height of an image or a video, in pixels.
    public var height: Int?
    /// A blurred stand-in, as a BlurHash.
    public var blurHash: String?
    /// Length of a recording.
    public var duration: Duration?
    /// Loudness over time of a recording, base64.
    public var waveform: String?

    /// A file that was uploaded to the server.
    public init(
        mediaID: String, name: String, contentType: String, size: Int64, sha256: String,
        width: Int? = nil, height: Int? = nil, blurHash: String? = nil, duration: Duration? = nil,
        waveform: String? = nil
    ) {
        self.mediaID = mediaID
        self.name = name
        self.contentType = contentType
        self.size = size
        self.sha256 = sha256
        self.width = width
        self.height = height
        self.blurHash = blurHash
        self.duration = duration
        self.waveform = waveform
    }
}

/// An emoji on a message.
public struct Reaction: Hashable, Identifiable, Sendable {
    /// The emoji.
    public let emoji: String
    /// How many users gave it.
    public let count: Int
    /// Whether this user is one of them.
    public let isMine: Bool
    /// Who gave it, as far as this device knows.
    public let userIDs: [String]

    /// ``emoji``.
    public var id: String { emoji }
}

extension TimelineItem: CustomStringConvertible, CustomDebugStringConvertible {
    /// Ids and state, without what was said.
    public var description: String {
        let place = seq.map { "seq \($0)" } ?? sendState.map { "\($0)" } ?? "unconfirmed"
        return "TimelineItem(\(key), \(kind) from \(senderID), \(place))"
    }

    /// As ``description``: this is what collections print.
    public var debugDescription: String { description }
}

extension Attachment: CustomStringConvertible, CustomDebugStringConvertible {
    /// Without the file's name.
    public var description: String { "Attachment(\(mediaID), \(contentType), \(size) bytes)" }

    /// As ``description``.
    public var debugDescription: String { description }
}

extension TimelineItem {
    init(_ item: CauserieGenerated.TimelineItem) {
        key = item.key
        conversationID = item.conversationId
        messageID = item.messageId
        temporaryID = item.tempId
        seq = item.seq
        senderID = item.senderId
        kind = MessageKind(rawValue: item.kind)
        text = item.text
        object = item.object.map(JSON.init(text:))
        attachments = item.attachments.map(Attachment.init)
        replyTo = item.replyTo
        mentions = item.mentions
        metadata = item.metadata.map(JSON.init(text:))
        createdAt = Date(milliseconds: item.createdAt)
        editedAt = item.editedAt.map(Date.init(milliseconds:))
        deletedAt = item.deletedAt.map(Date.init(milliseconds:))
        reactions = item.reactions.map(Reaction.init)
        sendState = item.send.map(SendState.init)
        isChanging = item.pendingChange
    }
}

extension Reaction {
    init(_ reaction: CauserieGenerated.Reaction) {
        emoji = reaction.emoji
        count = Int(reaction.count)
        isMine = reaction.me
        userIDs = reaction.userIds
    }
}

extension Attachment {
    init(_ attachment: CauserieGenerated.Attachment) {
        self.init(
            mediaID: attachment.mediaId, name: attachment.name,
            contentType: attachment.contentType, size: attachment.size, sha256: attachment.sha256,
            width: attachment.width.map(Int.init), height: attachment.height.map(Int.init),
            blurHash: attachment.blurhash,
            duration: attachment.durationMs.map(Duration.milliseconds),
            waveform: attachment.waveform)
    }

    var lowered: CauserieGenerated.Attachment {
        CauserieGenerated.Attachment(
            mediaId: mediaID, name: name, contentType: contentType, size: size, sha256: sha256,
            width: width.map(Int64.init), height: height.map(Int64.init), blurhash: blurHash,
            durationMs: duration.map(\.milliseconds), waveform: waveform)
    }
}
