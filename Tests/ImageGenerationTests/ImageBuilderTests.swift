import Crypto
import Foundation
import Interchange
import SecTOSCA
import Testing

@testable import ImageGeneration

@Suite("Images", .enabled(if: FakeLibrary.missingPrograms.isEmpty, Comment(rawValue: FakeLibrary.requirement)))
struct ImageBuilderTests {
  let folder: TemporaryFolder
  let fake: FakeLibrary
  let store: ImageStore
  let key = SigningKey()

  init() throws {
    folder = try TemporaryFolder()
    fake = try FakeLibrary()
    store = ImageStore(folder: "\(folder.path)/images of this test")
  }

  private func library() throws -> LinkLibrary { try LinkLibrary(folder: fake.folder.path) }

  private func builder() throws -> ImageBuilder {
    ImageBuilder(library: try library(), store: store, keys: KeyRing(key))
  }

  private func recipe(
    _ due: [SecurityRequirement], level: String = "normal", prefix: String = "/orders"
  ) throws -> ImageRecipe {
    var resource = Portal.orders
    resource.applications = [.keyValue(prefix: prefix, capacityBytes: 4096)]
    let catalogue = try library().catalogue()
    let selection = try Selector(catalogue: catalogue).select(resource: resource, due: due, target: .process).get()
    let parameters = ModuleConfiguration.parameters(
      for: resource, due: due, selection: selection, environment: Portal.environment, files: SiteFiles(sites: [:]),
      controlPublicKey: key.publicKey)
    return ImageRecipe(
      service: "portal", resource: resource, level: level, due: due, target: .process, selection: selection,
      parameters: parameters)
  }

