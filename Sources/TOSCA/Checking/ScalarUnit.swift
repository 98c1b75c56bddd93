/// The scalars with a unit (1.3, 3.3.6).
enum ScalarUnit {
  /// The amount in the base unit (B, s, Hz, bps), or nil where the text is no scalar of the type.
  static func amount(of text: String, _ type: Primitive) -> Double? {
    let digits = numeral(text)
    guard let number = Double(digits), number.isFinite else { return nil }
    let unit = text.dropFirst(digits.count).drop { $0 == " " || $0 == "\t" }
    guard let factor = factor(of: String(unit), type) else { return nil }
    return number * factor
  }

  /// The number that a text begins with, an exponent included.
  private static func numeral(_ text: String) -> Substring {
    func isDigit(_ character: Character) -> Bool { character.isASCII && character.isNumber }
    let mantissa = text.prefix { isDigit($0) || $0 == "." || $0 == "+" || $0 == "-" }
    let rest = text[mantissa.endIndex...]
    guard rest.first == "e" || rest.first == "E" else { return mantissa }
    let exponent = rest.dropFirst().prefix { isDigit($0) || $0 == "+" || $0 == "-" }
    return exponent.contains(where: isDigit) ? text[..<exponent.endIndex] : mantissa
  }

  /// The unit that amounts of a type are given in; nil where the type has no units.
  static func baseUnit(of type: Primitive) -> String? { table(type).first { $0.factor == 1 }?.unit }

  /// The units of a type, for messages.
  static func units(of type: Primitive) -> [String] { table(type).map(\.unit) }

  /// Sizes, times and frequencies are written in any case by most, and no two of their units differ in case only; bit
  /// rates tell `bps` from `Bps` by it.
  private static func factor(of unit: String, _ type: Primitive) -> Double? {
    let table = table(type)
    if let exact = table.first(where: { $0.unit == unit }) { return exact.factor }
    guard type != .bitrate else { return nil }
    return table.first { $0.unit.lowercased() == unit.lowercased() }?.factor
  }

  private static func table(_ type: Primitive) -> [(unit: String, factor: Double)] {
    switch type {
    case .size: sizes
    case .time: times
    case .frequency: frequencies
    case .bitrate: bitrates
    default: []
    }
  }

  private static let sizes: [(unit: String, factor: Double)] = [
    ("B", 1), ("kB", 1e3), ("KiB", 1024), ("MB", 1e6), ("MiB", 1_048_576), ("GB", 1e9), ("GiB", 1_073_741_824),
    ("TB", 1e12), ("TiB", 1_099_511_627_776),
  ]
  private static let times: [(unit: String, factor: Double)] = [
    ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1), ("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9),
  ]
  private static let frequencies: [(unit: String, factor: Double)] = [
    ("Hz", 1), ("kHz", 1e3), ("MHz", 1e6), ("GHz", 1e9),
  ]
  private static let bitrates: [(unit: String, factor: Double)] = [
    ("bps", 1), ("Kbps", 1e3), ("Kibps", 1_024), ("Mbps", 1e6), ("Mibps", 1_048_576), ("Gbps", 1e9),
    ("Gibps", 1_073_741_824), ("Tbps", 1e12), ("Tibps", 1_099_511_627_776), ("Bps", 8), ("KBps", 8e3),
    ("KiBps", 8_192), ("MBps", 8e6), ("MiBps", 8_388_608), ("GBps", 8e9), ("GiBps", 8_589_934_592), ("TBps", 8e12),
    ("TiBps", 8_796_093_022_208),
  ]
}
