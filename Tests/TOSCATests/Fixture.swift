import Foundation
import TOSCA

/// A folder with files that a test reads, removed when the test is over.
final class Fixture {
  /// The folder.
  let folder: String
  /// Where the markers `1️⃣`, `2️⃣` … of the files stand: file, line and column.
  private(set) var markers: [Character: (file: String, line: Int, column: Int)] = [:]

  /// The root of the repository.
  static let repository = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// The repository's profiles.
  static let profiles = repository.appendingPathComponent("Profiles").path

  /// Writes files, without the markers in them.
  init(_ files: [String: String]) throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("tosca-\(UUID().uuidString)").path
    for (name, text) in files {
      let url = URL(fileURLWithPath: folder).appendingPathComponent(name)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(strip(text, file: name).utf8).write(to: url)
    }
  }

  /// Writes one file, `service.yaml`.
  convenience init(_ text: String) throws { try self.init(["service.yaml": text]) }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// Writes a file of any bytes.
  func write(_ bytes: [UInt8], to name: String) throws {
    let url = URL(fileURLWithPath: folder).appendingPathComponent(name)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }

  /// Reads a file of the folder.
  func read(
    _ name: String = "service.yaml", inputs: [String: String] = [:], profiles: String = Fixture.profiles,
    limits: Limits = Limits(), tolerances: Tolerance = []
  ) -> ReadResult {
    TemplateReader(profiles: profiles, inputs: inputs, limits: limits, tolerances: tolerances).read(folder + "/" + name)
  }

  private func strip(_ text: String, file: String) -> String {
    var result = ""
    var line = 1
    var column = 1
    for character in text {
      if character.unicodeScalars.count > 1, character.unicodeScalars.last == "\u{20E3}" {
        markers[character] = (file, line, column)
        continue
      }
      result.append(character)
      if character == "\n" {
        line += 1
        column = 1
      } else {
        column += character.unicodeScalars.count
      }
    }
    return result
  }
}

extension ReadResult {
  /// The errors, as `code line:column`.
  var errors: [String] {
    findings.filter { $0.severity == .error }.map { "\($0.code) \($0.place.line):\($0.place.column)" }
  }

  /// The findings of a code.
  func findings(_ code: String) -> [Finding] { findings.filter { $0.code == code } }
}

/// A service template with the given topology, two spaces deep.
func service(_ rest: String) -> String { "tosca_definitions_version: tosca_simple_yaml_1_3\n" + rest }
