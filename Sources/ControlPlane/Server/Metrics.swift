/// Metrics in the text format of Prometheus (version 0.0.4): each family once, with its help and type, and each series once
/// in it.
struct Metrics {
  /// What kind of numbers a family has.
  enum Kind: String {
    /// It only grows.
    case counter
    /// It is what it is now.
    case gauge
    /// How often, and how much together: `_count` and `_sum`.
    case summary
  }

  /// A number with its labels.
  struct Sample {
    var labels: [(name: String, value: String)] = []
    var value: Double
    /// What follows the family's name, as `_sum` does.
    var suffix = ""
  }

  private(set) var text = ""

  /// Adds a family. One without samples is left out.
  mutating func add(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
    guard !samples.isEmpty else { return }
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    for sample in samples {
      let labels = sample.labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
      text += name + sample.suffix + (labels.isEmpty ? "" : "{\(labels)}") + " \(Self.number(sample.value))\n"
    }
  }

  /// Adds a family of one number.
  mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
    add(name, kind, help, [Sample(value: value)])
  }

  private static func escaped(_ value: String) -> String {
    var text = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\\": text += "\\\\"
      case "\"": text += "\\\""
      case "\n": text += "\\n"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  private static func number(_ value: Double) -> String {
    if let whole = Int(exactly: value) { String(whole) } else { String(value) }
  }
}
