import Foundation
import ImageGeneration
import PolicyDecision
public import SecTOSCA
public import TOSCA

/// Reads a SecTOSCA template from disk: everything that can be wrong with it is found here, at once.
public struct TemplateLoading: Sendable {
  let library: String
  let tolerances: Tolerance
  let isStrict: Bool
  let sources: ImportSources
  /// A folder with templates that can stand for nodes, besides those that are imported.
  public var substitutions: String?

  /// Templates with the profiles and the module catalogue of a library's folder.
  /// - Parameters:
  ///   - tolerances: Departures from the standard that are let pass, besides those of settings files.
  ///   - isStrict: Whether warnings count as errors, besides what settings files say.
  ///   - sources: Where templates may take files from.
  public init(
    library: String, tolerances: Tolerance = [], isStrict: Bool = false, sources: ImportSources = ImportSources()
  ) {
    self.sources = sources
    self.library = library
    self.tolerances = tolerances
    self.isStrict = isStrict
  }

  /// What a template and its interpretation give.
  public struct Outcome: Sendable {
    /// The normalized topology, unless it could not be made.
    public var topology: Topology?
    /// The protected service, unless it could not be made.
    public var service: ProtectedService?
    /// Everything found, sorted by place.
    public var findings: [Finding]
    /// The texts of the files read, to show places in.
    public var sources: [String: String]
    /// The files of the archive that was read, which the topology's and the service's paths lead to as long as this is
    /// kept.
    public var unpacked: UnpackedArchive?
    /// The paths of the files read, by their names in findings.
    public var paths: [String: String] = [:]

    /// Whether anything found keeps the template from being used.
    public var hasErrors: Bool { findings.contains { $0.severity == .error } }
  }

  /// Reads, checks and interprets a template, a folder or an archive.
  /// - Parameter mustBeProtected: Whether a template that says nothing of security is wrong. Else it is only checked as
  ///   TOSCA, and has no protected service.
  public func load(_ path: String, inputs: [String: String], mustBeProtected: Bool = true) -> Outcome {
    let result = reader(inputs: inputs).read(path)
    var outcome = Outcome(
      topology: result.topology, service: nil, findings: result.findings, sources: result.sources,
      unpacked: result.unpacked, paths: result.paths)
    guard let topology = result.topology, mustBeProtected || Self.isAboutSecurity(result) else { return outcome }
    let (service, findings) = check(topology)
    outcome.service = service
    outcome.findings = (result.findings + (result.isStrict ? findings.map(\.asError) : findings)).sorted {
      ($0.place.file, $0.place.line, $0.place.column) < ($1.place.file, $1.place.line, $1.place.column)
    }
    return outcome
  }

  /// What reads templates as TOSCA, with the profiles of the library and as is asked for here.
  public func reader(inputs: [String: String]) -> TemplateReader {
    var reader = TemplateReader(
      profiles: library + "/profiles", inputs: inputs, importFolders: sources.folders, tolerances: tolerances,
      profileFolders: sources.profiles, mirrors: sources.repositories)
    reader.isStrict = isStrict
    reader.substitutions = substitutions
    reader.usesSettings = true
    return reader
  }

  /// Interprets a topology, and asks whether modules can give what is due.
  public func check(_ topology: Topology) -> (service: ProtectedService?, findings: [Finding]) {
    let (service, findings) = Interpreter().interpret(topology)
    return (service, findings + (service.map(unsatisfiableRequirements) ?? []))
  }

  /// Whether a template uses the vocabulary of security: it imports the profile that has it.
  public static func isAboutSecurity(_ result: ReadResult) -> Bool {
    result.paths.contains { name, path in name != path && name.contains("sectosca/") }
  }

  /// What no set of modules can give, of all that any level calls for. Each clash once, however many levels have it.
  private func unsatisfiableRequirements(_ service: ProtectedService) -> [Finding] {
    guard let catalogue = try? Catalogue(folder: library + "/modules") else { return [] }
    let selector = Selector(catalogue: catalogue)
    var findings: [Finding] = []
    for level in service.levels {
      for resource in service.resources {
        let due = service.due(to: resource.name, at: level)
        guard case .failure(let conflict) = selector.select(resource: resource, due: due, target: .process) else {
          continue
        }
        let finding = conflict.finding(at: level)
        if !findings.contains(where: { $0.place == finding.place && $0.code == finding.code }) {
          findings.append(finding)
        }
      }
    }
    return findings
  }

  /// What is wrong with the policies of a service for images to decide with, and with the schemas that they are held
  /// against, and the texts of their files. Contextual attributes are those that the policies themselves ask for, since
  /// any may be set.
  public func policyFindings(
    of service: ProtectedService
  ) throws(OrchestrationFault) -> (findings: [Finding], sources: [String: String]) {
    var findings: [Finding] = []
    var texts: [String: String] = [:]
    for requirement in service.requirements {
      guard case .authorization(let authorization) = requirement.protection,
        let file = authorization.schemaFile
      else { continue }
      let sources = try authorization.policyFiles.map { file throws(OrchestrationFault) in
        try ServiceResolver.source(file, root: service.root)
      }
      let schema = try ServiceResolver.source(file, root: service.root)
      for source in sources + [schema] { texts[source.file] = source.text }
      findings += HTTPSchemaCheck.check(sources, schema: schema).map(\.templateFinding)
    }
    return (findings, texts)
  }

