/// The keywords about numbers, texts, lists and objects. Each is about values of its kind, and passes over all others.
extension JSONSchema {
  // MARK: Numbers

  func numberMismatch(_ entry: YAMLEntry, _ value: YAMLNode, _ path: String) -> Mismatch? {
    guard let number = Self.number(value) else { return nil }
    guard let bound = Self.number(entry.value) else { return nil }
    let (fits, words): (Bool, String) =
      switch entry.name {
      case "minimum": (number >= bound, "\(entry.value.text ?? "") or more")
      case "maximum": (number <= bound, "\(entry.value.text ?? "") or less")
      case "exclusiveMinimum": (number > bound, "more than \(entry.value.text ?? "")")
      case "exclusiveMaximum": (number < bound, "less than \(entry.value.text ?? "")")
      case "multipleOf":
        bound > 0
          ? ((number / bound) == (number / bound).rounded(), "a multiple of \(entry.value.text ?? "")") : (true, "")
      default: (true, "")
      }
    return fits ? nil : Mismatch(path: path, expected: words)
  }

  // MARK: Texts

  func textMismatch(_ entry: YAMLEntry, _ value: YAMLNode, _ path: String) -> Mismatch? {
    guard let text = Self.string(value) else { return nil }
    switch entry.name {
    case "minLength", "maxLength":
      return countMismatch(entry, text.unicodeScalars.count, "characters", path)
    case "pattern":
      // A pattern that is none, or needs more than linear time, does not judge.
      guard let written = entry.value.text, let pattern = try? Pattern(searching: written), !pattern.matches(text)
      else { return nil }
      return Mismatch(path: path, expected: "text with `\(written.excerpt)` in it")
    default: return nil
    }
  }

  /// A bound on a number of things: `minItems` and the like.
  private func countMismatch(_ entry: YAMLEntry, _ count: Int, _ what: String, _ path: String) -> Mismatch? {
    guard let bound = entry.value.text.flatMap(CoreSchema.integer) else { return nil }
    let isLower = entry.name.hasPrefix("min")
    guard isLower ? count < bound : count > bound else { return nil }
    return Mismatch(path: path, expected: "\(isLower ? "at least" : "at most") \(bound) \(what)")
  }

  // MARK: Lists

  func listMismatch(
    _ entry: YAMLEntry, _ schema: YAMLNode, _ value: YAMLNode, _ path: String, _ depth: Int, _ steps: inout Int
  ) -> Mismatch? {
    guard let items = value.items else { return nil }
    switch entry.name {
    case "minItems", "maxItems": return countMismatch(entry, items.count, "items", path)
    case "uniqueItems":
      guard Self.boolean(entry.value) == true, items.count <= 1000 else { return nil }
      for (index, item) in items.enumerated() where items[..<index].contains(where: { Self.equal($0, item) }) {
        return Mismatch(path: "\(path)[\(index)]", expected: "no item twice")
      }
    case "items", "prefixItems":
      if let each = entry.value.items {
        for (index, item) in items.enumerated() where index < each.count {
          if let found = mismatch(item, each[index], "\(path)[\(index)]", depth + 1, &steps) { return found }
        }
      } else {
        let first = schema["prefixItems"]?.items?.count ?? 0
        for (index, item) in items.enumerated() where index >= first {
          if let found = mismatch(item, entry.value, "\(path)[\(index)]", depth + 1, &steps) { return found }
        }
      }
    case "additionalItems":
      guard let first = schema["items"]?.items?.count else { return nil }
      for (index, item) in items.enumerated() where index >= first {
        if let found = mismatch(item, entry.value, "\(path)[\(index)]", depth + 1, &steps) { return found }
      }
    case "contains":
      for item in items where mismatch(item, entry.value, path, depth + 1, &steps) == nil { return nil }
      return Mismatch(path: path, expected: "an item that fits `contains`")
    default: break
    }
    return nil
  }

  // MARK: Objects

  func objectMismatch(
    _ entry: YAMLEntry, _ schema: YAMLNode, _ value: YAMLNode, _ path: String, _ depth: Int, _ steps: inout Int
  ) -> Mismatch? {
    guard let members = value.entries else { return nil }
    switch entry.name {
    case "minProperties", "maxProperties": return countMismatch(entry, members.count, "members", path)
    case "required":
      for name in (entry.value.items ?? []).compactMap(\.text) where value[name] == nil {
        return Mismatch(path: path, expected: "the member `\(name.excerpt)`")
      }
    case "properties":
      for member in members {
        guard let own = entry.value[member.name] else { continue }
        if let found = mismatch(member.value, own, "\(path).\(member.name)", depth + 1, &steps) { return found }
      }
    case "patternProperties":
      for (member, own) in matching(members, entry.value) {
        if let found = mismatch(member.value, own, "\(path).\(member.name)", depth + 1, &steps) { return found }
      }
    case "additionalProperties":
      let named = schema["properties"]
      let matched = Set((schema["patternProperties"].map { matching(members, $0) } ?? []).map(\.0.name))
      for member in members where named?[member.name] == nil && !matched.contains(member.name) {
        if Self.boolean(entry.value) == false {
          return Mismatch(path: path, expected: "no member `\(member.name.excerpt)`")
        }
        if let found = mismatch(member.value, entry.value, "\(path).\(member.name)", depth + 1, &steps) { return found }
      }
    case "propertyNames":
      for member in members {
        if let found = mismatch(member.key, entry.value, "\(path).\(member.name)", depth + 1, &steps) { return found }
      }
    case "dependentRequired", "dependencies":
      for dependency in entry.value.entries ?? [] where value[dependency.name] != nil {
        for name in (dependency.value.items ?? []).compactMap(\.text) where value[name] == nil {
          return Mismatch(path: path, expected: "the member `\(name.excerpt)` beside `\(dependency.name.excerpt)`")
        }
      }
    default: break
    }
    return nil
  }

  private func matching(_ members: [YAMLEntry], _ patterns: YAMLNode) -> [(YAMLEntry, YAMLNode)] {
    (patterns.entries ?? []).flatMap { own -> [(YAMLEntry, YAMLNode)] in
      guard let pattern = try? Pattern(searching: own.name) else { return [] }
      return members.filter { pattern.matches($0.name) }.map { ($0, own.value) }
    }
  }

  // MARK: Combinations

  func combinedMismatch(
    _ entry: YAMLEntry, _ schema: YAMLNode, _ value: YAMLNode, _ path: String, _ depth: Int, _ steps: inout Int
  ) -> Mismatch? {
    switch entry.name {
    case "allOf":
      for part in entry.value.items ?? [] {
        if let found = mismatch(value, part, path, depth + 1, &steps) { return found }
      }
    case "anyOf", "oneOf":
      var fitting = 0
      for part in entry.value.items ?? [] where mismatch(value, part, path, depth + 1, &steps) == nil { fitting += 1 }
      if fitting == 0 || (entry.name == "oneOf" && fitting > 1) {
        return Mismatch(
          path: path, expected: "a value that fits \(entry.name == "oneOf" ? "exactly" : "at least") one of the schemas"
        )
      }
    case "not":
      if mismatch(value, entry.value, path, depth + 1, &steps) == nil {
        return Mismatch(path: path, expected: "a value that does not fit the schema under `not`")
      }
    case "if":
      let branch = mismatch(value, entry.value, path, depth + 1, &steps) == nil ? schema["then"] : schema["else"]
      if let branch { return mismatch(value, branch, path, depth + 1, &steps) }
    default: break
    }
    return nil
  }
}
