/// What a file `.testudo.yaml` says about how templates are read: beside the template, or in a folder above it, up to
/// the root of the repository that it is in.
///
///     tolerate: [ old-booleans, missing-artifact-files ]
///     strict: true
///     import_folders: [ types ]
public struct ReadingSettings: Hashable, Sendable {
  /// The name of the file.
  public static let fileName = ".testudo.yaml"

  /// Departures from the standard that are let pass.
  public var tolerances: Tolerance = []
  /// Whether warnings count as errors.
  public var strict = false
  /// Folders, besides the template's own, that imports may come from.
  public var importFolders: [String] = []

  /// Settings that change nothing.
  public init() {}

  /// The settings file that is for a template: the nearest one, if there is any. Outside of a repository only the
  /// template's own folder is searched.
  /// - Parameter path: A template, or a folder with one.
  public static func file(for path: String) -> String? {
    let isFolder = FileAccess.kind(of: path) == .folder
    var folder = isFolder ? PathText.shorten(path) : PathText.folder(of: path)
    let own = PathText.join(folder, fileName)
    if FileAccess.kind(of: own) == .file { return own }
    guard let real = FileAccess.realPath(folder) else { return nil }
    folder = real
    var found: String?
    // A path has at most some thousand parts; this many folders are enough for any that people make.
    for _ in 0..<64 {
      let candidate = PathText.join(folder, fileName)
      if found == nil, FileAccess.kind(of: candidate) == .file { found = candidate }
      if FileAccess.kind(of: PathText.join(folder, ".git")) != .nothing { return found }
      if folder == "/" { return nil }
      folder = PathText.folder(of: folder)
    }
    return nil
  }
}

/// Reads settings files. What is wrong with one is a finding in it.
struct SettingsReader {
  /// Where findings go.
  let findings: FindingCollector
  /// How much a file may take.
  let limits: Limits
  /// Texts that stand for files.
  var overlay = Overlay()

  /// The settings for a template; those that change nothing where there is no file.
  func read(for path: String) -> ReadingSettings {
    guard let file = ReadingSettings.file(for: path) else { return ReadingSettings() }
    return read(file)
  }

  /// The settings of a file.
  func read(_ file: String) -> ReadingSettings {
    var settings = ReadingSettings()
    let id = findings.table.add(SourceTable.Source(name: file, text: nil, path: file))
    let real = overlay.realPath(file) ?? file
    guard let bytes = try? overlay.read(file, realPath: real, limit: min(limits.fileBytes, 1 << 16)) else {
      findings.report(
        "unreadable-file", at: findings.table.start(of: id), "the settings cannot be read",
        expected: "a YAML file of at most 64 KiB")
      return settings
    }
    findings.table.setText(String(decoding: bytes, as: UTF8.self), of: id)
    guard let root = try? YAMLComposer.compose(bytes, file: id, limits: limits, findings: findings), !root.isNull else {
      return settings
    }
    let context = SyntaxContext(findings: findings, version: .simple1_3, file: id)
    var entity = Entity(root, "a settings file", context)
    for name in entity.strings("tolerate") ?? [] {
      if let tolerance = Tolerance(name: name.text) {
        settings.tolerances.formUnion(tolerance)
      } else {
        findings.report(
          "unknown-tolerance", at: name.place, "unknown tolerance `\(name.text.excerpt)`",
          expected: Tolerance.expectation, suggestion: Tolerance.nearest(to: name.text))
      }
    }
    settings.strict = entity.boolean("strict") ?? false
    for name in entity.strings("import_folders") ?? [] {
      let folder = PathText.join(PathText.folder(of: file), name.text)
      if !name.text.hasPrefix("/"), PathText.relative(name.text, to: ".") != nil, FileAccess.kind(of: folder) == .folder
      {
        settings.importFolders.append(folder)
      } else {
        findings.report(
          "wrong-folder", at: name.place, "`\(name.text.excerpt)` is no folder below this file",
          expected: "a folder relative to this file's")
      }
    }
    entity.finish()
    return settings
  }
}

extension TemplateReader {
  /// Reads a settings file by itself, for what is wrong with it.
  public func readSettings(_ file: String) -> ReadResult {
    let table = SourceTable()
    let recorder = isIndexing ? IndexRecorder(marker: completionMarker) : nil
    let findings = FindingCollector(table: table, limit: limits.findings, recorder: recorder)
    _ = SettingsReader(findings: findings, limits: limits, overlay: Overlay(overlay)).read(file)
    var result = ReadResult(findings: findings.sorted(), files: [file])
    result.index = recorder?.index(table)
    for source in table.sources {
      result.paths[source.name] = source.path
      result.sources[source.name] = source.text
    }
    return result
  }
}

extension Tolerance {
  /// The tolerance of a name, as users give it.
  public init?(name: String) {
    guard let known = Self.names.first(where: { $0.name == name }) else { return nil }
    self = known.tolerance
  }

  /// The known name that is nearest to one that is not.
  public static func nearest(to name: String) -> String? { TOSCA.nearest(name, among: names.map(\.name)) }

  /// All names, as an expectation.
  public static var expectation: String {
    "one of " + names.map(\.name).sorted().map { "`\($0)`" }.joined(separator: ", ")
  }
}