  /// What is wrong with the handlers of a service, and the texts of their files. Each is compiled, and nothing is kept.
  public func handlerFindings(
    of service: ProtectedService
  ) throws(OrchestrationFault) -> (findings: [Finding], sources: [String: String]) {
    let folder = FileManager.default.temporaryDirectory.appending(path: "testudo-handlers-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    do throws(ImageFault) {
      try HandlerCheck(library: try LinkLibrary(folder: library), folder: folder).check(service)
    } catch {
      guard case .handler(let findings, let sources) = error else { throw OrchestrationFault(error) }
      return (findings, sources)
    }
    return ([], [:])
  }

  /// The protected service of a template without errors, and the files of the archive that it was read from. The
  /// service's files are there as long as these are kept.
  public func service(
    _ path: String, inputs: [String: String]
  ) throws(OrchestrationFault) -> (service: ProtectedService, unpacked: UnpackedArchive?) {
    let outcome = load(path, inputs: inputs)
    guard let service = outcome.service, !outcome.hasErrors else {
      throw .findings(outcome.findings, sources: outcome.sources)
    }
    return (service, outcome.unpacked)
  }
}

extension Finding {
  /// The finding as an error.
  fileprivate var asError: Finding {
    var finding = self
    finding.severity = .error
    return finding
  }
}

extension SelectionConflict {
  /// That no set of modules satisfies what a resource is due at a level.
  func finding(at level: SecurityLevel) -> Finding {
    var finding = finding(at: level.place)
    finding.message = "at level `\(level.name)`: \(finding.message)"
    return finding
  }
}

/// The copies of the files that templates name, so that what runs does not change when they do. Each `up` makes one of its
/// own: whenever it is interrupted, the copy that is declared is there, whole and as it was.
struct TemplateCopy {
  /// Copies the sites and policy files of a service into a new folder in `folder`, and gives the service with that as its
  /// root.
  static func make(_ service: ProtectedService, in folder: String) throws(OrchestrationFault) -> ProtectedService {
    let files = FileManager.default
    let next = "\(folder)/\(UUID().uuidString.lowercased())"
    do {
      try files.createDirectory(
        atPath: next, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      for name in names(in: service) {
        let source = service.root + "/" + name
        let target = next + "/" + name
        try files.createDirectory(
          atPath: URL(filePath: target).deletingLastPathComponent().path, withIntermediateDirectories: true)
        try copy(source, to: target)
      }
    } catch {
      try? files.removeItem(atPath: next)
      throw .input("the template's files cannot be copied: \(error.localizedDescription)")
    }
    var copy = service
    copy.root = next
    return copy
  }

  /// A service with the copy that `folder` has of it as its root: the home folder may have been moved, or its state imported
  /// into another one.
  static func find(_ service: ProtectedService, in folder: String) -> ProtectedService {
    var found = service
    // A declaration of an earlier version has the folder itself as its copy.
    let copy = "\(folder)/\(URL(filePath: service.root).lastPathComponent)"
    found.root = FileManager.default.fileExists(atPath: copy) ? copy : folder
    return found
  }

  /// Removes what is in `folder` besides the copy that `service` has; without a service, the folder.
  static func removeOthers(than service: ProtectedService?, in folder: String) {
    let files = FileManager.default
    // A declaration of an earlier version has the folder itself as its copy.
    guard let service, service.root != folder else {
      if service == nil { try? files.removeItem(atPath: folder) }
      return
    }
    for name in (try? files.contentsOfDirectory(atPath: folder)) ?? [] where "\(folder)/\(name)" != service.root {
      try? files.removeItem(atPath: "\(folder)/\(name)")
    }
  }

  /// Copies contents only: neither owner nor mode, so that it works for files of others and the copy stays private.
  private static func copy(_ source: String, to target: String) throws {
    let files = FileManager.default
    var isFolder: ObjCBool = false
    guard files.fileExists(atPath: source, isDirectory: &isFolder) else {
      throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: source])
    }
    guard isFolder.boolValue else {
      try Data(contentsOf: URL(filePath: source)).write(to: URL(filePath: target))
      return
    }
    try files.createDirectory(atPath: target, withIntermediateDirectories: true)
    for name in try files.contentsOfDirectory(atPath: source) {
      try copy(source + "/" + name, to: target + "/" + name)
    }
  }

  private static func names(in service: ProtectedService) -> [String] {
    var names: Set<String> = []
    for resource in service.resources {
      for part in resource.applications {
        switch part {
        case .staticSite(_, let folder): names.insert(folder)
        case .handler(_, let source, _, _): names.insert(source)
        case .reverseProxy, .serverProxy, .streamProxy, .keyValue: continue
        }
      }
    }
    for requirement in service.requirements {
      guard case .authorization(let authorization) = requirement.protection else { continue }
      names.formUnion(authorization.policyFiles)
      if let schema = authorization.schemaFile { names.insert(schema) }
    }
    return names.sorted()
  }
}
