extension Policy: CustomStringConvertible {
  /// The policy in the human syntax, one condition a line.
  public var description: String {
    var lines = annotations.map { $0.value.string.isEmpty ? "@\($0.name)" : "@\($0.name)(\($0.value.quoted))" }
    let scope = [
      "principal\(principal.text)", "action\(action.text)", "resource\(resource.text)",
    ]
    let line = "\(effect.rawValue) (\(scope.joined(separator: ", ")))"
    lines.append(
      line.count <= 120
        ? line : "\(effect.rawValue) (\n  \(scope.joined(separator: ",\n  "))\n)")
    lines += conditions.map { "\($0.kind.rawValue) { \($0.body) }" }
    return lines.joined(separator: "\n") + ";"
  }
}

extension PolicySet: CustomStringConvertible {
  /// All policies and templates in the human syntax. Identifiers that the text would not give again become annotations
  /// `@id`.
  public var description: String {
    (policies + templates).map(\.description).joined(separator: "\n\n") + "\n"
  }
}

extension EntityReference {
  var text: String {
    switch target {
    case .entity(let uid): uid.description
    case .slot(let slot): slot.rawValue
    }
  }
}

extension ScopeConstraint {
  /// What follows the variable.
  var text: String {
    switch self {
    case .any: ""
    case .equal(let reference): " == \(reference.text)"
    case .in(let reference): " in \(reference.text)"
    case .is(let type): " is \(type.type)"
    case .isIn(let type, let reference): " is \(type.type) in \(reference.text)"
    }
  }
}

extension ActionConstraint {
  /// What follows the variable.
  var text: String {
    switch self {
    case .any: ""
    case .equal(let reference): " == \(reference.text)"
    case .in(let references):
      references.count == 1
        ? " in \(references[0].text)" : " in [\(references.map(\.text).joined(separator: ", "))]"
    }
  }
}
