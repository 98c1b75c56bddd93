import Cedar

// Searches try what is stored, in the order of identifiers, and keep what is permitted: what they find, an evaluation of
// the same request permits.

extension DecisionPoint {
  /// No search tries more for one page; where that did not fill it, it ends early and the next one goes on.
  static let maximumCandidates = 50_000

  func answer(_ search: SearchRequest) throws(MalformedAccessRequest) -> AccessAnswer {
    do throws(CedarJSONError) {
      return AccessAnswer(body: try find(search).compact)
    } catch {
      throw MalformedAccessRequest(mistakes: [error])
    }
  }

  private func find(_ search: SearchRequest) throws(CedarJSONError) -> JSONText {
    switch search.kind {
    case .subject:
      guard isKnown(search.resource), let action = search.action else { return page([], nil) }
      let uid = self.action(action.name, on: search.resource.uid.type)
      let context = try context(search.context, of: action, uid)
      let overlay = try overlay(AccessEntity(type: "", id: ""), search.resource)
      let type = search.subject.uid.type
      return page(of: identifiers[type] ?? [], search) { id in
        let request = Request(
          principal: EntityUID(type: type, id: id), action: uid, resource: search.resource.uid, context: context)
        return authorizer.decide(request, overlay: overlay).decision == .allow
          ? .object(["type": .string(type.name), "id": .string(id)]) : nil
      }
    case .resource:
      guard isKnown(search.subject), let action = search.action else { return page([], nil) }
      let type = search.resource.uid.type
      let uid = self.action(action.name, on: type)
      let context = try context(search.context, of: action, uid)
      let overlay = try overlay(search.subject)
      return page(of: identifiers[type] ?? [], search) { id in
        let request = Request(
          principal: search.subject.uid, action: uid, resource: EntityUID(type: type, id: id), context: context)
        return authorizer.decide(request, overlay: overlay).decision == .allow
          ? .object(["type": .string(type.name), "id": .string(id)]) : nil
      }
    case .action:
      guard isKnown(search.subject), isKnown(search.resource) else { return page([], nil) }
      let overlay = try overlay(search.subject, search.resource)
      return page(of: Set(actions.map(\.id)).sorted(), search) { name in
        let uid = self.action(name, on: search.resource.uid.type)
        // An action whose context this is not is not permitted with it.
        guard let context = try? context(search.context, of: nil, uid) else { return nil }
        let request = Request(
          principal: search.subject.uid, action: uid, resource: search.resource.uid, context: context)
        return authorizer.decide(request, overlay: overlay).decision == .allow
          ? .object(["name": .string(name)]) : nil
      }
    }
  }

  /// Whether an entity is stored, or described by the request itself.
  private func isKnown(_ entity: AccessEntity) -> Bool {
    !entity.properties.isEmpty || entities[entity.uid] != nil
  }

  private func page(
    of names: [CedarString], _ search: SearchRequest, _ result: (CedarString) -> JSONText?
  ) -> JSONText {
    var position = 0
    if let after = search.after {
      // The first name after it, by bisection.
      var end = names.count
      while position < end {
        let middle = (position + end) / 2
        if names[middle] <= after { position = middle + 1 } else { end = middle }
      }
    }
    let first = position
    var results: [JSONText] = []
    while position < names.count, results.count < search.limit, position - first < Self.maximumCandidates {
      if let found = result(names[position]) { results.append(found) }
      position += 1
    }
    guard position < names.count else { return page(results, nil) }
    return page(results, PageToken(after: position == first ? search.after : names[position - 1]))
  }

  /// A page of results (section 8.2); an empty token says that it is the last.
  private func page(_ results: [JSONText], _ next: PageToken?) -> JSONText {
    .object([
      "results": .array(results),
      "page": .object([
        "next_token": .string(CedarString(next?.text ?? "")), "count": .integer(Int64(results.count)),
      ]),
    ])
  }
}
