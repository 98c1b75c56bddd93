import Patterns

extension DefinitionChecker {
  /// Checks property definitions, and that they only narrow what they inherit.
  func check(
    _ properties: OrderedMap<PropertyDefinition>, inherited: OrderedMap<PropertyDefinition>?,
    _ owner: ValueContext.Owner = .none
  ) {
    for (name, own) in properties {
      let property = inherited?[name].map { own.refining($0) } ?? own
      guard let schema = property.schema, !schema.type.text.isEmpty else {
        if property.defaultValue != nil, typer.tolerances.contains(.plainDefinitions) { continue }
        findings.report(
          "missing-key", at: property.name.place, "the property `\(name.excerpt)` has no type, and inherits none",
          expected: "the keyname `type`")
        continue
      }
      if inherited?[name] == nil, typer.version != .tosca2_0, let place = own.valuePlace {
        findings.report(
          "unknown-key", at: place, "`value` fixes the value of `\(name.excerpt)`, which refines nothing",
          expected: "`default`, or the property of a type that this one derives from (1.3, 3.6.10.6)")
      }
      check(property, owner)
      if let base = inherited?[name] {
        if typer.version == .tosca2_0 { checkVersion2(own, refined: property, of: base) }
        checkRefinement(property, of: base)
      }
    }
  }

  /// Checks one definition: its schema, and its default.
  func check(_ property: PropertyDefinition, _ owner: ValueContext.Owner = .none) {
    guard let schema = property.schema else { return }
    guard check(schema, owner) else { return }
    if let value = property.defaultValue {
      let subject = ValueSubject.named("the default of", property.name.text)
      _ = typer.value(value, of: property, ValueContext(subject: subject, owner: owner))
    }
  }

  /// Checks a schema and those inside it; false where its type is unknown.
  @discardableResult
  func check(_ schema: SchemaDefinition, _ owner: ValueContext.Owner = .none) -> Bool {
    guard !schema.type.text.isEmpty else {
      findings.report(
        "missing-key", at: schema.type.place, "a schema has no type, and inherits none", expected: "the keyname `type`")
      return false
    }
    guard let shape = catalogue.shape(schema.type, in: schema.file) else { return false }
    if shape == .primitive(.scalar) {
      findings.report(
        "wrong-type", at: schema.type.place, "`scalar` is abstract: it has no units",
        expected: "a data type that derives from `scalar`")
      return false
    }
    if let entry = schema.entrySchema { check(entry, owner) }
    if let key = schema.keySchema { check(key, owner) }
    if typer.version == .tosca2_0 {
      checkCollection(schema, shape)
      checkClauses(of: schema, owner)
      return true
    }
    switch shape {
    case .primitive(let primitive), .derived(_, let primitive):
      for constraint in schema.constraints { check(constraint, schema, primitive) }
    case .complex:
      for constraint in schema.constraints { checkOrder(constraint) }
      for constraint in schema.constraints
      where ![.equal, .validValues, .schema, .validation].contains(constraint.operation) {
        findings.report(
          "wrong-constraint", .warning, at: constraint.place,
          "`\(constraint.operation.rawValue)` does not apply to the type `\(schema.type.text.excerpt)`",
          expected: "a primitive type")
      }
    }
    return true
  }

  /// Checks that a constraint's operand is one, and that it applies to the type (1.3, 3.6.3).
  func check(_ constraint: ConstraintClause, _ schema: SchemaDefinition, _ primitive: Primitive) {
    let name = constraint.operation.rawValue
    func report(_ place: Place, _ found: String, _ expected: String) {
      findings.report("wrong-constraint", at: place, found, expected: expected)
    }
    let operand = constraint.operand
    let wrong = "the operand of `\(name)` cannot be \(operand.kindDescription)"
    switch constraint.operation {
    case .equal:
      if typer.silentValue(operand, primitive) == nil { report(operand.place, wrong, primitive.description) }
    case .greaterThan, .greaterOrEqual, .lessThan, .lessOrEqual:
      guard primitive.isOrdered else {
        return report(
          constraint.place, "`\(name)` does not apply to the type `\(schema.type.text.excerpt)`", "a type with an order"
        )
      }
      if typer.silentValue(operand, primitive) == nil { report(operand.place, wrong, primitive.description) }
    case .inRange:
      guard primitive.isOrdered || primitive == .range else {
        return report(
          constraint.place, "`\(name)` does not apply to the type `\(schema.type.text.excerpt)`", "a type with an order"
        )
      }
      checkRange(operand, primitive == .range ? .integer : primitive, wrong)
    case .validValues:
      guard let items = operand.items else { return report(operand.place, wrong, "a list of values") }
      for item in items where typer.silentValue(item, primitive) == nil {
        report(item.place, "a valid value cannot be \(item.kindDescription)", primitive.description)
      }
    case .length, .minLength, .maxLength:
      guard primitive.hasLength else {
        return report(
          constraint.place, "`\(name)` does not apply to the type `\(schema.type.text.excerpt)`",
          "a string, list or map")
      }
      if case .scalar(let text, .plain) = operand.content, let length = CoreSchema.integer(text), length >= 0 { return }
      report(operand.place, wrong, "an integer of 0 or more")
    case .pattern:
      guard primitive == .string || primitive == .version else {
        return report(
          constraint.place, "`\(name)` does not apply to the type `\(schema.type.text.excerpt)`", "a string")
      }
      guard let text = operand.text, !operand.isNull else {
        return report(operand.place, wrong, "a regular expression")
      }
      do throws(Pattern.Fault) { _ = try Pattern(text) } catch {
        report(operand.place, "this is no regular expression: \(error.message)", "a regular expression")
      }
    case .validation: break
    case .schema:
      guard primitive == .string else {
        return report(
          constraint.place, "`schema` does not apply to the type `\(schema.type.text.excerpt)`", "a string")
      }
      guard operand.text != nil, !operand.isNull else { return report(operand.place, wrong, "a schema as text") }
      switch typer.schemaText(operand) {
      case .json: break
      case .xml:
        findings.report(
          "unchecked-schema", .warning, at: operand.place, "values are not held against this XML Schema",
          expected: "a JSON Schema, which they are held against")
      case .neither(let fault):
        report(operand.place, "this is no schema: \(fault)", "a JSON Schema, or an XML Schema, as text")
      }
    }
  }

