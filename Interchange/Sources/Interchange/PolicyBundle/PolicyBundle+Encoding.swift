extension PolicyBundleParts {
  /// The wire form. What it says is checked by whoever reads it, not here.
  public func encode() -> [UInt8] {
    var writer = PolicyBundleWriter(names: names)
    var patternBytes = ByteWriter()
    patternBytes.write(fixed: UInt32(patterns.count))
    for pattern in patterns {
      patternBytes.write(fixed: UInt32(pattern.segments.count))
      for segment in pattern.segments { patternBytes.write(fixed: writer.name(segment)) }
    }
    // Elements go before the sets and records they are in; so a constant's place differs from its index here.
    var places: [UInt32] = []
    for constant in constants { places.append(writer.constant(constant)) }
    var nodeBytes = ByteWriter()
    nodeBytes.write(fixed: UInt32(nodes.count))
    for node in nodes { encode(node, places: places, to: &nodeBytes) }
    var policyBytes = ByteWriter()
    policyBytes.write(fixed: UInt32(policies.count))
    for policy in policies {
      policyBytes.write(policy.forbids ? 1 : 0)
      policyBytes.write(fixed: writer.name(policy.name))
      writer.scope(policy.principal, to: &policyBytes)
      policyBytes.write(fixed: policy.methods.bits)
      writer.scope(policy.resource, to: &policyBytes)
      policyBytes.write(fixed: policy.condition.map { UInt32($0) + 1 } ?? 0)
    }

    var bytes = ByteWriter()
    bytes.write(raw: PolicyBundle.magic)
    bytes.write(fixed: UInt32(writer.names.count))
    for name in writer.names { bytes.write(name) }
    bytes.write(raw: patternBytes.bytes)
    bytes.write(fixed: writer.constantCount)
    bytes.write(raw: writer.constants.bytes)
    bytes.write(raw: nodeBytes.bytes)
    bytes.write(raw: policyBytes.bytes)
    return bytes.bytes
  }

  private func encode(_ node: PolicyNode, places: [UInt32], to writer: inout ByteWriter) {
    writer.write(node.operation.rawValue)
    switch node.operation.layout {
    case .constant: writer.write(fixed: places[Int(node.first)])
    case .none: break
    case .name, .node: writer.write(fixed: node.first)
    case .nodeAndName, .nodeAndPattern, .nodeAndType, .twoNodes:
      writer.write(fixed: node.first)
      writer.write(fixed: node.second)
    case .threeNodes:
      writer.write(fixed: node.first)
      writer.write(fixed: node.second)
      writer.write(fixed: node.third)
    case .nodes, .fields:
      writer.write(fixed: node.second)
      let count = Int(node.second) * (node.operation == .record ? 2 : 1)
      for index in 0..<count { writer.write(fixed: operands[Int(node.first) + index]) }
    }
  }
}

/// Collects names and constants while a bundle is written.
private struct PolicyBundleWriter {
  private(set) var names: [ByteString]
  private var indexes: [ByteString: UInt32] = [:]
  private(set) var constants = ByteWriter()
  private(set) var constantCount: UInt32 = 0

  init(names: [ByteString]) {
    self.names = names
    for (index, name) in names.enumerated() where indexes[name] == nil { indexes[name] = UInt32(index) }
  }

  mutating func name(_ text: ByteString) -> UInt32 {
    if let index = indexes[text] { return index }
    let index = UInt32(names.count)
    names.append(text)
    indexes[text] = index
    return index
  }

  mutating func scope(_ scope: PolicyScope, to writer: inout ByteWriter) {
    switch scope {
    case .any: writer.write(0)
    case .equal(let entity):
      writer.write(1)
      writeEntity(entity, to: &writer)
    case .within(let entity):
      writer.write(2)
      writeEntity(entity, to: &writer)
    case .ofType(let type):
      writer.write(3)
      writer.write(type.rawValue)
    case .ofTypeWithin(let type, let entity):
      writer.write(4)
      writer.write(type.rawValue)
      writeEntity(entity, to: &writer)
    }
  }

  private mutating func writeEntity(_ entity: PolicyEntity, to writer: inout ByteWriter) {
    writer.write(entity.type.rawValue)
    writer.write(fixed: name(entity.id))
  }

  mutating func constant(_ value: PolicyValue) -> UInt32 {
    var content = ByteWriter()
    switch value {
    case .boolean(let value):
      content.write(1)
      content.write(value ? 1 : 0)
    case .long(let value):
      content.write(2)
      content.write(fixed: value)
    case .string(let value):
      content.write(3)
      content.write(fixed: name(value))
    case .entity(let entity):
      content.write(4)
      writeEntity(entity, to: &content)
    case .address(let address):
      content.write(5)
      content.write(address.isIPv6 ? 1 : 0)
      content.write(fixed: address.high)
      content.write(fixed: address.low)
      content.write(address.prefixLength)
    case .set(let items):
      var places: [UInt32] = []
      for item in items { places.append(constant(item)) }
      content.write(6)
      content.write(fixed: UInt32(places.count))
      for place in places { content.write(fixed: place) }
    case .record(let fields):
      var places: [UInt32] = []
      for field in fields { places.append(constant(field.value)) }
      content.write(7)
      content.write(fixed: UInt32(places.count))
      for (field, place) in zip(fields, places) {
        content.write(fixed: name(field.name))
        content.write(fixed: place)
      }
    }
    constants.write(raw: content.bytes)
    constantCount += 1
    return constantCount - 1
  }
}

/// How an operation's operands are laid out on the wire.
enum PolicyOperandLayout {
  case none, constant, name, node, nodeAndName, nodeAndPattern, nodeAndType, twoNodes, threeNodes, nodes, fields
}

extension PolicyOperation {
  var layout: PolicyOperandLayout {
    switch self {
    case .constant: .constant
    case .principal, .action, .resource, .context: .none
    case .contextAttribute, .contextHas: .name
    case .not, .negate, .isEmpty, .ip, .isIPv4, .isIPv6, .isLoopback, .isMulticast: .node
    case .attribute, .has: .nodeAndName
    case .like: .nodeAndPattern
    case .isType: .nodeAndType
    case .equal, .less, .lessOrEqual, .isIn, .add, .subtract, .multiply, .contains, .containsAll, .containsAny,
      .isInRange:
      .twoNodes
    case .conditional: .threeNodes
    case .and, .or, .set: .nodes
    case .record: .fields
    }
  }
}
