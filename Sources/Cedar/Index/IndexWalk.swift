/// One way through an index, with the answers of one request.
struct IndexWalk {
  /// A policy that was met.
  struct Hit {
    var position: Int32
    /// Whether a question on the way had no answer, so that the policy must be evaluated as a whole.
    var isWhole: Bool
  }

  private let index: PolicyIndex
  private let table: EntityTable
  private let request: Request
  private let overlay: EntityOverlay
  private let overlaid: [OverlaidEntity]
  private let principal: EntityTable.Item
  private let action: EntityTable.Item
  private let resource: EntityTable.Item
  private var hits: [Hit] = []

  init(index: PolicyIndex, table: EntityTable, request: Request, overlay: EntityOverlay = EntityOverlay()) {
    self.index = index
    self.table = table
    self.request = request
    self.overlay = overlay
    overlaid = overlay.isEmpty ? [] : OverlaidEntity.all(overlay, table)
    principal = OverlaidEntity.item(for: request.principal, table, overlaid)
    action = OverlaidEntity.item(for: request.action, table, overlaid)
    resource = OverlaidEntity.item(for: request.resource, table, overlaid)
  }

  /// What was met, by position; a policy that was met on several ways stands next to itself.
  var sortedHits: [Hit] { hits.count < 2 ? hits : hits.sorted { $0.position < $1.position } }

  /// Collects the policies of a node and of everything below it that the answers lead to.
  mutating func visit(_ node: Int32) {
    let place = index.nodes[Int(node)]
    for entry in place.policies { hits.append(Hit(position: index.nodePolicies[Int(entry)], isWhole: false)) }
    for entry in place.tables {
      let number = index.nodeTables[Int(entry)]
      let table = index.tables[Int(number)]
      switch answer(index.questions[Int(table.question)]) {
      case .nothing:
        for entry in table.policies { hits.append(Hit(position: index.tablePolicies[Int(entry)], isWhole: true)) }
      case .one(let symbol): follow(number, symbol)
      case .stored(let range):
        for element in range { follow(number, self.table.elements[Int(element)]) }
      case .several(let symbols):
        for symbol in symbols { follow(number, symbol) }
      }
    }
  }

  /// Whether what is left of a policy has the results that it must have; the first that has not ends it.
  func holds(_ rests: [PolicyIndex.Rest], _ entities: Entities) throws(EvaluationError) -> Bool {
    for rest in rests {
      if let comparison = rest.comparison, let number = number(index.questions[Int(comparison.number)]) {
        guard comparison.bounds.contains(number) else { return false }
      } else {
        let evaluator = Evaluator(request: request, entities: entities, overlay: overlay)
        guard try evaluator.boolean(rest.expression) == rest.expected else { return false }
      }
    }
    return true
  }

  private func number(_ question: CompiledQuestion) -> Int64? {
    switch find(question) {
    case .item(let item) where item.kind == .long: item.number
    case .value(.long(let number)): number
    default: nil
    }
  }

  private mutating func follow(_ table: Int32, _ symbol: Int32) {
    guard symbol != Symbols.none, let node = index.edges[table, symbol] else { return }
    visit(node)
  }

  private enum Answer {
    case nothing
    case one(Int32)
    /// Elements of the entity table.
    case stored(Range<Int32>)
    case several([Int32])
  }

  /// A value at the end of a path: compiled with the entities, or one that the request brought.
  private enum Found {
    case item(EntityTable.Item)
    case value(Value)
  }

  private func answer(_ question: CompiledQuestion) -> Answer {
    guard let found = find(question) else { return .nothing }
    switch found {
    case .item(let item): return answer(question.aspect, item)
    case .value(let value): return answer(question.aspect, value)
    }
  }

