import Foundation
import State

// From a home folder, and into one.

extension StateArchive {
  /// What is not archived: what is about instances that run, and what is written only to see whether it can be.
  private static func isOfTheMoment(_ key: String) -> Bool {
    key.hasPrefix(InstanceMemory.key("")) || key == Orchestrator.readinessKey
  }

  /// What has secrets, or may have, or is nothing without them: services bring the keys and passwords of their templates
  /// with them; versions of policies are signed.
  private static func isSecret(key: String) -> Bool {
    [ServiceDeclaration.prefix, AccessTokens.prefix, PolicyHistory.prefix].contains { key.hasPrefix($0) }
  }

  private static func isSecret(path: String) -> Bool {
    path.hasPrefix("keys/") && path.hasSuffix(".pem") || path.hasPrefix("services/")
  }

  /// The state of a home folder, of one moment as far as the store goes; a control plane may run meanwhile.
  public init(of home: HomeDirectory, withSecrets: Bool) throws(OrchestrationFault) {
    guard FileManager.default.fileExists(atPath: home.database) else {
      throw .notFound("there is no state in `\(home.path)`, expected a home folder that was used")
    }
    let snapshot: StateSnapshot
    do throws(StateFault) {
      snapshot = try SQLiteStateStore(path: home.database).snapshot()
    } catch {
      throw .host(error.reason)
    }
    let kept = snapshot.entries.filter { !Self.isOfTheMoment($0.key) }
    var leftOut = withSecrets ? [] : kept.map(\.key).filter(Self.isSecret(key:))
    var files: [File] = []
    for folder in Self.folders {
      for path in try Self.paths(in: folder, of: home) {
        guard withSecrets || !Self.isSecret(path: path) else {
          leftOut.append(path)
          continue
        }
        guard let data = FileManager.default.contents(atPath: "\(home.path)/\(path)") else {
          throw .host("`\(home.path)/\(path)` cannot be read")
        }
        files.append(File(path: path, data: data))
      }
    }
    try self.init(
      exported: Timestamp.now(), hasSecrets: withSecrets, leftOut: leftOut.sorted(), revision: snapshot.revision,
      entries: kept.filter { withSecrets || !Self.isSecret(key: $0.key) }.map {
        Entry(key: $0.key, value: Data($0.bytes), revision: $0.revision)
      }, events: snapshot.events.map { Event(number: $0.number, value: Data($0.bytes)) }, files: files)
  }

  /// The regular files below a folder of a home folder, by path. Links are not followed.
  private static func paths(in folder: String, of home: HomeDirectory) throws(OrchestrationFault) -> [String] {
    let root = "\(home.path)/\(folder)"
    let files = FileManager.default
    guard files.fileExists(atPath: root) else { return [] }
    guard let names = try? files.subpathsOfDirectory(atPath: root) else { throw .host("`\(root)` cannot be read") }
    return names.sorted().filter { name in
      (try? files.attributesOfItem(atPath: "\(root)/\(name)")[.type] as? FileAttributeType) == .typeRegular
    }.map { "\(folder)/\($0)" }
  }

  /// Makes a home folder what the document says. One that has something is refused or, with `replacing`, what it has is put
  /// aside first. The caller has the home folder's lock, so that no control plane runs. Returns where the former state is
  /// now, if there was any.
  @discardableResult
  public func restore(to home: HomeDirectory, replacing: Bool) throws(OrchestrationFault) -> String? {
    let running = (try? FileManager.default.contentsOfDirectory(atPath: home.path + "/instances")) ?? []
    guard running.isEmpty else {
      throw .input(
        "unikernels of `\(home.path)` run (\(running.count)), expected none: take its services down first")
    }
    let former = (["state.sqlite", "state.sqlite-wal", "state.sqlite-shm"] + Self.folders).filter { name in
      let path = "\(home.path)/\(name)"
      let contents = try? FileManager.default.contentsOfDirectory(atPath: path)
      return contents.map { !$0.isEmpty } ?? FileManager.default.fileExists(atPath: path)
    }
    guard former.isEmpty || replacing else {
      throw .input(
        "`\(home.path)` has state already (\(former.joined(separator: ", "))), expected an empty home folder, or --replace"
      )
    }
    let working = "\(home.path)/incoming-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: working) }
    do {
      try write(in: working)
      let aside = former.isEmpty ? nil : "\(home.path)/replaced-\(Timestamp.now())"
      if let aside {
        try Self.makeFolder(aside)
        // The database goes first: without it, a control plane that starts now has nothing rather than half of it.
        for name in former {
          try FileManager.default.moveItem(atPath: "\(home.path)/\(name)", toPath: "\(aside)/\(name)")
        }
      }
      for name in Self.folders {
        let place = "\(home.path)/\(name)"
        try? FileManager.default.removeItem(atPath: place)
        if FileManager.default.fileExists(atPath: "\(working)/\(name)") {
          try FileManager.default.moveItem(atPath: "\(working)/\(name)", toPath: place)
        }
      }
      try FileManager.default.moveItem(atPath: "\(working)/state.sqlite", toPath: home.database)
      return aside
    } catch let fault as StateFault {
      throw .host(fault.reason)
    } catch {
      throw .host("the state cannot be written to `\(home.path)`: \(error.localizedDescription)")
    }
  }

  /// Writes everything into a folder, for its owner only.
  private func write(in folder: String) throws {
    try Self.makeFolder(folder)
    let path = "\(folder)/state.sqlite"
    try SQLiteStateStore(path: path).restore(
      StateSnapshot(
        entries: entries.map { StoredValue(key: $0.key, bytes: [UInt8]($0.value), revision: $0.revision) },
        events: events.map { LoggedEvent(number: $0.number, bytes: [UInt8]($0.value)) }, revision: revision))
    // Closed, it has written everything into the one file.
    guard !FileManager.default.fileExists(atPath: path + "-wal") else {
      throw StateFault("the state in `\(path)` was not closed")
    }
    for file in files {
      let place = "\(folder)/\(file.path)"
      try Self.makeFolder(URL(filePath: place).deletingLastPathComponent().path)
      guard
        FileManager.default.createFile(
          atPath: place, contents: file.data, attributes: [.posixPermissions: 0o600])
      else { throw StateFault("`\(place)` cannot be written") }
    }
  }

  private static func makeFolder(_ path: String) throws {
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  }
}
