import Foundation
import Interchange
import SecTOSCA
import TOSCA
import Testing

@testable import ImageGeneration

/// Handlers compiled by the real compiler against the real library, where `make library` has made it.
@Suite(
  "Handlers",
  .enabled(
    if: FileManager.default.fileExists(atPath: "\(Portal.library)/handler/Handler.swiftmodule"),
    "the library that `make library` makes is needed"))
struct HandlerTests {
  private let folder: TemporaryFolder
  private let library: LinkLibrary

  init() throws {
    folder = try TemporaryFolder()
    library = try LinkLibrary(folder: Portal.library)
  }

  static let example = "\(Portal.root)/Examples/handler"

  static func resource(_ source: String = "guestbook") -> Resource {
    Resource(
      name: "book", type: "sectosca.nodes.HandlerService",
      applications: [.handler(prefix: "/", source: source, capacityBytes: 4096, maximumSteps: 1_000_000)],
      endpoint: ServiceEndpoint(port: 80, isPublic: true, publishedPort: nil), connections: [],
      memoryBytes: 16 << 20, place: Portal.place(12))
  }

  private func compiler(_ cache: String = "cache") -> HandlerCompiler {
    HandlerCompiler(library: library, cache: "\(folder.path)/\(cache)")
  }

  private func sources(_ text: String) -> HandlerSources {
    HandlerSources(source: "book", files: [HandlerSources.File(path: "book/Book.swift", text: text)])
  }

  /// The findings in a source, each as its code, its line and the text that it points at.
  private func findings(_ text: String) throws -> [String] {
    do throws(ImageFault) {
      _ = try compiler().compile(sources(text))
      return []
    } catch {
      guard case .handler(let findings, let texts) = error else { throw error }
      #expect(texts == ["book/Book.swift": text])
      return findings.map { finding in
        #expect(finding.place.file == "book/Book.swift")
        let line = Array(text.split(separator: "\n", omittingEmptySubsequences: false)[finding.place.line - 1])
        let word = line[(finding.place.column - 1)..<min(line.count, finding.place.endColumn - 1)]
        return "\(finding.code) \(finding.place.line) \(String(word))"
      }
    }
  }

  private static let head = "import Handler\nfunc respond(to request: Request, in store: any Store) -> Response {\n"

