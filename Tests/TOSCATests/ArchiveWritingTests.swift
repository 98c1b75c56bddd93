import Foundation
import Testing

@testable import TOSCA

@Suite("archives that are made")
struct ArchiveWritingTests {
  private static let simple = service(
    """
    metadata: { template_author: "Jane Doe" }
    imports: [ types/t.yaml ]
    topology_template: { node_templates: { n: { type: T } } }

    """)
  private static let types = service("node_types: { T: { derived_from: tosca.nodes.Root } }\n")
  private static let version2 = "tosca_definitions_version: tosca_2_0\nservice_template: { node_templates: {} }\n"

  private func pack(
    _ fixture: Fixture, format: ArchiveFormat = .zip, version: String? = nil, excluded: [String] = []
  ) -> ArchivePacker.Result {
    ArchivePacker(reader: TemplateReader(profiles: Fixture.profiles)).pack(
      fixture.folder, format: format, version: version, excluded: excluded)
  }

  @Test("a packed folder is read as it was, and has metadata of its template's version")
  func roundTrip() throws {
    for (template, format, metadata) in [
      (
        Self.simple, ArchiveFormat.zip,
        "TOSCA-Meta-File-Version: 1.1\nCSAR-Version: 1.1\nCreated-By: Jane Doe\nEntry-Definitions: service.yaml\n"
      ),
      (
        Self.simple.replacingOccurrences(of: "1_3", with: "1_2"), .zip,
        "TOSCA-Meta-File-Version: 1.0\nCSAR-Version: 1.1\nCreated-By: Jane Doe\nEntry-Definitions: service.yaml\n"
      ),
      (Self.version2, .zip, "CSAR-Version: 2.0\nCreated-By: Testudo\nEntry-Definitions: service.yaml\n"),
      (Self.version2, .tgz, "CSAR-Version: 2.0\nCreated-By: Testudo\nEntry-Definitions: service.yaml\n"),
      (Self.version2, .tar, "CSAR-Version: 2.0\nCreated-By: Testudo\nEntry-Definitions: service.yaml\n"),
    ] {
      let fixture = try Fixture(["service.yaml": template, "types/t.yaml": Self.types, ".git/x": "", "s/run.sh": "x"])
      let result = pack(fixture, format: format)
      #expect(result.findings.map(\.message) == [])
      #expect(result.files == ["TOSCA-Metadata/TOSCA.meta", "s/run.sh", "service.yaml", "types/t.yaml"])
      let bytes = try #require(result.bytes)
      #expect(pack(fixture, format: format).bytes == bytes)
      try fixture.write(bytes, to: "packed")
      let read = fixture.read("packed")
      #expect(read.findings.map(\.message) == [])
      #expect(read.topology?.nodes.map(\.name) == (template == Self.version2 ? [] : ["n"]))
      let unpacked = try #require(read.unpacked?.folder)
      let written = try String(contentsOfFile: unpacked + "/TOSCA-Metadata/TOSCA.meta", encoding: .utf8)
      #expect(written == metadata)
    }
  }

