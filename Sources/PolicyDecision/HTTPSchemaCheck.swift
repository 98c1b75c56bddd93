import Cedar
import Interchange

/// Holds a schema of an authorization requirement against what HTTP requests bring, and the requirement's policies against
/// the schema, strictly.
public enum HTTPSchemaCheck {
  /// What is wrong, the schema's mistakes first. Policies that cannot be read are left to `HTTPPolicyCompiler`.
  public static func check(_ sources: [PolicySource], schema source: PolicySource) -> [PolicyFinding] {
    let schema: Schema
    switch read(source) {
    case .success(let read): schema = read
    case .failure(let finding): return [finding]
    }
    var findings = shapes(schema, source)
    for source in sources {
      let (policies, _) = source.read()
      findings += Validator(schema: schema).validate(PolicySet(policies)).filter { $0.severity == .error }.map {
        PolicyFinding(
          "schema-mismatch", in: source.file, at: $0.range, "\($0.policy): \($0.message)", expected: $0.expected,
          suggestion: $0.suggestion)
      }
    }
    return findings
  }

  private static func read(_ source: PolicySource) -> Result<Schema, PolicyFinding> {
    do {
      return .success(
        DecisionSources.Document(source.text).isJSON
          ? try Schema(json: source.text) : try Schema(parsing: source.text))
    } catch let error as CedarSyntaxError {
      return .failure(
        PolicyFinding("syntax", in: source.file, at: error.range, error.message, expected: error.expected))
    } catch let error as CedarJSONError {
      return .failure(
        PolicyFinding(
          "malformed-json", in: source.file, at: start, "\(error.place): \(error.message)", expected: error.expected))
    } catch {
      return .failure(PolicyFinding("malformed-json", in: source.file, at: start, "\(error)"))
    }
  }

  /// Schemas are kept without the places of their parts.
  private static let start = SourceSpan(
    SourcePosition(line: 1, column: 1, offset: 0), SourcePosition(line: 1, column: 1, offset: 0))

  // MARK: Shapes

  private static func shapes(_ schema: Schema, _ source: PolicySource) -> [PolicyFinding] {
    var findings: [PolicyFinding] = []
    func add(_ message: String, _ expected: String, near: String? = nil) {
      findings.append(
        PolicyFinding(
          "schema-shape", in: source.file, at: place(of: message, in: source.text), message, expected: expected,
          suggestion: near))
    }
    for (uid, action) in schema.actions.sorted(by: { $0.key < $1.key }) where !action.principals.isEmpty {
      if uid.type != "Action" || !isMethod(uid.id.string) {
        add(
          "no request has the action `\(uid)`", "a method, such as `Action::\"GET\"`",
          near: NearestName.nearest(uid.id.string, HTTPVocabulary.methods).map { "Action::" + CedarString($0).quoted })
      }
      for type in action.principals.sorted()
      where !HTTPVocabulary.principals.contains(where: { $0.name == type.name.string }) {
        add(
          "no request's principal is a `\(type)`, which `\(uid)` names", "`User` or `Visitor`",
          near: NearestName.nearest(type.name.string, ["User", "Visitor"]))
      }
      for type in action.resources.sorted() where type.name.string != PolicyEntityType.path.name {
        add("no request's resource is a `\(type)`, which `\(uid)` names", "`Path`")
      }
      let known = HTTPVocabulary(attributes: []).context
      for (name, attribute) in action.context.sorted(by: { $0.key < $1.key }) {
        if let type = known[name]?.schemaType {
          if attribute.type != type {
            add("`\(name)` in the context of `\(uid)` is \(attribute.type.name)", type.name)
          }
        } else if attribute.type != .string {
          add(
            "`\(name)` in the context of `\(uid)` is \(attribute.type.name)",
            "`String?`, as contextual attributes are, or a part of requests: `host`, `method`, `query` or `source`",
            near: NearestName.nearest(name.string, known.keys.map(\.string)))
        } else if attribute.isRequired {
          add(
            "`\(name)` is required in the context of `\(uid)`, and contextual attributes may be missing",
            "`\(name)?: String`", near: NearestName.nearest(name.string, known.keys.map(\.string)))
        }
      }
    }
    for type in PolicyEntityType.allCases where type != .action {
      guard let declared = schema.entityTypes[EntityType(CedarString(type.name))] else { continue }
      let brought = HTTPVocabulary.attributes(of: type)
      for (name, attribute) in declared.attributes.sorted(by: { $0.key < $1.key }) {
        guard let known = brought[name]?.schemaType else {
          if attribute.isRequired {
            add(
              "`\(type.name)` has `\(name)`, which requests do not bring",
              brought.isEmpty
                ? "no attributes" : brought.keys.sorted().map { "`\($0)`" }.joined(separator: " or "),
              near: NearestName.nearest(name.string, brought.keys.map(\.string)))
          }
          continue
        }
        if attribute.type != known { add("`\(name)` of `\(type.name)` is \(attribute.type.name)", known.name) }
      }
    }
    return findings
  }

  /// Whether a text can be a method (RFC 9110, 9.1): a token; by convention in capital letters, which keeps `view` out.
  private static func isMethod(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { 0x41...0x5A ~= $0 || $0 == 0x2D }
  }

  /// Where the last of the names in backticks stands in the text as a word; the beginning where it does not.
  private static func place(of message: String, in text: String) -> SourceSpan {
    let name = message.split(separator: "`", omittingEmptySubsequences: false).dropFirst().first.map(String.init) ?? ""
    let word = name.split(separator: "\"").last.map(String.init) ?? name
    guard !word.isEmpty else { return start }
    for (line, content) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      guard let range = content.firstRange(of: word), !content.drop(while: { $0 == " " }).hasPrefix("//") else {
        continue
      }
      let column = content[..<range.lowerBound].unicodeScalars.count + 1
      return SourceSpan(
        SourcePosition(line: line + 1, column: column, offset: 0),
        SourcePosition(line: line + 1, column: column + word.unicodeScalars.count, offset: 0))
    }
    return start
  }
}