  private func answer(_ aspect: CompiledQuestion.Aspect, _ item: EntityTable.Item) -> Answer {
    switch aspect {
    case .value: return .one(item.symbol)
    case .ancestors:
      guard item.kind == .entity else { return .nothing }
      if let own = overlaid.first(where: { $0.number == item.start }), !own.ancestors.isEmpty {
        let stored =
          item.start >= 0 ? table.rows[Int(item.start)].ancestors.map { table.elements[Int($0)] } : [item.symbol]
        // Each once: a policy that is met twice on one way would be decided twice.
        return .several(Array(Set(stored + own.ancestors.map(index.symbols.symbol))))
      }
      return item.start >= 0 ? .stored(table.rows[Int(item.start)].ancestors) : .one(item.symbol)
    case .type: return item.kind == .entity ? .one(item.count) : .nothing
    case .elements: return item.kind == .set ? .stored(item.start..<(item.start + item.count)) : .nothing
    case .presence(let name):
      guard item.kind == .entity || item.kind == .record else { return .nothing }
      let isThere =
        overlaid.isEmpty ? table.attribute(name, of: item) != nil : attribute(name, of: .item(item)) != nil
      return .one(isThere ? Symbols.yes : Symbols.no)
    case .guarded(let kind): return kind == nil || kind == item.kind ? .one(Symbols.yes) : .nothing
    case .owner: return item.kind == .entity || item.kind == .record ? .one(Symbols.yes) : .nothing
    }
  }

  private func answer(_ aspect: CompiledQuestion.Aspect, _ value: Value) -> Answer {
    switch aspect {
    case .value: return .one(index.symbols.symbol(value))
    case .elements:
      guard case .set(let values) = value else { return .nothing }
      return .several(values.map(index.symbols.symbol))
    case .presence(let name):
      guard case .record(let fields) = value else { return .nothing }
      return .one(fields[index.symbols.name(name)] == nil ? Symbols.no : Symbols.yes)
    case .guarded(let kind): return kind == nil || kind == ValueKind(value) ? .one(Symbols.yes) : .nothing
    case .owner:
      guard case .record = value else { return .nothing }
      return .one(Symbols.yes)
    case .ancestors, .type: return .nothing
    }
  }

  private func find(_ question: CompiledQuestion) -> Found? {
    guard overlaid.isEmpty else { return findOverlaid(question) }
    switch question.root {
    case .principal: return find(question.path, from: principal)
    case .action: return find(question.path, from: action)
    case .resource: return find(question.path, from: resource)
    case .context: return findInContext(question.path)
    }
  }

  private func find(_ path: Range<Int32>, from start: EntityTable.Item) -> Found? {
    var item = start
    for step in path {
      guard let next = table.attribute(index.steps[Int(step)], of: item) else { return nil }
      item = next
    }
    return .item(item)
  }

  private func findInContext(_ path: Range<Int32>) -> Found? {
    var fields = request.context
    guard !path.isEmpty else { return .value(.record(fields)) }
    for step in path {
      guard let value = fields[index.symbols.name(index.steps[Int(step)])] else { return nil }
      let rest = (step + 1)..<path.upperBound
      switch value {
      case .entity(let uid): return find(rest, from: table.item(for: uid))
      case .record(let inner) where !rest.isEmpty: fields = inner
      default: return rest.isEmpty ? .value(value) : nil
      }
    }
    return nil
  }

  // MARK: What the request brings of entities

  /// As `find`, where each entity on the way may have attributes of the overlay.
  private func findOverlaid(_ question: CompiledQuestion) -> Found? {
    var found: Found =
      switch question.root {
      case .principal: .item(principal)
      case .action: .item(action)
      case .resource: .item(resource)
      case .context: .value(.record(request.context))
      }
    for step in question.path {
      guard let next = attribute(index.steps[Int(step)], of: found) else { return nil }
      found = next
    }
    return found
  }

  private func attribute(_ name: Int32, of owner: Found) -> Found? {
    switch owner {
    case .item(let item):
      if item.kind == .entity, let own = overlaid.first(where: { $0.number == item.start }),
        let value = own.attributes[index.symbols.name(name)]
      {
        return found(value)
      }
      return table.attribute(name, of: item).map(Found.item)
    case .value(.record(let fields)): return fields[index.symbols.name(name)].map(found)
    case .value: return nil
    }
  }

  private func found(_ value: Value) -> Found {
    guard case .entity(let uid) = value else { return .value(value) }
    return .item(OverlaidEntity.item(for: uid, table, overlaid))
  }
}
