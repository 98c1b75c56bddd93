/// What is different between two nodes or relationships of the same name: what they are given, not where it is written.
enum Difference {
  /// The differences of two nodes.
  static func between(_ old: Node, _ new: Node) -> [String] {
    var result = values("properties", old.properties, new.properties)
    for name in Set(old.capabilities.keys).union(new.capabilities.keys) {
      result += values(
        "capabilities.\(name).properties", old.capabilities[name]?.properties ?? [:],
        new.capabilities[name]?.properties ?? [:])
    }
    result += optional("count", old.count, new.count)
    if old.directives != new.directives { result.append("directives: \(old.directives) → \(new.directives)") }
    for name in Set(old.artifacts.keys).union(new.artifacts.keys) {
      let (one, other) = (old.artifacts[name], new.artifacts[name])
      if one?.file != other?.file || one?.type.name != other?.type.name {
        result.append("artifacts.\(name): \(one?.file ?? "none") → \(other?.file ?? "none")")
      }
      result += values("artifacts.\(name).properties", one?.properties ?? [:], other?.properties ?? [:])
    }
    result += interfaces(old.interfaces, new.interfaces)
    if let one = old.substitution, let other = new.substitution {
      if one.file != other.file { result.append("substitution: \(one.file) → \(other.file)") }
      let inner = TopologyUpdate(from: one.topology, to: other.topology)
      let changed = (inner.nodes + inner.relationships).filter { $0.category != .unchanged }
      if !changed.isEmpty { result.append("substitution: \(changed.count) changes inside") }
    } else if (old.substitution == nil) != (new.substitution == nil) {
      result.append("substitution: \(old.substitution?.file ?? "none") → \(new.substitution?.file ?? "none")")
    }
    return result.sorted()
  }

  /// The differences of two relationships.
  static func between(_ old: Requirement, _ new: Requirement) -> [String] {
    var result = values("properties", old.properties, new.properties)
    result += values("allocation", old.allocation, new.allocation)
    result += optional("count", old.count, new.count)
    result += optional("targetIndex", old.targetIndex, new.targetIndex)
    if old.capability != new.capability {
      result.append("capability: \(old.capability ?? "none") → \(new.capability ?? "none")")
    }
    return (result + interfaces(old.interfaces, new.interfaces)).sorted()
  }

  private static func interfaces(_ old: [String: Interface], _ new: [String: Interface]) -> [String] {
    var result: [String] = []
    for name in Set(old.keys).union(new.keys) {
      for (kind, one, other) in [
        ("operations", old[name]?.operations ?? [:], new[name]?.operations ?? [:]),
        ("notifications", old[name]?.notifications ?? [:], new[name]?.notifications ?? [:]),
      ] {
        for key in Set(one.keys).union(other.keys) {
          let path = "interfaces.\(name).\(kind).\(key)"
          let (before, after) = (one[key]?.implementation?.primary, other[key]?.implementation?.primary)
          if before != after { result.append("\(path): \(before ?? "none") → \(after ?? "none")") }
          result += values("\(path).inputs", one[key]?.inputs ?? [:], other[key]?.inputs ?? [:])
        }
      }
    }
    return result
  }

  private static func values(_ path: String, _ old: [String: Value], _ new: [String: Value]) -> [String] {
    // Most are equal, and often the very same.
    if old.isEmpty, new.isEmpty { return [] }
    return Set(old.keys).union(new.keys).flatMap { optional("\(path).\($0)", old[$0], new[$0]) }
  }

  private static func optional(_ path: String, _ old: Value?, _ new: Value?) -> [String] {
    switch (old, new) {
    case (nil, nil): return []
    case (let one?, let other?) where one.isSame(as: other): return []
    default: break
    }
    if old?.isSensitive == true || new?.isSensitive == true { return ["\(path): another value"] }
    return ["\(path): \(old.map(text) ?? "none") → \(new.map(text) ?? "none")"]
  }

  private static func text(_ value: Value) -> String {
    switch value.content {
    case .string(let text), .scalar(_, let text): text.excerpt
    case .list(let items): "a list of \(items.count)"
    case .map: "a map"
    case .unresolved(let function, _): "the result of \(function)"
    default: JSONText(value).text()
    }
  }
}

extension Value {
  /// Whether another value is the same, wherever they are written. The order of a map's entries does not matter.
  public func isSame(as other: Value) -> Bool {
    switch (content, other.content) {
    case (.list(let one), .list(let other)):
      one.count == other.count && zip(one, other).allSatisfy { $0.isSame(as: $1) }
    case (.map(let one), .map(let other)):
      one.count == other.count && Self.areSame(one, Dictionary(other.map { ($0.key, $0.value) }) { first, _ in first })
    case (.unresolved(let one, let arguments), .unresolved(let other, let others)):
      one == other && arguments.isSame(as: others)
    case (.scalar(let one, _), .scalar(let other, _)): one == other
    case (let one, let other): one == other
    }
  }

  private static func areSame(_ entries: [Entry], _ others: [String: Value]) -> Bool {
    entries.allSatisfy { entry in others[entry.key].map { entry.value.isSame(as: $0) } ?? false }
  }
}
