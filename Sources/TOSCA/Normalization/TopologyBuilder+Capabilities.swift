/// Which capability of a node meets a requirement.
enum CapabilityChoice {
  /// The one of this name.
  case chosen(String)
  /// The one of this name, which is not of the type that is asked for.
  case wrongType(String, wanted: Int)
  /// None: none is of the type that is asked for.
  case noneFits(wanted: Int)
  /// None: the name is neither a capability of the node nor a capability type.
  case unknownName(Name)
  /// The requirement asks for none, or the node's type is not known.
  case open
}

extension TopologyBuilder {
  /// Chooses the capability of a target: the one that is named, or else one of the type that is asked for. One that
  /// takes the source is before one that does not, and one of just the type before one derived from it.
  func chooseCapability(
    _ name: Name?, _ requirement: RequirementDefinition, of target: Int, for source: Int
  ) -> CapabilityChoice {
    guard let targetType = scope.nodes[target].type else { return .open }
    let offered = catalogue.nodes.types[targetType].capabilities
    var wanted = requirement.capability.flatMap {
      catalogue.find(.capability, $0, in: requirement.file, report: false)
    }
    if let name {
      if let capability = offered[name.text] {
        if let wanted, let type = capabilityType(of: capability), !catalogue.mayDerive(.capability, type, from: wanted)
        {
          return .wrongType(name.text, wanted: wanted)
        }
        return .chosen(name.text)
      }
      guard let type = catalogue.find(.capability, name, in: file.id, report: false) else {
        return catalogue.isOpen(.node, targetType) ? .open : .unknownName(name)
      }
      wanted = type
    } else if let name = requirement.capability?.text, wanted == nil {
      // The definition names the target's capability rather than its type.
      return offered[name] == nil ? .open : .chosen(name)
    }
    guard let wanted else { return .open }
    let types = catalogue.shape(ofNodeType: targetType).capabilities
    let fitting = types.indices.filter { position in
      types[position].type.map { catalogue.capabilities.derives($0, from: wanted) } ?? false
    }
    guard let first = fitting.first else {
      let isOpen =
        catalogue.isOpen(.node, targetType)
        || types.contains { $0.type.map { catalogue.isOpen(.capability, $0) } ?? true }
      return isOpen ? .open : .noneFits(wanted: wanted)
    }
    if fitting.count == 1 { return .chosen(offered.entries[first].key) }
    let taking = fitting.filter { takes(offered.entries[$0].element, source) }
    let nearest = taking.isEmpty ? fitting : taking
    return .chosen(offered.entries[nearest.first { types[$0].type == wanted } ?? nearest[0]].key)
  }

  /// Finds the capability of the target that the requirement is met by.
  func bindCapability(
    _ assignment: RequirementAssignment, _ requirement: RequirementDefinition, _ target: Int, _ source: Int,
    _ binding: inout Binding
  ) {
    let targetName = scope.nodes[target].template.name.text
    let place = assignment.capability?.place ?? assignment.node?.place ?? assignment.name.place
    if let name = assignment.capability, let recorder = findings.recorder, let type = scope.nodes[target].type {
      let offered = catalogue.nodes.types[type].capabilities
      recorder.reference(.capability, name, target: offered[name.text]?.name.place) {
        offered.map { ($0, $1.name.place) }
      }
    }
    switch chooseCapability(assignment.capability, requirement, of: target, for: source) {
    case .chosen(let name):
      binding.capability = name
      if let type = scope.nodes[target].type, let capability = catalogue.nodes.types[type].capabilities[name],
        !takes(capability, source)
      {
        reportSource(capability, targetName, at: place)
      }
    case .wrongType(let name, let wanted):
      binding.capability = name
      reportCapability(
        "the capability `\(name.excerpt)` of `\(targetName.excerpt)` does not meet the requirement", wanted, at: place,
        requirement)
    case .noneFits(let wanted):
      reportCapability(
        "`\(targetName.excerpt)` offers nothing that meets the requirement `\(requirement.name.text.excerpt)`", wanted,
        at: place, requirement)
    case .unknownName(let name):
      let offered = scope.nodes[target].type.map { catalogue.nodes.types[$0].capabilities.keys } ?? []
      findings.report(
        "unknown-capability", at: name.place, "`\(targetName.excerpt)` has no capability `\(name.text.excerpt)`",
        expected: ValueTyper.oneOf(offered), suggestion: nearest(name.text, among: offered))
    case .open: break
    }
  }

