/// How texts of the extension types `datetime` and `duration` are read, and the arithmetic on days.
enum Timestamps {
  /// The number of milliseconds in a day.
  static let day: Int64 = 86_400_000

  /// Reads `YYYY-MM-DD`, or that, `Thh:mm:ss`, optionally `.SSS`, and `Z` or an offset such as `+0130`. The result is in
  /// milliseconds since 1970-01-01 UTC.
  static func datetime(_ text: String) -> Int64? {
    var scanner = DigitScanner(Array(text.utf8))
    guard let year = scanner.number(4), scanner.skip("-"), let month = scanner.number(2), scanner.skip("-"),
      let dayOfMonth = scanner.number(2), (1...12).contains(month), dayOfMonth >= 1,
      dayOfMonth <= lengthOfMonth(month, year: year)
    else { return nil }
    let midnight = Int64(days(year: year, month: month, day: dayOfMonth)) * day
    if scanner.isAtEnd { return midnight }
    guard scanner.skip("T"), let hour = scanner.number(2), scanner.skip(":"), let minute = scanner.number(2),
      scanner.skip(":"), let second = scanner.number(2), hour < 24, minute < 60, second < 60
    else { return nil }
    var milliseconds = 0
    if scanner.skip(".") {
      guard let fraction = scanner.number(3) else { return nil }
      milliseconds = fraction
    }
    var offset = 0
    if !scanner.skip("Z") {
      let positive = scanner.skip("+")
      guard positive || scanner.skip("-"), let hours = scanner.number(2), let minutes = scanner.number(2), hours < 24,
        minutes < 60
      else { return nil }
      offset = (hours * 3600 + minutes * 60) * (positive ? 1 : -1)
    }
    guard scanner.isAtEnd else { return nil }
    let seconds = hour * 3600 + minute * 60 + second - offset
    return midnight + Int64(seconds) * 1000 + Int64(milliseconds)
  }

  /// Reads an optional minus and quantities in the order `d`, `h`, `m`, `s`, `ms`, of which one at least is there.
  static func duration(_ text: String) -> Int64? {
    var bytes = Array(text.utf8)[...]
    let negative = bytes.first == 0x2D
    if negative { bytes.removeFirst() }
    guard !bytes.isEmpty else { return nil }
    let units: [(suffix: [UInt8], factor: Int64)] = [
      (Array("d".utf8), day), (Array("h".utf8), 3_600_000), (Array("m".utf8), 60_000), (Array("s".utf8), 1000),
      (Array("ms".utf8), 1),
    ]
    var next = 0
    // From the smallest unit up, so that the sum overflows only where the whole does.
    var parts: [Int64] = []
    while !bytes.isEmpty {
      let digits = bytes.prefix { $0 >= 0x30 && $0 <= 0x39 }
      guard !digits.isEmpty, let count = UInt64(String(decoding: digits, as: UTF8.self)) else { return nil }
      bytes = bytes.dropFirst(digits.count)
      let suffix = Array(bytes.prefix { $0 < 0x30 || $0 > 0x39 })
      bytes = bytes.dropFirst(suffix.count)
      guard let unit = units[next...].firstIndex(where: { $0.suffix == suffix }) else { return nil }
      next = unit + 1
      // The largest magnitude there is, that of the least number, fits only as milliseconds.
      let quantity: Int64
      if negative, units[unit].factor == 1, count == Int64.min.magnitude {
        quantity = .min
      } else {
        guard let positive = Int64(exactly: count) else { return nil }
        quantity = negative ? -positive : positive
      }
      let (product, overflow) = quantity.multipliedReportingOverflow(by: units[unit].factor)
      guard !overflow else { return nil }
      parts.append(product)
    }
    var total: Int64 = 0
    for part in parts.reversed() {
      let (sum, overflow) = total.addingReportingOverflow(part)
      guard !overflow else { return nil }
      total = sum
    }
    return total
  }

  /// The text that `datetime` reads as a point in time; `nil` for years that it cannot write.
  static func text(_ milliseconds: Int64) -> String? {
    guard let start = startOfDay(milliseconds) else { return nil }
    // Days from the first of March of year 0, in eras of 400 years (the inverse of `days`).
    let days = Int(start / day) + 719_468
    let era = (days >= 0 ? days : days - 146_096) / 146_097
    let dayOfEra = days - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    guard (0...9999).contains(year) else { return nil }
    func digits(_ number: Int, _ count: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: count - text.count) + text
    }
    let time = Int(timeOfDay(milliseconds))
    return
      "\(digits(year, 4))-\(digits(month, 2))-\(digits(dayOfYear - (153 * monthFromMarch + 2) / 5 + 1, 2))"
      + "T\(digits(time / 3_600_000, 2)):\(digits(time / 60_000 % 60, 2)):\(digits(time / 1000 % 60, 2))"
      + ".\(digits(time % 1000, 3))Z"
  }

  /// The start of the day of a point in time; `nil` where that is out of range.
  static func startOfDay(_ milliseconds: Int64) -> Int64? {
    let (result, overflow) = milliseconds.subtractingReportingOverflow(timeOfDay(milliseconds))
    return overflow ? nil : result
  }

  /// The time since the start of the day.
  static func timeOfDay(_ milliseconds: Int64) -> Int64 {
    let remainder = milliseconds % day
    return remainder < 0 ? remainder + day : remainder
  }

  private static func lengthOfMonth(_ month: Int, year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days from 1970-01-01 in the proleptic Gregorian calendar, counted in years that begin in March.
  private static func days(year: Int, month: Int, day: Int) -> Int {
    let shifted = month <= 2 ? year + 399 : year + 400
    let monthFromMarch = (month + 9) % 12
    let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
    let leapDays = shifted / 4 - shifted / 100 + shifted / 400
    return shifted * 365 + leapDays + dayOfYear - 719_468 - 146_097
  }
}

/// Reads digits and separators from the left.
private struct DigitScanner {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  var isAtEnd: Bool { position == bytes.count }

  mutating func number(_ digits: Int) -> Int? {
    guard bytes.count - position >= digits else { return nil }
    var value = 0
    for byte in bytes[position..<(position + digits)] {
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      value = value * 10 + Int(byte - 0x30)
    }
    position += digits
    return value
  }

  mutating func skip(_ separator: Unicode.Scalar) -> Bool {
    guard position < bytes.count, UInt32(bytes[position]) == separator.value else { return false }
    position += 1
    return true
  }
}
