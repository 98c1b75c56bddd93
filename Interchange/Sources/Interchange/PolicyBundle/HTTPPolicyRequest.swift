/// An HTTP request as policies see it. Host and image build it the same way, and both sides' evaluators read it.
public struct HTTPPolicyRequest: Sendable {
  /// The user's name; empty for a visitor.
  public let user: ByteString
  /// How the user was authenticated: `basic` or `bearer`.
  public var scheme: ByteString
  /// The user's roles, each once.
  public let roles: [ByteString]
  /// The method: `GET`.
  public var method: ByteString
  /// The normalized path.
  public var path: ByteString
  /// What follows the question mark.
  public var query: ByteString
  /// The host asked for.
  public var host: ByteString
  /// Where the request came from.
  public var source: PolicyAddress
  /// Contextual attributes, such as `threat_level`. One with the name of a part of the request is not seen.
  public var attributes: [PolicyValueField]

  /// A request from its parts; an empty user is a visitor, who has no roles.
  public init(
    user: ByteString = "", scheme: ByteString = "", roles: [ByteString] = [], method: ByteString, path: ByteString,
    query: ByteString = "", host: ByteString = "", source: PolicyAddress = PolicyAddress(ipv4: 0),
    attributes: [PolicyValueField] = []
  ) {
    self.user = user
    self.scheme = scheme
    var unique: [ByteString] = []
    if !user.isEmpty {
      for role in roles where !unique.contains(role) { unique.append(role) }
    }
    self.roles = unique
    self.method = method
    self.path = path
    self.query = query
    self.host = host
    self.source = source
    self.attributes = attributes
  }

  /// The identifier of who shows no credentials.
  public static let visitorName: ByteString = "anonymous"

  /// Who asks.
  public var principal: PolicyEntity {
    user.isEmpty ? PolicyEntity(.visitor, HTTPPolicyRequest.visitorName) : PolicyEntity(.user, user)
  }

  /// Whether no credentials were shown.
  public var isVisitor: Bool { user.isEmpty }

  /// Whether one path is above another: `/` is above all, and `/orders` above `/orders/17` but not above `/orders-old`.
  public static func isPath(_ ancestor: ByteString, above path: ByteString) -> Bool {
    guard ancestor.count < path.count, path.bytes[0] == 0x2F, path.hasPrefix(ancestor) else { return false }
    if ancestor.count == 1 { return true }
    return ancestor.count > 1 && path.bytes[ancestor.count] == 0x2F
  }

  /// The lengths of the paths above a path, shortest first.
  public static func lengthsAbove(_ path: ByteString) -> [Int] {
    guard path.count > 1, path.bytes[0] == 0x2F else { return [] }
    var lengths = [1]
    for index in 2..<path.count where path.bytes[index] == 0x2F {
      lengths.append(index)
    }
    return lengths
  }

  /// The value of a part of the context, if it has one of that name.
  func contextValue(_ name: ByteString, _ known: PolicyAttribute) -> PolicyValue? {
    switch known {
    case .source: return .address(source)
    case .method: return .string(method)
    case .host: return .string(host)
    case .query: return .string(query)
    default:
      for attribute in attributes where attribute.name == name { return attribute.value }
      return nil
    }
  }

  /// The whole context.
  var context: PolicyValue {
    var fields = [
      PolicyValueField("source", .address(source)), PolicyValueField("method", .string(method)),
      PolicyValueField("host", .string(host)), PolicyValueField("query", .string(query)),
    ]
    for attribute in attributes where !fields.contains(where: { $0.name == attribute.name }) {
      fields.append(attribute)
    }
    return .record(of: fields)
  }

  /// Whether an entity is one that this request brings with it: anything said of others is said of nothing.
  func knows(_ entity: PolicyEntity) -> Bool {
    switch entity.type {
    case .user, .visitor: return entity == principal
    case .role: return roles.contains(entity.id)
    case .action: return entity.id == method
    case .path: return entity.id == path || HTTPPolicyRequest.isPath(entity.id, above: path)
    }
  }

  /// The attribute of an entity, if the request brings both.
  func attribute(_ known: PolicyAttribute, of entity: PolicyEntity) -> PolicyValue? {
    switch (entity.type, known) {
    case (.user, .name): return knows(entity) ? .string(user) : nil
    case (.user, .scheme): return knows(entity) ? .string(scheme) : nil
    case (.path, .path): return knows(entity) ? .string(entity.id) : nil
    default: return nil
    }
  }

  /// Whether an entity is another or below it.
  func isEntity(_ entity: PolicyEntity, in ancestor: PolicyEntity) -> Bool {
    if entity == ancestor { return true }
    switch (entity.type, ancestor.type) {
    case (.user, .role): return entity.id == user && roles.contains(ancestor.id)
    case (.path, .path): return HTTPPolicyRequest.isPath(ancestor.id, above: entity.id) && knows(entity)
    default: return false
    }
  }
}

/// The names that mean something to the evaluator itself, so that a decision does not compare them as texts.
enum PolicyAttribute: UInt32 {
  /// Any other name.
  case other = 0
  case source, method, host, query
  case name, scheme, path

  /// The names, in the order of the cases after `other`.
  private static let names: [ByteString] = ["source", "method", "host", "query", "name", "scheme", "path"]

  init(_ name: ByteString) {
    self = .other
    for index in 0..<PolicyAttribute.names.count where PolicyAttribute.names[index] == name {
      self = PolicyAttribute(rawValue: UInt32(index) + 1) ?? .other
    }
  }
}
