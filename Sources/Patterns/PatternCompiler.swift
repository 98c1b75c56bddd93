/// Turns the text of a regular expression into the steps of an automaton.
struct PatternCompiler {
  private let text: [Unicode.Scalar]
  private let alphabet: Pattern.Alphabet
  private var position = 0
  private var ignoresCase = false
  private var depth = 0
  private static let stepLimit = 5_000

  /// A compiler of an expression.
  init(_ text: String, over alphabet: Pattern.Alphabet) {
    self.text = Array(text.unicodeScalars)
    self.alphabet = alphabet
  }

  /// The steps of the whole expression.
  mutating func compile() throws(Pattern.Fault) -> [Pattern.Step] {
    guard text.count <= 4_096 else { throw Pattern.Fault(message: "it has more than 4096 characters") }
    if alphabet == .bytes {
      if let other = text.first(where: { !$0.isASCII }) {
        throw Pattern.Fault(message: "it has `\(other)`, which is not ASCII: bytes are written such as `\\xC3`")
      }
      if text.starts(with: "(?i)".unicodeScalars) {
        ignoresCase = true
        position = 4
      }
    }
    let steps = try alternatives()
    guard position == text.count else { throw Pattern.Fault(message: "a `)` closes nothing") }
    return steps + [.accept]
  }

