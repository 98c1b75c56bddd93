import Cedar

// How a question of the API becomes one of Cedar's: subject and resource are the entities of that type and identifier,
// their properties are attributes on top of the stored ones, the action is `Action::"name"`, its properties are the
// record `context.action`.

extension DecisionPoint {
  /// Decides one question. What cannot be said in Cedar, or does not fit the schema, is denied, and says why.
  func decide(_ evaluation: Evaluation) -> AccessDecision {
    var decision = AccessDecision(version: version)
    (decision.subjectUID, decision.resourceUID) = (evaluation.subject.uid, evaluation.resource.uid)
    decision.action = evaluation.action.name.string
    do throws(CedarJSONError) {
      let action = action(evaluation.action.name, on: evaluation.resource.uid.type)
      let request = Request(
        principal: evaluation.subject.uid, action: action, resource: evaluation.resource.uid,
        context: try context(evaluation.context, of: evaluation.action, action))
      let response = authorizer.decide(request, overlay: try overlay(evaluation.subject, evaluation.resource))
      decide(&decision, by: response)
    } catch {
      decision.failure = error.description
    }
    return decision
  }

  /// Fills a decision in with what policies say.
  func decide(_ decision: inout AccessDecision, by response: Response) {
    decision.isPermit = response.decision == .allow
    decision.policies = response.reason
    decision.errors = response.errors.map {
      AccessDecision.PolicyError(policy: $0.policy, message: $0.error.description)
    }
    decision.validSeconds = response.reason.compactMap { validity[$0] }.min() ?? Self.defaultValidity
  }

  /// The action of a name: where the resource's type is in a namespace that has such an action, that one, else the one
  /// without a namespace.
  func action(_ name: CedarString, on resource: EntityType) -> EntityUID {
    let text = resource.name.string
    let namespace = text.utf8.count - resource.basename.utf8.count
    if namespace > 0 {
      let type = EntityType(
        CedarString(text.prefix(upTo: text.utf8.index(text.startIndex, offsetBy: namespace)) + "Action"))
      let qualified = EntityUID(type: type, id: name)
      if actions.contains(qualified) { return qualified }
    }
    return EntityUID(type: "Action", id: name)
  }

  /// The context, with the action's properties as its attribute `action`.
  func context(
    _ given: [CedarString: JSONText], of action: AccessAction?, _ uid: EntityUID
  ) throws(CedarJSONError) -> [CedarString: Value] {
    var fields = given
    if let action, !action.properties.isEmpty { fields["action"] = .object(action.properties) }
    let declared = schema.map { $0.actions[uid]?.context ?? [:] }
    let context = try AttributeReader.attributes(fields, declared: declared, at: "context")
    let missing = declared?.filter { $0.value.isRequired && context[$0.key] == nil }.keys.sorted() ?? []
    guard missing.isEmpty else {
      throw CedarJSONError(
        at: "context", "the context has no " + missing.map { "`\($0)`" }.joined(separator: ", "),
        expected: "what the schema declares for `\(uid)`")
    }
    return context
  }

  /// What a request says of entities.
  func overlay(_ entities: AccessEntity...) throws(CedarJSONError) -> EntityOverlay {
    var overlay = EntityOverlay()
    for (entity, name) in zip(entities, ["subject", "resource"]) where !entity.properties.isEmpty {
      let declared = schema.map { $0.entityTypes[entity.uid.type]?.attributes ?? [:] }
      overlay.add(
        try AttributeReader.attributes(entity.properties, declared: declared, at: "\(name).properties"),
        to: entity.uid)
    }
    return overlay
  }
}
