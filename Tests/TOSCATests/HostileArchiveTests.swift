import Foundation
import Testing

@testable import TOSCA

@Suite("hostile archives")
struct HostileArchiveTests {
  private typealias Entry = RawArchive.ZipEntry

  private static let template = Array(
    "tosca_definitions_version: tosca_2_0\nservice_template: { node_templates: {} }\n".utf8)
  private static let good = RawArchive.ZipEntry(name: "s.yaml", bytes: template)

  private func codes(_ bytes: [UInt8], _ format: ArchiveFormat = .zip, limits: Limits = Limits()) throws -> [String] {
    try ArchiveReadingTests.read(bytes: bytes, format: format, limits: limits).findings.map {
      $0.code + " " + $0.place.file
    }
  }

  private static let badNames: [(String, String)] = [
    ("../x", "entry-outside"), ("a/../../x", "entry-outside"), ("a/..", "entry-outside"), ("/etc/x", "entry-outside"),
    ("C:/x", "entry-outside"), ("c:x", "entry-outside"), ("..\\x", "entry-outside"), ("a\\b", "entry-outside"),
    ("a\u{0}b", "entry-name"), ("a\nb", "entry-name"), ("a\u{1B}[2J", "entry-name"),
    (String(repeating: "n", count: 256), "entry-name"), (String(repeating: "d/", count: 33) + "x", "entry-name"),
    (String(repeating: "long/", count: 210) + "x", "entry-name"),
  ]

  @Test("a name that leads elsewhere, or cannot be a file's, is refused", arguments: badNames)
  func names(name: String, code: String) throws {
    let zipped = try ArchiveReadingTests.read(bytes: RawArchive.zip([Self.good, Entry(name: name)]))
    #expect(zipped.findings.map(\.code) == [code])
    #expect(zipped.findings.first?.place.file.hasPrefix("service.csar!/") == true)
    #expect(zipped.findings.allSatisfy { !$0.message.contains("\u{1B}") && !$0.place.file.contains("\u{1B}") })
    guard name.utf8.count <= 100, !name.contains("\u{0}") else { return }
    let tarred = RawArchive.tar(RawArchive.tarEntry("s.yaml", Self.template), RawArchive.tarEntry(name))
    #expect(try ArchiveReadingTests.read(bytes: tarred, format: .tar).findings.map(\.code) == [code])
  }

