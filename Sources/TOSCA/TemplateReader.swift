/// Reads a service template: from YAML through imports, types and values to the normalized topology. Everything that is
/// wrong is reported at once.
///
/// The phases are the folders of the module: `YAML`, `Syntax` and `Model`, `Imports`, `Types`, `Checking`, `Functions`,
/// `Normalization`, `Rendering`.
public struct TemplateReader: Sendable {
  /// The folder of the profiles that come with the product.
  public var profiles: String
  /// Values for the template's inputs: YAML, or `@` and the path of a file with YAML.
  public var inputs: [String: String]
  /// How much a reading may take.
  public var limits: Limits
  /// Folders, besides the template's own, that imports may come from.
  public var importFolders: [String]
  /// Departures from the standard that are let pass.
  public var tolerances: Tolerance
  /// A folder with templates that can stand for nodes, besides those that are imported.
  public var substitutions: String?
  /// Folders of profiles that are searched before those of the product.
  public var profileFolders: [String]
  /// Local folders that stand for remote repositories: by a repository's name, or by the beginning of an address.
  /// Nothing is ever fetched.
  public var mirrors: [String: String]
  /// Whether warnings count as errors.
  public var isStrict = false
  /// Whether a file `.testudo.yaml` is looked for, and added to what is said here (`ReadingSettings`).
  public var usesSettings = false
  /// Texts by absolute path that stand for the files there.
  public var overlay: [String: String] = [:]
  /// Whether the result has an index of names and places.
  public var isIndexing = false
  /// A text that stands where something is to be completed; the index has candidates for it.
  public var completionMarker: String?

  /// How much is read of the profile that every file knows.
  enum ProfileReading {
    /// What the template needs, and all of it where something is found to be wrong.
    case asNeeded
    /// All of it.
    case whole
    /// What the template needs, whatever is found.
    case part
  }

  /// How much is read of the profile that every file knows; tests compare what comes of it.
  var profileReading = ProfileReading.asNeeded

  /// A reader.
  /// - Parameters:
  ///   - profiles: The folder of the profiles that come with the product.
  ///   - inputs: Values by input name, as of `--set INPUT=VALUE`.
  ///   - limits: How much a reading may take.
  ///   - importFolders: Folders, besides the template's own, that imports may come from.
  ///   - tolerances: Departures from the standard that are let pass.
  ///   - profileFolders: Folders of profiles that are searched before those of the product.
  ///   - mirrors: Local folders that stand for remote repositories, by the repository's name or the beginning of an
  ///     address.
  ///   - substitutions: A folder with templates that can stand for nodes, besides those that are imported.
  public init(
    profiles: String, inputs: [String: String] = [:], limits: Limits = Limits(), importFolders: [String] = [],
    tolerances: Tolerance = [], profileFolders: [String] = [], mirrors: [String: String] = [:],
    substitutions: String? = nil
  ) {
    self.substitutions = substitutions
    self.tolerances = tolerances
    self.profileFolders = profileFolders
    self.mirrors = mirrors
    self.profiles = profiles
    self.inputs = inputs
    self.limits = limits
    self.importFolders = importFolders
  }

  /// Reads a template file; a folder with one service template, the one that `TOSCA.meta` names, else `service.yaml`,
  /// else the only YAML file at its root; or an archive: zip, tar, or gzipped tar (CSAR 1.0, 1.1 and 2.0).
  public func read(_ path: String) -> ReadResult {
    let table = SourceTable()
    let recorder = isIndexing ? IndexRecorder(marker: completionMarker) : nil
    let findings = FindingCollector(
      table: table, limit: limits.findings, tolerances: tolerances, recorder: recorder)
    var reader = self
    if usesSettings { reader.apply(SettingsReader(findings: findings, limits: limits).read(for: path)) }
    findings.tolerances = reader.tolerances
    let entry = unsavedEntry(path) ?? EntryPoint.find(path, limits: limits, findings: findings)
    let topology = entry.flatMap { reader.read($0, findings) }
    var result = ReadResult(topology: findings.hasErrors ? nil : topology, findings: findings.sorted())
    result.unpacked = entry?.archive?.unpacked
    result.isStrict = reader.isStrict
    if result.isStrict { result.promoteWarnings() }
    result.index = recorder?.index(table)
    for source in table.sources {
      if let path = source.path { result.paths[source.name] = path }
      if let text = source.text { result.sources[source.name] = text }
      if let path = source.path, FileAccess.kind(of: path) == .file { result.files.append(path) }
    }
    return result
  }

