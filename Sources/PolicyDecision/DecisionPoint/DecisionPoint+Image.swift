import Cedar
public import Interchange

// What images ask (`decision: remote`): an HTTP request in the vocabulary that policies inside images have, so that the
// same policies decide it here, with what is stored of entities besides.

extension DecisionPoint {
  /// Decides a request to a resource of a service.
  /// - Parameters:
  ///   - request: What was asked, without contextual attributes.
  ///   - attributes: The contextual attributes. One with the name of a part of the request is not seen.
  public func decide(
    _ request: HTTPPolicyRequest, attributes: [String: String], service: String, resource: String
  ) -> AccessDecision {
    var decision = AccessDecision(version: version)
    (decision.subjectUID, decision.resourceUID) = (
      request.principal.cedar, PolicyEntity(.path, request.path).cedar
    )
    decision.action = request.method.description
    do throws(CedarJSONError) {
      let response = authorizer.decide(
        try question(request, attributes, service: service, resource: resource), overlay: try overlay(request))
      decide(&decision, by: response)
    } catch {
      decision.failure = error.description
    }
    return decision
  }

  private func question(
    _ request: HTTPPolicyRequest, _ attributes: [String: String], service: String, resource: String
  ) throws(CedarJSONError) -> Request {
    func text(_ bytes: ByteString) -> JSONText { .string(bytes.cedar) }
    var context: [CedarString: JSONText] = [:]
    for (name, value) in attributes { context[CedarString(name)] = .string(CedarString(value)) }
    context["source"] = Value.extension(.address(request.source.cedar)).json
    context["method"] = text(request.method)
    context["host"] = text(request.host)
    context["query"] = text(request.query)
    context["service"] = .string(CedarString(service))
    context["resource"] = .string(CedarString(resource))
    let path = PolicyEntity(.path, request.path).cedar
    let action = action(request.method.cedar, on: path.type)
    return Request(
      principal: request.principal.cedar, action: action, resource: path,
      context: try self.context(context, of: nil, action))
  }

  /// The user's name, scheme and roles, the path, and what both are below.
  private func overlay(_ request: HTTPPolicyRequest) throws(CedarJSONError) -> EntityOverlay {
    func attributes(
      _ fields: [CedarString: JSONText], of uid: EntityUID
    ) throws(CedarJSONError) -> [CedarString: Value] {
      let declared = schema.map { $0.entityTypes[uid.type]?.attributes ?? [:] }
      return try AttributeReader.attributes(fields, declared: declared, at: uid.type.name.string)
    }
    var overlay = EntityOverlay()
    let principal = request.principal.cedar
    if !request.isVisitor {
      overlay.add(
        try attributes(["name": .string(request.user.cedar), "scheme": .string(request.scheme.cedar)], of: principal),
        to: principal)
      var above: Set<EntityUID> = []
      for role in request.roles {
        let uid = PolicyEntity(.role, role).cedar
        above.insert(uid)
        above.formUnion(entities.ancestors(of: uid))
      }
      overlay.add(ancestors: above, to: principal)
    }
    let path = PolicyEntity(.path, request.path).cedar
    overlay.add(try attributes(["path": .string(request.path.cedar)], of: path), to: path)
    var above: Set<EntityUID> = []
    for length in HTTPPolicyRequest.lengthsAbove(request.path) {
      let uid = PolicyEntity(.path, ByteString(request.path.bytes[..<length])).cedar
      above.insert(uid)
      above.formUnion(entities.ancestors(of: uid))
    }
    overlay.add(ancestors: above, to: path)
    return overlay
  }
}
