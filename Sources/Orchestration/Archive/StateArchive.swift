import Crypto
public import Foundation
import State

/// The state of a home folder in one JSON document: what is stored, the event log, and the files that it needs. Images are
/// not in it, since they are made anew, nor what is about instances that run.
public struct StateArchive: Hashable, Sendable, Codable {
  /// A value of the store.
  struct Entry: Hashable, Sendable, Codable {
    var key: String
    var value: Data
    var revision: Revision
  }

  /// An event of the log.
  struct Event: Hashable, Sendable, Codable {
    var number: Int
    var value: Data
  }

  /// A file of the home folder.
  struct File: Hashable, Sendable, Codable {
    /// Its path in the home folder.
    var path: String
    var data: Data
  }

  /// What stands in `format`.
  static let format = "testudo.state"
  /// The version of the document that this program writes, and the latest that it reads.
  static let currentVersion = 1
  /// No document is longer, in bytes.
  public static let maximumBytes = 1 << 30
  /// What of the home folder is archived besides the database.
  static let folders = ["keys", "services", "notices"]

  /// The kind of document.
  var format: String
  /// Its version.
  var version: Int
  /// The program that wrote it.
  var product: String
  /// When (RFC 3339).
  public var exported: String
  /// Whether keys, tokens and services are in it.
  public var hasSecrets: Bool
  /// What is not in it, because it has secrets or might have: keys of the store and paths of files.
  public var leftOut: [String]
  var revision: Revision
  var entries: [Entry]
  var events: [Event]
  var files: [File]
  /// SHA-256 of the document without this.
  var checksum: String

  /// How many services there are in it.
  public var services: Int { entries.count { $0.key.hasPrefix(ServiceDeclaration.prefix) } }
  /// How many values of the store, events and files there are in it.
  public var counts: (entries: Int, events: Int, files: Int) { (entries.count, events.count, files.count) }

  /// The document, which ends with a line feed.
  public func text() throws(OrchestrationFault) -> Data {
    do {
      return try Self.encoder.encode(self) + Data("\n".utf8)
    } catch {
      throw .execution("the state cannot be written: \(error)")
    }
  }

  /// Reads a document, and checks that it is whole.
  public init(_ text: Data, name: String) throws(OrchestrationFault) {
    struct Head: Decodable {
      var format: String
      var version: Int
    }
    guard text.count <= Self.maximumBytes else {
      throw .input("\(name) has \(text.count) bytes, expected at most \(Self.maximumBytes)")
    }
    guard let head = try? JSONDecoder().decode(Head.self, from: text), head.format == Self.format else {
      throw .input("\(name) is no exported state, expected a document of `testudo state export`")
    }
    guard (1...Self.currentVersion).contains(head.version) else {
      throw .input(
        "\(name) is of version \(head.version), and this program reads those up to \(Self.currentVersion): expected the "
          + "program that wrote it, or a later one")
    }
    do {
      self = try JSONDecoder().decode(Self.self, from: text)
    } catch {
      throw .input("\(name) is not whole, expected a document as `testudo state export` wrote it")
    }
    guard checksum == (try computedChecksum()) else {
      throw .input("\(name) is damaged or was changed: its checksum is another than `\(checksum)`")
    }
    for file in files where !Self.isInside(file.path) {
      throw .input("\(name) has a file `\(file.path)`, expected one below \(Self.folders.joined(separator: ", "))")
    }
  }

  init(
    exported: String, hasSecrets: Bool, leftOut: [String], revision: Revision, entries: [Entry], events: [Event],
    files: [File]
  ) throws(OrchestrationFault) {
    format = Self.format
    version = Self.currentVersion
    product = Orchestrator.productVersion
    self.exported = exported
    self.hasSecrets = hasSecrets
    self.leftOut = leftOut
    self.revision = revision
    self.entries = entries
    self.events = events
    self.files = files
    checksum = ""
    checksum = try computedChecksum()
  }

  private static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return encoder
  }

  private func computedChecksum() throws(OrchestrationFault) -> String {
    var plain = self
    plain.checksum = ""
    let digest = SHA256.hash(data: try plain.text())
    return "sha256:" + digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  /// Whether a path leads to a file below one of the folders, whatever is in its way.
  static func isInside(_ path: String) -> Bool {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count > 1 && folders.contains(String(parts[0]))
      && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && !$0.utf8.contains(0) }
  }
}
