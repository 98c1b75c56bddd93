extension PolicyBundleParts {
  /// Reads the wire form, and nothing but that.
  init(decoding bytes: [UInt8]) throws(DecodingFault) {
    guard bytes.count <= PolicyBundle.maximumLength else { throw .tooLarge }
    var reader = PolicyBundleReader(bytes)
    try reader.readMagic()
    try reader.readNames()
    try reader.readPatterns()
    try reader.readConstants()
    try reader.readNodes()
    try reader.readPolicies()
    self = reader.parts
  }
}

/// Reads a bundle from front to back, so that everything referred to is already known and checked.
private struct PolicyBundleReader {
  var parts = PolicyBundleParts()
  private var reader: ByteReader
  /// How deep each constant nests, 0 for those without elements; -1 once it is an element of another.
  private var constantDepths: [Int] = []
  /// How deep each node nests; -1 once it is an operand of another or a condition.
  private var nodeDepths: [Int] = []

  init(_ bytes: [UInt8]) {
    reader = ByteReader(bytes)
  }

  mutating func readMagic() throws(DecodingFault) {
    guard try reader.readRaw(4) == PolicyBundle.magic else { throw .invalid }
  }

  mutating func readNames() throws(DecodingFault) {
    let count = try reader.readCount()
    parts.names.reserveCapacity(min(count, reader.remaining / 4))
    for _ in 0..<count { parts.names.append(try reader.readText()) }
  }

  mutating func readPatterns() throws(DecodingFault) {
    for _ in 0..<(try reader.readCount()) {
      var segments: [ByteString] = []
      for _ in 0..<(try reader.readCount()) { segments.append(try readName()) }
      guard !segments.isEmpty else { throw .invalid }
      parts.patterns.append(PolicyPattern(segments: segments))
    }
  }

  mutating func readConstants() throws(DecodingFault) {
    for _ in 0..<(try reader.readCount()) {
      var depth = 0
      let value: PolicyValue
      switch try reader.readByte() {
      case 1: value = .boolean(try readFlag())
      case 2: value = .long(try reader.readFixed(Int64.self))
      case 3: value = .string(try readName())
      case 4: value = .entity(try readEntity())
      case 5: value = .address(try readAddress())
      case 6:
        var items: [PolicyValue] = []
        for _ in 0..<(try reader.readCount()) {
          let item = try takeConstant(&depth)
          // Searches rely on the order.
          if let last = items.last, last.order(item) >= 0 { throw .invalid }
          items.append(item)
        }
        value = .set(items)
      case 7:
        var fields: [PolicyValueField] = []
        for _ in 0..<(try reader.readCount()) {
          let name = try readName()
          if let last = fields.last, !(last.name < name) { throw .invalid }
          fields.append(PolicyValueField(name, try takeConstant(&depth)))
        }
        value = .record(fields)
      default: throw .invalid
      }
      guard depth <= PolicyBundle.maximumConstantDepth else { throw .tooLarge }
      parts.constants.append(value)
      constantDepths.append(depth)
    }
  }

  mutating func readNodes() throws(DecodingFault) {
    let count = try reader.readCount()
    guard count <= PolicyBundle.maximumNodes else { throw .tooLarge }
    parts.nodes.reserveCapacity(count)
    nodeDepths.reserveCapacity(count)
    for _ in 0..<count {
      guard let operation = PolicyOperation(rawValue: try reader.readByte()) else { throw .invalid }
      var depth = 1
      let node = try readNode(operation, &depth)
      guard depth <= PolicyBundle.maximumDepth else { throw .tooLarge }
      parts.nodes.append(node)
      nodeDepths.append(depth)
    }
  }