  private mutating func apply(_ settings: ReadingSettings) {
    tolerances.formUnion(settings.tolerances)
    isStrict = isStrict || settings.strict
    importFolders += settings.importFolders
  }

  /// The entry point of a text that has no file yet.
  private func unsavedEntry(_ path: String) -> EntryPoint? {
    guard overlay[path] != nil, FileAccess.kind(of: path) == .nothing else { return nil }
    return EntryPoint(file: path, root: PathText.folder(of: path), mustHaveTopology: false)
  }

  private func read(_ entry: EntryPoint, _ findings: FindingCollector) -> Topology? {
    let others = importFolders + mirrors.values.sorted() + (substitutions.map { [$0] } ?? [])
    let roots = ([entry.root] + others).compactMap { FileAccess.realPath($0) }
    let loader = FileLoader(
      entry: entry, findings: findings, limits: limits, profiles: ProfileFolders(profileFolders + [profiles]),
      roots: roots, mirrors: mirrors, tolerances: tolerances, overlay: Overlay(overlay))
    guard let template = loader.loadTemplate(entry.file) else { return nil }
    ArchiveRules(entry: entry, findings: findings).check(template)
    loadOthers(of: entry, loader, findings)
    let version = template.content.version
    if let substitutions { loader.loadSubstitutions(substitutions) }
    // An index has all names, and texts that stand for files may stand for those of the profile.
    let mayBePart = profileReading != .whole && findings.isEmpty && !isIndexing && overlay.isEmpty
    let implicit = loader.loadImplicitProfile(of: version, for: template.id, onlyNeeded: mayBePart)
    let state = findings.state
    let topology = topology(of: template, loader, implicit, entry, findings)
    guard loader.isPartial, !findings.isEmpty, profileReading == .asNeeded else { return topology }
    // Something is wrong: what it is is said with all of the profile at hand.
    findings.state = state
    loader.completeImplicitProfile()
    return self.topology(of: template, loader, implicit, entry, findings)
  }

  /// The topology of a template whose files are read.
  private func topology(
    of template: LoadedFile, _ loader: FileLoader, _ implicit: [UInt32], _ entry: EntryPoint,
    _ findings: FindingCollector
  ) -> Topology? {
    let version = template.content.version
    var implicitFiles = Set<UInt32>()
    var pending = implicit
    while let file = pending.popLast() {
      if implicitFiles.insert(file).inserted { pending += loader.files[file]?.imports.map(\.file) ?? [] }
    }
    // The profile's names must be there before the files that use them.
    let files = loader.order.compactMap { loader.files[$0] }
    let ordered = files.filter { implicitFiles.contains($0.id) } + files.filter { !implicitFiles.contains($0.id) }
    let catalogue = Catalogue(
      files: ordered, implicit: implicitFiles, findings: findings, version: version,
      tolerances: tolerances)
    let typer = ValueTyper(
      findings: findings, catalogue: catalogue, limits: limits, version: version,
      tolerances: tolerances)
    if version == .tosca2_0 {
      typer.repositories = Set(ordered.flatMap(\.content.repositories.keys))
      typer.functions = FunctionTable(files: ordered, template: template, findings: findings)
    }
    DefinitionChecker(catalogue: catalogue, typer: typer, findings: findings).checkAll()
    guard let topology = template.content.topology else {
      if !inputs.isEmpty || entry.mustHaveTopology {
        findings.report(
          "missing-topology", .warning, at: findings.table.start(of: template.id),
          "the file has no topology template",
          expected: "the keyname `\(version == .tosca2_0 ? "service_template" : "topology_template")`")
      }
      return Topology(
        version: version.rawValue, description: template.content.description, root: template.folder)
    }
    let scope = TopologyScope(template: topology, file: template.id)
    InputReader(limits: limits, findings: findings).read(inputs, into: scope)
    var folders: [UInt32: String] = [:]
    for file in files where !file.isProfile { folders[file.id] = file.folder }
    let builder = TopologyBuilder(
      typer: typer, catalogue: catalogue, findings: findings, scope: scope, file: template, folders: folders,
      artifacts: ArtifactFiles(roots: loader.roots, limits: limits, findings: findings),
      substitutions: SubstitutionSearch(
        files: files, catalogue: catalogue, template: template, limit: limits.substitutions))
    let result = builder.build()
    check(entry.others.compactMap { loader.loadTemplate($0.path) }, files, catalogue, typer, folders, loader, findings)
    return result
  }

