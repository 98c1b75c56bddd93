public import Cedar
public import Interchange

/// An HTTP request as a request of Cedar and the entities it brings with it: what the language itself says of it.
extension HTTPPolicyRequest {
  /// The question.
  public var cedarRequest: Request {
    var context: [CedarString: Value] = [:]
    for attribute in attributes where context[attribute.name.cedar] == nil {
      context[attribute.name.cedar] = attribute.value.cedar
    }
    context["source"] = .extension(.address(source.cedar))
    context["method"] = .string(method.cedar)
    context["host"] = .string(host.cedar)
    context["query"] = .string(query.cedar)
    return Request(
      principal: principal.cedar, action: PolicyEntity(.action, method).cedar,
      resource: PolicyEntity(.path, path).cedar, context: context)
  }

  /// The principal with its roles, the action, and the path with all above it.
  public var cedarEntities: Entities {
    let roles = roles.map { PolicyEntity(.role, $0).cedar }
    var list = roles.map { Entity($0) }
    var attributes: [CedarString: Value] = [:]
    if !isVisitor { attributes = ["name": .string(user.cedar), "scheme": .string(scheme.cedar)] }
    list.append(Entity(principal.cedar, attributes: attributes, parents: Set(roles)))
    list.append(Entity(PolicyEntity(.action, method).cedar))
    var parent: EntityUID?
    let above = HTTPPolicyRequest.lengthsAbove(path).map { ByteString(path.bytes[..<$0]) }
    for path in above + [path] {
      let uid = PolicyEntity(.path, path).cedar
      list.append(
        Entity(uid, attributes: ["path": .string(path.cedar)], parents: parent.map { [$0] } ?? []))
      parent = uid
    }
    // Neither duplicates nor cycles: every path in the list is longer than the one before it.
    return (try? Entities(list)) ?? Entities()
  }
}

extension ByteString {
  /// The text, with replacement characters where the bytes are not UTF-8.
  var cedar: CedarString { CedarString(description) }
}

extension PolicyEntity {
  var cedar: EntityUID {
    EntityUID(type: EntityType(CedarString(type.name)), id: id.cedar)
  }
}

extension PolicyAddress {
  var cedar: IPAddress {
    IPAddress(isIPv6: isIPv6, bits: UInt128(high) << 64 | UInt128(low), prefixLength: Int(prefixLength))
  }
}

extension PolicyValue {
  var cedar: Value {
    switch self {
    case .boolean(let value): .bool(value)
    case .long(let value): .long(value)
    case .string(let value): .string(value.cedar)
    case .entity(let entity): .entity(entity.cedar)
    case .address(let address): .extension(.address(address.cedar))
    case .set(let items): .set(Set(items.map(\.cedar)))
    case .record(let fields):
      .record(Dictionary(fields.map { ($0.name.cedar, $0.value.cedar) }) { first, _ in first })
    }
  }
}