  private func checkRange(_ operand: YAMLNode, _ primitive: Primitive, _ wrong: String) {
    guard let items = operand.items, items.count == 2 else {
      findings.report("wrong-constraint", at: operand.place, wrong, expected: "two bounds, such as `[1, 9]`")
      return
    }
    var values: [Value] = []
    for item in items where item.text != "UNBOUNDED" {
      if let value = typer.silentValue(item, primitive) {
        values.append(value)
      } else {
        findings.report(
          "wrong-constraint", at: item.place, "a bound cannot be \(item.kindDescription)",
          expected: primitive.description + ", or `UNBOUNDED`")
      }
    }
    if values.count == 2, let order = ValueTyper.order(values[0], values[1], primitive), order > 0 {
      findings.report(
        "wrong-constraint", at: operand.place, "the lower bound is above the upper one",
        expected: "the lower bound first")
    }
  }

  /// A range of values with properties has two of them, the lower one first.
  private func checkOrder(_ constraint: ConstraintClause) {
    guard constraint.operation == .inRange else { return }
    guard let items = constraint.operand.items, items.count == 2 else {
      findings.report(
        "wrong-constraint", at: constraint.operand.place,
        "the operand of `in_range` cannot be \(constraint.operand.kindDescription)",
        expected: "two bounds, such as `[1, 9]`")
      return
    }
    if let low = items[0].entries, let high = items[1].entries {
      for entry in low {
        guard let one = entry.value.text, let other = high.first(where: { $0.name == entry.name })?.value.text,
          one != other
        else { continue }
        let numbers = (CoreSchema.float(one), CoreSchema.float(other))
        let isAbove = if let left = numbers.0, let right = numbers.1 { left > right } else { one > other }
        if isAbove {
          findings.report(
            "wrong-constraint", at: constraint.operand.place, "the lower bound is above the upper one",
            expected: "the lower bound first")
        }
        return
      }
    }
  }

  /// A refined property has the same type or one derived from it.
  func checkRefinement(_ property: PropertyDefinition, of base: PropertyDefinition) {
    if typer.version != .tosca2_0, let own = property.value, let fixed = base.value, own.content != fixed.content {
      findings.report(
        "fixed-value", at: own.place, "`\(property.name.text.excerpt)` has a fixed value that it inherits",
        expected: fixed.text.map { "`\($0)`" } ?? "the inherited value",
        related: [(fixed.place, "it is fixed here")])
    }
    guard let own = property.schema, let inherited = base.schema,
      let shape = catalogue.shape(own.type, in: own.file, report: false),
      let baseShape = catalogue.shape(inherited.type, in: inherited.file, report: false), shape != baseShape
    else { return }
    guard !fits(shape, baseShape) else { return }
    findings.report(
      "incompatible-refinement", at: own.type.place,
      "`\(property.name.text.excerpt)` changes its inherited type `\(inherited.type.text.excerpt)` "
        + "to `\(own.type.text.excerpt)`",
      expected: "the same type, or one derived from it", related: [(base.name.place, "it is inherited from here")])
  }

  /// Whether a type is another or derives from it.
  func fits(_ shape: Catalogue.Shape, _ base: Catalogue.Shape) -> Bool {
    if shape == base { return true }
    return switch (shape, base) {
    case (.derived(let one, _), .derived(let other, _)), (.complex(let one), .complex(let other)):
      catalogue.dataTypes.derives(one, from: other)
    case (.derived(_, let one), .primitive(let other)): one == other
    default: false
    }
  }
}
