import Foundation

/// Reads one manifest and collects what is wrong with it. A key that no one reads is a mistake, never ignored.
struct ManifestReader {
  let file: String
  private(set) var problems: [CatalogueFault.Problem] = []

  /// No manifest is longer than this.
  static let maximumLength = 1 << 20

  init(file: String) {
    self.file = file
  }

  /// The manifest in these bytes, unless something is wrong with it.
  mutating func read(_ bytes: Data) -> ModuleManifest? {
    guard bytes.count <= ManifestReader.maximumLength else {
      report("", "\(bytes.count) bytes", "at most \(ManifestReader.maximumLength)")
      return nil
    }
    guard let value = try? JSONDecoder().decode(JSONValue.self, from: bytes) else {
      report("", "this is no JSON", "one JSON object that describes a module")
      return nil
    }
    guard case .object(let object) = value else {
      report("", "this is no JSON object", "one JSON object that describes a module")
      return nil
    }
    let known: Set = [
      "name", "version", "summary", "kind", "license", "archives", "provides", "requires", "conflicts", "parameters",
    ]
    refuseUnknownKeys(in: object, known: known, at: "")
    let manifest = ModuleManifest(
      name: name(object["name"], at: "name"),
      version: text(object["version"], at: "version", expected: "a version such as `1.0.0`"),
      summary: text(object["summary"], at: "summary", expected: "a sentence"),
      kind: kind(object["kind"]),
      license: object["license"] == nil
        ? "Apache-2.0" : text(object["license"], at: "license", expected: "an SPDX licence expression"),
      archives: names(object["archives"], at: "archives"),
      provides: names(object["provides"], at: "provides"),
      requires: names(object["requires"], at: "requires"),
      conflicts: names(object["conflicts"], at: "conflicts"),
      parameters: parameters(object["parameters"]))
    return problems.isEmpty ? manifest : nil
  }

  private mutating func report(_ field: String, _ message: String, _ expected: String) {
    problems.append(CatalogueFault.Problem(file: file, field: field, message: message, expected: expected))
  }

  private mutating func refuseUnknownKeys(in object: [String: JSONValue], known: Set<String>, at path: String) {
    for key in object.keys.sorted() where !known.contains(key) {
      report(path + key, "an unknown key", "one of \(known.sorted().map { "`\($0)`" }.joined(separator: ", "))")
    }
  }

  private mutating func text(_ value: JSONValue?, at path: String, expected: String) -> String {
    guard case .text(let text) = value, !text.isEmpty else {
      report(path, ManifestReader.describe(value), expected)
      return ""
    }
    return text
  }

  /// A name of letters, digits, `.`, `_` and `-`: archives become file names, and none of them leaves its folder.
  private mutating func name(_ value: JSONValue?, at path: String) -> String {
    let expected = "a name of letters, digits, `.`, `_` and `-` that starts with a letter"
    let name = text(value, at: path, expected: expected)
    guard !name.isEmpty else { return name }
    let isName = name.utf8.allSatisfy { byte in
      (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || [0x2D, 0x2E, 0x5F].contains(byte)
    }
    let first = name.utf8.first ?? 0
    if !isName || name.utf8.count > 128 || !(0x61...0x7A).contains(first | 0x20) {
      report(path, "`\(name)`", expected)
    }
    return name
  }

  private mutating func names(_ value: JSONValue?, at path: String) -> [String] {
    guard case .list(let items) = value else {
      report(path, ManifestReader.describe(value), "a list of names, which may be empty")
      return []
    }
    var names: [String] = []
    for (index, item) in items.enumerated() {
      let name = name(item, at: "\(path)[\(index)]")
      if names.contains(name), !name.isEmpty {
        report("\(path)[\(index)]", "`\(name)` a second time", "each name once")
      }
      names.append(name)
    }
    return names
  }

  private mutating func kind(_ value: JSONValue?) -> ModuleManifest.Kind {
    if case .text(let text) = value, let kind = ModuleManifest.Kind(rawValue: text) { return kind }
    report("kind", ManifestReader.describe(value), ManifestReader.choices(ModuleManifest.Kind.self))
    return .support
  }

  private mutating func parameters(_ value: JSONValue?) -> [ModuleParameter] {
    guard case .list(let items) = value else {
      report("parameters", ManifestReader.describe(value), "a list of parameters, which may be empty")
      return []
    }
    var parameters: [ModuleParameter] = []
    for (index, item) in items.enumerated() {
      let path = "parameters[\(index)]"
      guard case .object(let object) = item else {
        report(path, ManifestReader.describe(item), "an object that describes a parameter")
        continue
      }
      refuseUnknownKeys(in: object, known: ["name", "stage", "required", "shape", "summary"], at: "\(path).")
      let parameter = ModuleParameter(
        name: name(object["name"], at: "\(path).name"),
        stage: stage(object["stage"], at: "\(path).stage"),
        isRequired: boolean(object["required"], at: "\(path).required"),
        shape: shape(object["shape"], at: "\(path).shape"),
        summary: text(object["summary"], at: "\(path).summary", expected: "a sentence"))
      if parameters.contains(where: { $0.name == parameter.name }) {
        report("\(path).name", "`\(parameter.name)` a second time", "each name once")
      }
      parameters.append(parameter)
    }
    return parameters
  }

  private mutating func stage(_ value: JSONValue?, at path: String) -> ParameterStage {
    if case .text(let text) = value, let stage = ParameterStage(rawValue: text) { return stage }
    report(path, ManifestReader.describe(value), ManifestReader.choices(ParameterStage.self))
    return .build
  }

  private mutating func boolean(_ value: JSONValue?, at path: String) -> Bool {
    if case .boolean(let boolean) = value { return boolean }
    report(path, ManifestReader.describe(value), "`true` or `false`")
    return false
  }

  private mutating func shape(_ value: JSONValue?, at path: String) -> ParameterShape {
    let expected = "a shape such as `text`, `list of integer` or `map { name: text, roles?: list of text }`"
    if case .text(let text) = value, let shape = ParameterShape(text) { return shape }
    report(path, ManifestReader.describe(value), expected)
    return .text
  }

  private static func choices<Choice: RawRepresentable<String> & CaseIterable>(_ type: Choice.Type) -> String {
    let names = type.allCases.map { "`\($0.rawValue)`" }
    return names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
  }

  private static func describe(_ value: JSONValue?) -> String { value?.description ?? "nothing" }
}
