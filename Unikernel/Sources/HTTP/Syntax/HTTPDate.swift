/// Times as HTTP has them: IMF-fixdate (RFC 9110, 5.6.7), `Sun, 06 Nov 1994 08:49:37 GMT`.
enum HTTPDate {
  /// The 29 bytes for a time in milliseconds since 1970-01-01 UTC.
  static func format(wallMilliseconds: UInt64) -> [UInt8] {
    let seconds = Int(min(wallMilliseconds / 1000, 253_402_300_799))  // the last second of the year 9999
    let days = seconds / 86_400
    let (year, month, day) = civil(daysSinceEpoch: days)
    let time = seconds % 86_400
    var text: [UInt8] = []
    text.reserveCapacity(29)
    append(&text, from: "ThuFriSatSunMonTueWed", days % 7)
    text.append(text: ", ")
    append(&text, twoDigits: day)
    text.append(0x20)
    append(&text, from: "JanFebMarAprMayJunJulAugSepOctNovDec", month - 1)
    text.append(0x20)
    append(&text, twoDigits: year / 100)
    append(&text, twoDigits: year % 100)
    text.append(0x20)
    append(&text, twoDigits: time / 3600)
    text.append(0x3A)
    append(&text, twoDigits: time / 60 % 60)
    text.append(0x3A)
    append(&text, twoDigits: time % 60)
    text.append(text: " GMT")
    return text
  }

  /// The Gregorian date of a day. Years are counted from March, so that the leap day is a year's last, and in cycles of 400
  /// years, which have 146,097 days.
  private static func civil(daysSinceEpoch days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468  // days since 0000-03-01
    let cycle = shifted / 146_097
    let dayOfCycle = shifted % 146_097
    let yearOfCycle = (dayOfCycle - dayOfCycle / 1460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
    let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    return (cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0), month, day)
  }

  private static func append(_ text: inout [UInt8], twoDigits value: Int) {
    text.append(UInt8(truncatingIfNeeded: 0x30 + value / 10 % 10))
    text.append(UInt8(truncatingIfNeeded: 0x30 + value % 10))
  }

  private static func append(_ text: inout [UInt8], from names: StaticString, _ index: Int) {
    for offset in 0..<3 { text.append(names.utf8Start[index * 3 + offset]) }
  }
}