  @Test("what is wrong with a source is said with its file, line and column")
  func mistakes() throws {
    #expect(try findings(Self.head + "  .text(\"fine\")\n}") == [])
    #expect(
      try findings(Self.head + "  let é = 1; return .text(unknown + \"\\(é)\")\n}")
        == ["handler-does-not-compile 3 unknown"])
    #expect(
      try findings(Self.head + "  .text(1)\n}\nfunc other() -> Int { \"\" }").map { $0.prefix(26) }
        == ["handler-does-not-compile 3", "handler-does-not-compile 5"])
    #expect(
      try findings("import Handler\nfunc answer() {}").map { $0.prefix(21) }
        == ["no-handler-function 1"].map { $0.prefix(21) })
    #expect(
      try findings("import LibraryOS\n" + Self.head + "  .text(\"\")\n}") == ["forbidden-import 1 LibraryOS"])
  }

  @Test("code that could leave the handler's own memory is not compiled")
  func unsafe() throws {
    let reads =
      "  let a: [UInt8] = [1]\n  let b = a.withUnsafeBufferPointer { $0[100] }\n  return .text(Text(Int(b)))\n}"
    #expect(try findings(Self.head + reads) == ["unsafe-handler-code 4 a", "unsafe-handler-code 4 $0"])
    #expect(
      try findings(Self.head + reads.replacing("a.with", with: "unsafe a.with")) == ["unsafe-handler-code 4 unsafe"])
    let counts = "nonisolated(unsafe) var count = 0\n"
    #expect(try findings(counts + Self.head + "  .text(Text(count))\n}") == ["unsafe-handler-code 1 unsafe"])
  }

  @Test("the same sources give the same object anywhere, and it is made once")
  func kept() throws {
    let handler = try #require(try HandlerSources(of: Self.resource(), root: Self.example))
    let first = try compiler().compile(handler)
    let second = try compiler("elsewhere/and deeper").compile(handler)
    #expect(try Data(contentsOf: URL(filePath: first)) == Data(contentsOf: URL(filePath: second)))
    let bytes = try Data(contentsOf: URL(filePath: first))
    for path in [folder.path, Portal.root] { #expect(bytes.range(of: Data(path.utf8)) == nil) }
    try Data("kept".utf8).write(to: URL(filePath: first))
    #expect(try compiler().compile(handler) == first)
    #expect(try Data(contentsOf: URL(filePath: first)) == Data("kept".utf8))
    var changed = handler
    changed.files[0].text += "\n"
    #expect(try compiler().compile(changed) != first)
    let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/cache")
    #expect(names.filter { !$0.hasSuffix(".o") } == [])
    #expect(names.count == 2)
  }

  @Test("a compiler that needs more than it may have is ended, and nothing is kept")
  func bounds() throws {
    var compiler = compiler()
    compiler.memoryLimit = 128 << 20
    let fault = #expect(throws: ImageFault.self) { try compiler.compile(sources(Self.head + "  .text(\"\")\n}")) }
    guard case .compiling = fault else {
      Issue.record("\(String(describing: fault))")
      return
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/cache") == [])
  }

  @Test("where the compiler is missing, its lack is the host's")
  func missingCompiler() throws {
    let bare = try TemporaryFolder()
    try FileManager.default.copyItem(atPath: "\(Portal.library)/handler", toPath: "\(bare.path)/handler")
    try bare.write(
      #"{"swift": "Swift version 6.3.1", "lld": "21", "compiler": "/nowhere/swiftc"}"#, to: "toolchain.json")
    let compiler = HandlerCompiler(library: try LinkLibrary(folder: bare.path), cache: folder.path)
    let fault = #expect(throws: ImageFault.self) { try compiler.compile(sources(Self.head + "  .text(\"\")\n}")) }
    guard case .library("/nowhere/swiftc", _, let expected) = fault else {
      Issue.record("\(String(describing: fault))")
      return
    }
    #expect(expected.contains("Swift version 6.3.1"))
  }

  @Test("is part of its image, of the image's recipe, and of its bill of materials")
  func image() throws {
    let store = ImageStore(folder: "\(folder.path)/images")
    let builder = ImageBuilder(library: library, store: store, keys: KeyRing(SigningKey()))
    let resource = Self.resource()
    let selection = try Selector(catalogue: library.catalogue())
      .select(resource: resource, due: [Portal.declaredFlows], target: .process).get()
    let parameters = ModuleConfiguration.parameters(
      for: resource, due: [Portal.declaredFlows], selection: selection, environment: Portal.environment,
      files: Portal.files, controlPublicKey: try builder.keys.current().publicKey)
    let handler = try #require(try HandlerSources(of: resource, root: Self.example))
    var recipe = ImageRecipe(
      service: "book", resource: resource, level: "normal", due: [Portal.declaredFlows], target: .process,
      selection: selection, parameters: parameters, handler: handler)
    let image = try builder.build(recipe)
    #expect(image.application == "handler")
    #expect(image.bytes < 300_000)
    let bytes = try Data(contentsOf: URL(filePath: store.path(of: image.digest)))
    #expect(bytes.range(of: Data("Guest book".utf8)) != nil)
    let bill = String(decoding: try store.billOfMaterials(of: image.digest), as: UTF8.self)
    #expect(bill.contains("guestbook/GuestBook.swift"))
    #expect(bill.contains(handler.digest.hex))

    recipe.handler?.files[0].text.replace("Guest book", with: "Visitors' book")
    let other = try builder.build(recipe)
    #expect(other.recipe != image.recipe && other.digest != image.digest)
  }

  @Test("settings of a handler come from its node")
  func parameters() throws {
    let resource = Self.resource()
    let parameters = try Portal.parameters(resource, [])
    #expect(parameters.parameters(.build).first { $0.name == "paths" }?.value == .list([.text("/")]))
    #expect(parameters.parameters(.boot).first { $0.name == "capacity-bytes" }?.value == .integer(4096))
    #expect(parameters.parameters(.boot).first { $0.name == "maximum-steps" }?.value == .integer(1_000_000))
  }
}

@Suite("The sources of handlers")
struct HandlerSourcesTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func read(_ source: String = "book") throws -> HandlerSources? {
    try HandlerSources(of: HandlerTests.resource(source), root: folder.path)
  }

  @Test("are a file, or the files of a folder")
  func reading() throws {
    try folder.write("b", to: "book/B.swift")
    try folder.write("a", to: "book/A.swift")
    try folder.write("no", to: "book/notes.txt")
    try folder.write("no", to: "book/deeper/C.swift")
    #expect(try read()?.files.map(\.path) == ["book/A.swift", "book/B.swift"])
    #expect(try read("book/")?.files.map(\.path) == ["book/A.swift", "book/B.swift"])
    #expect(try read("book/B.swift")?.files == [HandlerSources.File(path: "book/B.swift", text: "b")])
    #expect(try HandlerSources(of: Portal.orders, root: folder.path) == nil)
  }

  @Test("are refused when there are none, too many or too much, when they are no text, and when they lie elsewhere")
  func bounds() throws {
    #expect(throws: ImageFault.self) { try read() }
    try folder.write("", to: "book/notes.txt")
    #expect(throws: ImageFault.self) { try read() }
    try folder.write(String(repeating: "/", count: HandlerSources.maximumBytes), to: "book/A.swift")
    #expect(try read()?.files.count == 1)
    try folder.write("/", to: "book/B.swift")
    #expect(throws: ImageFault.self) { try read() }
    try folder.write("", to: "book/A.swift")
    for index in 2..<HandlerSources.maximumFiles { try folder.write("", to: "book/\(index).swift") }
    #expect(try read()?.files.count == HandlerSources.maximumFiles)
    try folder.write("", to: "book/one-more.swift")
    #expect(throws: ImageFault.self) { try read() }
    try Data([0xFF, 0xFE]).write(to: URL(filePath: "\(folder.path)/binary.swift"))
    #expect(throws: ImageFault.self) { try read("binary.swift") }
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder.path)/link.swift", withDestinationPath: "/etc/hostname")
    #expect(throws: ImageFault.self) { try read("link.swift") }
  }
}
