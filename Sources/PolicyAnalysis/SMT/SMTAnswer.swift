/// What a solver says to a question.
enum SMTVerdict: String, Hashable, Sendable {
  case satisfiable = "sat"
  case unsatisfiable = "unsat"
  case unknown
}

/// What a solver printed, read: verdicts, and values in the order that they were asked for.
struct SMTAnswer {
  private(set) var verdicts: [SMTVerdict] = []
  private(set) var values: [SMTValue?] = []
  /// What the solver complained of first.
  private(set) var complaint: String?

  init(_ text: String) {
    var reader = Reader(text)
    while let item = reader.next() {
      switch item {
      case .atom(let name): if let verdict = SMTVerdict(rawValue: name) { verdicts.append(verdict) }
      case .list(let items):
        if case .atom("error")? = items.first {
          if complaint == nil, case .text(let message)? = items.dropFirst().first { complaint = message }
          continue
        }
        values = items.map { pair in
          guard case .list(let parts) = pair, parts.count == 2 else { return nil }
          return parts[1].value
        }
      case .text: break
      }
    }
  }

  /// An S-expression.
  private indirect enum Item {
    case atom(String)
    case text(String)
    case list([Item])

    var value: SMTValue? {
      switch self {
      case .atom("true"): return .bool(true)
      case .atom("false"): return .bool(false)
      case .atom(let digits) where digits.hasPrefix("#x"):
        return UInt128(digits.dropFirst(2), radix: 16).map { .bits($0) }
      case .atom(let digits) where digits.hasPrefix("#b"):
        return UInt128(digits.dropFirst(2), radix: 2).map { .bits($0) }
      case .atom(let digits): return Int(digits).map { .integer($0) }
      case .text(let text): return SMTAnswer.unescaped(text).map { .string($0) }
      case .list(let parts):
        guard parts.count > 1, case .atom(let head) = parts[0], case .atom(let argument) = parts[1] else { return nil }
        if head == "-" { return Int("-" + argument).map { .integer($0) } }
        guard head == "_", argument.hasPrefix("bv") else { return nil }
        return UInt128(argument.dropFirst(2)).map { .bits($0) }
      }
    }
  }

  /// A string literal's text; a scalar that Unicode does not have is replaced.
  private static func unescaped(_ text: String) -> String? {
    var result = String.UnicodeScalarView()
    var rest = Array(text.unicodeScalars)[...]
    while let scalar = rest.popFirst() {
      guard scalar == "\\", rest.first == "u" else {
        result.append(scalar)
        continue
      }
      var digits = ""
      var length = 5
      if rest.dropFirst().first == "{" {
        guard let end = rest.firstIndex(of: "}") else { return nil }
        digits = String(String.UnicodeScalarView(rest[(rest.startIndex + 2)..<end]))
        length = end - rest.startIndex + 1
      } else {
        digits = String(String.UnicodeScalarView(rest.dropFirst().prefix(4)))
      }
      guard let value = UInt32(digits, radix: 16) else { return nil }
      result.append(Unicode.Scalar(value) ?? "\u{FFFD}")
      rest = rest.dropFirst(length)
    }
    return String(result)
  }

  private struct Reader {
    private var bytes: ArraySlice<UInt8>

    init(_ text: String) { bytes = Array(text.utf8)[...] }

    mutating func next(_ depth: Int = 0) -> Item? {
      while let byte = bytes.first, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { bytes.removeFirst() }
      guard let byte = bytes.first, depth < 64 else { return nil }
      switch byte {
      case 0x28:
        bytes.removeFirst()
        var items: [Item] = []
        while let item = next(depth + 1) { items.append(item) }
        if bytes.first == 0x29 { bytes.removeFirst() }
        return .list(items)
      case 0x29:
        guard depth == 0 else { return nil }
        // At the top the end of a list stands for nothing.
        while bytes.first == 0x29 { bytes.removeFirst() }
        return .atom("")
      case 0x22:
        bytes.removeFirst()
        var text: [UInt8] = []
        while let byte = bytes.popFirst() {
          if byte == 0x22 {
            guard bytes.first == 0x22 else { break }
            bytes.removeFirst()
          }
          text.append(byte)
        }
        return .text(String(decoding: text, as: UTF8.self))
      default:
        let atom = bytes.prefix { $0 != 0x20 && $0 != 0x28 && $0 != 0x29 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 }
        bytes = bytes.dropFirst(atom.count)
        return .atom(String(decoding: atom, as: UTF8.self))
      }
    }
  }
}
