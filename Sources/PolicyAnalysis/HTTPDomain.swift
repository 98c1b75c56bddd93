import Cedar
import Interchange
import PolicyDecision

/// HTTP requests as images decide them: users are named by `name`, paths are below the paths above them, and no entity
/// is known but those that a request brings.
struct HTTPDomain: EntityDomain {
  let schema: Schema
  static let user: EntityType = "User"
  static let path: EntityType = "Path"
  static let role: EntityType = "Role"
  /// Stands for all methods that policies cannot name.
  static let otherMethod = EntityUID(type: "Action", id: "*")

  /// The environments: those of the schema, and requests with other methods.
  var environments: [RequestEnvironment] { RequestEnvironment.all(schema) }

  func hasVisibleIdentifiers(_ type: EntityType) -> Bool { type == Self.user || type == Self.path }

  func identifyingAttribute(of type: EntityType) -> CedarString? {
    type == Self.user ? "name" : type == Self.path ? "path" : nil
  }

  func exists(_ type: EntityType, _ id: SMTTerm, _ space: RequestSpace) -> SMTTerm {
    switch type {
    case Self.user: space.environment.principal == type ? space.script.equal(id, space.principal) : .no
    case Self.path: space.script.or(space.script.equal(id, space.resource), isPath(id, above: space.resource, space))
    default: .yes
    }
  }

  func isBelow(
    _ type: EntityType, _ id: SMTTerm, _ ancestorType: EntityType, _ ancestor: SMTTerm, _ space: RequestSpace
  ) -> SMTTerm? {
    switch (type, ancestorType) {
    case (Self.path, Self.path):
      return space.script.and(exists(type, id, space), isPath(ancestor, above: id, space))
    case (Self.user, Self.role) where exists(type, id, space).isTrue: return nil
    case (Self.user, Self.role):
      guard space.environment.principal == type,
        let roles = try? space.isEntity(type, space.principal, in: ancestorType, ancestor)
      else { return .no }
      return space.script.and(exists(type, id, space), roles)
    default: return .no
    }
  }

  /// `/` is above all other paths, and `/orders` above `/orders/17`.
  private func isPath(_ ancestor: SMTTerm, above path: SMTTerm, _ space: RequestSpace) -> SMTTerm {
    let script = space.script
    let slash = SMTTerm("\"/\"", .string)
    let isRoot = script.equal(ancestor, slash)
    let start = script.call("str.++", [ancestor, slash], .string)
    let isLonger = script.not(script.equal(path, slash))
    return script.and(
      script.call("str.prefixof", [slash, path], .bool), script.not(script.equal(ancestor, SMTTerm("\"\"", .string))),
      script.or(
        script.and(isRoot, isLonger),
        script.and(script.not(isRoot), script.call("str.prefixof", [start, path], .bool))))
  }

  func constrain(_ space: RequestSpace) {
    let script = space.script
    script.require(script.call("str.prefixof", [SMTTerm("\"/\"", .string), space.resource], .bool))
    if space.environment.principal == Self.user {
      script.require(script.not(script.equal(space.principal, SMTTerm("\"\"", .string))))
      if case .string(let scheme)? = space.attribute("scheme", of: Self.user, space.principal)?.value {
        script.require(
          script.or(["basic", "bearer"].compactMap { SMTTerm.string($0).map { script.equal(scheme, $0) } }))
      }
    }
    guard case .record(let fields) = space.context, case .string(let method)? = fields["method"]?.value else { return }
    if space.environment.action == Self.otherMethod {
      for action in schema.actions.keys {
        if let name = SMTTerm.string(action.id.string) { script.require(script.not(script.equal(method, name))) }
      }
      let token = SMTTerm("(re.+ (re.range \"A\" \"Z\"))", .string)
      script.require(script.call("str.in_re", [method, token], .bool))
    } else if let name = SMTTerm.string(space.environment.action.id.string) {
      script.require(script.equal(method, name))
    }
  }

  func completed(_ request: Request, _ entities: Entities) -> (Request, Entities) {
    func bytes(_ name: CedarString, _ fields: [CedarString: Value]) -> ByteString {
      if case .string(let text)? = fields[name] { ByteString(text.string) } else { "" }
    }
    let isUser = request.principal.type == Self.user
    var source = PolicyAddress(ipv4: 0)
    if case .extension(.address(let address))? = request.context["source"] {
      source = PolicyAddress(
        isIPv6: address.isIPv6, high: UInt64(truncatingIfNeeded: address.bits >> 64),
        low: UInt64(truncatingIfNeeded: address.bits), prefixLength: UInt8(address.prefixLength))
    }
    var attributes: [PolicyValueField] = []
    for (name, value) in request.context.sorted(by: { $0.key < $1.key }) {
      if case .string(let text) = value, !["source", "method", "host", "query"].contains(name.string) {
        attributes.append(PolicyValueField(ByteString(name.string), .string(ByteString(text.string))))
      }
    }
    let principal = entities[request.principal]
    let http = HTTPPolicyRequest(
      user: isUser ? ByteString(request.principal.id.string) : "",
      scheme: bytes("scheme", principal?.attributes ?? [:]),
      roles: entities.ancestors(of: request.principal).filter { $0.type == Self.role }.sorted().map {
        ByteString($0.id.string)
      }, method: bytes("method", request.context), path: ByteString(request.resource.id.string),
      query: bytes("query", request.context), host: bytes("host", request.context), source: source,
      attributes: attributes)
    return (http.cedarRequest, http.cedarEntities)
  }
}

extension PolicyAnalyzer {
  /// An analyzer for the HTTP requests that an image decides, with some contextual attributes.
  public init(httpAttributes attributes: [String], solver: Solver) {
    self.init(
      domain: HTTPDomain(
        schema: HTTPPolicyCompiler.schema(attributes: attributes, otherMethod: HTTPDomain.otherMethod)),
      solver: solver)
  }
}
