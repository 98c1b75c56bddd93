import ImageGeneration
import SecTOSCA
import Testing

@Suite("Selection")
struct SelectorTests {
  @Test("the storefront at level normal gets exactly what it is due")
  func storefrontAtNormal() throws {
    let selection = try Portal.selection(Portal.storefront, Portal.normal)
    #expect(
      selection.modules.map(\.manifest.name) == [
        "authorization", "basic-authentication", "bearssl", "control", "cryptography", "firewall", "http",
        "interchange", "library-os", "network", "prefaces", "process-platform", "reverse-proxy", "static-site",
      ])
    #expect(selection.mechanisms == ["authorization", "basic-authentication", "firewall"])
    #expect(selection.applications == ["reverse-proxy", "static-site"])
  }

  @Test("every module says why it is in")
  func reasons() throws {
    let selection = try Portal.selection(Portal.storefront, Portal.normal)
    func reasons(_ name: String) -> [String]? {
      selection.modules.first { $0.manifest.name == name }?.reasons.map(\.description)
    }
    #expect(reasons("basic-authentication") == ["requirement passwords"])
    #expect(reasons("static-site") == ["application static-site"])
    #expect(reasons("process-platform") == ["target process"])
    #expect(reasons("bearssl") == ["needed by cryptography"])
    #expect(reasons("control") == ["needed by process-platform"])
    #expect(selection.modules.allSatisfy { !$0.reasons.isEmpty })
  }

  @Test("the client of DHCP is in where the resource asks for it, and is no security module")
  func addressing() throws {
    var asking = Portal.orders
    asking.addressing = .dhcp
    let selection = try Portal.selection(asking, [Portal.declaredFlows])
    let without = try Portal.selection(Portal.orders, [Portal.declaredFlows])
    let module = try #require(selection.modules.first { $0.manifest.name == "dhcp" })
    #expect(module.reasons.map(\.description) == ["application address.dhcp"])
    #expect(selection.mechanisms == without.mechanisms)
    #expect(selection.modules.count == without.modules.count + 1)
  }

  @Test("what finds names is in where a route has one")
  func names() throws {
    var asking = Portal.storefront
    asking.applications.append(.serverProxy(prefix: "/api", server: NamedServer(host: "api.example", port: 80)))
    #expect(try Portal.selection(asking, []).modules.contains { $0.manifest.name == "name-resolution" })
    #expect(try !Portal.selection(Portal.storefront, []).modules.contains { $0.manifest.name == "name-resolution" })
  }

  @Test("two requirements that one module meets are both its reasons")
  func sharedModule() throws {
    let selection = try Portal.selection(Portal.orders, [Portal.declaredFlows, Portal.nobody])
    let firewall = try #require(selection.modules.first { $0.manifest.name == "firewall" })
    #expect(firewall.reasons.map(\.name) == ["declared_flows", "nobody"])
  }

  @Test("budgets, lifetimes and checks of memory call for no module")
  func withoutModule() throws {
    let due = [
      Portal.requirement("small", .surfaceBudget(SurfaceBudget(maximumImageBytes: 1, maximumSystemCalls: nil))),
      Portal.requirement("short", .lifetime(Lifetime(seconds: 60))),
      Portal.requirement("checked", .runtimeIntegrity(RuntimeIntegrity(intervalSeconds: 60))),
    ]
    #expect(try Portal.selection(Portal.orders, due).mechanisms.isEmpty)
  }

  @Test("a selector that is asked again says the same as one that never was, with the reasons of who asks")
  func askedAgain() throws {
    let catalogue = try Portal.catalogue()
    let selector = Selector(catalogue: catalogue)
    for due in [Portal.normal, Portal.elevated, Portal.normal, [], Portal.elevated.reversed()] {
      for resource in [Portal.orders, Portal.orders] {
        let fresh = try Selector(catalogue: catalogue).select(resource: resource, due: due, target: .process).get()
        #expect(try selector.select(resource: resource, due: due, target: .process).get() == fresh)
      }
    }
  }

  private func conflict(
    _ due: [SecurityRequirement], target: Target = .process, vulnerable: Set<ModuleVersion> = []
  ) throws -> SelectionConflict {
    // As if nobody had made a platform for the other target.
    let modules = try Portal.catalogue().modules.filter { $0.name != "microvm-platform" }
    let selector = Selector(catalogue: Catalogue(modules: modules), vulnerable: vulnerable)
    return try #require(throws: SelectionConflict.self) {
      try selector.select(resource: Portal.orders, due: due, target: target).get()
    }
  }

  @Test("a requirement that no module meets is named with its place")
  func missingModule() throws {
    let conflict = try conflict(Portal.elevated + [Portal.future])
    #expect(conflict.core.map(\.place) == [Portal.future.place])
    #expect(conflict.obstacles == [.noProvider(capability: "transport-security.1.3", requiredBy: [])])
    #expect(
      conflict.description == "requirement `future` (portal.yaml:49:5) of `orders` cannot be met: "
        + "no module provides `transport-security.1.3`")
  }

  @Test("a conflict becomes a finding at the requirement")
  func finding() throws {
    let finding = try conflict([Portal.future]).finding(at: Portal.orders.place)
    #expect(finding.code == "unsatisfiable-requirements" && finding.severity == .error)
    #expect(finding.place == Portal.future.place && finding.related.isEmpty)
    #expect(try conflict([], target: .microvm).finding(at: Portal.orders.place).place == Portal.orders.place)
  }

  @Test("a target without a platform is named")
  func missingPlatform() throws {
    #expect(
      try conflict([], target: .microvm).description
        == "target `microvm` of `orders` cannot be met: no module provides `target.microvm`")
  }

  @Test("each target has its own platform, and nothing else is different")
  func targets() throws {
    func names(_ target: Target) throws -> [String] {
      try Selector(catalogue: Portal.catalogue()).select(resource: Portal.orders, due: Portal.elevated, target: target)
        .get().modules.map(\.manifest.name)
    }
    let process = try names(.process)
    #expect(process.contains("process-platform"))
    #expect(try names(.microvm) == process.map { $0 == "process-platform" ? "microvm-platform" : $0 }.sorted())
  }

  @Test("a vulnerable module is not selected, and what depends on it cannot be met")
  func vulnerableModule() throws {
    let firewall = ModuleVersion(name: "firewall", version: "1.0.0")
    let conflict = try conflict(Portal.normal, vulnerable: [firewall, ModuleVersion(name: "audit", version: "1.0.0")])
    #expect(conflict.core.map(\.capability) == ["filtering"])
    #expect(conflict.obstacles == [.vulnerable(firewall)])
  }

  /// A catalogue for the orders resource that has a platform, the application and what is given.
  private func catalogue(_ modules: [ModuleManifest], archiveBytes: [String: Int] = [:]) -> Catalogue {
    Catalogue(
      modules: [
        ModuleManifest(name: "platform", version: "1", kind: .platform, provides: ["target.process"]),
        ModuleManifest(name: "store", version: "1", kind: .application, provides: ["application.key-value"]),
      ] + modules, archiveBytes: archiveBytes)
  }

  private func names(_ catalogue: Catalogue, _ due: [SecurityRequirement], vulnerable: Set<ModuleVersion> = []) throws
    -> [String]
  {
    try Selector(catalogue: catalogue, vulnerable: vulnerable)
      .select(resource: Portal.orders, due: due, target: .process).get().modules.map {
        $0.manifest.identity.description
      }
  }

  @Test("one module that meets two requirements is taken before two that meet one each")
  func minimal() throws {
    let catalogue = catalogue([
      ModuleManifest(name: "a", version: "1", kind: .mechanism, provides: ["filtering"]),
      ModuleManifest(name: "b", version: "1", kind: .mechanism, provides: ["audit"]),
      ModuleManifest(name: "c", version: "1", kind: .mechanism, provides: ["audit", "filtering"]),
    ])
    #expect(try names(catalogue, [Portal.declaredFlows, Portal.log]) == ["c 1", "platform 1", "store 1"])
  }

  @Test("what looks smallest first is not taken where its dependencies make it larger")
  func notGreedy() throws {
    let catalogue = catalogue([
      ModuleManifest(name: "both", version: "1", kind: .mechanism, provides: ["audit", "filtering"], requires: ["x"]),
      ModuleManifest(name: "x", version: "1", kind: .support, requires: ["y"]),
      ModuleManifest(name: "y", version: "1", kind: .support),
      ModuleManifest(name: "one", version: "1", kind: .mechanism, provides: ["filtering"]),
      ModuleManifest(name: "two", version: "1", kind: .mechanism, provides: ["audit"]),
    ])
    #expect(
      try names(catalogue, [Portal.declaredFlows, Portal.log]) == ["one 1", "platform 1", "store 1", "two 1"])
  }

  @Test("of equally many modules, those with fewer bytes are taken, then those whose names come first")
  func ties() throws {
    let modules = ["m", "n", "o"].map {
      ModuleManifest(name: $0, version: "1", kind: .mechanism, archives: [$0.uppercased()], provides: ["filtering"])
    }
    let due = [Portal.declaredFlows]
    #expect(try names(catalogue(modules), due).first == "m 1")
    #expect(try names(catalogue(modules, archiveBytes: ["M": 9, "N": 5, "O": 5]), due).first == "n 1")
  }

  @Test("of two versions the newer one is taken, unless it is vulnerable")
  func versions() throws {
    let catalogue = catalogue(
      ["1.9", "1.10"].map { ModuleManifest(name: "filtering", version: $0, kind: .mechanism) })
    #expect(try names(catalogue, [Portal.declaredFlows]).first == "filtering 1.10")
    let newer = ModuleVersion(name: "filtering", version: "1.10")
    #expect(try names(catalogue, [Portal.declaredFlows], vulnerable: [newer]).first == "filtering 1.9")
  }

  @Test("requirements that clash are named, those that do not are not")
  func clash() throws {
    let catalogue = catalogue([
      ModuleManifest(name: "filter", version: "1", kind: .mechanism, provides: ["filtering"], requires: ["old"]),
      ModuleManifest(name: "old", version: "1", kind: .support, conflicts: ["new"]),
      ModuleManifest(name: "journal", version: "1", kind: .mechanism, provides: ["audit"], requires: ["new"]),
      ModuleManifest(name: "new", version: "1", kind: .support),
      ModuleManifest(name: "limit", version: "1", kind: .mechanism, provides: ["rate-limit"], conflicts: ["unused"]),
      ModuleManifest(name: "unused", version: "1", kind: .support),
    ])
    let due = [Portal.calm, Portal.log, Portal.declaredFlows]
    let conflict = try #require(throws: SelectionConflict.self) {
      try Selector(catalogue: catalogue).select(resource: Portal.orders, due: due, target: .process).get()
    }
    #expect(
      conflict.description
        == "requirement `log` (portal.yaml:47:5) and requirement `declared_flows` (portal.yaml:41:5) of `orders` "
        + "cannot be met together: modules `new` and `old` exclude each other")
  }

  @Test("a dependency that no module provides is named with the module that requires it")
  func missingDependency() throws {
    let catalogue = catalogue([
      ModuleManifest(name: "filter", version: "1", kind: .mechanism, provides: ["filtering"], requires: ["ghost"])
    ])
    let conflict = try #require(throws: SelectionConflict.self) {
      try Selector(catalogue: catalogue).select(resource: Portal.orders, due: Portal.normal, target: .process).get()
    }
    // Passwords cannot be met either: the core is one of the reasons, and minimal.
    #expect(conflict.core.count == 1)
    let filtering = try #require(throws: SelectionConflict.self) {
      try Selector(catalogue: catalogue)
        .select(resource: Portal.orders, due: [Portal.declaredFlows], target: .process).get()
    }
    #expect(filtering.description.hasSuffix("no module provides `ghost`, which module `filter` requires"))
  }
}
