/// A date and time as a real-time clock has it (MC146818): UTC, to the second.
public struct CalendarTime: Equatable, Sendable {
  public var year, month, day, hour, minute, second: Int

  /// A date and time.
  public init(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
  }

  /// Reads the clock's registers by their numbers. `nil` where they do not make a date.
  public init?(_ register: (UInt8) -> UInt8) {
    let format = register(0x0B)
    func value(_ number: UInt8, mask: UInt8 = 0xFF) -> Int {
      let raw = register(number) & mask
      return format & 4 != 0 ? Int(raw) : Int(raw >> 4) * 10 + Int(raw & 15)
    }
    var hour = value(4, mask: 0x7F)
    // In the format of 12 hours, the highest bit says that it is after noon.
    if format & 2 == 0 { hour = hour % 12 + (register(4) & 0x80 != 0 ? 12 : 0) }
    self.init(
      year: value(0x32) * 100 + value(9), month: value(8), day: value(7), hour: hour, minute: value(2),
      second: value(0))
    guard 1970..<2200 ~= year, 1...12 ~= month, 1...31 ~= day, hour < 24, minute < 60, second < 62 else { return nil }
  }

  /// Seconds since 1970-01-01 UTC.
  public var secondsSince1970: UInt64 {
    // Years that begin in March, so that the leap day is the last one.
    let shifted = month <= 2 ? year - 1 : year
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let days = 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    return UInt64(((days * 24 + hour) * 60 + minute) * 60 + second)
  }
}
