import Foundation
import Testing

@testable import TOSCA

@Suite("archives")
struct ArchiveReadingTests {
  private static let types = service("node_types: { T: { derived_from: tosca.nodes.Root } }\n")
  private static let main = service(
    """
    imports: [ ../types/t.yaml ]
    topology_template:
      node_templates:
        n:
          type: T
          artifacts: { run: { type: tosca.artifacts.File, file: ../scripts/run.sh } }

    """)
  private static let metadata = """
    TOSCA-Meta-File-Version: 1.1
    CSAR-Version: 1.1
    Created-By: somebody
    Entry-Definitions: defs/main.yaml

    """
  private static let version2 = "tosca_definitions_version: tosca_2_0\nservice_template: { node_templates: {} }\n"

  /// Writes the files as an archive and reads it.
  static func read(
    _ files: [(String, String)], format: ArchiveFormat = .zip, limits: Limits = Limits()
  ) throws -> ReadResult {
    let written = files.map { ArchiveWriter.File(path: $0.0, bytes: Array($0.1.utf8)) }
    return try read(bytes: ArchiveWriter.write(written, format: format), format: format, limits: limits)
  }

  /// Writes bytes as an archive and reads it. Names in findings begin with `service.csar`, `.tar` or `.tgz`.
  static func read(
    bytes: [UInt8], format: ArchiveFormat = .zip, limits: Limits = Limits()
  ) throws -> ReadResult {
    let fixture = try Fixture([:] as [String: String])
    let name = "service." + (format == .zip ? "csar" : format.rawValue)
    try fixture.write(bytes, to: name)
    var result = fixture.read(name, limits: limits)
    for index in result.findings.indices {
      result.findings[index].place.file = result.findings[index].place.file.replacingOccurrences(
        of: fixture.folder + "/", with: "")
    }
    return result
  }

  @Test("a template is read out of an archive, with its imports and artifacts, as long as the result is kept")
  func unpacked() throws {
    var result: ReadResult? = try Self.read([
      ("TOSCA-Metadata/TOSCA.meta", Self.metadata), ("defs/main.yaml", Self.main), ("types/t.yaml", Self.types),
      ("scripts/run.sh", "echo\n"),
    ])
    #expect(result?.findings.map(\.message) == [])
    let topology = try #require(result?.topology)
    #expect(topology.nodes.first?.type.name == "T")
    let artifact = try #require(topology.nodes.first?.artifacts["run"])
    #expect(artifact.file == "../scripts/run.sh")
    #expect(try String(contentsOfFile: topology.root + "/" + artifact.file, encoding: .utf8) == "echo\n")
    #expect(topology.nodes.first?.place.file.hasSuffix("/service.csar!/defs/main.yaml") == true)
    result = nil
    #expect(!FileManager.default.fileExists(atPath: topology.root))
  }

  @Test("TOSCA 2.0 is read out of zip archives and tarballs", arguments: ArchiveFormat.allCases)
  func version2(format: ArchiveFormat) throws {
    let metadata = "CSAR-Version: 2.0\nCreated-By: somebody\nEntry-Definitions: a b.yaml\n"
    for path in ArchiveMetadata.paths {
      let result = try Self.read([("a b.yaml", Self.version2), (path, metadata)], format: format)
      #expect(result.findings.map(\.message) == [])
      #expect(result.topology?.version == "tosca_2_0")
    }
    let bare = try Self.read([("main.yml", Self.version2), ("more/x.yaml", "")], format: format)
    #expect(bare.findings.map(\.message) == [])
  }

