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
  public init(
    profiles: String, inputs: [String: String] = [:], limits: Limits = Limits(), importFolders: [String] = [],
    tolerances: Tolerance = []
  ) {
    self.tolerances = tolerances
    self.profiles = profiles
    self.inputs = inputs
    self.limits = limits
    self.importFolders = importFolders
  }

  /// Reads a template file, or a folder with one service template at its root: the one that `TOSCA.meta` names, else
  /// `service.yaml`, else the only YAML file.
  public func read(_ path: String) -> ReadResult {
    let table = SourceTable()
    let findings = FindingCollector(table: table, limit: limits.findings)
    let topology = read(path, findings)
    var result = ReadResult(topology: findings.hasErrors ? nil : topology, findings: findings.sorted())
    for source in table.sources {
      if let text = source.text { result.sources[source.name] = text }
      if let path = source.path, FileAccess.kind(of: path) == .file { result.files.append(path) }
    }
    return result
  }

  private func read(_ path: String, _ findings: FindingCollector) -> Topology? {
    guard let entry = EntryPoint.find(path, limits: limits, findings: findings) else { return nil }
    let folder = entry.root
    let roots = ([folder] + importFolders).compactMap { FileAccess.realPath($0) }
    let loader = FileLoader(
      findings: findings, limits: limits, profiles: ProfileFolder(path: profiles), roots: roots,
      tolerances: tolerances)
    guard let template = loader.loadTemplate(entry.file) else { return nil }
    let version = template.content.version
    let implicit = loader.loadImplicitProfile(
      of: version, for: template.id, onlyNeeded: profileReading != .whole && findings.isEmpty)
    let topology = topology(of: template, loader, implicit, entry, findings)
    guard loader.isPartial, !findings.isEmpty, profileReading == .asNeeded else { return topology }
    // Something is wrong: what it is is said with all of the profile at hand.
    findings.removeAll()
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
      typer: typer, catalogue: catalogue, findings: findings, scope: scope, file: template, folders: folders)
    return builder.build()
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
}