  private func bytes(_ image: Image) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: store.path(of: image.digest))))
  }

  private func contains(_ bytes: [UInt8], _ text: String) -> Bool {
    Data(bytes).range(of: Data(text.utf8)) != nil
  }

  // MARK: Building

  @Test("an image has the modules that were selected, and nothing of the others")
  func linking() throws {
    let image = try builder().build(try recipe([Portal.declaredFlows]))
    #expect(image.modules.map(\.name) == ["base", "filter", "platform", "store"])
    #expect(image.mechanisms == ["filter"])
    #expect(image.application == "store")
    #expect(image.createdFrom.map(\.resource) == ["orders"])
    let bytes = try bytes(image)
    #expect(bytes.count == image.bytes)
    #expect(contains(bytes, "this is module filter"))
    #expect(contains(bytes, "this is module store"))
    #expect(!contains(bytes, "this is module journal"))
    #expect(!contains(bytes, "nobody calls this"))
    let file = try ELFFile(bytes)
    #expect(file.section("modules")?.bytes == 16)
    #expect(file.section(".symtab") == nil)
    #expect(file.writableExecutableSegments == 0)
  }

  @Test("an image carries its build configuration, read-only")
  func configuration() throws {
    let recipe = try recipe([])
    let file = try ELFFile(try bytes(try builder().build(recipe)))
    let section = try #require(file.section(".configuration"))
    let contents = try #require(file.contents(of: section))
    #expect(try Parameter.decode(Array(contents)) == recipe.configuration)
    #expect(recipe.configuration.map(\.value) == [.text("/orders")])
    let segment = try #require(
      file.segments.first { $0.address <= section.address && section.address < $0.address + $0.memoryBytes })
    #expect(!segment.isWritable && !segment.isExecutable)
  }

  @Test("the same recipe gives the same image and the same papers, whatever the folder")
  func reproducible() throws {
    let other = ImageStore(folder: "\(folder.path)/elsewhere")
    let copy = try FakeLibrary()
    let image = try builder().build(try recipe([Portal.log]))
    let again = try ImageBuilder(
      library: LinkLibrary(folder: copy.folder.path), store: other, keys: KeyRing(SigningKey())
    )
    .build(try recipe([Portal.log]))
    #expect(image.digest == again.digest && image.recipe == again.recipe)
    #expect(try store.billOfMaterials(of: image.digest) == other.billOfMaterials(of: image.digest))
  }

  @Test("another configuration, another module or another archive gives another image")
  func different() throws {
    let first = try builder().build(try recipe([Portal.log]))
    #expect(try builder().build(try recipe([Portal.log], prefix: "/other")).digest != first.digest)
    #expect(try builder().build(try recipe([Portal.log, Portal.declaredFlows])).digest != first.digest)
    try FileManager.default.removeItem(atPath: "\(fake.folder.path)/archives/Journal.a")
    try FileManager.default.copyItem(
      atPath: "\(fake.folder.path)/archives/Filter.a", toPath: "\(fake.folder.path)/archives/Journal.a")
    let changed = try builder().build(try recipe([Portal.log]))
    #expect(changed.digest != first.digest && changed.recipe != first.recipe)
    #expect(store.images().count == 4)
  }

  @Test("two versions of a module with the same code are two images, each with papers that name its version")
  func versions() throws {
    let first = try builder().build(try recipe([Portal.declaredFlows]))
    let manifest = "\(fake.folder.path)/modules/filter.json"
    let text = try String(contentsOfFile: manifest, encoding: .utf8)
    try text.replacing("\"version\": \"1.0.0\"", with: "\"version\": \"1.0.1\"")
      .write(toFile: manifest, atomically: true, encoding: .utf8)
    let second = try builder().build(try recipe([Portal.declaredFlows]))
    #expect(first.digest != second.digest)
    for (image, version) in [(first, "1.0.0"), (second, "1.0.1")] {
      #expect(try store.image(image.digest).modules.first { $0.name == "filter" }?.version == version)
      try store.verify(image.digest, trustedKeys: [key.publicKey])
      let file = try ELFFile(try bytes(image))
      let section = try #require(file.section(".testudo.modules"))
      let named = String(decoding: try #require(file.contents(of: section)), as: UTF8.self)
      #expect(named == "base 1.0.0\nfilter \(version)\nplatform 1.0.0\nstore 1.0.0\n")
    }
  }

  @Test("an image whose key was revoked counts as none, and is made and signed anew")
  func revoked() throws {
    let keys = KeyRing(folder: "\(folder.path)/keys", name: "image")
    let builder = ImageBuilder(library: try library(), store: store, keys: keys)
    let recipe = try recipe([Portal.log])
    let digest = try builder.digest(of: recipe)
    let image = try builder.build(recipe)
    #expect(builder.image(recipe: digest) == image && builder.image(of: recipe, digest: digest) == image)
    _ = try keys.rotate()
    #expect(builder.image(recipe: digest) == image, "what a retired key signed is trusted")
    _ = try keys.revoke(try #require(image.signature?.key))
    #expect(builder.image(recipe: digest) == nil && builder.image(of: recipe, digest: digest) == nil)
    #expect(throws: ImageFault.self) { try builder.verify(image.digest) }
    let again = try builder.build(recipe)
    #expect(again.digest == image.digest)
    #expect(again.signature?.key == (try keys.current().identifier))
    try builder.verify(again.digest)
    #expect(builder.image(recipe: digest) == again)
  }

  @Test("an image that was made once is not linked again")
  func cached() throws {
    let image = try builder().build(try recipe([Portal.log]))
    try fake.folder.write(#"{"swift": "6.3.1", "lld": "14.0.6", "linker": "/no/such/linker"}"#, to: "toolchain.json")
    #expect(try builder().build(try recipe([Portal.log])) == image)
    #expect(throws: ImageFault.self) { try builder().build(try recipe([])) }
  }

  @Test("an image that serves two levels has the reasons and origins of both, signed")
  func shared() throws {
    let first = try builder().build(try recipe([Portal.declaredFlows]))
    let second = try builder().build(try recipe([Portal.declaredFlows, Portal.nobody], level: "lockdown"))
    #expect(first.digest == second.digest)
    #expect(second.createdFrom.map(\.level) == ["lockdown", "normal"])
    let filter = try #require(second.modules.first { $0.name == "filter" })
    #expect(filter.reasons.map(\.name) == ["declared_flows", "nobody"])
    try store.verify(second.digest, trustedKeys: [key.publicKey])
    #expect(try store.image(first.digest) == second)
  }

  @Test("papers that somebody changes are read anew, and trusted no more")
  func changedPapers() throws {
    let image = try builder().build(try recipe([Portal.log]))
    #expect(try store.image(image.digest).createdFrom.map(\.level) == ["normal"])
    let path = "\(store.folder)/images/\(image.digest.dropFirst(7))/statement.json"
    // As long as before.
    try String(contentsOfFile: path, encoding: .utf8).replacing("\"normal\"", with: "\"strict\"")
      .write(toFile: path, atomically: true, encoding: .utf8)
    #expect(try store.image(image.digest).createdFrom.map(\.level) == ["strict"])
    #expect(throws: ImageFault.self) { try store.verify(image.digest, trustedKeys: [key.publicKey]) }
  }

  // MARK: Refusing

  @Test("an image over its budget is refused with its numbers, and not stored")
  func budgets() throws {
    func budget(_ bytes: Int?, _ calls: Int?) -> [SecurityRequirement] {
      [
        Portal.requirement(
          "small", .surfaceBudget(SurfaceBudget(maximumImageBytes: bytes, maximumSystemCalls: calls)))
      ]
    }
    let fault = try #require(throws: ImageFault.self) { try builder().build(try recipe(budget(1000, nil))) }
    guard case .tooManyBytes(let bytes, 1000) = fault else {
      Issue.record("\(fault)")
      return
    }
    #expect(bytes > 1000)
    let calls = ["read", "write", "ppoll", "clock_gettime", "exit_group"]
    #expect(throws: ImageFault.tooManySystemCalls(systemCalls: calls, allowed: 4)) {
      try builder().build(try recipe(budget(nil, 4)))
    }
    #expect(store.images().isEmpty)
    #expect(try builder().build(try recipe(budget(1 << 20, 5))).bytes == bytes)
    // A stored image is held against the budget too.
    #expect(throws: ImageFault.self) { try builder().build(try recipe(budget(1000, nil))) }
  }

  @Test("a build configuration that the modules do not declare is refused before anything is linked")
  func misconfigured() throws {
    var recipe = try recipe([])
    recipe.configuration = [
      Parameter(module: "store", name: "prefix", value: .integer(1)),
      Parameter(module: "filter", name: "prefix", value: .text("/")),
    ]
    #expect(
      throws: ImageFault.configuration(problems: [
        "`store.prefix`: expected text", "`filter.prefix`: no module of the image has this parameter at stage build",
      ])
    ) { try builder().build(recipe) }
  }

  @Test("what the linker complains about is passed on, and nothing is left behind")
  func linkerFault() throws {
    let fault = try #require(throws: ImageFault.self) { try builder().build(try recipe([Portal.calm])) }
    #expect(fault.description.contains("undefined symbol: missing_function"))
    #expect(store.images().isEmpty)
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(store.folder)/incoming").isEmpty)
  }

  @Test("an archive that the library lacks is named")
  func missingArchive() throws {
    let path = "\(fake.folder.path)/archives/Base.a"
    try FileManager.default.removeItem(atPath: path)
    #expect(
      throws: ImageFault.library(
        path: path, message: "this file cannot be read", expected: "a part of the library of modules")
    ) { try builder().build(try recipe([])) }
  }

  @Test("an image with memory that is written and executed is refused")
  func writableExecutable() throws {
    let script = FakeLibrary.script.replacingOccurrences(of: "FLAGS(5)", with: "FLAGS(7)")
    try fake.folder.write(script, to: "process.ld")
    #expect(
      throws: ImageFault.unfit(message: "1 segments are writable and executable, expected none")
    ) { try builder().build(try recipe([])) }
    #expect(store.images().isEmpty)
  }

  // MARK: Papers

  @Test("an image is trusted only with a signature by a trusted key")
  func verifying() throws {
    let image = try builder().build(try recipe([Portal.log]))
    try store.verify(image.digest, trustedKeys: [SigningKey().publicKey, key.publicKey])
    #expect(throws: ImageFault.untrusted(digest: image.digest)) {
      try store.verify(image.digest, trustedKeys: [SigningKey().publicKey])
    }
    #expect(throws: ImageFault.untrusted(digest: image.digest)) { try store.verify(image.digest, trustedKeys: []) }
    #expect(image.signature?.key == key.identifier && image.signature?.value.count == 128)
    let unknown = "sha256:" + String(repeating: "0", count: 64)
    #expect(throws: ImageFault.notFound(digest: unknown)) { try store.verify(unknown, trustedKeys: [key.publicKey]) }
    #expect(throws: ImageFault.notFound(digest: "../keys")) { try store.path(of: "../keys") }
  }

  @Test(
    "one altered byte of the image or of any paper is found, and the image is made anew",
    arguments: ["image.elf", "statement.json", "statement.sig", "sbom.cdx.json", "provenance.intoto.json"])
  func altered(name: String) throws {
    let image = try builder().build(try recipe([Portal.log]))
    let file = URL(fileURLWithPath: try store.path(of: image.digest)).deletingLastPathComponent()
      .appendingPathComponent(name)
    let sound = try Data(contentsOf: file)
    for index in [0, sound.count / 2, sound.count - 1] {
      var altered = sound
      altered[index] ^= 1
      try FileManager.default.removeItem(at: file)
      try altered.write(to: file)
      #expect(throws: ImageFault.self) { try store.verify(image.digest, trustedKeys: [key.publicKey]) }
    }
    #expect(try builder().build(try recipe([Portal.log])).digest == image.digest)
    try store.verify(image.digest, trustedKeys: [key.publicKey])
    try FileManager.default.removeItem(at: file)
    #expect(throws: ImageFault.self) { try store.verify(image.digest, trustedKeys: [key.publicKey]) }
  }

  @Test(
    "after a rotation the image still starts, and is signed anew when it is asked for; after a revocation it does not")
  func keys() throws {
    let ring = KeyRing(folder: "\(folder.path)/keys", name: "image")
    let builder = ImageBuilder(library: try library(), store: store, keys: ring)
    let image = try builder.build(try recipe([Portal.log]))
    let (old, new) = try ring.rotate()
    try builder.verify(image.digest)
    #expect(image.signature?.key == old.identifier)
    _ = try ring.revoke(old.identifier)
    #expect(throws: ImageFault.revoked(digest: image.digest, key: old.identifier)) { try builder.verify(image.digest) }
    let again = try builder.build(try recipe([Portal.log]))
    #expect(again.digest == image.digest && again.signature?.key == new.identifier)
    try builder.verify(image.digest)
    // A stranger's ring trusts neither.
    let stranger = ImageBuilder(library: try library(), store: store, keys: KeyRing(SigningKey()))
    #expect(throws: ImageFault.untrusted(digest: image.digest)) { try stranger.verify(image.digest) }
  }

  @Test("the provenance names what went in by digest, in an envelope that the key has signed")
  func provenance() throws {
    let image = try builder().build(try recipe([Portal.log]))
    let envelope = try JSONDecoder().decode(
      SignedEnvelope.self, from: Data(try store.provenance(of: image.digest)))
    let payload = Array(try #require(Data(base64Encoded: envelope.payload)))
    #expect(envelope.payloadType == "application/vnd.in-toto+json")
    #expect(envelope.signatures.map(\.keyid) == [key.identifier])
    let publicKey = try P256.Signing.PublicKey(x963Representation: key.publicKey)
    let encoded = try #require(Data(base64Encoded: envelope.signatures[0].sig))
    let signature = try P256.Signing.ECDSASignature(derRepresentation: encoded)
    let type = envelope.payloadType
    #expect(
      publicKey.isValidSignature(signature, for: Data("DSSEv1 \(type.count) \(type) \(payload.count) ".utf8 + payload)))
    #expect(envelope.isSigned(by: key.publicKey) && !envelope.isSigned(by: SigningKey().publicKey))
    let statement = try #require(try JSONSerialization.jsonObject(with: Data(payload)) as? [String: Any])
    #expect(statement["_type"] as? String == "https://in-toto.io/Statement/v1")
    #expect(statement["predicateType"] as? String == "https://slsa.dev/provenance/v1")
    let subject = try #require((statement["subject"] as? [[String: Any]])?.first)
    #expect((subject["digest"] as? [String: String])?["sha256"] == String(image.digest.dropFirst(7)))
    let text = String(decoding: payload, as: UTF8.self)
    for archive in try recipe([Portal.log]).archives.whole { #expect(text.contains("\"\(archive).a\"")) }
    #expect(text.contains(image.recipe))
  }

  @Test("a comparison says what one image has that another has not")
  func comparison() throws {
    let (one, other) = (
      try builder().build(try recipe([Portal.log])), try builder().build(try recipe([Portal.declaredFlows]))
    )
    let catalogue = try library().catalogue()
    let reports = try [one, other].map { try store.report($0.digest, catalogue: catalogue, countsGadgets: false) }
    let comparison = AttackSurfaceComparison(before: one, reports[0], after: other, reports[1])
    #expect(comparison.mechanisms.removed == one.mechanisms && comparison.mechanisms.added == other.mechanisms)
    #expect(comparison.modules.added.contains { $0.hasPrefix("filter ") })
    #expect(comparison.systemCalls.added.isEmpty && comparison.listeners.added.isEmpty)
    #expect(comparison.imageBytes.before == one.bytes && comparison.imageBytes.after == other.bytes)
    #expect(comparison.gadgets == nil)
  }

  @Test("papers of another image do not pass for its own")
  func exchangedPapers() throws {
    let one = try builder().build(try recipe([Portal.log]))
    let other = try builder().build(try recipe([Portal.declaredFlows]))
    for name in ["statement.json", "statement.sig", "sbom.cdx.json"] {
      let target = URL(fileURLWithPath: try store.path(of: one.digest)).deletingLastPathComponent()
      let source = URL(fileURLWithPath: try store.path(of: other.digest)).deletingLastPathComponent()
      try Data(contentsOf: source.appendingPathComponent(name)).write(to: target.appendingPathComponent(name))
    }
    let fault = try #require(throws: ImageFault.self) { try store.verify(one.digest, trustedKeys: [key.publicKey]) }
    #expect(fault == .altered(digest: one.digest, message: "its statement is that of `\(other.digest)`"))
  }

  @Test("a statement whose update was cut short still has a valid signature")
  func interruptedUpdate() throws {
    let image = try builder().build(try recipe([Portal.log]))
    let file = URL(fileURLWithPath: try store.path(of: image.digest)).deletingLastPathComponent()
      .appendingPathComponent("statement.sig")
    let old = try Data(contentsOf: file)
    // The signature of the statement that was about to be written stands after the old one.
    try (old + Data(try key.sign([1, 2, 3]))).write(to: file)
    try store.verify(image.digest, trustedKeys: [key.publicKey])
    try (Data(try key.sign([1, 2, 3])) + old).write(to: file)
    try store.verify(image.digest, trustedKeys: [key.publicKey])
  }

  @Test("the bill of materials names every module, the toolchain and what depends on what, and no time")
  func billOfMaterials() throws {
    let image = try builder().build(try recipe([Portal.declaredFlows]))
    let bytes = try store.billOfMaterials(of: image.digest)
    let document = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    #expect(document["bomFormat"] as? String == "CycloneDX")
    #expect(document["specVersion"] as? String == "1.6")
    #expect(document["serialNumber"] == nil)
    #expect((document["metadata"] as? [String: Any])?["timestamp"] == nil)
    let components = try #require(document["components"] as? [[String: Any]])
    #expect(
      components.compactMap { $0["name"] as? String } == [
        "base", "filter", "platform", "store", "swift-standard-library",
      ])
    let references = Set(components.compactMap { $0["bom-ref"] as? String } + [image.digest])
    let dependencies = try #require(document["dependencies"] as? [[String: Any]])
    for dependency in dependencies {
      #expect(references.contains(dependency["ref"] as? String ?? ""))
      #expect(references.isSuperset(of: dependency["dependsOn"] as? [String] ?? ["none"]))
    }
    let filter = dependencies.first { $0["ref"] as? String == "filter@1.0.0" }
    #expect(filter?["dependsOn"] as? [String] == ["base@1.0.0"])
  }

  @Test("each module is traced to the symbols it brought, and each requirement to what would go with it")
  func traceability() throws {
    let image = try builder().build(try recipe([Portal.declaredFlows]))
    let trace = try store.traceability(of: image.digest)
    func part(_ name: String) throws -> Traceability.Part {
      try #require(trace.modules.first { $0.name == name })
    }
    #expect(try part("filter").symbols?.contains("work_filter") == true)
    #expect(try part("base").symbols?.contains("base_function") == true)
    // What is not called is not in the image.
    #expect(try part("base").symbols?.contains("base_unused") == false)
    #expect(trace.modules.allSatisfy { ($0.bytes ?? 0) > 0 })
    let cause = try #require(trace.causes.first { $0.reason.kind == .requirement })
    #expect(cause.wouldGo == ["filter"] && cause.broughtIn == ["base", "filter"])
    #expect(cause.bytesThatWouldGo == (try part("filter").bytes))
    #expect(try part("base").causes.count > 1)
    // The map is not left beside the image.
    let place = URL(fileURLWithPath: try store.path(of: image.digest)).deletingLastPathComponent().path
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: place).sorted() == [
        "image.elf", "provenance.intoto.json", "sbom.cdx.json", "statement.json", "statement.sig",
      ])
  }

  @Test("the attack-surface report is read from the image itself")
  func report() throws {
    let image = try builder().build(try recipe([Portal.declaredFlows]))
    let report = try store.report(image.digest, catalogue: library().catalogue(), countsGadgets: false)
    #expect(report.executableBytes > 0 && report.executableBytes < image.bytes)
    #expect(report.writableExecutableSegments == 0)
    #expect(report.systemCalls == ["read", "write", "ppoll", "clock_gettime", "exit_group"])
    #expect(report.listeners == [Listener(transport: "tcp", port: 8080)])
    #expect(report.modulesLeftOut == ["broken", "journal"])
    #expect(report.gadgets == nil)
    let json = String(decoding: try CanonicalJSON.encode(report), as: UTF8.self)
    #expect(json.contains(#""listeners":[{"port":8080,"protocol":"tcp"}]"#))
  }

  @Test("the number of gadgets is taken from what ROPgadget prints")
  func gadgets() {
    #expect(AttackSurfaceReport.gadgets(in: "0x1 : ret\n\nUnique gadgets found: 1234\n") == 1234)
    #expect(AttackSurfaceReport.gadgets(in: "error") == nil)
  }

  // MARK: The store

  @Test("an image that is removed is gone, and can be made again")
  func removing() throws {
    let image = try builder().build(try recipe([Portal.log]))
    let other = try builder().build(try recipe([]))
    try store.remove(image.digest)
    #expect(store.images().map(\.digest) == [other.digest])
    #expect(throws: ImageFault.notFound(digest: image.digest)) { try store.image(image.digest) }
    #expect(throws: ImageFault.notFound(digest: image.digest)) { try store.remove(image.digest) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(store.folder)/recipes").count == 1)
    #expect(try builder().build(try recipe([Portal.log])).digest == image.digest)
  }

  @Test("an image without papers is listed as damaged")
  func damaged() throws {
    let image = try builder().build(try recipe([]))
    let statement = try store.path(of: image.digest).replacingOccurrences(of: "image.elf", with: "statement.json")
    try FileManager.default.removeItem(atPath: statement)
    #expect(store.images().isEmpty)
    #expect(store.damaged() == [image.digest])
  }

  @Test("what a process that is no more left behind is swept")
  func sweeping() throws {
    // No process has the highest number there can be.
    let left = "\(store.folder)/incoming/4194304-1"
    try FileManager.default.createDirectory(atPath: left, withIntermediateDirectories: true)
    _ = try builder().build(try recipe([]))
    #expect(!FileManager.default.fileExists(atPath: left))
  }

  @Test("builders that share a store agree")
  func concurrent() async throws {
    let builder = try builder()
    let recipes = try [recipe([]), recipe([Portal.log]), recipe([], level: "lockdown")]
    try await withThrowingTaskGroup(of: String.self) { group in
      for index in 0..<12 { group.addTask { try builder.build(recipes[index % 3]).digest } }
      var digests: Set<String> = []
      for try await digest in group { digests.insert(digest) }
      #expect(digests.count == 2)
      for digest in digests { try store.verify(digest, trustedKeys: [key.publicKey]) }
    }
    #expect(store.images().count == 2)
  }

  @Test("a library without its description is refused")
  func withoutToolchain() throws {
    let fault = try #require(throws: ImageFault.self) { try LinkLibrary(folder: folder.path) }
    #expect(fault.description.hasPrefix("\(folder.path)/toolchain.json: this cannot be read, expected"))
  }
}