  @Test("archives of tar and zip are read, names in the ways of POSIX and GNU included")
  func systemPrograms() throws {
    let long = String(repeating: "a-long-name/", count: 14) + "t.yaml"
    for (program, arguments, name) in [
      ("/usr/bin/tar", ["--format=ustar", "-cf"], "s.tar"), ("/usr/bin/tar", ["--format=gnu", "-czf"], "s.tgz"),
      ("/usr/bin/tar", ["--format=pax", "-czf"], "s.tar.gz"), ("/usr/bin/zip", ["-qr"], "s.zip"),
    ] {
      guard FileManager.default.isExecutableFile(atPath: program) else {
        print("skipped: there is no \(program)")
        continue
      }
      let fixture = try Fixture([
        "in/main.yaml":
          "tosca_definitions_version: tosca_2_0\nimports: [ \(long) ]\nservice_template: { node_templates: {} }\n",
        "in/" + long: "tosca_definitions_version: tosca_2_0\n",
      ])
      let process = Process()
      process.executableURL = URL(fileURLWithPath: program)
      process.currentDirectoryURL = URL(fileURLWithPath: fixture.folder + "/in")
      process.arguments = arguments + ["../" + name, "."]
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
      let result = fixture.read(name)
      #expect(result.findings.map(\.message) == [], "\(name)")
      #expect(result.topology != nil)
    }
  }

  @Test("a mistake in an archived file is placed in it")
  func place() throws {
    let result = try Self.read([("s.yaml", Self.version2 + "nonsense: 1\n"), ("TOSCA.meta", "CSAR-Version: 2.0\n")])
    let finding = try #require(result.findings("unknown-key").first)
    #expect(finding.place.file == "service.csar!/s.yaml")
    #expect(result.sources.keys.contains { $0.hasSuffix("service.csar!/s.yaml") })
    #expect(result.findings("missing-key").first?.place.file == "service.csar!/TOSCA.meta")
  }

