extension JSONText {
  /// The document as YAML (1.2), in block style.
  func yaml() -> String {
    var output = ""
    switch self {
    case .object(let members) where !members.isEmpty: writeYAML(to: &output, indent: 0)
    case .array, .items: writeYAML(to: &output, indent: 0)
    default:
      writeYAML(to: &output, indent: 0)
      output += "\n"
    }
    return output
  }

  /// Whether the value needs lines of its own.
  private var isBlock: Bool {
    switch self {
    case .array(let items): !items.isEmpty
    case .items(let count, _): count > 0
    case .object(let members): !members.isEmpty
    default: false
    }
  }

  private func writeYAML(to output: inout String, indent: Int) {
    let margin = String(repeating: " ", count: indent)
    switch self {
    case .array(let items) where !items.isEmpty: Self.write(items.count, { items[$0] }, margin, to: &output)
    case .items(let count, let item) where count > 0: Self.write(count, item, margin, to: &output)
    case .object(let members) where !members.isEmpty:
      for (name, value) in members {
        output += margin
        Self.writeText(name, to: &output)
        output += value.isBlock ? ":\n" : ": "
        value.writeYAML(to: &output, indent: indent + 2)
        if !value.isBlock { output += "\n" }
      }
    case .array, .items: output += "[]"
    case .object: output += "{}"
    case .null: output += "null"
    case .boolean(let flag): output += flag ? "true" : "false"
    case .integer(let number): output += String(number)
    case .float(let number):
      output += number.isNaN ? ".nan" : number.isInfinite ? (number < 0 ? "-.inf" : ".inf") : "\(number)"
    case .string(let text): Self.writeText(text, to: &output)
    }
  }

  private static func write(
    _ count: Int, _ item: (Int) -> JSONText, _ margin: String, to output: inout String
  ) {
    for index in 0..<count {
      let value = item(index)
      guard value.isBlock else {
        output += margin + "- "
        value.writeYAML(to: &output, indent: 0)
        output += "\n"
        continue
      }
      // The first line of what is inside stands behind the dash.
      var inner = ""
      value.writeYAML(to: &inner, indent: margin.utf8.count + 2)
      output += margin + "- " + inner.dropFirst(margin.utf8.count + 2)
    }
  }

  /// A string as it is, where it can be taken for nothing else, or in quotes.
  private static func writeText(_ text: String, to output: inout String) {
    let isPlain =
      text.utf8.first.map { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A } == true
      && text.utf8.allSatisfy { byte in
        (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == 0x2E || byte == 0x5F
          || byte == 0x2D || byte == 0x2F
      }
      && CoreSchema.kind(of: text, .plain) == .string
      && !["y", "n", "yes", "no", "on", "off"].contains(text.lowercased())
    if isPlain { output += text } else { quote(text, to: &output) }
  }
}
