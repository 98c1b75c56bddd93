/// Imports by address, and from repositories.
extension FileLoader {
  /// A file of a repository: `name` is its path from the repository's root (TOSCA 2.0, 6.8.2.2; 1.3, 3.6.8).
  func resolve(
    _ name: String, in repository: Name, _ definition: ImportDefinition, _ importing: LoadedFile, _ importer: UInt32
  ) -> [Import] {
    guard let declared = importing.content.repositories[repository.text] else {
      findings.report(
        "unknown-repository", at: repository.place, "unknown repository `\(repository.text.excerpt)`",
        expected: "a repository of this file",
        suggestion: nearest(repository.text, among: importing.content.repositories.keys))
      return []
    }
    guard let address = declared.text ?? declared["url"]?.text else { return [] }
    let path = String(name.drop { $0 == "/" })
    if let folder = mirrors[repository.text] {
      return resolve(file: Self.path(path, in: folder), named: name, definition, importing, importer)
    }
    guard let scheme = Self.scheme(of: address) else {
      // An address without a scheme is a folder beside the file that declares it.
      let folder = PathText.join(importing.folder, address)
      return resolve(file: Self.path(path, in: folder), named: name, definition, importing, importer)
    }
    let base = address.hasSuffix("/") ? address : address + "/"
    return resolve(address: base + path, scheme: scheme, definition, importing, importer)
  }

  /// A file by its address. Only local ones are read, and those that a mirror stands for.
  func resolve(
    address: String, scheme: String, _ definition: ImportDefinition, _ importing: LoadedFile, _ importer: UInt32
  ) -> [Import] {
    let place = definition.file.place
    if let local = mirrored(address) {
      return resolve(file: local, named: address, definition, importing, importer)
    }
    guard scheme == "file" else {
      findings.report(
        "import-network", at: place,
        "the import `\(address.excerpt)` would be fetched over the network",
        expected: "a file in the template's folder, the name of a profile, or a local copy of the repository named by "
          + "`--repository`")
      return []
    }
    var path = address.dropFirst("file:".count)
    if path.hasPrefix("//") {
      // `file://host/path`: only this host's files are near.
      path = path.dropFirst(2)
      let host = path.prefix { $0 != "/" }
      guard host.isEmpty || host == "localhost" else {
        findings.report(
          "import-network", at: place, "the import `\(address.excerpt)` is on another host",
          expected: "a file in the template's folder")
        return []
      }
      path = path.dropFirst(host.count)
    }
    let text = Self.unescaped(String(path))
    return resolve(
      file: PathText.join(importing.folder, text), named: address, definition, importing, importer)
  }

  /// The local path of an address, through the longest mirror that it begins with.
  private func mirrored(_ address: String) -> String? {
    let matching = mirrors.filter { key, _ in
      guard address.hasPrefix(key), !key.isEmpty else { return false }
      return key.hasSuffix("/") || address.dropFirst(key.count).first == "/"
    }
    guard let (key, folder) = matching.max(by: { $0.key.utf8.count < $1.key.utf8.count }) else { return nil }
    return Self.path(Self.unescaped(String(address.dropFirst(key.count).drop { $0 == "/" })), in: folder)
  }

  private static func path(_ path: String, in folder: String) -> String { PathText.join(folder, path) }

  /// The scheme that an address begins with; nil for a path and for the name of a profile, which may have a colon.
  static func scheme(of address: String) -> String? {
    guard let colon = address.firstIndex(of: ":") else { return nil }
    let scheme = address[..<colon].lowercased()
    guard scheme == "file" || address[colon...].hasPrefix("://") else { return nil }
    return scheme
  }

  /// A path of an address with its `%20` and the like resolved, where all of them are well formed.
  static func unescaped(_ path: String) -> String {
    guard path.contains("%") else { return path }
    var bytes: [UInt8] = []
    var rest = Substring(path).utf8
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let value = UInt8(String(Substring(rest.prefix(2))), radix: 16), rest.count >= 2 else { return path }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    guard !bytes.contains(0) else { return path }
    return String(validating: bytes, as: UTF8.self) ?? path
  }
}
