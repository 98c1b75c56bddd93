/// What a node of a bundle computes. The raw value is its code on the wire; the operands follow it there, `UInt32` each.
///
/// A node's operands that are nodes come before it in the bundle, and each node is the operand of one other or the
/// condition of one policy: so conditions are trees, and a decision takes no more steps than the bundle has nodes.
public enum PolicyOperation: UInt8, CaseIterable, Sendable {
  /// A constant. Operand: its index.
  case constant = 1
  /// Who asks.
  case principal = 2
  /// What is to be done.
  case action = 3
  /// To what.
  case resource = 4
  /// The whole context, as a record.
  case context = 5
  /// A part of the context. Operand: the index of its name.
  case contextAttribute = 6
  /// Whether the context has a part. Operand: the index of its name.
  case contextHas = 7

  /// Negation of a Boolean. Operand: a node, as in all that follow unless said otherwise.
  case not = 10
  /// Negation of a number.
  case negate = 11
  /// Whether a set is empty.
  case isEmpty = 12
  /// An attribute. Operands: a node, the index of the name.
  case attribute = 13
  /// Whether there is an attribute. Operands: a node, the index of the name.
  case has = 14
  /// Comparison with a pattern. Operands: a node, the index of the pattern.
  case like = 15
  /// Whether an entity is of a type. Operands: a node, the type's code.
  case isType = 16
  /// The address that a text is.
  case ip = 17
  /// Whether an address is of version 4.
  case isIPv4 = 18
  /// Whether an address is of version 6.
  case isIPv6 = 19
  /// Whether an address is the host's own.
  case isLoopback = 20
  /// Whether an address is of a group.
  case isMulticast = 21

  /// Equality. Operands: two nodes, as in all that follow.
  case equal = 30
  /// Less.
  case less = 31
  /// Less or equal.
  case lessOrEqual = 32
  /// Whether an entity is another or below it, or below one of a set.
  case isIn = 33
  /// Sum.
  case add = 34
  /// Difference.
  case subtract = 35
  /// Product.
  case multiply = 36
  /// Whether a set has an element.
  case contains = 37
  /// Whether a set has all elements of another.
  case containsAll = 38
  /// Whether a set has an element of another.
  case containsAny = 39
  /// Whether an address is in a network.
  case isInRange = 40

  /// A choice. Operands: three nodes.
  case conditional = 50
  /// Conjunction. Operands: a count, then as many nodes, as in all that follow unless said otherwise.
  case and = 51
  /// Disjunction.
  case or = 52
  /// A set.
  case set = 53
  /// A record. Operands: a count, then as many pairs of the index of a name and a node, in ascending order of names.
  case record = 54
}

/// A node as it is kept in memory.
public struct PolicyNode: Hashable, Sendable {
  /// What it computes.
  public var operation: PolicyOperation
  /// The first operand, or where its operands start among those of the bundle.
  public var first: UInt32
  /// The second operand, or how many operands it has.
  public var second: UInt32
  /// The third operand.
  public var third: UInt32

  /// A node.
  public init(_ operation: PolicyOperation, _ first: UInt32 = 0, _ second: UInt32 = 0, _ third: UInt32 = 0) {
    self.operation = operation
    self.first = first
    self.second = second
    self.third = third
  }
}

/// The methods that policies can name, each a bit of a policy's set of methods (RFC 9110, 9.1 and RFC 5789).
public struct PolicyMethods: Hashable, Sendable {
  /// The bits, in the order of `names`; the highest stands for every other method.
  public var bits: UInt16

  /// The names, from the lowest bit on.
  public static let names: [ByteString] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
  ]
  /// Every method.
  public static let all = PolicyMethods(bits: 0xFFFF)
  private static let other: UInt16 = 0x8000

  /// A set of methods from its bits.
  public init(bits: UInt16) {
    self.bits = bits
  }

  /// The set of one method.
  public init(_ name: ByteString) {
    self.bits = PolicyMethods.other
    var bit: UInt16 = 1
    for known in PolicyMethods.names {
      if known == name { self.bits = bit }
      bit <<= 1
    }
  }

  /// Whether both have a method in common.
  public func intersects(_ other: PolicyMethods) -> Bool {
    bits & other.bits != 0
  }
}

/// To which principals or resources a policy of a bundle applies.
public enum PolicyScope: Hashable, Sendable {
  /// To all.
  case any
  /// To one.
  case equal(PolicyEntity)
  /// To one and all below it.
  case within(PolicyEntity)
  /// To those of a type.
  case ofType(PolicyEntityType)
  /// To those of a type among one and all below it.
  case ofTypeWithin(PolicyEntityType, PolicyEntity)

  /// The entity named, if one is.
  var entity: PolicyEntity? {
    switch self {
    case .any, .ofType: nil
    case .equal(let entity), .within(let entity), .ofTypeWithin(_, let entity): entity
    }
  }
}

/// A policy of a bundle.
public struct BundledPolicy: Sendable {
  /// Its name, for records of what was decided.
  public var name: ByteString
  /// Whether it forbids; else it permits.
  public var forbids: Bool
  /// To whom it applies.
  public var principal: PolicyScope
  /// To which methods.
  public var methods: PolicyMethods
  /// To what.
  public var resource: PolicyScope
  /// The node that must be true, if there is one.
  public var condition: Int?

  /// A policy.
  public init(
    name: ByteString, forbids: Bool, principal: PolicyScope, methods: PolicyMethods, resource: PolicyScope,
    condition: Int?
  ) {
    self.name = name
    self.forbids = forbids
    self.principal = principal
    self.methods = methods
    self.resource = resource
    self.condition = condition
  }
}
