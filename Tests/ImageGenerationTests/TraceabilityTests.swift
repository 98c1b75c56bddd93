import Testing

@testable import ImageGeneration

@Suite("Traceability")
struct TraceabilityTests {
  private static let map = """
                 VMA              LMA     Size Align Out     In      Symbol
              201190           201190       2a    16 .text
              201190           201190       18    16         /library/archives/HTTP.a(Server.swift.o):(.text.$e4HTTP)
              201190           201190       10     1                 $e4HTTP5serveyyF
              2011a0           2011a0        8     1                 $e4HTTP3endyyF
              2011a8           2011a8       12     2         /library/archives/CRuntime.a(Heap.c.o):(.text.testudo_take)
              2011a8           2011a8       12     1                 testudo_take
              2011b8           2011b8        4     1         /library/archives/HTTP.a(Client.swift.o):(.rodata)
              2011bc           2011bc        3     1         <internal>:(.rodata.str1.1)
              2011c0           2011c0        0     1         __start_modules = .
              2011c0           2011c0        5     1         configuration:(.data)
              2011c0           2011c0        0     1                 _binary_configuration_start
    """

  @Test("the linker's map says which archive gave how many bytes and which symbols")
  func linkMap() {
    let map = LinkMap(Self.map)
    #expect(map.contributions["HTTP"] == .init(bytes: 0x1c, symbols: ["$e4HTTP5serveyyF", "$e4HTTP3endyyF"]))
    #expect(map.contributions["CRuntime"] == .init(bytes: 0x12, symbols: ["testudo_take"]))
    #expect(map.contributions["configuration"]?.bytes == 5)
    #expect(LinkMap("").contributions.isEmpty)
    #expect(LinkMap("no map\n 1 2 3\nx y z 1 name:(").contributions.isEmpty)
  }

  private func reason(_ kind: Reason.Kind, _ name: String) -> Reason { Reason(kind: kind, name: name) }

  /// A firewall for one requirement, passwords for another, both on cryptography; a server and what it stands on, which
  /// needs it in turn.
  private var image: Image {
    func module(_ name: String, _ reasons: Reason...) -> Image.Module {
      Image.Module(name: name, version: "1.0.0", reasons: reasons)
    }
    return Image(
      digest: "sha256:0", bytes: 1000, target: .process, application: "store",
      modules: [
        module("cryptography", reason(.dependency, "passwords"), reason(.dependency, "control")),
        module("hash", reason(.dependency, "passwords")),
        module("firewall", reason(.requirement, "flows"), reason(.requirement, "nobody")),
        module("passwords", reason(.requirement, "passwords")),
        module("store", reason(.application, "store")),
        module("server", reason(.dependency, "store"), reason(.dependency, "control")),
        module("control", reason(.dependency, "server")),
      ], mechanisms: ["firewall", "passwords"], createdFrom: [], recipe: "")
  }

  @Test("what would go with a requirement is what nothing else needs, also where modules need each other")
  func graph() throws {
    let trace = Traceability(
      image: image,
      contents: [
        "passwords": .init(bytes: 40, symbols: ["verify"]), "hash": .init(bytes: 2, symbols: []),
        "store": .init(bytes: 9, symbols: []),
      ])
    func cause(_ name: String) throws -> Traceability.Cause {
      try #require(trace.causes.first { $0.reason.name == name })
    }
    let passwords = try cause("passwords")
    #expect(passwords.calledFor == ["passwords"] && passwords.broughtIn == ["cryptography", "hash", "passwords"])
    #expect(passwords.wouldGo == ["hash", "passwords"] && passwords.bytesThatWouldGo == 42)
    // Another requirement keeps it.
    #expect(try cause("flows").calledFor == ["firewall"] && cause("flows").wouldGo.isEmpty)
    #expect(try cause("store").wouldGo == ["control", "server", "store"])
    let cryptography = try #require(trace.modules.first { $0.name == "cryptography" })
    #expect(cryptography.causes == [reason(.application, "store"), reason(.requirement, "passwords")])
    #expect(!cryptography.isMechanism && cryptography.bytes == 0)
    let module = try #require(trace.modules.first { $0.name == "passwords" })
    #expect(module.isMechanism && module.bytes == 40 && module.symbols == ["verify"])
  }

  @Test("an image that says nothing of bytes and symbols is traced all the same")
  func withoutContents() {
    let trace = Traceability(image: image, contents: [:])
    #expect(trace.causes.allSatisfy { $0.bytesThatWouldGo == nil })
    #expect(trace.modules.allSatisfy { $0.bytes == nil && $0.symbols == nil })
  }
}