  /// Builds the topologies of the other templates that an archive's metadata names, as far as they do not stand for a
  /// node of the template. Nobody asks for what comes of them, but what is wrong with them is found.
  private func check(
    _ others: [LoadedFile], _ files: [LoadedFile], _ catalogue: Catalogue, _ typer: ValueTyper,
    _ folders: [UInt32: String], _ loader: FileLoader, _ findings: FindingCollector
  ) {
    for other in others where other.content.version == typer.version {
      guard let topology = other.content.topology else { continue }
      let scope = TopologyScope(template: topology, file: other.id)
      for (name, definition) in topology.inputs {
        scope.inputValues[name] = definition.value ?? definition.defaultValue
        // Where it stands for a node, the node's properties give the values.
        if scope.inputValues[name] == nil { scope.laterInputs.insert(name) }
      }
      let builder = TopologyBuilder(
        typer: typer, catalogue: catalogue, findings: findings, scope: scope, file: other, folders: folders,
        artifacts: ArtifactFiles(roots: loader.roots, limits: limits, findings: findings),
        substitutions: SubstitutionSearch(
          files: files, catalogue: catalogue, template: other, limit: limits.substitutions))
      _ = builder.build()
    }
  }

  /// Reads the other templates that an archive's metadata names.
  private func loadOthers(of entry: EntryPoint, _ loader: FileLoader, _ findings: FindingCollector) {
    for (path, name) in entry.others {
      guard let other = loader.loadTemplate(path) else { continue }
      guard other.content.topology?.substitutionMappings == nil else { continue }
      findings.report(
        "unused-definitions", .warning, at: name.place,
        "`\(name.text.excerpt)` has no template that could substitute a node",
        expected: "a service template with `substitution_mappings`")
    }
  }
}

/// What a reading gives.
public struct ReadResult: Sendable {
  /// The topology; nil where an error was found.
  public var topology: Topology?
  /// Everything that is wrong or looks wrong, by place.
  public var findings: [Finding]
  /// The text of each file by its name in findings, for rendering. Secrets are not in it.
  public var sources: [String: String]
  /// The paths of all files that were read, in the order of reading.
  public var files: [String]
  /// The files of the archive that was read. Paths of the topology lead to them, so that it must be kept as long as
  /// the topology's files are used; the folder is removed with it.
  public var unpacked: UnpackedArchive?
  /// The path of each file by its name in findings.
  public var paths: [String: String] = [:]
  /// Whether warnings count as errors, as the reader or a settings file says.
  public var isStrict = false
  /// What is where, if it was asked for.
  public var index: ReadingIndex?

  /// A result.
  public init(
    topology: Topology? = nil, findings: [Finding] = [], sources: [String: String] = [:], files: [String] = []
  ) {
    self.topology = topology
    self.findings = findings
    self.sources = sources
    self.files = files
  }

  /// Whether an error was found.
  public var hasErrors: Bool { findings.contains { $0.severity == .error } }

  /// Makes errors of the warnings, after which there is no topology unless there were none.
  mutating func promoteWarnings() {
    for index in findings.indices { findings[index].severity = .error }
    if hasErrors { topology = nil }
  }
}
