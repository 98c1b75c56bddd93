import Cedar

/// Several questions in one request (AuthZEN Authorization API 1.0, section 7.1).
struct EvaluationsRequest: Sendable {
  /// When to stop (section 7.1.2.1).
  enum Semantic: String, CaseIterable {
    case executeAll = "execute_all"
    case denyOnFirstDeny = "deny_on_first_deny"
    case permitOnFirstPermit = "permit_on_first_permit"
  }

  /// No request asks more questions at once.
  static let maximumEvaluations = 1000

  var semantic = Semantic.executeAll
  /// The questions, each read already, or what is wrong with it.
  var evaluations: [Result<Evaluation, MalformedAccessRequest>] = []

  /// Reads a request that has questions; `nil` where it has none, and is a single one itself.
  init?(_ fields: [CedarString: JSONText]) throws(MalformedAccessRequest) {
    guard let list = fields["evaluations"] else { return nil }
    var reader = AccessRequestReader()
    guard case .array(let items) = list else {
      reader.add("evaluations", "`evaluations` is \(list.kindName)", expected: "an array")
      throw MalformedAccessRequest(mistakes: reader.mistakes)
    }
    guard !items.isEmpty else { return nil }
    if items.count > Self.maximumEvaluations {
      reader.add(
        "evaluations", "there are \(items.count) evaluations", expected: "at most \(Self.maximumEvaluations)")
    }
    if let options = reader.object("options", fields), let asked = options["evaluations_semantic"] {
      if case .string(let name) = asked, let known = Semantic(rawValue: name.string) {
        semantic = known
      } else {
        let found = if case .string(let name) = asked { "`\(name)`" } else { asked.kindName }
        reader.add(
          "options.evaluations_semantic", "the semantic is \(found)",
          expected: Semantic.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", "))
      }
    }
    let names: [CedarString] = ["subject", "action", "resource", "context"]
    var defaults: [CedarString: JSONText] = [:]
    for name in names { if let own = reader.object(name, fields) { defaults[name] = .object(own) } }
    _ = try reader.result(true)
    for item in items { evaluations.append(Self.evaluation(item, defaults)) }
  }

  /// One question with the defaults that it does not replace. One that is wrong does not spoil the others (section 7.2.1).
  private static func evaluation(
    _ item: JSONText, _ defaults: [CedarString: JSONText]
  ) -> Result<Evaluation, MalformedAccessRequest> {
    guard case .object(let own) = item else {
      let mistake = CedarJSONError(at: "evaluation", "the evaluation is \(item.kindName)", expected: "an object")
      return .failure(MalformedAccessRequest(mistakes: [mistake]))
    }
    var fields = defaults
    for (name, value) in own { fields[name] = completed(value, by: defaults[name], name) }
    var reader = AccessRequestReader()
    let evaluation = reader.evaluation(fields)
    do throws(MalformedAccessRequest) {
      return .success(try reader.result(evaluation))
    } catch {
      return .failure(error)
    }
  }

  /// A value in the place of a default: it replaces it whole. A default that is no whole subject, action or resource
  /// itself, such as a resource with a type only, can only be meant to be completed: what it has of `type`, `id` and
  /// `name` then counts for values that lack it.
  private static func completed(_ value: JSONText, by given: JSONText?, _ name: CedarString) -> JSONText {
    let required: [CedarString] =
      switch name {
      case "subject", "resource": ["type", "id"]
      case "action": ["name"]
      default: []
      }
    guard case .object(var fields) = value, case .object(let defaults)? = given,
      required.contains(where: { defaults[$0] == nil })
    else { return value }
    for key in required where fields[key] == nil { fields[key] = defaults[key] }
    return .object(fields)
  }
}
