import FoundationEssentials
import Glibc

/// The folder of one instance, `<home>/instances/<id>`. The control plane writes `instance.json` and `boot` before the
/// start; the tender makes `tender.pid`, `pid`, `control.sock`, `console.log` and, when the image has ended, `exit`.
struct InstanceFolder: Sendable {
  let path: String

  /// The folder of an instance; it need not exist.
  init(home: String, id: String) {
    path = InstanceFolder.parent(of: home) + "/" + id
  }

  static func parent(of home: String) -> String { home + "/instances" }

  var exists: Bool { Files.exists(path) }
  var controlSocket: String { path + "/control.sock" }
  var console: String { path + "/console.log" }

  /// The tender's process, if the tender has come that far.
  var tender: Int32? { Files.number(path + "/tender.pid") }

  /// The image's process, if the tender has come that far.
  var image: Int32? { Files.number(path + "/pid") }

  /// How the image ended, as the tender wrote it.
  var exit: String? {
    Files.text(path + "/exit").map { text in
      String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
  }

  /// The record, unless it is missing, malformed or of another instance.
  func readRecord() -> InstanceRecord? {
    guard let bytes = Files.read(path + "/instance.json"),
      let record = try? JSONDecoder().decode(InstanceRecord.self, from: Data(bytes)), path.hasSuffix("/" + record.id)
    else { return nil }
    return record
  }

  func write(_ record: InstanceRecord) throws(HostingFault) {
    try Files.replace(path + "/instance.json", with: JSONRecord.encode(record))
  }

  /// Names the control group that the tender makes the image's own in.
  func write(group: String) throws(HostingFault) {
    try Files.replace(path + "/group", with: Array(group.utf8))
  }

  /// Writes the signed boot message as it is, without a length before it: the tender lays the file into the image's
  /// memory.
  func write(boot message: [UInt8]) throws(HostingFault) {
    try Files.replace(path + "/boot", with: message)
  }
}

/// Records are JSON with sorted keys, so that equal records are equal files.
enum JSONRecord {
  static func encode(_ value: some Encodable) throws(HostingFault) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    do {
      return Array(try encoder.encode(value)) + [0x0A]
    } catch {
      throw .invalid(what: "a record", found: "\(error)", expected: "values that JSON can hold")
    }
  }
}
