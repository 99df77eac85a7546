import Testing

@testable import Causerie

struct TimeTests {
    @Test func `a duration is whole milliseconds however long it is`() {
        #expect(Duration.microseconds(1_999).milliseconds == 1)
        #expect(Duration.seconds(-2).milliseconds == -2_000)
        #expect(Duration.seconds(Int64.max).milliseconds > 0)
        #expect(Duration.seconds(Int64.min).milliseconds < 0)
    }
}
