/// The types that need no definition (1.3, 3.3), with `list` and `map`.
enum Primitive: String, CaseIterable, Sendable {
  case string, integer, float, boolean, timestamp, null, version, range, list, map, bytes, scalar
  case size = "scalar-unit.size"
  case time = "scalar-unit.time"
  case frequency = "scalar-unit.frequency"
  case bitrate = "scalar-unit.bitrate"

  /// A type's name, with or without the prefix that makes it a TOSCA name (1.3, 3.1.1).
  init?(name: String, _ version: TOSCAVersion = .simple1_3) {
    if version == .tosca2_0 {
      guard let primitive = Self.byName[name == "nil" ? "null" : name], name != "null", primitive.isIn(version)
      else { return nil }
      self = primitive
      return
    }
    let bare = name.hasPrefix("tosca:") ? String(name.dropFirst("tosca:".count)) : name
    guard let primitive = Self.byName[bare], primitive.isIn(version) else { return nil }
    self = primitive
  }

  private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) })

  /// Whether a version has the type: 2.0 has no ranges and no built-in scalars, but bytes and scalars to derive from.
  private func isIn(_ version: TOSCAVersion) -> Bool {
    switch self {
    case .bytes, .scalar: version == .tosca2_0
    case .bitrate: version == .simple1_3
    case .range, .size, .time, .frequency: version != .tosca2_0
    default: true
    }
  }

  /// The names of the types of a version.
  static func names(in version: TOSCAVersion) -> [String] {
    allCases.filter { $0.isIn(version) }.map { $0 == .null && version == .tosca2_0 ? "nil" : $0.rawValue }
  }

  /// What a value of the type is, with its article, for messages.
  var description: String {
    switch self {
    case .string: "a string"
    case .integer: "an integer"
    case .float: "a float"
    case .boolean: "`true` or `false`"
    case .timestamp: "a timestamp such as `2026-01-31T08:00:00Z`"
    case .null: "nothing"
    case .version: "a version such as `1.2` or `1.2.3.beta-4`"
    case .range: "a range such as `[1, 4]` or `[1, UNBOUNDED]`"
    case .list: "a list"
    case .map: "a map"
    case .size: "a size such as `4 MiB`"
    case .time: "a time such as `30 s`"
    case .frequency: "a frequency such as `2.4 GHz`"
    case .bytes: "a string of bytes in Base64"
    case .scalar: "a number and a unit of the type"
    case .bitrate: "a bit rate such as `10 Mbps`"
    }
  }

  /// Whether values of the type have an order, so that `greater_than` and the like apply.
  var isOrdered: Bool {
    switch self {
    case .integer, .float, .timestamp, .version, .size, .time, .frequency, .bitrate, .string, .scalar: true
    case .boolean, .null, .range, .list, .map, .bytes: false
    }
  }

  /// Whether values of the type have a length.
  var hasLength: Bool { self == .string || self == .list || self == .map }
}
