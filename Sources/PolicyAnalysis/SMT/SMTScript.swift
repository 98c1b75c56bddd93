/// A script for a solver: declarations and definitions, and what holds of them.
///
/// Terms are built here, with what is constant computed at once, so that what a request's types decide needs no solver;
/// a term that grows long is given a name, so that a script grows with the policies and not with their nesting.
final class SMTScript {
  /// Declarations and definitions, in order.
  private(set) var lines: [String] = []
  /// What holds.
  private(set) var assertions: [SMTTerm] = []
  private var functions: [String: String] = [:]
  private var definitions: [String: SMTTerm] = [:]
  private var count = 0
  /// Bytes so far.
  private(set) var size = 0

  /// No script is larger, in bytes.
  static let maximumSize = 32 << 20

  private func add(_ line: String) {
    lines.append(line)
    size += line.utf8.count + 1
  }

  func require(_ term: SMTTerm) {
    guard !term.isTrue else { return }
    assertions.append(term)
    size += term.text.utf8.count + 10
  }

  /// The application of an unknown function, known by a key; the same key has the same sorts wherever it is used.
  func apply(_ key: String, _ arguments: [SMTTerm] = [], _ sort: SMTSort) -> SMTTerm {
    var name = functions[key] ?? ""
    if name.isEmpty {
      name = "f\(functions.count)"
      functions[key] = name
      add("(declare-fun \(name) (\(arguments.map(\.sort.text).joined(separator: " "))) \(sort.text))")
    }
    guard !arguments.isEmpty else { return SMTTerm(name, sort) }
    return named("(\(name) \(arguments.map(\.text).joined(separator: " ")))", sort)
  }

  /// A key that nothing else has.
  func freshKey() -> String {
    count += 1
    return "\u{0}\(count)"
  }

  private func named(_ text: String, _ sort: SMTSort) -> SMTTerm {
    guard text.utf8.count > 96 else { return SMTTerm(text, sort) }
    if let known = definitions[text] { return known }
    let term = SMTTerm("d\(definitions.count)", sort)
    definitions[text] = term
    add("(define-fun \(term.text) () \(sort.text) \(text))")
    return term
  }

  /// The application of a function that SMT-LIB has.
  func call(_ name: String, _ arguments: [SMTTerm], _ sort: SMTSort) -> SMTTerm {
    named("(\(name) \(arguments.map(\.text).joined(separator: " ")))", sort)
  }

  func not(_ term: SMTTerm) -> SMTTerm {
    if term.isTrue { return .no }
    if term.isFalse { return .yes }
    if term.text.hasPrefix("(not "), !term.text.dropFirst(5).contains(" ") {
      return SMTTerm(String(term.text.dropFirst(5).dropLast()), .bool)
    }
    return named("(not \(term.text))", .bool)
  }

  func and(_ terms: [SMTTerm]) -> SMTTerm { junction("and", terms, neutral: .yes) }
  func and(_ terms: SMTTerm...) -> SMTTerm { and(terms) }
  func or(_ terms: [SMTTerm]) -> SMTTerm { junction("or", terms, neutral: .no) }
  func or(_ terms: SMTTerm...) -> SMTTerm { or(terms) }
  func implies(_ left: SMTTerm, _ right: SMTTerm) -> SMTTerm { or(not(left), right) }

  private func junction(_ name: String, _ terms: [SMTTerm], neutral: SMTTerm) -> SMTTerm {
    var seen: Set<SMTTerm> = []
    var parts: [SMTTerm] = []
    for term in terms where term != neutral {
      if term.isConstant { return term }
      if seen.insert(term).inserted { parts.append(term) }
    }
    guard let first = parts.first else { return neutral }
    guard parts.count > 1 else { return first }
    return call(name, parts, .bool)
  }

  func choose(_ test: SMTTerm, _ first: SMTTerm, _ second: SMTTerm) -> SMTTerm {
    if test.isTrue || first == second { return first }
    if test.isFalse { return second }
    if first.sort == .bool {
      if first.isTrue { return or(test, second) }
      if first.isFalse { return and(not(test), second) }
      if second.isTrue { return or(not(test), first) }
      if second.isFalse { return and(test, first) }
    }
    return call("ite", [test, first, second], first.sort)
  }

  func equal(_ left: SMTTerm, _ right: SMTTerm) -> SMTTerm {
    if left == right { return .yes }
    if left.isConstant, right.isConstant { return .no }
    if left.sort == .bool {
      if left.isTrue { return right }
      if right.isTrue { return left }
      if left.isFalse { return not(right) }
      if right.isFalse { return not(left) }
    }
    // In one order, so that what is compared twice is the same term.
    return left.text < right.text ? call("=", [left, right], .bool) : call("=", [right, left], .bool)
  }

  /// The whole script for some questions, each asked apart from the others; the values of `values` are asked for after
  /// the last one.
  func text(asking questions: [SMTTerm], values: [SMTTerm] = []) -> String {
    var text = "(set-option :produce-models true)\n(set-logic ALL)\n"
    text.reserveCapacity(size + 1024)
    for line in lines { text += line + "\n" }
    for term in assertions { text += "(assert \(term.text))\n" }
    for question in questions {
      text += "(push 1)\n(assert \(question.text))\n(check-sat)\n"
      if !values.isEmpty { text += "(get-value (\(values.map(\.text).joined(separator: " "))))\n" }
      text += "(pop 1)\n"
    }
    return text
  }
}
