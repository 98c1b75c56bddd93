import Patterns

extension ValueTyper {
  /// What a built-in function gives for arguments of some types; nil where it does not take them, which is reported
  /// (2.0, 10.2.2 to 10.2.5).
  func builtInType(_ call: FunctionCall, _ types: [StaticType], _ context: ValueContext) -> StaticType? {
    let check = ArgumentCheck(typer: self, call: call, types: types, context: context)
    switch call.function {
    case .and, .or: return check.count(2...) && check.all(.boolean, "a Boolean") ? StaticType(.boolean) : nil
    case .not: return check.count(1...1) && check.all(.boolean, "a Boolean") ? StaticType(.boolean) : nil
    case .xor: return check.count(2...2) && check.all(.boolean, "a Boolean") ? StaticType(.boolean) : nil
    case .equal: return check.count(2...2) && check.comparable(0, 1) ? StaticType(.boolean) : nil
    case .greaterThan, .greaterOrEqual, .lessThan, .lessOrEqual:
      return check.count(2...2) && check.ordered() && check.comparable(0, 1) ? StaticType(.boolean) : nil
    case .validValues:
      return check.count(2...2) && check.at(1, [.list], "a list of values") && check.entries(of: 1, compareWith: 0)
        ? StaticType(.boolean) : nil
    case .matches:
      return check.count(2...2) && check.all(.string, "a string") && check.pattern(1) ? StaticType(.boolean) : nil
    case .hasPrefix, .hasSuffix, .contains:
      return check.count(2...2) && check.textsOrLists() ? StaticType(.boolean) : nil
    case .hasEntry:
      return check.count(2...2) && check.at(0, [.list, .map], "a list or a map") && check.entries(of: 0, compareWith: 1)
        ? StaticType(.boolean) : nil
    case .hasKey:
      return check.count(2...2) && check.at(0, [.map], "a map") && check.at(1, [.string], "a key")
        ? StaticType(.boolean) : nil
    case .hasAllEntries, .hasAnyEntry:
      return check.count(2...2) && check.at(0, [.list, .map], "a list or a map") && check.at(1, [.list], "a list")
        ? StaticType(.boolean) : nil
    case .hasAllKeys, .hasAnyKey:
      return check.count(2...2) && check.at(0, [.map], "a map") && check.at(1, [.list], "a list of keys")
        ? StaticType(.boolean) : nil
    case .length:
      // `$length: [$value]` and `$length: $value` are the same.
      return check.count(1...1) && check.at(0, [.string, .list, .map, .bytes], "a string, a list or a map")
        ? StaticType(.integer) : nil
    case .concat:
      guard check.count(1...), check.textsOrLists() else { return nil }
      return check.isListed
        ? StaticType(.list) : types.allSatisfy { $0.kind == .string } ? StaticType(.string) : .unknown
    case .join:
      return check.count(1...2) && check.at(0, [.list], "a list of strings") && check.strings(of: 0)
        && check.at(1, [.string], "a delimiter") ? StaticType(.string) : nil
    case .token:
      return check.count(3...3) && check.at(0, [.string], "a string")
        && check.at(1, [.string], "the characters that separate its parts")
        && check.at(2, [.integer], "the index of a part") ? StaticType(.string) : nil
    case .union, .intersection:
      return check.count(1...) && check.all(.list, "a list")
        ? types.first { $0.kind == .list }.map(Self.open) ?? .unknown
        : nil
    default: return arithmeticType(call, check)
    }
  }

  /// The type of a list without what is in it.
  private static func open(_ type: StaticType) -> StaticType {
    var result = StaticType(type.kind)
    result.schema = type.schema
    return result
  }

  /// What an arithmetic function gives (10.2.5).
  private func arithmeticType(_ call: FunctionCall, _ check: ArgumentCheck) -> StaticType? {
    switch call.function {
    case .sum: return check.count(1...) ? check.amounts() : nil
    case .difference: return check.count(2...2) ? check.amounts() : nil
    case .product:
      guard check.count(1...) else { return nil }
      guard let scalar = check.scalar else { return check.numbers(from: 0) }
      return check.count(2...2) && check.isAmount(0) && check.numbers(from: 1) != nil ? scalar : nil
    case .quotient:
      guard check.count(2...2), check.numbers(from: 1) != nil, check.isNotZero(1) else { return nil }
      guard let scalar = check.scalar else { return check.numbers(from: 0).map { _ in StaticType(.float) } }
      return check.isAmount(0) ? scalar : nil
    case .remainder:
      guard check.count(2...2), check.at(1, [.integer], "an integer"), check.isNotZero(1) else { return nil }
      guard let scalar = check.scalar else { return check.at(0, [.integer], "an integer") ? StaticType(.integer) : nil }
      return check.isAmount(0) ? scalar : nil
    case .round, .floor, .ceil:
      return check.count(1...1) && check.at(0, [.float, .integer], "a float") ? StaticType(.integer) : nil
    default: return .unknown
    }
  }
}

/// The arguments of a call against what its function takes.
struct ArgumentCheck {
  let typer: ValueTyper
  let call: FunctionCall
  let types: [StaticType]
  let context: ValueContext

  /// Reports an argument that its function does not take.
  private func refuse(_ index: Int, _ expected: String) -> Bool {
    let found = context.isSensitive ? "an argument" : types[index].description
    typer.findings.report(
      "wrong-arguments", at: call.list[index].place, "`\(call.name)` does not take \(found) as argument \(index + 1)",
      expected: expected)
    return false
  }

