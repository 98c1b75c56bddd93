import ControlPlane
import Foundation
import Orchestration
import PolicyDecision
import TOSCA

/// Policy files named on the command line.
enum PolicyFiles {
  /// Their texts; one that cannot be read is an error that names it.
  static func read(_ files: [String]) throws -> [PolicySource] {
    try files.map { file in
      guard let data = FileManager.default.contents(atPath: file) else {
        throw PolicyFiles.unreadable(file, "there is no such file, or it cannot be read")
      }
      guard data.count <= 1 << 20, let text = String(data: data, encoding: .utf8) else {
        throw PolicyFiles.unreadable(file, "expected Cedar policies in UTF-8, of at most 1 MiB")
      }
      return PolicySource(file: file, text: text)
    }
  }

  /// Findings as all findings are shown.
  static func show(_ findings: [Finding], texts: [String: String], format: DocumentFormat) {
    guard !findings.isEmpty || format == .json else { return }
    print(render(findings, sources: texts, format: format == .json ? .json : .text, color: false))
  }

  private static func unreadable(_ file: String, _ why: String) -> Problem {
    Problem(
      type: "urn:testudo:input", title: "Unreadable file", status: 422, detail: "\(file): \(why)", kind: .input)
  }
}
