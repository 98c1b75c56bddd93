/// The types that need no definition (1.3, 3.3), with `list` and `map`.
enum Primitive: String, CaseIterable, Sendable {
  case string, integer, float, boolean, timestamp, null, version, range, list, map
  case size = "scalar-unit.size"
  case time = "scalar-unit.time"
  case frequency = "scalar-unit.frequency"
  case bitrate = "scalar-unit.bitrate"

  /// A type's name, with or without the prefix that makes it a TOSCA name (1.3, 3.3.2).
  init?(name: String) {
    let bare = name.hasPrefix("tosca:") ? String(name.dropFirst("tosca:".count)) : name
    self.init(rawValue: bare)
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
    case .bitrate: "a bit rate such as `10 Mbps`"
    }
  }

  /// Whether values of the type have an order, so that `greater_than` and the like apply.
  var isOrdered: Bool {
    switch self {
    case .integer, .float, .timestamp, .version, .size, .time, .frequency, .bitrate, .string: true
    case .boolean, .null, .range, .list, .map: false
    }
  }

  /// Whether values of the type have a length.
  var hasLength: Bool { self == .string || self == .list || self == .map }
}
