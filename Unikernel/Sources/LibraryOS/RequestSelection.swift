public import Interchange

/// Which requests a rule is for: those below some paths, by some methods.
public struct RequestSelection: Equatable, Sendable {
  /// The parts of the tree of paths.
  public var prefixes: [PathPrefix]
  /// The methods, as they are sent; empty for all.
  public var methods: [ByteString]

  /// Reads the fields `paths` and `methods` of an item of a parameter; `methods` may be absent. `parameter` is named in
  /// faults.
  public init(_ item: ParameterValue, of parameter: ByteString) throws(ParameterFault) {
    guard let paths = item["paths"]?.listValue, !paths.isEmpty, paths.count <= 256 else {
      throw ParameterFault(parameter, expected: "paths as a list of 1 to 256 path prefixes")
    }
    prefixes = []
    for path in paths {
      guard let text = path.textValue, let prefix = PathPrefix(text) else {
        throw ParameterFault(parameter, expected: "path prefixes such as / or /orders")
      }
      prefixes.append(prefix)
    }
    methods = []
    guard let given = item["methods"] else { return }
    guard let items = given.listValue, items.count <= 16 else {
      throw ParameterFault(parameter, expected: "methods as a list of at most 16")
    }
    for item in items {
      guard let method = item.textValue, RequestSelection.isMethod(method) else {
        throw ParameterFault(parameter, expected: "methods such as POST, in capitals")
      }
      methods.append(method)
    }
  }

  /// Whether a rule with this selection is for a request.
  public func covers(_ request: HTTPRequest) -> Bool {
    guard methods.isEmpty || methods.contains(request.method) else { return false }
    for prefix in prefixes where prefix.claim(request.path) != nil { return true }
    return false
  }

  /// Whether a rule with this selection is for connections, each of which is as a request for `/`.
  public var coversConnections: Bool {
    guard methods.isEmpty else { return false }
    for prefix in prefixes where prefix.claim("/") != nil { return true }
    return false
  }

  private static func isMethod(_ text: ByteString) -> Bool {
    text.count <= 32 && !text.isEmpty && text.bytes.allSatisfy { $0 >= 0x41 && $0 <= 0x5A || $0 == 0x2D }
  }
}

/// Whose requests are counted together.
public enum Party: Equatable, Sendable {
  /// Those of an IPv4 address, or of an IPv6 network of 64 bits.
  case source
  /// Those of whom credentials name; a visitor's by source.
  case principal
  /// Those of all.
  case everybody

  /// Reads the field `per` of an item of a parameter: `source`, also where it is absent, `principal` or `all`.
  public init?(_ value: ParameterValue?) {
    guard let value else {
      self = .source
      return
    }
    guard let text = value.textValue else { return nil }
    if text.equals("source") {
      self = .source
    } else if text.equals("principal") {
      self = .principal
    } else if text.equals("all") {
      self = .everybody
    } else {
      return nil
    }
  }

  /// The key in a table under which a connection is counted. Who opens it is not known yet.
  public func key(of client: Endpoint) -> UInt64 { self == .everybody ? 0 : client.address.sourceKey }

  /// The key in a table under which a request is counted. `seed` is secret, so that nobody can choose a name that is
  /// counted as somebody else.
  public func key(of exchange: Exchange, seed: UInt64) -> UInt64 {
    switch self {
    case .everybody: 0
    case .source: exchange.source.address.sourceKey
    case .principal:
      exchange.principal.isVisitor
        ? exchange.source.address.sourceKey.scattered(by: ~seed) : exchange.principal.name.scattered(by: seed)
    }
  }
}

extension ByteString {
  /// A number in which every bit depends on every byte of this text and on `seed`, for hash tables. Not cryptography.
  public func scattered(by seed: UInt64) -> UInt64 {
    var value = UInt64(count).scattered(by: seed)
    var index = 0
    while index < count {
      var word: UInt64 = 0
      for offset in 0..<8 where index + offset < count { word |= UInt64(bytes[index + offset]) << UInt64(offset * 8) }
      value = (value ^ word).scattered(by: seed)
      index += 8
    }
    return value
  }
}
