import ArgumentParser
import ControlPlane
import Hosting
import Orchestration

struct QuarantineCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quarantine",
    abstract: "Takes instances off the network, with their memory kept, and looks at them.",
    discussion: "Example: testudo quarantine portal/storefront --reason \"odd answers\"",
    subcommands: [Put.self, List.self, Show.self, Release.self, Discard.self], defaultSubcommand: Put.self)

  struct Put: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Puts instances into quarantine. Clean ones take their places first.",
      discussion: "Example: testudo quarantine portal/storefront/3fa9")

    @Argument(help: "SERVICE/RESOURCE, or SERVICE/RESOURCE/INSTANCE with the beginning of an instance's identifier.")
    var name: String

    @Option(help: "Why.")
    var reason: String?

    @OptionGroup var tenant: TenantOption

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    func run() async throws {
      guard let reference = InstanceReference(name) else {
        throw ValidationError("`\(name)` is no instance, expected SERVICE/RESOURCE or SERVICE/RESOURCE/INSTANCE.")
      }
      let client = try await Installation.requireControlPlane()
      let put = try await client.perform(
        "POST", "/api/v1/services/\(reference.service)/quarantine?tenant=\(tenant.tenant)",
        body: QuarantineRequest(resource: reference.resource, instance: reference.instance, cause: reason),
        as: [QuarantinedInstance].self, progress: { Console.show($0) })
      try QuarantineCommand.show(put, format: format)
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows what is in quarantine.", discussion: "Example: testudo quarantine list")

    @OptionGroup var tenant: TenantOption

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    func run() async throws {
      try QuarantineCommand.show(try await QuarantineCommand.instances(tenant: tenant.tenant), format: format)
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows what is known of an instance in quarantine; with --dump, writes its memory to a file.",
      discussion: "Example: testudo quarantine show 3fa9 --dump")

    @Argument(help: "The beginning of the instance's identifier.")
    var instance: String

    @Flag(help: "Write the memory to a core file in the home folder, for its owner only; at most 2 GiB.")
    var dump = false

    @OptionGroup var tenant: TenantOption

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    func run() async throws {
      let client = try await Installation.requireControlPlane()
      if dump {
        let written: MemoryDump = try await client.send(
          "POST", "/api/v1/quarantine/\(instance)/dump?tenant=\(tenant.tenant)")
        let missing = written.unreadableBytes > 0 ? ", of which \(written.unreadableBytes) could not be read" : ""
        Console.say("\(written.bytes) bytes in \(written.path)\(missing)")
      }
      let found = try await QuarantineCommand.instances(tenant: tenant.tenant).filter {
        $0.instance.hasPrefix(instance)
      }
      guard let one = found.first, found.count == 1 else {
        throw OrchestrationFault.notFound(
          "`\(instance)` is the beginning of \(found.count) identifiers of what is in quarantine, expected that of one")
      }
      switch format {
      case .json: try Console.print(json: one)
      case .text: print(Console.table(one.rows))
      }
    }
  }

  struct Release: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lets an instance serve again, in the place of the one that stood in for it.",
      discussion: "Example: testudo quarantine release 3fa9")

    @Argument(help: "The beginning of the instance's identifier.")
    var instance: String

    @OptionGroup var tenant: TenantOption

    func run() async throws {
      let client = try await Installation.requireControlPlane()
      let released = try await client.perform(
        "POST", "/api/v1/quarantine/\(instance)/release?tenant=\(tenant.tenant)", as: QuarantinedInstance.self,
        progress: { Console.show($0) })
      print("\(released.service)/\(released.resource)/\(released.instance) is released")
    }
  }

  struct Discard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Ends an instance in quarantine. Its memory is gone then, and so is its dump.",
      discussion: "Example: testudo quarantine discard 3fa9")

    @Argument(help: "The beginning of the instance's identifier.")
    var instance: String

    @OptionGroup var tenant: TenantOption

    func run() async throws {
      let client = try await Installation.requireControlPlane()
      let gone: QuarantinedInstance = try await client.send(
        "DELETE", "/api/v1/quarantine/\(instance)?tenant=\(tenant.tenant)")
      print("\(gone.service)/\(gone.resource)/\(gone.instance) is discarded")
    }
  }

  private static func instances(tenant: String) async throws -> [QuarantinedInstance] {
    try await Installation.requireControlPlane().get("/api/v1/quarantine?tenant=\(tenant)")
  }

  private static func show(_ instances: [QuarantinedInstance], format: DocumentFormat) throws {
    switch format {
    case .json: try Console.print(json: instances)
    case .text where instances.isEmpty: print("nothing is in quarantine")
    case .text:
      let rows = instances.map {
        ["\($0.service)/\($0.resource)", String($0.instance.prefix(8)), $0.record.since, $0.address, $0.record.cause]
      }
      print(Console.table([["UNIKERNEL", "INSTANCE", "SINCE", "ADDRESS", "WHY"]] + rows))
    }
  }
}

extension QuarantinedInstance {
  fileprivate var rows: [[String]] {
    let traffic = record.traffic.map {
      "sent \($0.sentBytes) bytes in \($0.sentFrames) frames, received \($0.receivedBytes) in \($0.receivedFrames)"
    }
    return [
      ["unikernel", "\(service)/\(resource)"], ["instance", instance], ["image", image], ["address", address],
      ["process", pid.map { "\($0), stands still" } ?? "-"], ["started", started], ["since", record.since],
      ["why", record.cause], ["connections from outside", "\(record.forwardedConnections)"],
      ["clients", record.clients.isEmpty ? "-" : record.clients.joined(separator: ", ")],
      ["backends", record.backends.isEmpty ? "-" : record.backends.joined(separator: ", ")],
      ["traffic", traffic ?? "-"], ["memory", dump ?? "not written; --dump does"],
    ]
  }
}
