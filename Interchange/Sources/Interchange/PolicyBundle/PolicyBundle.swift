/// Policies in the form that an image decides with: compiled from Cedar on the host, read and checked once when they
/// arrive, then evaluated without looking at any text of theirs.
///
/// Format, evaluator and index live beside the control messages because host and image must agree on what a bundle
/// means: the host evaluates the same bytes with the same code when it checks a compilation against Cedar itself.
///
/// The wire form, all integers `UInt32` unless said otherwise, texts with their length before them:
///
///     "TPB1"
///     names:     count, then texts                    identifiers, attributes, parts of patterns, policies
///     patterns:  count, then each: count, then names
///     constants: count, then each: kind UInt8 and content; elements of sets and records come before these
///     nodes:     count, then each: operation UInt8 and operands (see `PolicyOperation`)
///     policies:  count, then each: effect UInt8, name, principal scope, methods UInt16, resource scope,
///                condition (0, or the node's index plus 1)
///
/// Anything that could make a decision go wrong or take long is refused when the bundle is read: an index out of range,
/// an operand of the wrong kind, a node used twice, nesting beyond the bound, bytes left over.
public final class PolicyBundle: Sendable {
  /// No bundle is longer, in bytes.
  public static let maximumLength = 8 << 20
  /// No bundle has more policies.
  public static let maximumPolicies = 100_000
  /// No bundle has more nodes.
  public static let maximumNodes = 1_000_000
  /// Conditions are nested no deeper, so that evaluating them fits an image's stack.
  public static let maximumDepth = 100
  /// Constants are nested no deeper.
  public static let maximumConstantDepth = 16
  static let magic: [UInt8] = [0x54, 0x50, 0x42, 0x31]

  /// The policies, in the order they were written.
  public let policies: [BundledPolicy]
  let names: [ByteString]
  let patterns: [PolicyPattern]
  let constants: [PolicyValue]
  let nodes: [PolicyNode]
  let operands: [UInt32]
  let index: PolicyIndex

  init(_ parts: PolicyBundleParts) {
    policies = parts.policies
    names = parts.names
    patterns = parts.patterns
    constants = parts.constants
    nodes = parts.nodes
    operands = parts.operands
    index = PolicyIndex(parts.policies)
  }

  /// Reads a bundle and checks all of it.
  public convenience init(decoding bytes: [UInt8]) throws(DecodingFault) {
    self.init(try PolicyBundleParts(decoding: bytes))
  }
}

/// What a bundle consists of, while it is written or read.
public struct PolicyBundleParts: Sendable {
  /// Texts that nodes, patterns and constants refer to.
  public var names: [ByteString] = []
  /// Patterns that nodes refer to.
  public var patterns: [PolicyPattern] = []
  /// Constants that nodes refer to.
  public var constants: [PolicyValue] = []
  /// Nodes, operands before the nodes that use them.
  public var nodes: [PolicyNode] = []
  /// Operands of nodes with any number of them.
  public var operands: [UInt32] = []
  /// The policies.
  public var policies: [BundledPolicy] = []

  /// Nothing yet.
  public init() {}
}
