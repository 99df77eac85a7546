import Foundation

/// Times as a person reads them.
public struct Times: Sendable {
    /// Whose days and time zone count. Default: the user's.
    public var calendar: Calendar
    /// In which language. Default: the user's.
    public var locale: Locale

    public init(calendar: Calendar = .autoupdatingCurrent, locale: Locale = .autoupdatingCurrent) {
        self.calendar = calendar
        self.locale = locale
    }

    /// Hour and minute.
    public func time(_ date: Date) -> String {
        date.formatted(style.hour().minute())
    }

    /// For a list: as short as it can be and still say when.
    public func short(_ date: Date, now: Date) -> String {
        switch age(of: date, now: now) {
        case ...0: time(date)
        case 1: Words.yesterday
        case 2...6: date.formatted(style.weekday(.abbreviated))
        default: dayAndMonth(date, now: now, month: .abbreviated)
        }
    }

    /// For the line between two days.
    public func day(_ date: Date, now: Date) -> String {
        switch age(of: date, now: now) {
        case ...0: Words.today
        case 1: Words.yesterday
        case 2...6: date.formatted(style.weekday(.wide))
        default: dayAndMonth(date, now: now, month: .wide)
        }
    }

    /// The beginning of a day.
    func start(of date: Date) -> Date { calendar.startOfDay(for: date) }

    /// How many days ago. A clock that is wrong may have messages come from tomorrow.
    private func age(of date: Date, now: Date) -> Int {
        calendar.dateComponents([.day], from: start(of: date), to: start(of: now)).day ?? 0
    }

    private func dayAndMonth(
        _ date: Date, now: Date, month: Date.FormatStyle.Symbol.Month
    ) -> String {
        let style = style.day().month(month)
        let sameYear = calendar.isDate(date, equalTo: now, toGranularity: .year)
        return date.formatted(sameYear ? style : style.year())
    }

    private var style: Date.FormatStyle {
        Date.FormatStyle(locale: locale, calendar: calendar, timeZone: calendar.timeZone)
    }
}
