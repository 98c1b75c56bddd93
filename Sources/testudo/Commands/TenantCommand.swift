import ArgumentParser
import ControlPlane
import Orchestration

/// Tenants, and how much they may have.
struct TenantCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tenant", abstract: "Tenants, and how much they may have.",
    subcommands: [Create.self, List.self, Show.self, SetQuota.self, Delete.self])

  /// A bound: a number, or `none`.
  enum Bound: ExpressibleByArgument {
    case none
    case most(Int)

    /// Reads a number with a unit, or `none`.
    init?(argument: String) {
      if argument == "none" {
        self = .none
        return
      }
      guard let number = ServeConfiguration.bytes(argument) else { return nil }
      self = .most(number)
    }

    var limit: Int? { if case .most(let number) = self { number } else { nil } }
  }

  struct QuotaOptions: ParsableArguments {
    @Option(help: "The most services, or `none` for no bound.")
    var services: Bound?

    @Option(help: "The most instances: one for each resource.")
    var instances: Bound?

    @Option(help: "The most memory of its instances' heaps together, such as 64MiB.")
    var memory: Bound?

    @Option(help: "The most addresses: one for each instance, and one in each service.")
    var addresses: Bound?

    @Option(help: "The most processor time of its instances together, in percent of one processor.")
    var cpu: Bound?

    /// A quota with what was given in the place of what was there.
    func changing(_ quota: TenantQuota) -> TenantQuota {
      TenantQuota(
        services: services.map(\.limit) ?? quota.services, instances: instances.map(\.limit) ?? quota.instances,
        memoryBytes: memory.map(\.limit) ?? quota.memoryBytes, addresses: addresses.map(\.limit) ?? quota.addresses,
        processorPercent: cpu.map(\.limit) ?? quota.processorPercent)
    }

    var isEmpty: Bool { services == nil && instances == nil && memory == nil && addresses == nil && cpu == nil }
  }

  struct FormatOption: ParsableArguments {
    @Option(help: "text or json.")
    var format = DocumentFormat.text

    func show(_ tenants: [TenantStatus]) {
      func text(_ limit: Int?) -> String { limit.map(String.init) ?? "-" }
      let rows = tenants.map { tenant in
        let (quota, usage) = (tenant.quota, tenant.usage)
        return [
          tenant.tenant, "\(usage.services)/\(text(quota.services))", "\(usage.instances)/\(text(quota.instances))",
          "\(usage.memoryBytes)/\(text(quota.memoryBytes))", "\(usage.addresses)/\(text(quota.addresses))",
          quota.processorPercent.map { "\($0) %" } ?? "-",
        ]
      }
      print(Console.table([["TENANT", "SERVICES", "INSTANCES", "MEMORY", "ADDRESSES", "CPU"]] + rows))
    }

    func show(_ tenant: TenantStatus) throws {
      switch format {
      case .json: try Console.print(json: tenant)
      case .text: show([tenant])
      }
    }
  }

  struct Create: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Makes a tenant.",
      discussion: "Example: testudo tenant create shop --instances 10 --memory 256MiB --cpu 50")

    @Argument(help: "1 to 40 lower-case letters, digits and `-`, a letter first.")
    var name: String

    @OptionGroup var quota: QuotaOptions
    @OptionGroup var format: FormatOption

    func run() async throws {
      let client = try await DecisionCommand.client()
      let request = TenantRequest(tenant: name, quota: quota.changing(TenantQuota()))
      try format.show(try await client.post("/api/v1/tenants", request, as: TenantStatus.self))
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lists the tenants: how much they have of what they may have.",
      discussion: "Example: testudo tenant list")

    @OptionGroup var format: FormatOption

    func run() async throws {
      let client = try await DecisionCommand.client()
      let all: [TenantStatus] = try await client.get("/api/v1/tenants")
      switch format.format {
      case .json: try Console.print(json: all)
      case .text: format.show(all)
      }
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows one tenant.", discussion: "Example: testudo tenant show shop")

    @Argument(help: "The tenant.")
    var name: String

    @OptionGroup var format: FormatOption

    func run() async throws {
      let client = try await DecisionCommand.client()
      try format.show(try await client.get("/api/v1/tenants/\(try TenantCommand.checked(name))", as: TenantStatus.self))
    }
  }

  struct SetQuota: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Changes how much a tenant may have; what is not given stays as it is.",
      discussion: "Example: testudo tenant set-quota shop --instances 20 --cpu none")

    @Argument(help: "The tenant.")
    var name: String

    @OptionGroup var quota: QuotaOptions
    @OptionGroup var format: FormatOption

    func validate() throws {
      if quota.isEmpty { throw ValidationError("Give at least one bound, such as --instances 10.") }
    }

    func run() async throws {
      let client = try await DecisionCommand.client()
      let name = try TenantCommand.checked(name)
      try await TenantCommand.noteIfNew(name, client)
      let all: [TenantStatus] = try await client.get("/api/v1/tenants?tenant=\(name)")
      let changed = quota.changing(all.first?.quota ?? TenantQuota())
      try format.show(try await client.send("PUT", "/api/v1/tenants/\(name)/quota", changed, as: TenantStatus.self))
    }
  }

  struct Delete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Forgets a tenant that has no services, with its tokens and its decision point.",
      discussion: "Example: testudo tenant delete shop")

    @Argument(help: "The tenant.")
    var name: String

    func run() async throws {
      let client = try await DecisionCommand.client()
      let path = "/api/v1/tenants/\(try TenantCommand.checked(name))"
      print("deleted \(try await client.send("DELETE", path, as: TenantStatus.self).tenant)")
    }
  }

  /// Says that a tenant is new to the control plane, where it is: a name may be mistyped.
  static func noteIfNew(_ name: String, _ client: APIClient) async throws {
    let known: [TenantStatus] = try await client.get("/api/v1/tenants?tenant=\(try checked(name))")
    if known.isEmpty {
      Console.say("note: there is no tenant `\(name)` so far; `testudo tenant list` shows those there are")
    }
  }

  /// A name that can stand in a path.
  static func checked(_ name: String) throws(OrchestrationFault) -> String {
    guard DecisionPoints.isName(name) else {
      throw .input(
        "the tenant's name is `\(name)`, expected 1 to 40 lower-case letters, digits and `-`, a letter first")
    }
    return name
  }
}
