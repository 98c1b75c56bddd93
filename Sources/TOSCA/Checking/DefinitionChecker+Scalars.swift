extension DefinitionChecker {
  /// Checks the keynames of a data type that are for scalars (2.0, 9.1.2.2).
  func checkScalar(_ type: DataType, _ index: Int) {
    let isScalar: Bool
    if case .derived(_, .scalar) = catalogue.shape(ofDataType: index) { isScalar = true } else { isScalar = false }
    let place = type.header.name.place
    guard isScalar else {
      if type.scalar != nil {
        findings.report(
          "wrong-scalar", at: place,
          "the data type `\(type.header.name.text.excerpt)` has units, but does not derive from `scalar`",
          expected: "`derived_from: scalar`, or no `units`, `prefixes`, `data_type` and `canonical_unit`")
      }
      return
    }
    guard let scalar = catalogue.dataTypes.types[index].scalar, !scalar.units.isEmpty else {
      findings.report(
        "missing-key", at: place, "the scalar type `\(type.header.name.text.excerpt)` lacks `units`",
        expected: "the keyname `units`")
      return
    }
    guard checkNumber(type, scalar, index) else { return }
    for (unit, entry) in scalar.units where unit.isEmpty || unit.contains(where: \.isWhitespace) {
      findings.report(
        "wrong-scalar", at: entry.key.place, "`\(unit.excerpt)` cannot be a unit",
        expected: "a name without white space (TOSCA 2.0, 9.1.2.2)")
    }
    checkRefinement(type, index)
    checkMultipliers(scalar, place)
    checkCanonicalUnit(scalar, place)
  }

  /// The number of a scalar is an integer or a float, or of a type that derives from one; a derived scalar only
  /// narrows it.
  private func checkNumber(_ type: DataType, _ scalar: ScalarKeynames, _ index: Int) -> Bool {
    guard let name = scalar.dataType else { return true }
    guard let shape = catalogue.shape(name, in: scalar.file) else { return false }
    let own: Primitive
    switch shape {
    case .primitive(let primitive), .derived(_, let primitive): own = primitive
    case .complex: own = .map
    }
    guard own == .integer || own == .float else {
      findings.report(
        "wrong-scalar", at: name.place, "the number of a scalar cannot be of the type `\(name.text.excerpt)`",
        expected: "`integer`, `float`, or a type that derives from one")
      return false
    }
    guard type.scalar?.dataType != nil, let parent = catalogue.dataTypes.parents[index] else { return true }
    let inherited = catalogue.dataTypes.types[parent].scalar
    let base = inherited?.dataType ?? Name(text: "float", place: name.place)
    let wanted = catalogue.shape(base, in: inherited?.file ?? scalar.file, report: false)
    if wanted == shape { return true }
    findings.report(
      "incompatible-refinement", at: name.place,
      "the scalar changes the type of its number from `\(base.text.excerpt)` to `\(name.text.excerpt)`",
      expected: "no `data_type`, or the same (TOSCA 2.0, 9.1.2.2)")
    return false
  }

  /// A scalar type that derives from another may have more units and prefixes; what there is stays as it is.
  private func checkRefinement(_ type: DataType, _ index: Int) {
    guard let own = type.scalar, let parent = catalogue.dataTypes.parents[index],
      let base = catalogue.dataTypes.types[parent].scalar
    else { return }
    func report(_ place: Place, _ found: String, _ expected: String) {
      findings.report(
        "incompatible-refinement", at: place, found, expected: expected + " (TOSCA 2.0, 9.1.2.2)",
        related: [(catalogue.dataTypes.types[parent].header.name.place, "it is inherited from here")])
    }
    if let unit = own.canonicalUnit, unit.text != base.canonicalUnit?.text {
      report(unit.place, "the scalar changes its canonical unit", "no `canonical_unit`, or the inherited one")
    }
    for (what, own, base) in [("unit", own.units, base.units), ("prefix", own.prefixes, base.prefixes)] {
      for (name, entry) in own {
        guard let inherited = base[name], ScalarKeynames.number(inherited) != ScalarKeynames.number(entry) else {
          continue
        }
        report(
          entry.value.place, "the scalar changes the multiplier of the \(what) `\(name.excerpt)`",
          "the inherited multiplier")
      }
    }
    if base.prefixes.isEmpty, let first = own.prefixes.values.first {
      report(first.key.place, "the scalar has prefixes, and the one it derives from has none", "no `prefixes`")
    }
  }

  private func checkMultipliers(_ scalar: ScalarKeynames, _ place: Place) {
    let name = scalar.dataType ?? Name(text: "float", place: place)
    let schema = SchemaDefinition(type: name, file: scalar.file)
    for (unit, entry) in scalar.units {
      _ = typer.value(entry.value, as: schema, ValueContext(subject: "the multiplier of `\(unit.excerpt)`"))
    }
    for (prefix, entry) in scalar.prefixes {
      _ = typer.value(entry.value, as: schema, ValueContext(subject: "the prefix `\(prefix.excerpt)`"))
    }
    guard !scalar.prefixes.isEmpty else { return }
    if scalar.units.count > 1 {
      findings.report(
        "wrong-scalar", at: scalar.prefixes.values.first?.key.place ?? place,
        "a scalar with \(scalar.units.count) units has prefixes", expected: "one unit where there are prefixes")
    }
    if !scalar.prefixes.values.contains(where: { ScalarKeynames.number($0) == 1 }) {
      findings.report(
        "wrong-scalar", at: scalar.prefixes.values.first?.key.place ?? place, "no prefix has the multiplier 1",
        expected: "a prefix such as `\"\": 1`")
    }
  }

  private func checkCanonicalUnit(_ scalar: ScalarKeynames, _ place: Place) {
    guard scalar.units.values.allSatisfy({ ScalarKeynames.number($0) != nil }) else { return }
    let ones = scalar.units.filter { ScalarKeynames.number($0.element) == 1 }
    if ones.isEmpty {
      findings.report(
        "wrong-scalar", at: scalar.units.values.first?.key.place ?? place, "no unit has the multiplier 1",
        expected: "one unit with the multiplier 1")
    }
    guard let unit = scalar.canonicalUnit else {
      if ones.count > 1 {
        findings.report(
          "missing-key", at: place, "several units have the multiplier 1, and none is the canonical one",
          expected: "the keyname `canonical_unit`")
      }
      return
    }
    let multiplier = scalar.multiplier(of: unit.text)
    if multiplier != 1 {
      findings.report(
        "wrong-scalar", at: unit.place,
        multiplier == nil
          ? "unknown unit `\(unit.text.excerpt)`"
          : "the canonical unit `\(unit.text.excerpt)` has another multiplier than 1",
        expected: "a unit with the multiplier 1", suggestion: nearest(unit.text, among: scalar.units.keys))
    }
  }
}
