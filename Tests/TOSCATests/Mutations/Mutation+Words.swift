extension Mutation {
  /// A word without one of its letters: the one in the middle of its last part, so that it is still near.
  static func misspelt(_ word: String) -> String {
    let start = word.lastIndex(of: ".").map { word.index(after: $0) } ?? word.startIndex
    let middle = word.index(start, offsetBy: word.distance(from: start, to: word.endIndex) / 2)
    return String(word[..<middle] + word[word.index(after: middle)...])
  }

  /// The keynames of the grammar that the templates have.
  static let keynames: Set<String> = [
    "tosca_definitions_version", "description", "repositories", "dsl_definitions", "data_types", "artifact_types",
    "capability_types", "interface_types", "relationship_types", "node_types", "group_types", "policy_types",
    "topology_template", "derived_from", "properties", "attributes", "requirements", "capabilities", "interfaces",
    "artifacts", "type", "required", "default", "status", "constraints", "entry_schema", "key_schema",
    "valid_source_types", "valid_target_types", "occurrences", "capability", "node", "relationship", "operations",
    "notifications", "inputs", "outputs", "implementation", "primary", "dependencies", "timeout", "mime_type",
    "file_ext", "file", "repository", "members", "targets", "triggers", "event", "target_filter", "condition", "action",
    "call_operation", "delegate", "set_state", "operation", "workflows", "steps", "preconditions", "target",
    "activities", "on_success", "on_failure", "substitution_mappings", "node_type", "node_templates",
    "relationship_templates", "groups", "policies", "directives", "node_filter", "value", "version", "metadata",
  ]

  /// The keynames whose values are names of types, templates or other things.
  static let naming: Set<String> = [
    "type", "derived_from", "capability", "node", "relationship", "node_type", "target", "repository",
  ]

  /// The keynames whose values are lists of such names.
  static let namingLists: Set<String> = [
    "valid_source_types", "valid_target_types", "members", "targets", "on_success", "on_failure",
  ]

  /// The keynames whose values are maps of names.
  static let mapSections: Set<String> = [
    "data_types", "artifact_types", "capability_types", "interface_types", "relationship_types", "node_types",
    "group_types", "policy_types", "topology_template", "properties", "attributes", "capabilities", "interfaces",
    "operations", "notifications", "inputs", "outputs", "node_templates", "relationship_templates", "groups",
    "workflows",
    "steps", "triggers", "artifacts", "repositories", "metadata", "substitution_mappings", "node_filter",
  ]

  /// The keynames whose values are lists.
  static let listSections: Set<String> = [
    "requirements", "policies", "constraints", "members", "targets", "valid_source_types", "valid_target_types",
    "directives", "file_ext", "activities", "action", "dependencies", "preconditions",
  ]

  /// The keynames, besides `type`, that an entity must have.
  static let mandatory: Set<String> = [
    "node_type", "tosca_definitions_version", "activities", "event", "action", "url", "file",
  ]

  /// The sections whose entries are entities with keynames.
  private static let entities: Set<String> = [
    "data_types", "artifact_types", "capability_types", "interface_types", "relationship_types", "node_types",
    "group_types", "policy_types", "node_templates", "relationship_templates", "groups", "workflows", "steps",
    "triggers",
    "operations", "interfaces", "artifacts", "policies", "repositories",
  ]

  /// Whether a line is the name of an entity.
  static func isEntity(_ line: MutationText.Line) -> Bool { line.path.last.map(entities.contains) ?? false }

  /// Whether a `type` must be there: not in what may inherit it.
  static func isMandatory(_ line: MutationText.Line) -> Bool {
    let optional: Set<String> = ["interfaces", "outputs"]
    guard line.path.count >= 2 else { return false }
    return !optional.contains(line.path[line.path.count - 2]) && line.path.last != "relationship"
      && !(line.path.contains("topology_template") && line.path.contains("inputs"))
      && !(line.path.contains("operations") || line.path.contains("interface_types") || line.path.contains("workflows"))
  }

  /// Whether a line is of a property that refines one of the type that its type derives from.
  static func isRefinement(_ line: MutationText.Line) -> Bool {
    line.path.starts(with: ["node_types", "SmallServer", "properties"])
  }

  /// Whether a value is one name.
  static func isName(_ value: String) -> Bool {
    value.count > 2 && value.allSatisfy { $0.isLetter || $0 == "." || $0 == "_" || $0 == "-" }
  }

  /// Whether a line lies where everything is allowed: inside of values and of conditions.
  static func isFree(_ line: MutationText.Line) -> Bool {
    line.path.contains { ["condition", "dsl_definitions", "metadata", "seat", "limits", "credential"].contains($0) }
      || (line.path.contains("node_templates") && line.path.last == "properties")
      || (line.path.last == "inputs" && line.path.contains { ["node_templates", "action"].contains($0) })
  }
}