  func count(_ range: PartialRangeFrom<Int>) -> Bool {
    if range.contains(types.count) { return true }
    typer.reportArguments(
      call, range.lowerBound == 1 ? "at least 1 argument" : "at least \(range.lowerBound) arguments")
    return false
  }

  func count(_ range: ClosedRange<Int>) -> Bool {
    if range.contains(types.count) { return true }
    let number = range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
    typer.reportArguments(call, range.upperBound == 1 ? "1 argument" : "\(number) arguments")
    return false
  }

  func all(_ kind: StaticType.Kind, _ expected: String) -> Bool {
    types.indices.allSatisfy { at($0, [kind], expected) }
  }

  /// Whether the argument at an index, if there is one, is, or may be, of one of some kinds.
  func at(_ index: Int, _ kinds: [StaticType.Kind], _ expected: String) -> Bool {
    guard types.indices.contains(index) else { return true }
    let kind = types[index].kind
    if kind == .unknown || kinds.contains(kind) { return true }
    if case .complex = kind, kinds.contains(.map) { return true }
    return refuse(index, expected)
  }

  func ordered() -> Bool {
    types.indices.allSatisfy { types[$0].isOrdered || refuse($0, "a value of a type with an order") }
  }

  func comparable(_ one: Int, _ other: Int) -> Bool {
    types[one].isComparable(with: types[other]) && literalFits(one, other) && literalFits(other, one)
      || refuse(other, "a value of the same type as \(context.isSensitive ? "the other" : types[one].description)")
  }

  /// A string in place that stands for a version, a timestamp, bytes or a scalar is one.
  private func literalFits(_ literal: Int, _ other: Int) -> Bool {
    guard types[literal].kind == .string, let node = types[literal].literal, let schema = types[other].schema else {
      return true
    }
    switch types[other].kind {
    case .version, .timestamp, .bytes:
      return typer.isValid(node, SchemaDefinition(type: schema.type, file: schema.file))
    case .scalar(let type): return typer.amount(of: node, type) != nil
    default: return true
    }
  }

  /// The entries of one argument, as far as they are written in place, are of the type of another.
  func entries(of list: Int, compareWith other: Int) -> Bool {
    for entry in types[list].entries where !entry.isComparable(with: types[other]) {
      return refuse(other, "a value of the same type as \(entry.description)")
    }
    return true
  }

  func strings(of list: Int) -> Bool {
    types[list].entries.allSatisfy { $0.may(.string) } || refuse(list, "a list of strings")
  }

  /// Whether one of the arguments is a list.
  var isListed: Bool { types.contains { $0.kind == .list } }

  func textsOrLists() -> Bool {
    if let first = types.first(where: { $0.kind != .unknown }), first.kind == .list { return all(.list, "a list") }
    return all(.string, "a string, or a list")
  }

  func pattern(_ index: Int) -> Bool {
    guard let text = types[index].literal?.text else { return true }
    do throws(Pattern.Fault) {
      _ = try Pattern(text)
      return true
    } catch {
      typer.findings.report(
        "wrong-arguments", at: call.list[index].place, "this is no regular expression: \(error.message)",
        expected: "a regular expression")
      return false
    }
  }

  /// The scalar type that the call is about: one of its arguments', or of its result.
  var scalar: StaticType? {
    if let scalar = types.first(where: \.isScalar) { return StaticType.result(of: scalar) }
    guard types.contains(where: { $0.kind == .string && $0.literal != nil }) else { return nil }
    let wanted = typer.staticType(of: context.expected ?? context.valueType)
    return wanted.isScalar ? wanted : nil
  }

  /// Whether an argument is an amount of the call's scalar type.
  func isAmount(_ index: Int) -> Bool {
    guard case .scalar(let type)? = scalar?.kind else { return false }
    switch types[index].kind {
    case .unknown: return true
    case .scalar(let own):
      let tables = typer.catalogue.dataTypes
      return tables.derives(own, from: type) || tables.derives(type, from: own) || refuse(index, "the same scalar type")
    case .string where types[index].literal.map({ typer.amount(of: $0, type) != nil }) ?? false: return true
    default: return refuse(index, "a number with a unit of \(scalar?.description ?? "the scalar type")")
    }
  }

  /// The type of amounts of one scalar type, or of numbers.
  func amounts() -> StaticType? {
    guard let scalar else { return numbers(from: 0) }
    return types.indices.allSatisfy(isAmount) ? scalar : nil
  }

  /// The type of what is made of numbers from an argument on: an integer where all are.
  func numbers(from start: Int) -> StaticType? {
    let indices = types.indices.dropFirst(start)
    for index in indices where !types[index].may(.integer, .float) {
      _ = refuse(index, "an integer or a float")
      return nil
    }
    if indices.contains(where: { types[$0].kind == .float }) { return StaticType(.float) }
    return indices.allSatisfy { types[$0].kind == .integer } ? StaticType(.integer) : .unknown
  }

  func isNotZero(_ index: Int) -> Bool {
    guard let text = types[index].literal?.text, CoreSchema.float(text) == 0 || CoreSchema.integer(text) == 0 else {
      return true
    }
    return refuse(index, "a number other than 0")
  }
}

extension StaticType {
  /// The type of a result that has the type of an argument.
  static func result(of type: StaticType) -> StaticType {
    var result = StaticType(type.kind)
    result.schema = type.schema
    return result
  }
}
