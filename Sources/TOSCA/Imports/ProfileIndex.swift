import Synchronization

/// The types of a profile with what each of them names, made once in a process for each state of the profile's files.
final class ProfileIndex: Sendable {
  /// The files, the profile's own before those that they import.
  let files: [(path: String, text: ProfileText)]
  /// The types of all files, with the position of the file that each is in.
  let declarations: [(file: Int, declaration: ProfileText.Declaration)]
  private let identities: [FileIdentity]
  /// The types by full name and by the last part of it.
  private let named: [String: [Int]]
  /// The types that each type names.
  private let mentioned: [[Int]]

  private static let known = Mutex<[[String]: ProfileIndex]>([:])
  private static let limit = 20

  /// The index of a profile; nil where one of its files has a layout that is not understood.
  /// - Parameters:
  ///   - paths: The profile's files.
  ///   - limit: The bytes that one file may have.
  static func index(of paths: [String], limit: Int) -> ProfileIndex? {
    if let found = known.withLock({ $0[paths] }), found.isCurrent { return found }
    guard let index = ProfileIndex(paths, limit: limit) else { return nil }
    known.withLock { known in
      if known.count >= Self.limit { known = [:] }
      known[paths] = index
    }
    return index
  }

  private init?(_ paths: [String], limit: Int) {
    var files: [(path: String, text: ProfileText)] = []
    var identities: [FileIdentity] = []
    var seen = Set(paths)
    var pending = paths
    while let path = pending.popLast() {
      guard files.count < 100, let identity = FileIdentity(of: path),
        let bytes = try? FileAccess.read(path, limit: limit), let text = ProfileText(bytes)
      else { return nil }
      files.append((path, text))
      identities.append(identity)
      for name in text.imports {
        let imported = PathText.join(PathText.folder(of: path), name)
        if seen.insert(imported).inserted { pending.append(imported) }
      }
    }
    let declarations = files.enumerated().flatMap { file in
      file.element.text.declarations.map { (file: file.offset, declaration: $0) }
    }
    var named: [String: [Int]] = [:]
    for (index, entry) in declarations.enumerated() {
      named[entry.declaration.name, default: []].append(index)
      let last = Self.lastPart(of: entry.declaration.name)
      if last != entry.declaration.name { named[last, default: []].append(index) }
    }
    self.files = files
    self.identities = identities
    self.declarations = declarations
    self.named = named
    mentioned = declarations.map { file, declaration in
      var result: [Int] = []
      files[file].text.words(of: declaration) { result += named[$0] ?? [] }
      return result
    }
  }

  private var isCurrent: Bool {
    zip(files, identities).allSatisfy { file, identity in FileIdentity(of: file.path) == identity }
  }

  /// The last part of a name: of `tosca.nodes.Compute`, `tosca:Compute` and `Compute` the same.
  private static func lastPart(of name: String) -> String {
    name.utf8.lastIndex { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") }
      .map { String(name[name.utf8.index(after: $0)...]) } ?? name
  }

  /// The types that are needed where some names are written, and all that they name in turn: their positions in
  /// `declarations`, in order.
  func declarations(for names: Set<String>) -> [Int] {
    var isWanted = [Bool](repeating: false, count: declarations.count)
    var pending: [Int] = []
    func want(_ found: some Sequence<Int>) {
      for index in found where !isWanted[index] {
        isWanted[index] = true
        pending.append(index)
      }
    }
    func wantAll(_ kind: TypeKind) { want(declarations.indices.filter { declarations[$0].declaration.kind == kind }) }
    for name in names {
      // All types that a short name (1.3, 5.1) could stand for are taken, so that it stands for the same as ever.
      want(named[name.hasPrefix("tosca.") ? name : Self.lastPart(of: name)] ?? [])
    }
    // These are found by more than their names: by the endings of files, and by what they lead to.
    if ["artifacts", "interfaces", "implementation"].contains(where: names.contains) { wantAll(.artifact) }
    if names.contains("requirements") { wantAll(.relationship) }
    while let index = pending.popLast() { want(mentioned[index]) }
    return isWanted.indices.filter { isWanted[$0] }
  }
}
