/// A time that comes again: from one time of day to another, on the days of the week on which it begins, in UTC. One that
/// ends no later in the day than it begins ends on the next day.
public struct TimeWindow: Hashable, Sendable, Codable {
  /// A day of the week.
  public enum Day: String, Hashable, Sendable, Codable, CaseIterable {
    case monday, tuesday, wednesday, thursday, friday, saturday, sunday
  }

  /// When it begins, in minutes from midnight: 0 to 1439.
  public var startMinute: Int
  /// When it ends, likewise; the minute itself is outside.
  public var endMinute: Int
  /// The days on which it begins, in the order of the week. Never empty.
  public var days: [Day]

  /// A time that comes again; every day unless days are named.
  public init(startMinute: Int, endMinute: Int, days: Set<Day> = Set(Day.allCases)) {
    self.startMinute = startMinute
    self.endMinute = endMinute
    self.days = Day.allCases.filter(days.contains)
  }

  private static let day = 86_400

  private var lengthSeconds: Int {
    60 * (endMinute > startMinute ? endMinute - startMinute : endMinute - startMinute + 1440)
  }

  /// The beginnings and ends from some days before a point in time to some days after it.
  private func occurrences(around second: Int) -> [Range<Int>] {
    let today = Int((Double(second) / Double(Self.day)).rounded(.down))
    return (today - 1...today + 8).compactMap { date in
      // 1970-01-01 was a Thursday.
      let weekday = Day.allCases[((date + 3) % 7 + 7) % 7]
      guard days.contains(weekday) else { return nil }
      let start = date * Self.day + startMinute * 60
      return start..<start + lengthSeconds
    }
  }

  /// Whether a point in time lies in it, in seconds since 1970-01-01 UTC.
  public func contains(_ second: Int) -> Bool { occurrences(around: second).contains { $0.contains(second) } }

  /// When it next begins or ends, in seconds since 1970-01-01 UTC. Where one follows another without a pause, that is no
  /// change; nil if it never ends.
  public func nextChange(after second: Int) -> Int? {
    let isOpen = contains(second)
    return occurrences(around: second).flatMap { [$0.lowerBound, $0.upperBound] }.sorted()
      .first { $0 > second && contains($0) != isOpen }
  }

  /// In words: `from 22:00 to 06:00 UTC on saturday and sunday`.
  public var summary: String {
    let names = days.map(\.rawValue)
    let on =
      days.count == Day.allCases.count
      ? "" : " on " + (names.dropLast().joined(separator: ", ") + (names.count > 1 ? " and " : "") + (names.last ?? ""))
    return "from \(Self.text(startMinute)) to \(Self.text(endMinute)) UTC\(on)"
  }

  private static func text(_ minute: Int) -> String {
    String(String(100 + minute / 60).suffix(2)) + ":" + String(String(100 + minute % 60).suffix(2))
  }

  /// The minutes from midnight that a time of day such as `22:00` names.
  static func minute(_ text: String) -> Int? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (48...57).contains($0) } }),
      let hour = Int(parts[0]), let minute = Int(parts[1]), hour < 24, minute < 60
    else { return nil }
    return hour * 60 + minute
  }
}
