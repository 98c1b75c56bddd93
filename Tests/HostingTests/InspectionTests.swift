import Glibc
import Testing

@testable import Hosting

@Suite("Inspection of processes and hosts")
struct InspectionTests {
  private let status = """
    Name:\timage
    Uid:\t65534\t65534\t65534\t65534
    CapInh:\t0000000000000000
    CapPrm:\t0000000000000000
    CapEff:\t0000000000000000
    CapBnd:\t000001ffffffffff
    CapAmb:\t0000000000000000
    NoNewPrivs:\t1
    Seccomp:\t2
    Seccomp_filters:\t1

    """
  private let maps = """
    00200000-00220000 r--p 00000000 fe:00 77 /store/sha256-1/image
    00220000-00240000 r-xp 00020000 fe:00 77 /store/sha256-1/image
    00240000-00250000 rw-p 00000000 00:00 0
    7ffd0000-7ffe0000 rw-p 00000000 00:00 0                                  [stack]
    """

  @Test("a process that is filtered, without privileges to gain and with only its image mapped is confined")
  func confined() {
    let inspection = SandboxInspection(status: status, maps: maps, image: "/store/sha256-1/image")
    #expect(inspection.findings == [])
    #expect(inspection.isConfined)
    let deleted = maps.split(separator: "\n").map { $0.hasSuffix("image") ? $0 + " (deleted)" : $0 }
    #expect(
      SandboxInspection(status: status, maps: deleted.joined(separator: "\n"), image: "/store/sha256-1/image")
        .isConfined)
  }

  @Test(
    "whatever loosens the sandbox is found",
    arguments: [
      ("Seccomp:\t2", "Seccomp:\t0", "seccomp mode is 0"), ("Seccomp:\t2", "Seccomp:\t1", "seccomp mode is 1"),
      ("NoNewPrivs:\t1", "NoNewPrivs:\t0", "NoNewPrivs"), ("NoNewPrivs:\t1\n", "", "NoNewPrivs"),
      ("CapEff:\t0000000000000000", "CapEff:\t0000000000002000", "capabilities are 0x2000"),
      ("CapPrm:\t0000000000000000", "CapPrm:\t0000000000000001", "capabilities are 0x1"),
      ("CapAmb:\t0000000000000000\n", "", "capabilities are not known"),
      ("Uid:\t65534\t65534\t65534", "Uid:\t65534\t0\t65534", "superuser"), ("Uid:\t65534", "Uis:\t65534", "superuser"),
      ("00240000-00250000 rw-p", "00240000-00250000 rwxp", "00240000-00250000 rwxp"),
      ("00000000 00:00 0 ", "00000000 fe:00 8 /usr/lib/libc.so.6 ", "/usr/lib/libc.so.6"),
      ("fe:00 77 /store", "fe:00 78 /other", "/other/sha256-1/image"),
    ])
  func loosened(found: String, replacement: String, finding: String) throws {
    let text = status + "\u{1}" + maps
    let range = try #require(text.range(of: found))
    let parts = text.replacingCharacters(in: range, with: replacement).split(separator: "\u{1}").map { String($0) }
    let inspection = SandboxInspection(status: parts[0], maps: parts[1], image: "/store/sha256-1/image")
    #expect(inspection.findings.count == 1)
    #expect(inspection.findings.first?.contains(finding) == true)
  }

  @Test("an ordinary process is not confined, and one that is gone is said to be")
  func ordinary() throws {
    let inspection = try SandboxInspection.inspect(process: getpid(), image: "/nothing")
    // What runs these tests may itself be filtered.
    let own = try #require(Files.text("/proc/self/status")).split(separator: "\n")
    #expect(own.contains("Seccomp:\t\(inspection.seccompMode)"))
    #expect(!inspection.isConfined)
    #expect(inspection.foreignFiles.contains { $0.contains("libc.so") })
    #expect(throws: HostingFault.gone("process 0 is not there")) {
      try SandboxInspection.inspect(process: 0, image: "/nothing")
    }
  }

  @Test("what a host lacks comes with a remedy")
  func probe() {
    let checks = HostProbe().run()
    #expect(
      checks.map(\.name) == [
        "root", "network namespaces", "TAP devices", "network bridges", "address lock", "linker ld.lld", "KVM",
      ])
    for check in checks {
      #expect(!check.found.isEmpty)
      #expect(check.isPresent == (check.remedy == nil))
    }
    #expect(checks[0].isPresent == isRoot)
    let missing = checks.first { $0.isRequired && !$0.isPresent }
    do throws(HostingFault) {
      try HostProbe().requireAll()
      #expect(missing == nil)
    } catch {
      #expect(error.isLackOfHost)
      #expect(error.description.contains(missing?.name ?? "?"))
    }
  }
}

extension String {
  fileprivate func range(of other: String) -> Range<String.Index>? {
    indices.lazy.compactMap { start in
      self[start...].hasPrefix(other) ? start..<self.index(start, offsetBy: other.count) : nil
    }.first
  }

  fileprivate func replacingCharacters(in range: Range<String.Index>, with other: String) -> String {
    var copy = self
    copy.replaceSubrange(range, with: other)
    return copy
  }
}