  /// The type of a capability.
  func capabilityType(of capability: CapabilityDefinition) -> Int? {
    catalogue.find(.capability, capability.type, in: capability.file, report: false)
  }

  private func reportCapability(
    _ message: String, _ wanted: Int, at place: Place, _ requirement: RequirementDefinition
  ) {
    let type = catalogue.capabilities.types[wanted].header.name.text
    findings.report(
      "wrong-target", at: place, message, expected: "a capability of type `\(type)`",
      related: [(requirement.name.place, "the requirement is defined here")])
  }

  /// The node types that may use a capability, and the file that says so.
  private func validSources(of capability: CapabilityDefinition) -> (types: [Name], file: UInt32) {
    guard capability.validSourceTypes.isEmpty else { return (capability.validSourceTypes, capability.file) }
    guard let type = capabilityType(of: capability) else { return ([], capability.file) }
    let definition = catalogue.capabilities.types[type]
    return (definition.validSourceTypes, definition.header.file)
  }

  /// Whether a capability takes relationships from a node: it may restrict the node types that use it.
  func takes(_ capability: CapabilityDefinition, _ source: Int) -> Bool {
    let (valid, file) = validSources(of: capability)
    guard !valid.isEmpty, let sourceType = scope.nodes[source].type else { return true }
    return valid.contains { name in
      catalogue.find(.node, name, in: file, report: false).map { catalogue.nodes.derives(sourceType, from: $0) } ?? true
    }
  }

  private func reportSource(_ capability: CapabilityDefinition, _ target: String, at place: Place) {
    let (valid, file) = validSources(of: capability)
    // The Simple Profile restricts its own capabilities, and much that runs everywhere does not keep to it.
    findings.report(
      "wrong-source", catalogue.isImplicit(file) ? .warning : .error, at: place,
      "the capability `\(capability.name.text.excerpt)` of `\(target.excerpt)` does not take nodes of this type",
      expected: "a node of " + (ValueTyper.oneOf(valid.map(\.text)) ?? "its types"),
      related: [(capability.name.place, "the capability is defined here")])
  }

  /// Checks that capabilities are not taken by more relationships than they have room for (1.x: `occurrences`), and
  /// that what is allocated of their properties is there (2.0, 8.5.5).
  func checkTakenCapabilities() {
    var takers: [CapabilityKey: [(source: Int, binding: Int)]] = [:]
    for source in scope.nodes.indices {
      for (number, binding) in scope.nodes[source].bindings.enumerated() {
        guard let target = binding.target, let capability = binding.capability, limits(target, capability) else {
          continue
        }
        takers[CapabilityKey(node: target, capability: capability), default: []].append((source, number))
      }
    }
    for (key, taking) in takers.sorted(by: { $0.key < $1.key }) {
      guard let type = scope.nodes[key.node].type,
        let definition = catalogue.nodes.types[type].capabilities[key.capability]
      else { continue }
      let own = scope.nodes[key.node].template.capabilities[key.capability]?.occurrences
      if let upper = (own ?? definition.occurrences).upper, taking.count > upper {
        let extra = taking[upper]
        findings.report(
          "too-many-relationships", at: scope.nodes[extra.source].bindings[extra.binding].name.place,
          "the capability `\(key.capability.excerpt)` of `\(scope.nodes[key.node].template.name.text.excerpt)` is the "
            + "target of \(taking.count) relationships",
          expected: "at most \(upper)", related: [(definition.name.place, "the capability is defined here")])
      }
    }
    checkAllocations()
  }

  /// Whether a capability says how many relationships it takes.
  private func limits(_ node: Int, _ name: String) -> Bool {
    guard let type = scope.nodes[node].type, let definition = catalogue.nodes.types[type].capabilities[name] else {
      return false
    }
    return definition.occurrences.upper != nil || scope.nodes[node].template.capabilities[name]?.occurrences != nil
  }
}

/// A capability of a node.
struct CapabilityKey: Hashable, Comparable {
  /// The node's number.
  var node: Int
  /// The capability's name.
  var capability: String

  static func < (one: CapabilityKey, other: CapabilityKey) -> Bool {
    (one.node, one.capability) < (other.node, other.capability)
  }
}
