/// A JSON document (RFC 8259) that keeps the order of its members, so that the same input gives the same bytes.
indirect enum JSONText {
  case null
  case boolean(Bool)
  case integer(Int)
  case float(Double)
  case string(String)
  case array([JSONText])
  case object([(String, JSONText)])
  /// An array whose items are made when they are written, so that a large document is never there as a whole.
  case items(Int, (Int) -> JSONText)

  /// The document, indented by two spaces.
  func text() -> String {
    var output = ""
    write(to: &output, indent: 0)
    return output
  }

  /// Hands the document on, indented by two spaces, in pieces of some size, so that it is never there as a whole.
  func write(_ emit: (String) -> Void) {
    var output = ""
    write(to: &output, indent: 0) { piece in
      guard piece.utf8.count >= Self.pieceBytes else { return }
      emit(piece)
      piece = ""
      piece.reserveCapacity(Self.pieceBytes * 2)
    }
    emit(output)
  }

  private static let pieceBytes = 1 << 16

  private func write(to output: inout String, indent: Int, flush: (inout String) -> Void = { _ in }) {
    let inner = String(repeating: " ", count: indent + 2)
    let outer = String(repeating: " ", count: indent)
    switch self {
    case .null: output += "null"
    case .boolean(let flag): output += flag ? "true" : "false"
    case .integer(let number): output += String(number)
    // JSON has no infinities; they are written as strings.
    case .float(let number): output += number.isFinite ? "\(number)" : "\"\(number)\""
    case .string(let text): Self.quote(text, to: &output)
    case .array(let items):
      if items.isEmpty { return output += "[]" }
      output += "[\n"
      for (index, item) in items.enumerated() {
        output += inner
        item.write(to: &output, indent: indent + 2)
        output += index + 1 < items.count ? ",\n" : "\n"
      }
      output += outer + "]"
    case .items(let count, let item):
      if count == 0 { return output += "[]" }
      output += "[\n"
      for index in 0..<count {
        output += inner
        item(index).write(to: &output, indent: indent + 2)
        output += index + 1 < count ? ",\n" : "\n"
        flush(&output)
      }
      output += outer + "]"
    case .object(let members):
      if members.isEmpty { return output += "{}" }
      output += "{\n"
      for (index, member) in members.enumerated() {
        output += inner
        Self.quote(member.0, to: &output)
        output += ": "
        member.1.write(to: &output, indent: indent + 2, flush: flush)
        output += index + 1 < members.count ? ",\n" : "\n"
      }
      output += outer + "}"
    }
  }

  /// Writes a string in quotes.
  static func quote(_ text: String, to output: inout String) {
    output += "\""
    // Most strings have nothing to escape.
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C && $0 != 0x7F }) {
      output += text
      output += "\""
      return
    }
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": output += "\\\""
      case "\\": output += "\\\\"
      case "\n": output += "\\n"
      case "\r": output += "\\r"
      case "\t": output += "\\t"
      default:
        if scalar.value < 0x20 || scalar.value == 0x7F {
          let digits = String(scalar.value, radix: 16)
          output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        } else {
          output.unicodeScalars.append(scalar)
        }
      }
    }
    output += "\""
  }
}
