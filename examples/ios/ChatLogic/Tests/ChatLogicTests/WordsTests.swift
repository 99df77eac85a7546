import Causerie
import Foundation
import Testing

@testable import ChatLogic

/// What is said and how it is written, without a core.
struct WordsTests {
    private let times: Times = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(identifier: "UTC") ?? .gmt
        return Times(calendar: calendar, locale: Locale(identifier: "en_GB"))
    }()

    private func date(_ text: String) throws -> Date {
        try Date(text, strategy: .iso8601)
    }

    @Test(arguments: [
        ("2026-11-20T09:05:00Z", "09:05"), ("2026-11-20T23:59:00Z", "23:59"),
        ("2026-11-19T23:59:00Z", "Yesterday"), ("2026-11-16T12:00:00Z", "Mon"),
        ("2026-11-13T12:00:00Z", "13 Nov"), ("2025-11-20T12:00:00Z", "20 Nov 2025"),
        ("2026-11-21T12:00:00Z", "12:00"),
    ])
    func `a time in the list is as short as it can be`(when: String, says: String) throws {
        let now = try date("2026-11-20T18:00:00Z")
        #expect(times.short(try date(when), now: now) == says)
    }

    @Test(arguments: [
        ("2026-11-20T09:05:00Z", "Today"), ("2026-11-19T00:00:00Z", "Yesterday"),
        ("2026-11-15T12:00:00Z", "Sunday"), ("2026-03-01T12:00:00Z", "1 March"),
        ("2024-02-29T12:00:00Z", "29 February 2024"),
    ])
    func `a day is named as people name it`(when: String, says: String) throws {
        let now = try date("2026-11-20T18:00:00Z")
        #expect(times.day(try date(when), now: now) == says)
    }

    @Test(arguments: [
        ("Bob Stone", "BS"), ("alice", "A"), ("Anna Maria van Dyck", "AD"), ("  ", "?"),
        ("👍 Lunch club", "LC"), ("👍", "👍"), ("élodie", "É"), ("7 Samurai", "7S"),
    ])
    func `initials are those of the first and the last word`(name: String, initials: String) {
        #expect(Avatar.initials(of: name) == initials)
    }

    @Test func `a colour belongs to an id for ever`() {
        #expect(Avatar(name: "Bob", id: "bob").tint == Avatar(name: "Robert", id: "bob").tint)
        #expect(Avatar(name: "Bob", id: "bob").tint == 4)
        let tints = Set((0..<200).map { Avatar(name: "", id: "user-\($0)").tint })
        #expect(tints == Set(0..<Avatar.tints))
    }

    @Test(arguments: [(0, nil), (-1, nil), (1, "1"), (99, "99"), (100, "99+")] as [(Int, String?)])
    func `a badge says no more than it must`(count: Int, badge: String?) {
        #expect(Words.badge(count) == badge)
    }

    @Test func `who types is told by name`() {
        #expect(Words.typing([]) == nil)
        #expect(Words.typing(["Bob"]) == "Bob is typing…")
        #expect(Words.typing(["Bob", "Eve"]) == "Bob and Eve are typing…")
        #expect(Words.typing(["Bob", "Eve", "Ann"]) == "Bob, Eve and 1 other are typing…")
        #expect(Words.typing(["Bob", "Eve", "Ann", "Al"]) == "Bob, Eve and 2 others are typing…")
    }

    @Test func `the banner comes with the first failed attempt and does not flicker`() {
        let waiting = ConnectionState.waiting(attempt: 1, retryIn: .seconds(1), reason: "refused")
        var banner: Banner?
        var shown: [Banner.Kind?] = []
        for state: ConnectionState in [
            .disconnected, .connecting, waiting, .connecting, .authenticating, waiting,
            .suspended, .connecting, .authenticating, .live, .connecting,
            .signInNeeded(reason: ""), .connecting, .live, .closed(reason: ""),
        ] {
            banner = Banner.next(after: banner, state)
            shown.append(banner?.kind)
        }
        let offline = Banner.Kind.offline
        #expect(
            shown == [
                nil, nil, offline, offline, offline, offline, offline, offline, offline, nil, nil,
                .signInNeeded, nil, nil, .closed,
            ])
    }

    @Test func `a row says the most important first`() {
        let label = ConversationRow.label(
            title: "Bob", preview: .message("Hi", from: "You"), time: "09:05", unread: 1,
            mentions: 1, isMuted: true, hasFailed: true)
        #expect(
            label == "Bob, 1 unread message, you are mentioned, a message was not sent, "
                + "You: Hi, 09:05, muted")
    }

    @Test func `a message says who and what and how it stands`() {
        let label = MessageRow.label(
            sender: "You", quote: Quote(author: nil, text: "When?"), text: "At eight",
            time: "09:05", isEdited: true,
            reactions: [ReactionChip(emoji: "👍", count: 2, isMine: true)],
            delivery: .failed("There is no connection."))
        #expect(
            label == "You: At eight, in reply to When?, 09:05, edited, 2 👍, "
                + "not sent: There is no connection.")
        #expect(Words.delivery(.read(by: 1)) == "read")
        #expect(Words.delivery(.read(by: 3)) == "read by 3")
    }

    @Test func `a text in one line has no breaks`() {
        #expect(Preview.oneLine(" a\n\n b\tc ") == "a b c")
        #expect(Preview.message("Hi", from: "Bob").text == "Bob: Hi")
        #expect(Content.files(["a.jpg", "b.pdf"], caption: "Look").text == "a.jpg, b.pdf: Look")
        #expect(ReactionChip(emoji: "👍", count: 1, isMine: true).label == "👍, 1, yours")
    }

    @Test func `an error is told in words and an unknown one by its code`() {
        #expect(Words.failure(.diskFull) == "This device has no space left.")
        #expect(Words.failure("brand_new") == "Something went wrong (brand_new).")
    }
}