  @Test("bytes depend on contents and modes, not on times and the order of writing")
  func deterministic() throws {
    let names = ["b", "a", "c/d", "service.yaml"]
    var made: [[UInt8]] = []
    for order in [names, names.reversed()] {
      let fixture = try Fixture([:] as [String: String])
      for name in order { try fixture.write(Array((name == "service.yaml" ? Self.version2 : name).utf8), to: name) }
      let time = Date(timeIntervalSince1970: order == names ? 1_000_000_000 : 1_700_000_000)
      for name in names {
        try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: fixture.folder + "/" + name)
      }
      made.append(try #require(pack(fixture, format: .tgz).bytes))
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: fixture.folder + "/a")
      let executable = try #require(pack(fixture).bytes)
      try fixture.write(executable, to: "packed")
      #expect(ArchiveListing(of: fixture.folder + "/packed").entries.filter(\.isExecutable).map(\.path) == ["a"])
    }
    #expect(made[0] == made[1])
  }

  @Test("a folder that cannot be an archive is not packed, and every reason is said")
  func refused() throws {
    func codes(
      _ files: [String: String], format: ArchiveFormat = .zip, version: String? = nil,
      prepare: (Fixture) throws -> Void = { _ in }
    ) throws -> [String] {
      let fixture = try Fixture(files)
      try prepare(fixture)
      let result = pack(fixture, format: format, version: version)
      #expect((result.bytes == nil) == !result.findings.isEmpty)
      return result.findings.map(\.code).sorted()
    }
    #expect(try codes(["service.yaml": Self.simple]) == ["missing-import", "unknown-type"])
    let whole = ["service.yaml": Self.simple, "types/t.yaml": Self.types]
    #expect(try codes(whole, format: .tgz) == ["archive-format"])
    #expect(try codes(whole, version: "2.0") == ["archive-version"])
    #expect(try codes(["service.yaml": Self.version2], version: "1.1") == ["archive-version"])
    #expect(try codes(["service.yaml": Self.version2, "a": "", "A": ""]) == ["entry-case"])
    #expect(try codes(["service.yaml": Self.version2, "a\\b": "", "a\u{1}": ""]) == ["entry-name", "entry-outside"])
    let links = try codes(["service.yaml": Self.version2, "d/x": ""]) { fixture in
      for (name, target) in [("a", "/etc/passwd"), ("b", "nothing"), ("c", "d"), ("e", "d/x")] {
        try FileManager.default.createSymbolicLink(
          atPath: fixture.folder + "/" + name, withDestinationPath: target)
      }
    }
    #expect(links == ["entry-kind", "entry-link", "link-outside"])
    // What a file needs from elsewhere is not in the archive.
    let outside = try Fixture(["x.yaml": Self.types])
    let fixture = try Fixture(["service.yaml": service("imports: [ \(outside.folder)/x.yaml ]\n")])
    var reader = TemplateReader(profiles: Fixture.profiles, importFolders: [outside.folder])
    #expect(!reader.read(fixture.folder).hasErrors)
    let result = ArchivePacker(reader: reader).pack(fixture.folder)
    #expect(result.findings.filter { $0.severity == .error }.map(\.code) == ["import-outside"])
    #expect(result.findings.last?.place.file == "the packed archive!/service.yaml")
    reader.limits = Limits(archiveEntries: 2)
    #expect(
      ArchivePacker(reader: reader).pack(outside.folder).findings.contains { $0.code == "archive-too-many-entries" }
        == false)
    try outside.write([], to: "y")
    try outside.write([], to: "z")
    #expect(
      ArchivePacker(reader: reader).pack(outside.folder).findings.contains { $0.code == "archive-too-many-entries" })
  }

  @Test("the archive of an earlier run is left out, and a metadata file that is there is kept")
  func again() throws {
    let metadata = "CSAR-Version: 2.0\nCreated-By: me\nEntry-Definitions: main.yaml\nX: y\n"
    let fixture = try Fixture(["main.yaml": Self.version2, "TOSCA.meta": metadata, "old.zip": "PK"])
    let result = pack(fixture, excluded: [fixture.folder + "/old.zip"])
    #expect(result.files == ["TOSCA.meta", "main.yaml"])
    #expect(result.findings.map(\.code) == ["unknown-key"])
  }

  @Test("an archive is listed by path, and what is wrong with it is said")
  func listing() throws {
    let fixture = try Fixture([:] as [String: String])
    let files = [ArchiveWriter.File(path: "d/x", bytes: [1, 2, 3], isExecutable: true)]
    try fixture.write(try ArchiveWriter.write(files, format: .tgz), to: "x.tgz")
    let listing = ArchiveListing(of: fixture.folder + "/x.tgz")
    #expect(listing.entries == [ArchiveListing.Entry(path: "d/x", size: 3, isExecutable: true)])
    try fixture.write(RawArchive.zip([RawArchive.ZipEntry(name: "../x")]), to: "y.zip")
    #expect(ArchiveListing(of: fixture.folder + "/y.zip").findings.map(\.code) == ["entry-outside"])
    #expect(ArchiveListing(of: fixture.folder + "/z.zip").findings.map(\.code) == ["missing-file"])
    let long = String(repeating: "long/", count: 25) + String(repeating: "n", count: 90)
    for format in ArchiveFormat.allCases {
      try fixture.write(
        try ArchiveWriter.write([ArchiveWriter.File(path: long, bytes: [])], format: format), to: "long")
      #expect(ArchiveListing(of: fixture.folder + "/long").entries.map(\.path) == [long])
    }
  }
}
