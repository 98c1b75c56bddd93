/// The constraint `schema` (1.3, 3.6.3), and what the data types `json` and `xml` say of their values (1.3, 5.3.2 and
/// 5.3.4).
extension ValueTyper {
  /// What the operand of a `schema` constraint is.
  enum SchemaText {
    /// A JSON Schema.
    case json(JSONSchema)
    /// Something in angle brackets: an XML Schema, which is not evaluated.
    case xml
    /// Neither: what is wrong.
    case neither(String)
  }

  /// The schema of an operand.
  func schemaText(_ operand: YAMLNode) -> SchemaText {
    guard let text = operand.text else { return .neither("this is no text") }
    if let known = schemas[text] { return known }
    let first = text.unicodeScalars.first { !$0.properties.isWhitespace && $0 != "\u{FEFF}" }
    let result: SchemaText
    if first == "<" {
      result = .xml
    } else {
      do throws(JSONDocument.Fault) {
        let document = try JSONDocument(text, depth: limits.depth)
        switch document {
        case .object, .boolean: result = .json(JSONSchema(document))
        default: result = .neither("a JSON Schema is an object or a Boolean")
        }
      } catch {
        result = .neither(error.message)
      }
    }
    schemas[text] = result
    return result
  }

  /// Why a value does not fit a schema; nil where it does, or where that cannot be said.
  func mistake(of value: Value, _ operand: YAMLNode) -> String? {
    guard let text = value.string, case .json(let schema) = schemaText(operand) else { return nil }
    do throws(JSONDocument.Fault) {
      return schema.mistake(of: try JSONDocument(text, depth: limits.depth))
    } catch {
      return "it is no JSON: \(error.message)"
    }
  }

  /// Checks that the text of a value of the data type `json`, or of one derived from it, is JSON.
  func checkForm(of value: Value, _ type: Int, _ node: YAMLNode, _ context: ValueContext) {
    guard version >= .simple1_2, let text = value.string, catalogue.isJSON(dataType: type) else { return }
    do throws(JSONDocument.Fault) { _ = try JSONDocument(text, depth: limits.depth) } catch {
      report(
        "wrong-type", node, context,
        "\(context.subject) is no JSON" + (context.isSensitive ? "" : ": \(error.message)"),
        expected: "JSON as text (1.3, 5.3.2)")
    }
  }
}