  private var peek: Unicode.Scalar? { position < text.count ? text[position] : nil }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard peek == scalar else { return false }
    position += 1
    return true
  }

  /// `a|b|c`.
  private mutating func alternatives() throws(Pattern.Fault) -> [Pattern.Step] {
    var result = try sequence()
    while take("|") {
      let other = try sequence()
      result =
        [.split(1, result.count + 2)] + shifted(result, by: 1) + [.jump(result.count + other.count + 2)]
        + shifted(other, by: result.count + 2)
      try check(result)
    }
    return result
  }

  /// Terms, each with its quantifier.
  private mutating func sequence() throws(Pattern.Fault) -> [Pattern.Step] {
    var result: [Pattern.Step] = []
    while let scalar = peek, scalar != "|", scalar != ")" {
      let term = try quantified(try term())
      result += shifted(term, by: result.count)
      try check(result)
    }
    return result
  }

  private mutating func quantified(_ term: [Pattern.Step]) throws(Pattern.Fault) -> [Pattern.Step] {
    var result = term
    while let scalar = peek {
      let bounds: (Int, Int?)
      switch scalar {
      case "*": bounds = (0, nil)
      case "+": bounds = (1, nil)
      case "?": bounds = (0, 1)
      case "{":
        guard let counted = count() else { return result }
        bounds = counted
      default: return result
      }
      if scalar != "{" { position += 1 }
      // A lazy or possessive quantifier matches the same texts when the whole text must match.
      if peek == "?" || peek == "+" { position += 1 }
      result = try repeated(result, bounds.0, bounds.1)
    }
    return result
  }

  /// `{2}`, `{2,}` or `{2,4}`; anything else is a literal brace.
  private mutating func count() -> (Int, Int?)? {
    guard let end = text[position...].firstIndex(of: "}") else { return nil }
    var inner = ""
    inner.unicodeScalars.append(contentsOf: text[(position + 1)..<end])
    let parts = inner.split(separator: ",", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let lower = Int(parts[0]), lower >= 0 else { return nil }
    var upper: Int? = lower
    if parts.count == 2 {
      upper = nil
      if !parts[1].isEmpty {
        guard let bound = Int(parts[1]), bound >= lower else { return nil }
        upper = bound
      }
    }
    position = end + 1
    return (lower, upper)
  }

  private func repeated(
    _ term: [Pattern.Step], _ lower: Int, _ upper: Int?
  ) throws(Pattern.Fault) -> [Pattern.Step] {
    let copies = max(lower, upper ?? lower)
    guard copies <= Self.stepLimit, (term.count + 1) * (copies + 1) <= Self.stepLimit else {
      throw Pattern.Fault(message: "it repeats too much")
    }
    var result: [Pattern.Step] = []
    for _ in 0..<lower { result += shifted(term, by: result.count) }
    guard let upper else {
      let start = result.count
      result += [.split(start + 1, start + term.count + 2)] + shifted(term, by: start + 1) + [.jump(start)]
      return result
    }
    let optional = upper - lower
    let end = result.count + optional * (term.count + 1)
    for _ in 0..<optional {
      let start = result.count
      result += [.split(start + 1, end)] + shifted(term, by: start + 1)
    }
    return result
  }

  private mutating func term() throws(Pattern.Fault) -> [Pattern.Step] {
    let scalar = text[position]
    position += 1
    switch scalar {
    case "^": return [.atStart]
    case "$": return [.atEnd]
    case ".": return [.consume(.anyButNewline)]
    case "[": return [.consume(folded(try set()))]
    case "(": return try group()
    case "*", "+", "?": throw Pattern.Fault(message: "a `\(scalar)` repeats nothing")
    case "\\": return [try escape()]
    default: return [.consume(folded(Pattern.CharacterSet(ranges: [scalar.value...scalar.value])))]
    }
  }

  /// The set with the letters of ASCII that differ from its own by case only, where case does not count.
  private func folded(_ set: Pattern.CharacterSet) -> Pattern.CharacterSet {
    guard ignoresCase else { return set }
    var folded = set
    for (letters, distance) in [(0x41...0x5A, 0x20), (0x61...0x7A, -0x20)] as [(ClosedRange<UInt32>, Int)] {
      for range in set.ranges where range.overlaps(letters) {
        let both = range.clamped(to: letters)
        folded.ranges.append(
          UInt32(Int(both.lowerBound) + distance)...UInt32(Int(both.upperBound) + distance))
      }
    }
    return folded
  }

  private var space: Pattern.CharacterSet { alphabet == .bytes ? .byteSpace : .space }

  private mutating func group() throws(Pattern.Fault) -> [Pattern.Step] {
    depth += 1
    guard depth <= 50 else { throw Pattern.Fault(message: "its groups nest more than 50 deep") }
    if take("?") {
      if take("P") || (peek == "<" && position + 1 < text.count && !["=", "!"].contains(text[position + 1])) {
        guard let end = text[position...].firstIndex(of: ">") else {
          throw Pattern.Fault(message: "the name of a group has no end")
        }
        position = end + 1
      } else if !take(":") {
        throw Pattern.Fault(message: "look-around and inline options are not supported")
      }
    }
    let inner = try alternatives()
    guard take(")") else { throw Pattern.Fault(message: "a `(` is not closed") }
    depth -= 1
    return inner
  }

  private mutating func escape() throws(Pattern.Fault) -> Pattern.Step {
    guard let scalar = peek else { throw Pattern.Fault(message: "it ends in a `\\`") }
    switch scalar {
    case "b", "B":
      position += 1
      return .atBoundary(scalar == "b")
    case "A":
      position += 1
      return .atStart
    case "Z", "z":
      position += 1
      return .atEnd
    case "1"..."9": throw Pattern.Fault(message: "back-references are not supported")
    default: return .consume(folded(try escapedSet()))
    }
  }

  /// The set that the escape at the position stands for.
  private mutating func escapedSet() throws(Pattern.Fault) -> Pattern.CharacterSet {
    guard let scalar = peek else { throw Pattern.Fault(message: "it ends in a `\\`") }
    position += 1
    func one(_ value: UInt32) -> Pattern.CharacterSet { Pattern.CharacterSet(ranges: [value...value]) }
    switch scalar {
    case "d": return .digit
    case "D": return Pattern.CharacterSet(ranges: Pattern.CharacterSet.digit.ranges, isNegated: true)
    case "w": return .word
    case "W": return Pattern.CharacterSet(ranges: Pattern.CharacterSet.word.ranges, isNegated: true)
    case "s": return space
    case "S": return Pattern.CharacterSet(ranges: space.ranges, isNegated: true)
    case "n": return one(0x0A)
    case "r": return one(0x0D)
    case "t": return one(0x09)
    case "f": return one(0x0C)
    case "v": return one(0x0B)
    case "x", "u":
      if scalar == "u", alphabet == .bytes {
        throw Pattern.Fault(message: "`\\u` is no byte: bytes are written such as `\\xC3`")
      }
      let length = scalar == "x" ? 2 : 4
      var digits = ""
      digits.unicodeScalars.append(contentsOf: text[position...].prefix(length))
      guard digits.count == length, let value = UInt32(digits, radix: 16) else {
        throw Pattern.Fault(message: "`\\\(scalar)` needs \(length) hexadecimal digits")
      }
      position += length
      return one(value)
    default:
      guard !scalar.properties.isAlphabetic else { throw Pattern.Fault(message: "unknown escape `\\\(scalar)`") }
      return one(scalar.value)
    }
  }

  /// `[a-z]`, after the bracket.
  private mutating func set() throws(Pattern.Fault) -> Pattern.CharacterSet {
    let negated = take("^")
    var ranges: [ClosedRange<UInt32>] = []
    var isFirst = true
    while let scalar = peek, scalar != "]" || isFirst {
      isFirst = false
      let start: UInt32
      if scalar == "[", position + 1 < text.count, text[position + 1] == ":" {
        ranges += try namedClass()
        continue
      }
      position += 1
      if scalar == "\\" {
        let escaped = try escapedSet()
        guard !escaped.isNegated else { throw Pattern.Fault(message: "a negated class inside `[]` is not supported") }
        guard escaped.ranges.count == 1, let only = escaped.ranges.first, only.count == 1 else {
          ranges += escaped.ranges
          continue
        }
        start = only.lowerBound
      } else {
        start = scalar.value
      }
      guard peek == "-", position + 1 < text.count, text[position + 1] != "]" else {
        ranges.append(start...start)
        continue
      }
      position += 1
      var end = text[position].value
      position += 1
      if text[position - 1] == "\\" {
        let escaped = try escapedSet()
        end = escaped.ranges.count == 1 ? escaped.ranges[0].upperBound : 0
      }
      guard end >= start else { throw Pattern.Fault(message: "a range in `[]` runs backwards") }
      ranges.append(start...end)
    }
    guard take("]") else { throw Pattern.Fault(message: "a `[` is not closed") }
    return Pattern.CharacterSet(ranges: ranges, isNegated: negated)
  }

  /// `[:alpha:]` and the other classes of POSIX.
  private mutating func namedClass() throws(Pattern.Fault) -> [ClosedRange<UInt32>] {
    guard let end = text[(position + 2)...].firstIndex(of: ":"), end + 1 < text.count, text[end + 1] == "]" else {
      throw Pattern.Fault(message: "a `[:` is not closed")
    }
    var name = ""
    name.unicodeScalars.append(contentsOf: text[(position + 2)..<end])
    position = end + 2
    switch name {
    case "digit": return [0x30...0x39]
    case "alpha": return [0x41...0x5A, 0x61...0x7A]
    case "alnum": return [0x30...0x39, 0x41...0x5A, 0x61...0x7A]
    case "upper": return [0x41...0x5A]
    case "lower": return [0x61...0x7A]
    case "space": return space.ranges
    case "xdigit": return [0x30...0x39, 0x41...0x46, 0x61...0x66]
    case "punct": return [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E]
    default: throw Pattern.Fault(message: "unknown class `[:\(name):]`")
    }
  }

  private func check(_ steps: [Pattern.Step]) throws(Pattern.Fault) {
    if steps.count > Self.stepLimit { throw Pattern.Fault(message: "it repeats too much") }
  }

  /// Steps as they are when others come before them.
  private func shifted(_ steps: [Pattern.Step], by offset: Int) -> [Pattern.Step] {
    guard offset != 0 else { return steps }
    return steps.map { step in
      switch step {
      case .split(let one, let other): .split(one + offset, other + offset)
      case .jump(let target): .jump(target + offset)
      default: step
      }
    }
  }
}