  private mutating func readNode(
    _ operation: PolicyOperation, _ depth: inout Int
  ) throws(DecodingFault) -> PolicyNode {
    switch operation.layout {
    case .none: return PolicyNode(operation)
    case .constant: return PolicyNode(operation, try readIndex(parts.constants.count))
    case .name:
      let name = try readIndex(parts.names.count)
      return PolicyNode(operation, name, PolicyAttribute(parts.names[Int(name)]).rawValue)
    case .node: return PolicyNode(operation, try takeNode(&depth))
    case .nodeAndName:
      let owner = try takeNode(&depth)
      let name = try readIndex(parts.names.count)
      return PolicyNode(operation, owner, name, PolicyAttribute(parts.names[Int(name)]).rawValue)
    case .nodeAndPattern:
      let text = try takeNode(&depth)
      return PolicyNode(operation, text, try readIndex(parts.patterns.count))
    case .nodeAndType:
      let entity = try takeNode(&depth)
      let type = try reader.readFixed(UInt32.self)
      guard type <= 0xFF, PolicyEntityType(rawValue: UInt8(type)) != nil else { throw .invalid }
      return PolicyNode(operation, entity, type)
    case .twoNodes:
      let left = try takeNode(&depth)
      return PolicyNode(operation, left, try takeNode(&depth))
    case .threeNodes:
      let test = try takeNode(&depth)
      let first = try takeNode(&depth)
      return PolicyNode(operation, test, first, try takeNode(&depth))
    case .nodes:
      let count = try reader.readCount()
      let start = parts.operands.count
      for _ in 0..<count { parts.operands.append(try takeNode(&depth)) }
      return PolicyNode(operation, UInt32(start), UInt32(count))
    case .fields:
      let count = try reader.readCount()
      let start = parts.operands.count
      for index in 0..<count {
        let name = try readIndex(parts.names.count)
        if index > 0 {
          let previous = parts.operands[start + 2 * (index - 1)]
          guard parts.names[Int(previous)] < parts.names[Int(name)] else { throw .invalid }
        }
        parts.operands.append(name)
        parts.operands.append(try takeNode(&depth))
      }
      return PolicyNode(operation, UInt32(start), UInt32(count))
    }
  }

  mutating func readPolicies() throws(DecodingFault) {
    let count = try reader.readCount()
    guard count <= PolicyBundle.maximumPolicies else { throw .tooLarge }
    parts.policies.reserveCapacity(count)
    for _ in 0..<count {
      let forbids = try readFlag()
      let name = try readName()
      let principal = try readScope()
      let methods = PolicyMethods(bits: try reader.readFixed(UInt16.self))
      let resource = try readScope()
      let condition = try reader.readFixed(UInt32.self)
      if condition > 0 { try PolicyBundleReader.take(condition - 1, &nodeDepths) }
      parts.policies.append(
        BundledPolicy(
          name: name, forbids: forbids, principal: principal, methods: methods, resource: resource,
          condition: condition > 0 ? Int(condition) - 1 : nil))
    }
    try reader.finish()
    // A node that nothing uses is not what the compiler writes.
    for depth in nodeDepths where depth >= 0 { throw .invalid }
  }

  // MARK: Parts

  private mutating func readFlag() throws(DecodingFault) -> Bool {
    switch try reader.readByte() {
    case 0: return false
    case 1: return true
    default: throw .invalid
    }
  }

  private mutating func readIndex(_ count: Int) throws(DecodingFault) -> UInt32 {
    let index = try reader.readFixed(UInt32.self)
    guard Int(index) < count else { throw .invalid }
    return index
  }

  private mutating func readName() throws(DecodingFault) -> ByteString {
    parts.names[Int(try readIndex(parts.names.count))]
  }

  private mutating func readType() throws(DecodingFault) -> PolicyEntityType {
    guard let type = PolicyEntityType(rawValue: try reader.readByte()) else { throw .invalid }
    return type
  }

  private mutating func readEntity() throws(DecodingFault) -> PolicyEntity {
    let type = try readType()
    return PolicyEntity(type, try readName())
  }

  private mutating func readAddress() throws(DecodingFault) -> PolicyAddress {
    let isIPv6 = try readFlag()
    let high = try reader.readFixed(UInt64.self)
    let low = try reader.readFixed(UInt64.self)
    let address = PolicyAddress(isIPv6: isIPv6, high: high, low: low, prefixLength: try reader.readByte())
    guard address.isValid else { throw .invalid }
    return address
  }

  private mutating func readScope() throws(DecodingFault) -> PolicyScope {
    switch try reader.readByte() {
    case 0: return .any
    case 1: return .equal(try readEntity())
    case 2: return .within(try readEntity())
    case 3: return .ofType(try readType())
    case 4:
      let type = try readType()
      return .ofTypeWithin(type, try readEntity())
    default: throw .invalid
    }
  }

  private mutating func takeConstant(_ depth: inout Int) throws(DecodingFault) -> PolicyValue {
    let index = try reader.readFixed(UInt32.self)
    depth = max(depth, try PolicyBundleReader.take(index, &constantDepths) + 1)
    return parts.constants[Int(index)]
  }

  private mutating func takeNode(_ depth: inout Int) throws(DecodingFault) -> UInt32 {
    let index = try reader.readFixed(UInt32.self)
    depth = max(depth, try PolicyBundleReader.take(index, &nodeDepths) + 1)
    return index
  }

  /// Marks something as used by the one that may use it, and gives its depth.
  @discardableResult
  private static func take(_ index: UInt32, _ depths: inout [Int]) throws(DecodingFault) -> Int {
    guard Int(index) < depths.count, depths[Int(index)] >= 0 else { throw .invalid }
    let depth = depths[Int(index)]
    depths[Int(index)] = -1
    return depth
  }
}