  @Test(
    "the metadata file says what its version asks for",
    arguments: [
      ("CSAR-Version: 1.1\nCreated-By: x\nEntry-Definitions: s.yaml\n", ["missing-key 1:1"]),
      ("TOSCA-Meta-File-Version: 1.1\nCreated-By: x\nEntry-Definitions: s.yaml\n", ["missing-key 1:1"]),
      ("TOSCA-Meta-File-Version: 1.1\nCSAR-Version: 1.1\nEntry-Definitions: s.yaml\n", ["missing-key 1:1"]),
      ("TOSCA-Meta-File-Version: 1.1\nCSAR-Version: 1.1\nCreated-By: x\n", ["missing-key 1:1"]),
      (
        "TOSCA-Meta-File-Version: 3\nCSAR-Version: 1.2\nCreated-By: x\nEntry-Definitions: s.yaml\n",
        ["unknown-version 1:26", "unknown-version 2:15"]
      ),
      (base + "Entry-Definitons: s.yaml\n", ["unknown-key 4:1"]),
      (base + "Entry-Definitions: x.yaml\n", ["missing-file 4:20"]),
      (base + "Entry-Definitions: ../s.yaml\n", ["missing-file 4:20"]),
      (base + "Entry-Definitions: /s.yaml\n", ["missing-file 4:20"]),
      (base + "Entry-Definitions: s.yaml\nEntry-Definitions: s.yaml\n", ["duplicate-key 5:1"]),
      (base + "Entry-Definitions:s.yaml\n", ["wrong-syntax 4:18"]),
      (base + "Entry-Definitions: s.yaml\nnonsense\n", ["wrong-syntax 5:1"]),
      (" x\n" + base + "Entry-Definitions: s.yaml\n", ["wrong-syntax 1:2"]),
      (
        base + "Entry-Definitions: s.yaml\nOther-Definitions: \"a b.yaml\" t.yaml \"x\n",
        ["wrong-syntax 5:20", "missing-file 5:20", "missing-file 5:20"]
      ),
      (base + "Entry-Definitions: s.yaml\n\nName: x\n", []),
      (base.replacingOccurrences(of: "\n", with: "\r\n") + "Entry-Definitions: s\n .yaml\n", ["missing-file 4:20"]),
    ])
  func metadata(text: String, errors: [String]) throws {
    let result = try Self.read([
      ("TOSCA-Metadata/TOSCA.meta", text), ("s.yaml", service("topology_template: {}\n")),
      ("a b.yaml", service("topology_template: {}\n")),
    ])
    #expect(result.errors.sorted() == errors.sorted(), "\(result.findings.map(\.message))")
    #expect(
      result.findings.allSatisfy { $0.severity == .warning || $0.place.file.hasSuffix("!/TOSCA-Metadata/TOSCA.meta") })
  }

  private static let base = "TOSCA-Meta-File-Version: 1.1\nCSAR-Version: 1.1\nCreated-By: x\n"

  @Test("each version has its own rules")
  func rules() throws {
    let topology = "topology_template: {}\n"
    func simple(_ version: String, _ rest: String = "") -> String {
      "tosca_definitions_version: tosca_simple_yaml_\(version)\n" + rest + topology
    }
    let old = Self.base.replacingOccurrences(of: "File-Version: 1.1", with: "File-Version: 1.0")
    let entry = "Entry-Definitions: s.yaml\n"
    func codes(_ files: [(String, String)], _ format: ArchiveFormat = .zip) throws -> [String] {
      try Self.read(files, format: format).findings.map(\.code)
    }
    // Where the metadata file lies.
    #expect(try codes([("TOSCA.meta", old + entry), ("s.yaml", simple("1_2"))]) == ["metadata-place"])
    #expect(try codes([("TOSCA.meta", Self.base + entry), ("s.yaml", simple("1_3"))]) == [])
    #expect(
      try codes([
        ("TOSCA.meta", Self.base + entry), ("TOSCA-Metadata/TOSCA.meta", Self.base + entry), ("s.yaml", simple("1_3")),
      ]) == ["duplicate-metadata"])
    #expect(
      try codes([("tosca-metadata/tosca.meta", Self.base + entry), ("s.yaml", Self.version2)]) == ["misnamed-metadata"])
    #expect(try codes([("TOSCA-Metadata/x", ""), ("s.yaml", Self.version2)]) == ["missing-file"])
    // Tarballs came with 2.0.
    #expect(
      try codes([("TOSCA.meta", Self.base + entry), ("s.yaml", simple("1_3"))], .tgz) == ["archive-format"])
    // Without a metadata file 1.x asks for metadata in the template.
    #expect(try codes([("s.yaml", simple("1_3"))]) == ["missing-key", "missing-key"])
    let named = "metadata: { template_name: a, template_version: 1.0 }\n"
    #expect(try codes([("s.yaml", simple("1_1", named)), ("t/t.yaml", "")]) == [])
    #expect(try codes([("s.yaml", simple("1_0", named)), ("t.yml", simple("1_0"))]) == ["no-template"])
    #expect(try codes([("x/s.yaml", Self.version2)]) == ["no-template"])
    // The versions of archive and template belong together.
    #expect(try codes([("TOSCA.meta", Self.base + entry), ("s.yaml", Self.version2)]) == ["archive-version"])
    let new = "CSAR-Version: 2.0\nCreated-By: x\n"
    #expect(try codes([("TOSCA.meta", new + entry), ("s.yaml", simple("1_3"))]) == ["archive-version"])
    #expect(try codes([("TOSCA.meta", new), ("s.yaml", Self.version2)]) == [])
    #expect(
      try codes([("TOSCA.meta", new + "TOSCA-Meta-File-Version: 1.1\n"), ("s.yaml", Self.version2)]) == ["unknown-key"])
  }

  @Test("other definitions are checked, and are of use only where they can substitute")
  func otherDefinitions() throws {
    let metadata =
      "CSAR-Version: 2.0\nCreated-By: x\nEntry-Definitions: s.yaml\nOther-Definitions: \"a b.yaml\" c.yaml\n"
    let result = try Self.read([
      ("TOSCA.meta", metadata), ("s.yaml", Self.version2),
      ("a b.yaml", "tosca_definitions_version: tosca_2_0\nnode_types: { T: { derived_from: U } }\n"),
      (
        "c.yaml",
        "tosca_definitions_version: tosca_2_0\nnode_types: { T: {} }\nservice_template: { node_templates: {}, substitution_mappings: { node_type: T } }\n"
      ),
    ])
    #expect(result.findings.map(\.code).sorted() == ["unknown-type", "unused-definitions"])
    #expect(result.findings("unknown-type").first?.place.file == "service.csar!/a b.yaml")
  }

  @Test("the topologies of other definitions stand for nodes, and are built where they stand for none")
  func otherTopologies() throws {
    let metadata = "CSAR-Version: 2.0\nCreated-By: x\nEntry-Definitions: s.yaml\nOther-Definitions: c.yaml d.yaml\n"
    let types =
      "tosca_definitions_version: tosca_2_0\nnode_types: { T: {}, I: { properties: { p: { type: integer } } } }\n"
    func other(_ type: String, _ value: String) -> String {
      """
      tosca_definitions_version: tosca_2_0
      imports: [ t.yaml ]
      service_template:
        inputs: { i: { type: integer, required: false } }
        node_templates: { inner: { type: I, properties: { p: \(value) } } }
        substitution_mappings: { node_type: \(type) }

      """
    }
    func read(_ value: String) throws -> ReadResult {
      try Self.read([
        ("TOSCA.meta", metadata), ("t.yaml", types), ("c.yaml", other("T", "1")), ("d.yaml", other("I", value)),
        (
          "s.yaml",
          "tosca_definitions_version: tosca_2_0\nimports: [ t.yaml ]\n"
            + "service_template: { node_templates: { n: { type: T, directives: [ substitute ] } } }\n"
        ),
      ])
    }
    let result = try read("2")
    #expect(result.findings.map(\.message) == [])
    #expect(result.topology?.node("n")?.substitution?.topology.nodes.map(\.name) == ["inner"])
    #expect(result.topology?.file?.hasSuffix("/service.csar!/s.yaml") == true)
    // Nothing of the template needs `d.yaml`, but what is wrong in its topology is found.
    let wrong = try read("x")
    #expect(wrong.findings.map(\.code) == ["wrong-type"])
    #expect(wrong.findings.first?.place.file == "service.csar!/d.yaml")
  }

  @Test("what a process that was killed left behind is removed by the next, and what is in use is not")
  func abandoned() throws {
    let files = [("s.yaml", "tosca_definitions_version: tosca_2_0\nservice_template: {}\n")]
    let kept = try Self.read(files)
    let folder = try #require(kept.unpacked?.folder)
    let abandoned = URL(fileURLWithPath: folder).deletingLastPathComponent()
      .appendingPathComponent("testudo-unpacked-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: abandoned + "/types", withIntermediateDirectories: true)
    try Data("x".utf8).write(to: URL(fileURLWithPath: abandoned + "/types/t.yaml"))
    _ = try Self.read(files)
    #expect(!FileManager.default.fileExists(atPath: abandoned))
    #expect(FileManager.default.fileExists(atPath: folder + "/s.yaml"))
    withExtendedLifetime(kept) {}
  }

  @Test("imports stay within the archive")
  func imports() throws {
    let result = try Self.read([
      ("defs/s.yaml", "tosca_definitions_version: tosca_2_0\nimports: [ /t.yaml, ../../x.yaml, /../x.yaml, y.csar ]\n"),
      ("t.yaml", "tosca_definitions_version: tosca_2_0\n"),
      ("TOSCA.meta", "CSAR-Version: 2.0\nCreated-By: x\nEntry-Definitions: defs/s.yaml\n"),
    ])
    #expect(result.errors == ["import-outside 2:21", "import-outside 2:35", "unknown-profile 2:47"])
  }
}
