import Foundation
import TOSCA

/// The documents that are open, and the services that they belong to.
///
/// A document belongs to every service whose reading reads it. One that has a topology is the template of a service of
/// its own. For another, the templates of the workspace are searched for one that imports it; if there is none, it is
/// read by itself.
struct Workspace {
  /// How many templates of the workspace's folders are considered.
  static let templateLimit = 200
  /// How many entries of the workspace's folders are looked at.
  static let entryLimit = 5_000
  /// How deep the workspace's folders are searched.
  static let depthLimit = 8

  let configuration: Configuration
  let encoding: PositionEncoding
  /// The folders that are worked on, without links.
  let folders: [String]
  /// Tolerances, besides those of settings files.
  let tolerances: Tolerance
  /// Whether warnings count as errors, besides what settings files say.
  let isStrict: Bool
  /// The open documents by path without links.
  private(set) var documents: [String: Document] = [:]
  /// The URIs of the open documents, as the client writes them.
  private(set) var uris: [String: String] = [:]
  /// The versions of the open documents.
  private(set) var versions: [String: Int] = [:]
  private var revision = 0
  private var services: [String: Service] = [:]
  private var templates: [String]?
  /// The documents that no template was found to read, so that it need not be searched for after every change.
  private var lonely: Set<String> = []

  init(
    configuration: Configuration, encoding: PositionEncoding, folders: [String] = [], tolerances: Tolerance = [],
    isStrict: Bool = false
  ) {
    self.configuration = configuration
    self.encoding = encoding
    self.folders = folders.map { FileURI.resolved($0) }
    self.tolerances = tolerances
    self.isStrict = isStrict
  }

  // MARK: Documents

  /// Opens a document; false where too many are open.
  mutating func open(_ path: String, uri: String, version: Int?, text: String) -> Bool {
    guard documents[path] != nil || documents.count < configuration.openDocuments else { return false }
    documents[path] = Document(text, encoding: encoding)
    uris[path] = uri
    versions[path] = version
    lonely = []
    touch()
    return true
  }

  /// Changes an open document.
  mutating func change(_ path: String, version: Int?, _ changes: [ChangeParameters.Change]) {
    guard var document = documents.removeValue(forKey: path) else { return }
    for change in changes { document.replace(change.range, with: change.text) }
    // A template may import now what it did not before.
    if Self.hasTopology(document.text) { lonely = [] }
    documents[path] = document
    versions[path] = version
    touch()
  }

  /// Closes a document.
  mutating func close(_ path: String) {
    documents[path] = nil
    uris[path] = nil
    versions[path] = nil
    touch()
  }

  /// Forgets what was read, because something may have changed.
  mutating func touch(files: Bool = false) {
    revision += 1
    if files {
      templates = nil
      lonely = []
    }
  }

  /// An open document, or the file there.
  func document(_ path: String) -> Document? {
    if let open = documents[path] { return open }
    guard let data = FileManager.default.contents(atPath: path), data.count <= Limits().fileBytes else { return nil }
    return Document(String(decoding: data, as: UTF8.self), encoding: encoding)
  }

  /// The URI of a file: the client's own where it is open.
  func uri(_ path: String) -> String { uris[path] ?? FileURI.uri(path) }

  // MARK: Services

  /// The services that a document belongs to, read anew where something changed; one at least.
  mutating func services(of path: String) -> [Service] {
    var entries = services.values.filter { $0.names[path] != nil }.map(\.entry)
    if Self.hasTopology(documents[path]?.text ?? ""), !entries.contains(path) { entries.append(path) }
    var found = entries.sorted().map { service($0) }.filter { $0.names[path] != nil || $0.entry == path }
    if found.isEmpty || found.allSatisfy({ $0.entry == path && !Self.hasTopology(documents[path]?.text ?? "") }) {
      found = searched(for: path) ?? found
    }
    return found.isEmpty ? [service(path)] : found
  }

  /// All services of the workspace, for what must find every use of a name.
  mutating func allServices(with path: String) -> [Service] {
    var entries = Set(allTemplates())
    entries.formUnion(services(of: path).map(\.entry))
    return entries.sorted().map { service($0) }
  }

  /// A reader of what is open.
  func reader(isAlone: Bool = false) -> TemplateReader {
    var reader = TemplateReader(profiles: configuration.profiles, tolerances: tolerances)
    reader.isIndexing = true
    reader.usesSettings = true
    reader.isStrict = isStrict
    reader.overlay = documents.mapValues(\.text)
    if isAlone { reader.importFolders = folders }
    return reader
  }

  /// Reads a template, or a settings file, as the workspace has it.
  func read(_ entry: String, with reader: TemplateReader? = nil) -> ReadResult {
    let reader = reader ?? self.reader(isAlone: !Self.hasTopology(document(entry)?.text ?? ""))
    return entry.hasSuffix("/" + ReadingSettings.fileName) ? reader.readSettings(entry) : reader.read(entry)
  }

  private mutating func service(_ entry: String) -> Service {
    if let known = services[entry], known.revision == revision { return known }
    let service = Service(entry: entry, revision: revision, result: read(entry), analyze: configuration.analyze)
    services[entry] = service
    return service
  }

  /// The services of the workspace that read a document; nil where none does.
  private mutating func searched(for path: String) -> [Service]? {
    guard !lonely.contains(path), !path.hasSuffix("/" + ReadingSettings.fileName) else { return nil }
    let near = allTemplates().filter { $0 != path }.sorted {
      (Self.distance($0, path), $0) < (Self.distance($1, path), $1)
    }
    for entry in near {
      let service = service(entry)
      if service.names[path] != nil { return [service] }
    }
    lonely.insert(path)
    return nil
  }

  /// How many folders are between two files, about.
  private static func distance(_ one: String, _ other: String) -> Int {
    let left = one.split(separator: "/")
    let right = other.split(separator: "/")
    let common = zip(left, right).prefix { $0 == $1 }.count
    return left.count + right.count - 2 * common
  }

  private mutating func allTemplates() -> [String] {
    if let templates { return templates }
    var found: [String] = []
    var looked = 0
    var pending = folders.map { ($0, 0) }
    while let (folder, depth) = pending.popLast(), looked < Self.entryLimit, found.count < Self.templateLimit {
      for name in ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted() {
        looked += 1
        guard looked < Self.entryLimit, !name.hasPrefix("."), name != "node_modules" else { continue }
        let path = folder + "/" + name
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { continue }
        if isFolder.boolValue {
          if depth < Self.depthLimit { pending.append((path, depth + 1)) }
        } else if name.hasSuffix(".yaml") || name.hasSuffix(".yml"), let text = document(path)?.text,
          Self.hasTopology(text)
        {
          found.append(FileURI.resolved(path))
        }
      }
    }
    templates = found
    return found
  }

  /// Whether a text is a service template rather than definitions for others.
  static func hasTopology(_ text: String) -> Bool {
    ["topology_template:", "service_template:"].contains { keyname in
      text.hasPrefix(keyname) || text.contains("\n" + keyname)
    }
  }

  /// Forgets the services that no open document belongs to.
  mutating func dropServices() {
    services = services.filter { _, service in
      documents.keys.contains { service.names[$0] != nil || service.entry == $0 }
    }
  }

  /// The services that open documents belong to, read anew where something changed.
  mutating func openServices() -> [Service] {
    var found: [String: Service] = [:]
    for path in documents.keys.sorted() {
      for service in services(of: path) { found[service.entry] = service }
    }
    return found.values.sorted { $0.entry < $1.entry }
  }
}
