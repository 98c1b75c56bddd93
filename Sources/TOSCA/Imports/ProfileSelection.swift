/// Which types of the profile that every file knows a small template needs: those whose names stand anywhere in it, and
/// those that they name in turn. Everything else in the profile can be left unread, because nothing leads to it.
///
/// A reading with a part of the profile must find what one with all of it finds. Where it finds anything at all, the
/// reader therefore reads the rest of the profile and begins again: suggestions and expectations come from all names.
struct ProfileSelection {
  /// The text of each file with the types that are needed, and the original numbers of its lines.
  private(set) var texts: [String: (part: (bytes: [UInt8], lines: [UInt32]), text: String)] = [:]

  /// The bytes of templates up to which leaving out pays.
  static let smallTemplate = 1 << 16

  /// Selects from the files of a profile and what they import; nil where one has a layout that is not understood.
  /// - Parameters:
  ///   - paths: The profile's files.
  ///   - names: What is written in the template.
  ///   - limits: The bounds of reading.
  init?(of paths: [String], for names: Set<String>, limits: Limits) {
    var files: [(path: String, text: ProfileText)] = []
    var pending = paths
    var seen = Set(paths)
    while let path = pending.popLast() {
      guard files.count < 100, let text = ProfileTexts.shared.text(at: path, limit: limits.fileBytes) else {
        return nil
      }
      files.append((path, text))
      for name in text.imports {
        let imported = PathText.join(PathText.folder(of: path), name)
        if seen.insert(imported).inserted { pending.append(imported) }
      }
    }
    let wanted = Self.wanted(of: files.map(\.text), for: names)
    for (index, file) in files.enumerated() {
      texts[file.path] = (file.text.keeping { wanted.contains(Reference(file: index, line: $0.line)) }, file.text.text)
    }
  }

  private struct Reference: Hashable {
    var file: Int
    var line: Int
  }

  private static func wanted(of texts: [ProfileText], for names: Set<String>) -> Set<Reference> {
    // By full name and by what short names are made of.
    var declared: [Substring: [(Reference, ProfileText.Declaration)]] = [:]
    for (index, text) in texts.enumerated() {
      for declaration in text.declarations {
        let entry = (Reference(file: index, line: declaration.line), declaration)
        declared[declaration.name[...], default: []].append(entry)
        if let last = declaration.name.split(separator: ".").last, last.count < declaration.name.count {
          declared[last, default: []].append(entry)
        }
      }
    }
    var wanted: Set<Reference> = []
    var pending: [(Reference, ProfileText.Declaration)] = []
    func want(_ name: Substring) {
      for entry in declared[name] ?? [] where wanted.insert(entry.0).inserted { pending.append(entry) }
    }
    // Short names (1.3, 5.1): all types that one could stand for are taken, so that it stands for the same as ever.
    func wantShort(_ name: String) {
      want(name.lastIndex { $0 == "." || $0 == ":" }.map { name[name.index(after: $0)...] } ?? name[...])
    }
    func wantAll(_ kind: TypeKind) {
      for (index, text) in texts.enumerated() {
        for declaration in text.declarations where declaration.kind == kind {
          let reference = Reference(file: index, line: declaration.line)
          if wanted.insert(reference).inserted { pending.append((reference, declaration)) }
        }
      }
    }
    for name in names { name.hasPrefix("tosca.") ? want(name[...]) : wantShort(name) }
    // These are found by more than their names: by the endings of files, and by what they lead to.
    if !names.isDisjoint(with: ["artifacts", "interfaces", "implementation"]) { wantAll(.artifact) }
    if names.contains("requirements") { wantAll(.relationship) }
    while let (reference, declaration) = pending.popLast() {
      texts[reference.file].words(of: declaration) { want($0[...]) }
    }
    return wanted
  }
}
