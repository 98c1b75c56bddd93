/// A version (1.3, 3.3.2): `major.minor[.fix[.qualifier[-build]]]`.
struct VersionText: Comparable {
  private var numbers: [Int]
  private var qualifier: String
  private var build: Int

  /// Reads a version; nil where the text is none. `0` stands for no version.
  init?(_ text: String) {
    let parts = text.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false)
    numbers = []
    qualifier = ""
    build = 0
    if text == "0" { return }
    guard (2...4).contains(parts.count) else { return nil }
    for part in parts.prefix(3) {
      guard part.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let number = Int(part)
      else { return nil }
      numbers.append(number)
    }
    guard parts.count == 4 else { return }
    let tail = parts[3].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard let name = tail.first, !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) else {
      return nil
    }
    qualifier = String(name)
    if tail.count == 2 {
      guard let number = Int(tail[1]), number >= 0 else { return nil }
      build = number
    }
  }

  /// A version with a qualifier comes before the one without (1.3, 3.3.2.2).
  static func < (one: VersionText, other: VersionText) -> Bool {
    for index in 0..<3 {
      let left = index < one.numbers.count ? one.numbers[index] : 0
      let right = index < other.numbers.count ? other.numbers[index] : 0
      if left != right { return left < right }
    }
    if one.qualifier != other.qualifier {
      if one.qualifier.isEmpty || other.qualifier.isEmpty { return other.qualifier.isEmpty }
      return one.qualifier < other.qualifier
    }
    return one.build < other.build
  }
}

/// A timestamp as YAML 1.1 writes them: a date, or a date and a time with an offset.
struct TimestampText: Comparable {
  private var seconds: Double

  /// Reads a timestamp; nil where the text is none.
  init?(_ text: String) {
    var rest = Substring(text)
    guard let year = Self.number(&rest, 4...4), Self.skip(&rest, "-"), let month = Self.number(&rest, 1...2),
      Self.skip(&rest, "-"), let day = Self.number(&rest, 1...2), (1...12).contains(month),
      (1...Self.days(month, year)).contains(day)
    else { return nil }
    seconds = Double(Self.dayNumber(year, month, day)) * 86_400
    if rest.isEmpty { return }
    guard Self.skip(&rest, "T") || Self.skip(&rest, "t") || Self.skip(&rest, " ") else { return nil }
    while Self.skip(&rest, " ") {}
    guard let hour = Self.number(&rest, 1...2), Self.skip(&rest, ":"), let minute = Self.number(&rest, 2...2),
      Self.skip(&rest, ":"), let second = Self.number(&rest, 2...2), hour < 24, minute < 60, second < 61
    else { return nil }
    seconds += Double(hour * 3_600 + minute * 60 + second)
    if Self.skip(&rest, ".") {
      let fraction = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(fraction.count)
      seconds += Double("0." + (fraction.isEmpty ? "0" : String(fraction))) ?? 0
    }
    while Self.skip(&rest, " ") {}
    if rest.isEmpty || rest == "Z" || rest == "z" { return }
    let sign = Self.skip(&rest, "+") ? 1.0 : -1.0
    if sign < 0, !Self.skip(&rest, "-") { return nil }
    guard let offsetHour = Self.number(&rest, 1...2), offsetHour < 24 else { return nil }
    var offset = offsetHour * 3_600
    if Self.skip(&rest, ":") {
      guard let offsetMinute = Self.number(&rest, 2...2), offsetMinute < 60 else { return nil }
      offset += offsetMinute * 60
    }
    guard rest.isEmpty else { return nil }
    seconds -= sign * Double(offset)
  }

  /// Whether a text is a date, or a date and time, as RFC 3339 writes them, which 2.0 asks for (9.1.2.1).
  static func isOfRFC3339(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    func follows(_ pattern: String, from start: Int) -> Bool {
      guard bytes.count >= start + pattern.utf8.count else { return false }
      return zip(pattern.utf8, bytes[start...]).allSatisfy { wanted, byte in
        switch wanted {
        case UInt8(ascii: "0"): (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        case UInt8(ascii: "T"): byte == wanted || byte == UInt8(ascii: "t")
        case UInt8(ascii: "+"): byte == wanted || byte == UInt8(ascii: "-")
        default: byte == wanted
        }
      }
    }
    guard follows("0000-00-00", from: 0) else { return false }
    if bytes.count == 10 { return true }
    guard follows("T00:00:00", from: 10) else { return false }
    var end = 19
    if end < bytes.count, bytes[end] == UInt8(ascii: ".") {
      let digits = bytes[(end + 1)...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
      guard digits > 0 else { return false }
      end += 1 + digits
    }
    if bytes.count == end + 1 { return bytes[end] == UInt8(ascii: "Z") || bytes[end] == UInt8(ascii: "z") }
    return bytes.count == end + 6 && follows("+00:00", from: end)
  }

  static func < (one: TimestampText, other: TimestampText) -> Bool { one.seconds < other.seconds }

  private static func number(_ text: inout Substring, _ digits: ClosedRange<Int>) -> Int? {
    let found = text.prefix { $0.isASCII && $0.isNumber }.prefix(digits.upperBound)
    guard digits.contains(found.count), let number = Int(found) else { return nil }
    text = text.dropFirst(found.count)
    return number
  }

  private static func skip(_ text: inout Substring, _ character: Character) -> Bool {
    guard text.first == character else { return false }
    text = text.dropFirst()
    return true
  }

  private static func days(_ month: Int, _ year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days since 0000-03-01, counting years from March so that the leap day comes last.
  private static func dayNumber(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let shifted = month > 2 ? year : year - 1
    let months = (month + 9) % 12
    return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + (months * 306 + 5) / 10 + day - 1
  }
}
