/// A rate as the language writes it: `20 per 1 s`.
struct Rate: Hashable, Sendable {
  var requests: Int
  var intervalMilliseconds: Int

  static let units = ["ms": 1, "s": 1000, "min": 60_000]
  static let mostRequests = 1_000_000
  static let longestInterval = 86_400_000

  /// Reads a rate: a count, `per`, a duration with its unit. Both are positive; the count is at most a million, the
  /// duration at most a day.
  init?(_ text: String) {
    let words = text.split(separator: " ").map(String.init)
    guard words.count == 4, words[1] == "per", let unit = Self.units[words[3]] else { return nil }
    guard let requests = Self.number(words[0]), (1...Self.mostRequests).contains(requests) else { return nil }
    guard let count = Self.number(words[2]), (1...Self.longestInterval / unit).contains(count) else { return nil }
    self.requests = requests
    intervalMilliseconds = count * unit
  }

  private static func number(_ text: String) -> Int? {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int(text)
  }
}

extension RateLimit.Bucket {
  /// The rate as the language writes it, in the greatest unit that divides the interval.
  var rateText: String {
    if intervalMilliseconds.isMultiple(of: 60_000) { return "\(requests) per \(intervalMilliseconds / 60_000) min" }
    if intervalMilliseconds.isMultiple(of: 1000) { return "\(requests) per \(intervalMilliseconds / 1000) s" }
    return "\(requests) per \(intervalMilliseconds) ms"
  }
}
