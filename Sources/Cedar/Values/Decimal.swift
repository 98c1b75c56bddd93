/// A number with four decimal places, of the extension type `decimal`.
public struct Decimal: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The number times 10,000.
  public let scaled: Int64

  /// A number from its ten-thousandths.
  public init(scaled: Int64) {
    self.scaled = scaled
  }

  /// Reads an optional minus, digits, a point and one to four digits; `nil` for anything else and beyond 64 bits.
  public init?(_ text: String) {
    var bytes = Array(text.utf8)[...]
    let negative = bytes.first == 0x2D
    if negative { bytes.removeFirst() }
    guard let point = bytes.firstIndex(of: 0x2E) else { return nil }
    let whole = bytes[..<point]
    let fraction = bytes[(point + 1)...]
    guard !whole.isEmpty, (1...4).contains(fraction.count) else { return nil }
    let digits = Array(whole) + Array(fraction) + Array(repeating: 0x30, count: 4 - fraction.count)
    var value: Int64 = 0
    for byte in digits {
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
      let digit = Int64(byte - 0x30)
      let (sum, overflow) =
        negative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
      guard !tooLarge, !overflow else { return nil }
      value = sum
    }
    self.scaled = value
  }

  /// With all four decimal places.
  public var description: String {
    let magnitude = scaled.magnitude
    let fraction = String(magnitude % 10_000)
    let zeros = String(repeating: "0", count: 4 - fraction.count)
    return "\(scaled < 0 ? "-" : "")\(magnitude / 10_000).\(zeros)\(fraction)"
  }

  /// Orders by value.
  public static func < (left: Decimal, right: Decimal) -> Bool {
    left.scaled < right.scaled
  }
}
