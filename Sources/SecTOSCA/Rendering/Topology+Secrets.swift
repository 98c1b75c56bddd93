public import TOSCA

extension Topology {
  /// The same without what is secret or as good as that: private keys, and the salts and hashes of passwords. For
  /// showing it.
  public var withoutSecrets: Topology {
    var copy = self
    copy.inputs = inputs.mapValues(\.withoutSecrets)
    copy.outputs = outputs.mapValues(\.withoutSecrets)
    for index in copy.nodes.indices {
      copy.nodes[index].properties = copy.nodes[index].properties.mapValues(\.withoutSecrets)
      if var inner = copy.nodes[index].substitution {
        inner.topology = inner.topology.withoutSecrets
        copy.nodes[index].substitution = inner
      }
    }
    for index in copy.policies.indices {
      copy.policies[index].properties = copy.policies[index].properties.mapValues(\.withoutSecrets)
    }
    return copy
  }
}

extension Value {
  private static let withheld = Content.string("(withheld)")

  fileprivate var withoutSecrets: Value {
    var copy = self
    switch content {
    case .string(let text) where text.contains("PRIVATE KEY-----"): copy.content = Value.withheld
    case .list(let items): copy.content = .list(items.map(\.withoutSecrets))
    case .map(let entries):
      // A `sectosca.datatypes.PasswordHash` or `KeyHash`, wherever it stands: inputs have no type of their own.
      let isHash = entries.contains { $0.key == "salt" } && entries.contains { $0.key == "hash" }
      copy.content = .map(
        entries.map { entry in
          var entry = entry
          entry.value = entry.value.withoutSecrets
          if isHash, ["salt", "hash"].contains(entry.key) { entry.value.content = Value.withheld }
          return entry
        })
    case .unresolved(let function, let arguments):
      copy.content = .unresolved(function: function, arguments: arguments.withoutSecrets)
    case .null, .boolean, .integer, .float, .string, .scalar: break
    }
    return copy
  }
}
