import SecTOSCA
import Testing

@testable import ImageGeneration

@Suite("Selection against brute force")
struct SelectorPropertyTests {
  /// A small generator with a seed, so that a failure can be repeated (SplitMix64).
  struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var value = state
      value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
      value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
      return value ^ (value >> 31)
    }
  }

  static let protections: [SecurityRequirement] = [
    Portal.declaredFlows, Portal.passwords, Portal.tokens, Portal.orderRules, Portal.calm, Portal.log,
  ]

  /// A catalogue with up to ten modules, in which nothing is certain.
  static func catalogue(_ generator: inout Generator) -> Catalogue {
    let capabilities = protections.flatMap(\.protection.capabilities) + ["target.process", "application.key-value"]
    let names = (0..<Int.random(in: 4...10, using: &generator)).map { "m\($0)" }
    func some(_ texts: [String], upTo count: Int) -> [String] {
      Array(
        Set(
          (0..<Int.random(in: 0...count, using: &generator)).compactMap { _ in texts.randomElement(using: &generator) })
      )
      .sorted()
    }
    var identities: Set<ModuleVersion> = []
    var modules: [ModuleManifest] = []
    for (index, name) in names.enumerated() {
      // Now and then, another version of the module before.
      let isVersion = index > 0 && Int.random(in: 0..<5, using: &generator) == 0
      let manifest = ModuleManifest(
        name: isVersion ? names[index - 1] : name, version: "\(Int.random(in: 1...12, using: &generator))",
        kind: .mechanism, archives: some(["A", "B", "C", "D"], upTo: 2), provides: some(capabilities, upTo: 3),
        requires: some(names, upTo: 1),
        conflicts: Int.random(in: 0..<4, using: &generator) == 0 ? some(names, upTo: 1) : [])
      if identities.insert(manifest.identity).inserted { modules.append(manifest) }
    }
    var sizes: [String: Int] = [:]
    for archive in ["A", "B", "C", "D"] { sizes[archive] = Int.random(in: 1...3, using: &generator) }
    return Catalogue(modules: modules, archiveBytes: sizes)
  }

  /// Whether a set of modules is what a selection must be, written down once more and without cleverness.
  static func isAdmissible(_ set: [ModuleManifest], for capabilities: [String]) -> Bool {
    for capability in capabilities where !set.contains(where: { $0.capabilities.contains(capability) }) { return false }
    for module in set {
      for capability in module.requires where !set.contains(where: { $0.capabilities.contains(capability) }) {
        return false
      }
      for other in set where other.identity != module.identity {
        if other.name == module.name { return false }
        if other.capabilities.contains(where: module.conflicts.contains) { return false }
      }
    }
    return true
  }

  static func subsets(of modules: [ModuleManifest]) -> [[ModuleManifest]] {
    (0..<(1 << modules.count)).map { bits in modules.indices.filter { bits >> $0 & 1 == 1 }.map { modules[$0] } }
  }

  static func cost(_ set: [ModuleManifest], _ catalogue: Catalogue) -> (Int, Int, [String]) {
    let bytes = Set(set.flatMap(\.archives)).reduce(0) { $0 + (catalogue.archiveBytes[$1] ?? 0) }
    return (set.count, bytes, set.map(\.name).sorted())
  }

  static func isLess(_ left: (Int, Int, [String]), _ right: (Int, Int, [String])) -> Bool {
    if left.0 != right.0 { return left.0 < right.0 }
    if left.1 != right.1 { return left.1 < right.1 }
    return left.2.lexicographicallyPrecedes(right.2)
  }

  @Test("random catalogues give the smallest admissible set, or a minimal core", arguments: 0..<8)
  func randomCatalogues(part: Int) throws {
    var generator = Generator(state: UInt64(part) &* 7919 &+ 1)
    var found = 0
    var refused = 0
    for _ in 0..<60 {
      let catalogue = SelectorPropertyTests.catalogue(&generator)
      let due = SelectorPropertyTests.protections.filter { _ in Int.random(in: 0..<3, using: &generator) == 0 }
      let vulnerable = Set(
        catalogue.modules.map(\.identity).filter { _ in Int.random(in: 0..<12, using: &generator) == 0 })
      let healthy = catalogue.modules.filter { !vulnerable.contains($0.identity) }
      let capabilities = Need.all(of: Portal.orders, due: due, target: .process).map(\.capability)
      let sets = SelectorPropertyTests.subsets(of: healthy)
      let admissible = sets.filter { SelectorPropertyTests.isAdmissible($0, for: capabilities) }
      let best = admissible.map { SelectorPropertyTests.cost($0, catalogue) }.min(by: SelectorPropertyTests.isLess)
      let result = Selector(catalogue: catalogue, vulnerable: vulnerable)
        .select(resource: Portal.orders, due: due, target: .process)
      switch result {
      case .success(let selection):
        found += 1
        let manifests = selection.modules.map(\.manifest)
        #expect(SelectorPropertyTests.isAdmissible(manifests, for: capabilities))
        #expect(manifests.allSatisfy { !vulnerable.contains($0.identity) })
        #expect(selection.modules.allSatisfy { !$0.reasons.isEmpty })
        let expected = try #require(best)
        #expect(SelectorPropertyTests.cost(manifests, catalogue) == expected)
      case .failure(let conflict):
        refused += 1
        #expect(admissible.isEmpty)
        let core = conflict.core.map(\.capability)
        #expect(!core.isEmpty && !conflict.obstacles.isEmpty)
        #expect(!sets.contains { SelectorPropertyTests.isAdmissible($0, for: core) })
        for index in core.indices {
          var rest = core
          rest.remove(at: index)
          #expect(sets.contains { SelectorPropertyTests.isAdmissible($0, for: rest) })
        }
      }
    }
    #expect(found > 0 && refused > 0)
  }

  @Test("a catalogue with many alternatives is searched in reasonable time")
  func manyAlternatives() throws {
    var modules = [
      ModuleManifest(name: "platform", version: "1", kind: .platform, provides: ["target.process"]),
      ModuleManifest(name: "store", version: "1", kind: .application, provides: ["application.key-value"]),
    ]
    for capability in SelectorPropertyTests.protections.flatMap(\.protection.capabilities) {
      for index in 0..<8 {
        modules.append(
          ModuleManifest(
            name: "\(capability)-\(index)", version: "1", kind: .mechanism, provides: [capability],
            requires: ["base-\(index)"]))
      }
    }
    for index in 0..<8 { modules.append(ModuleManifest(name: "base-\(index)", version: "1", kind: .support)) }
    let selection = try Selector(catalogue: Catalogue(modules: modules))
      .select(resource: Portal.orders, due: SelectorPropertyTests.protections, target: .process).get()
    #expect(selection.modules.count == 9)
    #expect(selection.contains("base-0"))
  }
}