  @Test("names that are the same, on some systems or on all, are refused")
  func sameNames() throws {
    let pairs: [(String, String, String)] = [
      ("s.yaml", "s.yaml", "duplicate-entry"), ("s.yaml", "./s.yaml", "duplicate-entry"),
      ("s.yaml", "S.yaml", "entry-case"), ("a/b", "A/c", "entry-case"), ("x", "x/y", "duplicate-entry"),
      ("e\u{301}", "\u{E9}", "duplicate-entry"),
    ]
    for (one, other, code) in pairs {
      let entries = [one, other].map {
        Entry(name: $0, bytes: $0.lowercased().hasSuffix("s.yaml") ? Self.template : [])
      }
      let all = one == "s.yaml" ? entries : [Self.good] + entries
      #expect(
        try ArchiveReadingTests.read(bytes: RawArchive.zip(all)).findings.map(\.code) == [code], "\(one) \(other)")
    }
  }

  @Test("links lead to files of the archive, or are refused")
  func links() throws {
    func link(_ name: String, _ target: String) -> Entry {
      Entry(name: name, bytes: Array(target.utf8), mode: 0o120777)
    }
    let targets: [(String, String?)] = [
      ("../s.yaml", nil), ("./.././s.yaml", nil), ("/etc/passwd", "link-outside"), ("../../x", "link-outside"),
      ("..", "entry-link"), ("nothing", "entry-link"), ("link", "entry-link"), ("../d/link", "entry-link"),
      ("a\\b", "link-outside"),
    ]
    for (target, code) in targets {
      let zipped = RawArchive.zip([Self.good, link("d/link", target)])
      #expect(try codes(zipped) == (code.map { ["\($0) service.csar!/d/link"] } ?? []), "\(target)")
      let tarred = RawArchive.tar(
        RawArchive.tarEntry("s.yaml", Self.template), RawArchive.tarEntry("d/link", kind: "2", link: target))
      #expect(try codes(tarred, .tar) == (code.map { ["\($0) service.tar!/d/link"] } ?? []), "\(target)")
    }
    // A path through a link would be written where the link leads.
    let through = RawArchive.zip([Self.good, link("d", ".."), Entry(name: "d/x")])
    #expect(try codes(through) == ["duplicate-entry service.csar!/d"])
    let hard = RawArchive.tar(
      RawArchive.tarEntry("s.yaml", Self.template), RawArchive.tarEntry("a", kind: "1", link: "../etc/passwd"),
      RawArchive.tarEntry("b", kind: "1", link: "s.yaml"), RawArchive.tarEntry("c", kind: "3"))
    #expect(try codes(hard, .tar) == ["entry-kind service.tar!/c", "link-outside service.tar!/a"])
    // A link is as good as what it leads to, and costs as much.
    let linked = try ArchiveReadingTests.read(
      bytes: RawArchive.zip([link("s.yaml", "x/t"), Entry(name: "x/t", bytes: Self.template)]))
    #expect(linked.topology != nil)
    let many = [Entry(name: "x", bytes: [UInt8](repeating: 7, count: 1000))] + (0..<20).map { link("l\($0)", "x") }
    let limited = try codes(RawArchive.zip([Self.good] + many), limits: Limits(unpackedBytes: 10_000))
    #expect(limited.contains("archive-too-large service.csar"))
  }

  @Test("an archive that unpacks to far more than it is, is refused before it is unpacked")
  func bombs() throws {
    let zeros = [UInt8](repeating: 0, count: 4 << 20)
    let packed = Deflate.deflate(zeros)
    let bomb = Entry(name: "zeros", bytes: zeros, method: 8, packed: packed)
    #expect(try codes(RawArchive.zip([Self.good, bomb])) == ["archive-bomb service.csar"])
    #expect(try codes(RawArchive.zip([Self.good, bomb]), limits: Limits(compressionRatio: 2000)) == [])
    // An entry that says that it is small is not believed.
    var liar = bomb
    liar.size = 1000
    #expect(try codes(RawArchive.zip([Self.good, liar])) == ["archive-bomb service.csar!/zeros"])
    // Entries that share one content.
    let shared = (0..<3).map { Entry(name: "same", bytes: zeros, method: 8, packed: packed, shares: $0 == 0 ? nil : 0) }
    #expect(try codes(RawArchive.zip(shared)) == ["archive-bomb service.csar!/same"])
    let tarball = Deflate.deflate(RawArchive.tar(RawArchive.tarEntry("zeros", zeros)), gzip: true)
    #expect(try codes(tarball, .tgz) == ["archive-bomb service.tgz"])
    #expect(
      try codes(tarball, .tgz, limits: Limits(unpackedBytes: 1 << 20, compressionRatio: 2000))
        == ["archive-too-large service.tgz"])
  }

  @Test("size and number of entries are bounded")
  func bounds() throws {
    let entries = [Self.good] + (0..<9).map { Entry(name: "f\($0)", bytes: [1, 2, 3]) }
    let zipped = RawArchive.zip(entries)
    #expect(try codes(zipped, limits: Limits(archiveEntries: 10)) == [])
    #expect(try codes(zipped, limits: Limits(archiveEntries: 9)) == ["archive-too-many-entries service.csar"])
    let total = Self.template.count + 27
    #expect(try codes(zipped, limits: Limits(unpackedBytes: total)) == [])
    #expect(try codes(zipped, limits: Limits(unpackedBytes: total - 1)) == ["archive-too-large service.csar"])
    #expect(try codes(zipped, limits: Limits(archiveBytes: zipped.count)) == [])
    #expect(try codes(zipped, limits: Limits(archiveBytes: zipped.count - 1)) == ["archive-too-large service.csar"])
    let tarball = RawArchive.tar(RawArchive.tarEntry("s.yaml", Self.template), RawArchive.tarEntry("x"))
    #expect(try codes(tarball, .tar, limits: Limits(archiveEntries: 2)) == [])
    #expect(try codes(tarball, .tar, limits: Limits(archiveEntries: 1)) == ["archive-too-many-entries service.tar"])
  }

  @Test("an archive that ends early is damaged, wherever it ends", arguments: ArchiveFormat.allCases)
  func truncated(format: ArchiveFormat) throws {
    let files = [
      ArchiveWriter.File(path: "s.yaml", bytes: Self.template), ArchiveWriter.File(path: "x", bytes: [1, 2]),
    ]
    let bytes = try ArchiveWriter.write(files, format: format)
    #expect(try codes(bytes, format) == [])
    for length in stride(from: 0, to: bytes.count, by: format == .tar ? 100 : 7) {
      let name = "service." + (format == .zip ? "csar" : format.rawValue)
      #expect(try codes(Array(bytes[..<length]), format) == ["damaged-archive \(name)"], "\(length)")
    }
  }

  @Test("an archive that contradicts itself, or holds what is not read, is refused")
  func damaged() throws {
    var wrong = Self.good
    wrong.checksum = 7
    #expect(try codes(RawArchive.zip([wrong])) == ["no-template service.csar", "damaged-archive service.csar!/s.yaml"])
    var hidden = Self.good
    hidden.localName = "t.yaml"
    #expect(try codes(RawArchive.zip([Self.good, hidden])) == ["damaged-archive service.csar!/s.yaml"])
    let encrypted = Entry(name: "x", bytes: [1], flags: 1)
    #expect(try codes(RawArchive.zip([Self.good, encrypted])) == ["encrypted-archive service.csar!/x"])
    let other = Entry(name: "x", bytes: [1], method: 12)
    #expect(try codes(RawArchive.zip([Self.good, other])) == ["unsupported-archive service.csar!/x"])
    let garbage = Entry(name: "x", bytes: [1, 2, 3], method: 8, packed: [0xFF, 0xFF])
    #expect(try codes(RawArchive.zip([Self.good, garbage])) == ["damaged-archive service.csar!/x"])
    let zipped = RawArchive.zip([Self.good])
    #expect(try codes([1, 2, 3] + zipped) == ["damaged-archive service.csar"])
    #expect(try codes(zipped + [1, 2, 3]) == ["damaged-archive service.csar"])
    let tarball = RawArchive.tar(RawArchive.tarEntry("s.yaml", Self.template))
    #expect(try codes(tarball + RawArchive.tarEntry("x"), .tar) == ["damaged-archive service.tar"])
    let sparse = RawArchive.tar(RawArchive.tarEntry("s.yaml", Self.template), RawArchive.tarEntry("x", kind: "S"))
    #expect(try codes(sparse, .tar) == ["unsupported-archive service.tar!/x"])
    let gzipped = Deflate.deflate(tarball, gzip: true)
    #expect(try codes(gzipped + [1, 2, 3], .tgz) == ["damaged-archive service.tgz"])
    #expect(try codes(gzipped + [0, 0, 0], .tgz) == [])
    #expect(try codes([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], .tar) == ["unsupported-archive service.tar"])
  }

  @Test("no change of any byte of an archive crashes the reader", arguments: ArchiveFormat.allCases)
  func changedBytes(format: ArchiveFormat) throws {
    let files = [
      ArchiveWriter.File(path: "s.yaml", bytes: Self.template), ArchiveWriter.File(path: "d/x", bytes: [1, 2]),
    ]
    let bytes = try ArchiveWriter.write(files, format: format)
    var sound = 0
    for position in stride(from: 0, to: bytes.count, by: format == .tar ? 11 : 1) {
      for value: UInt8 in [0, 0x7F, 0xFF, bytes[position] ^ 1] {
        var changed = bytes
        changed[position] = value
        var problems: [ArchiveProblem] = []
        guard let archive = try? Archive.open(changed, limits: Limits(), problems: &problems) else { continue }
        let contents = ArchiveContents(archive, limits: Limits(), problems: problems)
        for file in contents.files.values where (try? archive.content(of: file.entry)) != nil { sound += 1 }
      }
    }
    #expect(sound > 0)
  }
}
