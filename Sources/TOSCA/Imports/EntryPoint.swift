/// Where the reading of a path begins.
struct EntryPoint {
  /// The template's file.
  var file: String
  /// The folder that it and its imports lie in.
  var root: String
  /// Whether a file without a topology template is surprising.
  var mustHaveTopology: Bool

  /// Finds the template of a path: the file itself, or the one in the folder.
  static func find(_ path: String, limits: Limits, findings: FindingCollector) -> EntryPoint? {
    let path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    func report(_ code: String, _ message: String, _ expected: String) -> EntryPoint? {
      let id = findings.table.add(SourceTable.Source(name: path, text: nil, path: nil))
      findings.report(code, at: findings.table.start(of: id), message, expected: expected)
      return nil
    }
    switch FileAccess.kind(of: path) {
    case .file: return EntryPoint(file: path, root: PathText.folder(of: path), mustHaveTopology: false)
    case .nothing:
      let present = FileAccess.names(in: PathText.folder(of: path))
      let wanted = path.split(separator: "/").last.map(String.init) ?? path
      let near = nearest(wanted, among: present)
      let id = findings.table.add(SourceTable.Source(name: path, text: nil, path: nil))
      findings.report(
        "missing-file", at: findings.table.start(of: id), "there is no file or folder `\(path.excerpt)`",
        expected: "a TOSCA file, or a folder with one", suggestion: near)
      return nil
    case .other: return report("unreadable-file", "this is not a regular file", "a TOSCA file, or a folder with one")
    case .folder: break
    }
    if let named = entryDefinitions(in: path, limits: limits) {
      if FileAccess.kind(of: PathText.join(path, named)) == .file, PathText.relative(named, to: ".") != nil {
        return EntryPoint(file: PathText.join(path, named), root: path, mustHaveTopology: true)
      }
      return report(
        "missing-file", "`TOSCA.meta` names the file `\(named.excerpt)`, which is not in the folder",
        "`Entry-Definitions:` and a file of the folder")
    }
    let present = FileAccess.names(in: path).filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }
    if present.contains("service.yaml") {
      return EntryPoint(file: PathText.join(path, "service.yaml"), root: path, mustHaveTopology: true)
    }
    guard present.count == 1 else {
      return report(
        "no-template",
        present.isEmpty
          ? "the folder has no service template"
          : "the folder has \(present.count) YAML files, and none is called `service.yaml`",
        "a file `service.yaml`, or one YAML file only")
    }
    return EntryPoint(file: PathText.join(path, present[0]), root: path, mustHaveTopology: true)
  }

  /// The file that the `TOSCA.meta` of a folder names, if there is one (1.3, 6.2).
  private static func entryDefinitions(in folder: String, limits: Limits) -> String? {
    for name in ["TOSCA-Metadata/TOSCA.meta", "TOSCA.meta"] {
      guard let bytes = try? FileAccess.read(PathText.join(folder, name), limit: min(limits.fileBytes, 1 << 16)) else {
        continue
      }
      for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
        let parts = line.split(separator: ":", maxSplits: 1)
        if parts.count == 2, parts[0] == "Entry-Definitions" {
          return String(parts[1].drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
      }
    }
    return nil
  }
}
