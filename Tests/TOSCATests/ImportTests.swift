import Foundation
import Testing

@testable import TOSCA

@Suite("imports")
struct ImportTests {
  private static func version2(_ rest: String) -> String { "tosca_definitions_version: tosca_2_0\n" + rest }

  @Test("namespaces nest, and a file may be imported under several")
  func namespaces() throws {
    let fixture = try Fixture([
      "service.yaml": Self.version2(
        """
        imports:
          - { url: a.yaml, namespace: a }
          - { url: b.yaml, namespace: b }
          - b.yaml
        service_template:
          node_templates:
            one: { type: a:x:T }
            two: { type: b:T }
            three: { type: T }
            four: { type: 1️⃣a:T }
        """),
      "a.yaml": Self.version2("imports: [ { url: b.yaml, namespace: x } ]\n"),
      "b.yaml": Self.version2("node_types: { T: {} }\n"),
    ])
    let result = fixture.read()
    #expect(result.findings.map(\.code) == ["unknown-type"])
    #expect(result.findings.first?.place.column == fixture.markers["1️⃣"]?.column)
  }

  @Test("a folder of profiles is searched before the product's, by path and by the names that files declare")
  func profiles() throws {
    let profiles = try Fixture([
      "kubernetes/1.30.yaml": Self.version2("profile: io.kubernetes:1.30\nimports: [ more/pod.yaml ]\n"),
      "kubernetes/more/pod.yaml": Self.version2("node_types: { Pod: {} }\n"),
      "plain/profile.yaml": Self.version2("node_types: { Plain: {} }\n"),
      "sneaky.yaml": Self.version2("profile: 'sneaky'\nimports: [ ../service.yaml ]\n"),
    ])
    let fixture = try Fixture([
      "service.yaml": Self.version2(
        """
        imports:
          - { profile: io.kubernetes:1.30, namespace: k8s }
          - { profile: plain }
          - { profile: sneaky }
          - { profile: 1️⃣io.kubernetes:1.3 }
        service_template:
          node_templates:
            pod: { type: k8s:Pod }
            plain: { type: Plain }
        """)
    ])
    let reader = TemplateReader(profiles: Fixture.profiles, profileFolders: [profiles.folder])
    let result = reader.read(fixture.folder)
    #expect(result.findings.map(\.code).sorted() == ["import-outside", "unknown-profile"])
    #expect(result.findings("unknown-profile").first?.suggestion == "io.kubernetes:1.30")
    #expect(result.findings("import-outside").first?.place.file == "sneaky.yaml")
    #expect(fixture.read("").findings("unknown-profile").count == 4)
  }

  @Test("repositories that are folders are read; remote ones only where a folder stands for them by name")
  func repositories() throws {
    let fixture = try Fixture([
      "service.yaml": Self.version2(
        """
        repositories:
          near: ../shared folder
          here: { url: file:types/ }
          away: https://example.org/types
          odd: { url: "git@example.org:x" }
        imports:
          - { url: t.yaml, repository: here }
          - { url: /s.yaml, repository: near }
          - { url: r.yaml, repository: away }
          - https://example.org/types/v1/u.yaml
          - file://example.org/x.yaml
          - file:types/v%20w.yaml
        service_template:
          node_templates:
            t: { type: T }
            r: { type: R }
            u: { type: U }
            v: { type: V }
        """),
      "types/t.yaml": Self.version2("node_types: { T: {} }\n"),
      "types/v w.yaml": Self.version2("node_types: { V: {} }\n"),
    ])
    let alone = fixture.read()
    #expect(
      alone.findings.map(\.code).filter { $0 != "unknown-type" }
        == ["import-outside", "import-network", "import-network", "import-network"])
    let copy = try Fixture([
      "r.yaml": Self.version2("node_types: { R: {} }\n"), "v1/u.yaml": Self.version2("node_types: { U: {} }\n"),
    ])
    for name in ["https://example.org/types", "https://example.org/types/"] {
      let reader = TemplateReader(
        profiles: Fixture.profiles, mirrors: ["https://example.org/": "/nowhere", name: copy.folder])
      #expect(
        reader.read(fixture.folder).findings.map(\.code) == ["import-outside", "import-network"], "\(name)")
    }
    let named = TemplateReader(profiles: Fixture.profiles, mirrors: ["away": copy.folder])
    #expect(named.read(fixture.folder).findings("unknown-type").map(\.message) == ["unknown node type `U`"])
  }

  @Test("whether a file outside is there cannot be found out")
  func oracle() throws {
    let outside = try Fixture(["there.yaml": Self.version2("")])
    let fixture = try Fixture(
      service(
        "imports: [ \(outside.folder)/there.yaml, \(outside.folder)/not-there.yaml, ../x/../z.yaml, file:../x.yaml ]\n")
    )
    #expect(fixture.read().findings.map(\.code) == Array(repeating: "import-outside", count: 4))
  }

  @Test("an import of a folder, of itself, or twice says so")
  func oddities() throws {
    let fixture = try Fixture([
      "service.yaml": service("imports: [ types, service.yaml, types/a.yaml, types/a.yaml, \"types/a.yaml\\0\" ]\n"),
      "types/a.yaml": service("node_types: {}\n"),
    ])
    let result = fixture.read()
    #expect(
      result.findings.map { "\($0.code) \($0.severity)" } == [
        "missing-import error", "import-cycle warning", "duplicate-import warning", "missing-import error",
      ])
    #expect(result.findings.first?.suggestion == "types/a.yaml")
  }

  @Test("depth of imports and bytes of all files are bounded")
  func bounds() throws {
    var files: [String: String] = [:]
    for index in 0..<20 {
      files["f\(index).yaml"] = service(index < 19 ? "imports: [ f\(index + 1).yaml ]\n" : "node_types: {}\n")
    }
    let fixture = try Fixture(files)
    #expect(fixture.read("f0.yaml", limits: Limits(importDepth: 19)).findings.map(\.code) == [])
    let deep = fixture.read("f0.yaml", limits: Limits(importDepth: 18))
    #expect(deep.findings.map(\.code) == ["too-deep-imports"])
    #expect(deep.findings.first?.place.file.hasSuffix("f18.yaml") == true)
    let profile = try Fixture([:] as [String: String])
    let bytes = files.values.reduce(0) { $0 + $1.utf8.count }
    let exact = fixture.read("f0.yaml", profiles: profile.folder, limits: Limits(totalBytes: bytes))
    #expect(exact.findings.map(\.code) == ["missing-profile"])
    let fewer = fixture.read("f0.yaml", profiles: profile.folder, limits: Limits(totalBytes: bytes - 1))
    #expect(fewer.findings("too-many-bytes").count == 1)
  }
}

