extension DefinitionChecker {
  /// Checks what 2.0 asks of the refinement of a property, attribute or parameter beyond its type (9.4, 9.6 and 9.8).
  func checkVersion2(_ own: PropertyDefinition, refined: PropertyDefinition, of base: PropertyDefinition) {
    let name = own.name.text.excerpt
    if base.required, let place = own.requiredPlace, !own.required {
      findings.report(
        "incompatible-refinement", at: place, "`\(name)` is required, and cannot be made optional",
        expected: "`true` (TOSCA 2.0, 9.4)", related: [(base.name.place, "it is inherited from here")])
    }
    if let fixed = base.value {
      let changes =
        own.value.map { $0.content != fixed.content } ?? (own.defaultValue.map { $0.content != fixed.content } ?? false)
      let adds = own.schema?.constraints.contains { clause in
        base.schema?.constraints.contains { $0.operand.content == clause.operand.content } != true
      }
      if changes || adds == true {
        findings.report(
          "fixed-value", at: (own.value ?? own.defaultValue)?.place ?? own.name.place,
          "`\(name)` has a fixed value that it inherits",
          expected: fixed.text.map { "`\($0)`" } ?? "no further refinement (TOSCA 2.0, 9.4)",
          related: [(fixed.place, "it is fixed here")])
      }
    }
    checkRefinement(own.schema?.entrySchema, of: base.schema?.entrySchema, "entry_schema")
    checkRefinement(own.schema?.keySchema, of: base.schema?.keySchema, "key_schema")
  }

  /// A schema keeps the type of the one it refines, or has one that derives from it (9.3).
  func checkRefinement(_ own: SchemaDefinition?, of base: SchemaDefinition?, _ keyname: String) {
    guard let own, let base else { return }
    if !own.type.text.isEmpty,
      let shape = catalogue.shape(own.type, in: own.file, report: false),
      let inherited = catalogue.shape(base.type, in: base.file, report: false), !fits(shape, inherited)
    {
      findings.report(
        "incompatible-refinement", at: own.type.place,
        "`\(keyname)` changes its inherited type `\(base.type.text.excerpt)` to `\(own.type.text.excerpt)`",
        expected: "the same type, or one derived from it (TOSCA 2.0, 9.3)",
        related: [(base.type.place, "it is inherited from here")])
    }
    checkRefinement(own.entrySchema, of: base.entrySchema, "entry_schema")
    checkRefinement(own.keySchema, of: base.keySchema, "key_schema")
  }

  /// Checks the validation clauses of a schema: each gives a Boolean, of arguments that fit (9.11).
  func checkClauses(of schema: SchemaDefinition, _ owner: ValueContext.Owner) {
    for clause in schema.constraints where clause.operation == .validation {
      var context = ValueContext(subject: "a validation clause", owner: owner)
      context.valueType = schema
      typer.checkCondition(clause.operand, context.subject, context)
    }
  }

  /// Checks a list of types of 1.x that takes the place of one that it refines: what the other does not take in, it
  /// should not either. Only of `valid_source_types` of a capability definition does the text say it.
  func checkWidening(
    _ keyname: String, _ own: [Name], _ inherited: [Name]?, _ kinds: [TypeKind],
    _ severity: Finding.Severity = .warning, _ section: String? = nil
  ) {
    guard typer.version != .tosca2_0, let inherited, !inherited.isEmpty else { return }
    for name in own where !narrows(name, inherited, kinds) {
      findings.report(
        "incompatible-refinement", severity, at: name.place,
        "`\(keyname)` takes in `\(name.text.excerpt)`, which the list that it refines does not",
        expected: "types of the list, or types derived from them: "
          + (ValueTyper.oneOf(inherited.map(\.text)) ?? "none") + (section.map { " (\($0))" } ?? ""),
        related: inherited.first.map { [($0.place, "the list is here")] } ?? [])
    }
  }
}
