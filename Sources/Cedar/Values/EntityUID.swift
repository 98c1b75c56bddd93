/// The name of an entity type, namespace included: `Photos::Album`.
public struct EntityType: Hashable, Comparable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
  /// The whole name.
  public let name: CedarString

  /// A type by its name, which is taken as it is.
  public init(_ name: CedarString) {
    self.name = name
  }

  /// A type named in the source.
  public init(stringLiteral value: String) {
    self.name = CedarString(value)
  }

  /// The whole name.
  public var description: String { name.string }

  /// What follows the last `::`.
  public var basename: String {
    let text = name.string
    guard let colon = text.utf8.lastIndex(of: 0x3A) else { return text }
    return String(text[text.utf8.index(after: colon)...])
  }

  /// Orders by name.
  public static func < (left: EntityType, right: EntityType) -> Bool {
    left.name < right.name
  }

  /// Whether a text is a name: identifiers, none of them reserved, joined by `::`.
  public static func isName(_ text: String) -> Bool {
    var parts: [[UInt8]] = [[]]
    var bytes = Array(text.utf8)[...]
    while let byte = bytes.popFirst() {
      if byte == 0x3A {
        guard bytes.popFirst() == 0x3A else { return false }
        parts.append([])
      } else {
        parts[parts.count - 1].append(byte)
      }
    }
    return parts.allSatisfy { part in
      guard let first = part.first, Lexer.isIdentifierStart(first) else { return false }
      return part.allSatisfy(Lexer.isIdentifierByte) && !Lexer.reserved.contains(String(decoding: part, as: UTF8.self))
    }
  }
}

/// What identifies an entity: its type and its identifier, written `User::"alice"`.
public struct EntityUID: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The type.
  public let type: EntityType
  /// The identifier, unique within the type.
  public let id: CedarString

  /// An entity's identity.
  public init(type: EntityType, id: CedarString) {
    self.type = type
    self.id = id
  }

  /// As policies write it.
  public var description: String { "\(type)::\(id.quoted)" }

  /// Orders by type, then by identifier.
  public static func < (left: EntityUID, right: EntityUID) -> Bool {
    left.type == right.type ? left.id < right.id : left.type < right.type
  }
}