@Suite("artifacts with checksums")
struct ChecksumTests {
  private static let hello = [
    "MD5": "b1946ac92492d2347c6235b4d2611184", "SHA-1": "f572d396fae9206628714fb2ce00f72e94f2258f",
    "SHA-256": "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
    "SHA-384":
      "1d0f284efe3edea4b9ca3bd514fa134b17eae361ccc7a1eefeff801b9bd6604e01f21f6bf249ef030599f0c218f2ba8c",
    "SHA-512":
      "e7c22b994c59d9cf2b48e549b1e24666636045930d3da7c1acb299d1c3b7f931f94aae41edda2c2b207a36e10f8bcb8d45223e54878f5b316e7ce3b6bc019629",
  ]

  private func findings(_ keynames: String, limits: Limits = Limits()) throws -> [String] {
    let fixture = try Fixture([
      "service.yaml": service(
        """
        topology_template:
          node_templates:
            n:
              type: tosca.nodes.Root
              artifacts: { a: { type: tosca.artifacts.File, file: hello.txt, \(keynames) } }

        """), "hello.txt": "hello\n",
    ])
    return fixture.read(limits: limits).findings.map { "\($0.code) \($0.severity)" }
  }

  @Test("the checksum of each algorithm is compared, under every name that it goes by")
  func algorithms() throws {
    for (name, checksum) in Self.hello {
      let wrong = (checksum.hasPrefix("0") ? "1" : "0") + checksum.dropFirst()
      for written in [name, name.lowercased(), name.replacingOccurrences(of: "-", with: "_")] {
        #expect(try findings("checksum: \"\(checksum)\", checksum_algorithm: \(written)") == [], "\(name)")
        #expect(
          try findings("checksum: \"\(wrong)\", checksum_algorithm: \(written)") == ["wrong-checksum error"], "\(name)")
      }
      #expect(try findings("checksum: \"\(checksum.uppercased())\"") == [])
      #expect(try findings("checksum: \"\(wrong)\"") == ["wrong-checksum error"])
    }
  }

  @Test("what cannot be compared is said")
  func others() throws {
    #expect(try findings("checksum: \"0000\", checksum_algorithm: SHA-256") == ["wrong-checksum error"])
    #expect(try findings("checksum: \"0000\"") == ["unverified-checksum warning"])
    #expect(
      try findings("checksum: \"0000\", checksum_algorithm: SHA-265") == ["unknown-checksum-algorithm warning"])
    let sum = Self.hello["SHA-256"] ?? ""
    #expect(try findings("checksum: \(sum)", limits: Limits(checksumBytes: 6)) == [])
    #expect(
      try findings("checksum: \(sum)", limits: Limits(checksumBytes: 5)) == ["unverified-checksum warning"])
  }
}
