import ArgumentParser
import ControlPlane
import Orchestration

struct PoolCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pool",
    abstract: "Images that are made, and instances that are started, before a change of level asks for them.",
    subcommands: [Status.self, Set.self, Fill.self, Drain.self])

  struct Options: ParsableArguments {
    @Option(help: "Only this tenant's.")
    var tenant: String?

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    var query: String { tenant.map { "?tenant=\($0)" } ?? "" }

    func show(_ status: PoolStatus) throws {
      if format == .json { return try Console.print(json: status) }
      let rows = status.images.map {
        [
          "\($0.service)/\($0.resource)", $0.level, $0.isInUse ? "in use" : $0.image == nil ? "not made" : "ready",
          $0.image.map { String($0.prefix(19)) } ?? "-", $0.bytes == 0 ? "-" : "\($0.bytes / 1000) kB", $0.made ?? "",
        ]
      }
      if !rows.isEmpty {
        print(Console.table([["UNIKERNEL", "LEVEL", "STATE", "IMAGE", "SIZE", "MADE"]] + rows))
      }
      print(
        "\(status.bytes / 1000) kB ready of at most \(status.budgetBytes / 1000) kB; "
          + "started of images that were there: \(status.hits), that had to be linked: \(status.misses)")
      let waiting = status.instances.map {
        [
          "\($0.service)/\($0.resource)", $0.level, String($0.instance.prefix(8)), "\($0.bytes >> 20) MiB",
          "\(Int($0.ageSeconds)) s",
        ]
      }
      if !waiting.isEmpty { print(Console.table([["WAITING", "LEVEL", "INSTANCE", "MEMORY", "AGE"]] + waiting)) }
      print(
        "\(status.instanceBytes >> 20) MiB of instances wait, of at most \(status.instanceBudgetBytes >> 20) MiB; "
          + "taken: \(status.instanceHits), had to be started: \(status.instanceMisses)")
    }
  }

  struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows which images could be asked for next, and which of them are ready.",
      discussion: "Example: testudo pool status")

    @OptionGroup var options: Options

    func run() async throws {
      let client = try await Installation.requireControlPlane()
      try options.show(try await client.get("/api/v1/pool" + options.query))
    }
  }

  struct Set: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Sets how much memory instances may wait with for changes of levels; it stays so.",
      discussion: "Example: testudo pool set --memory 64MiB")

    @Option(help: "At most so much, such as 64MiB; 0 for none that waits.")
    var memory: String

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    func validate() throws {
      guard ServeConfiguration.bytes(memory) != nil else {
        throw ValidationError("--memory: `\(memory)` is no amount of memory; expected bytes, such as 64MiB.")
      }
    }

    func run() async throws {
      let client = try await Installation.requireControlPlane()
      var options = Options()
      options.format = format
      options.tenant = nil
      let bytes = ServeConfiguration.bytes(memory) ?? 0
      try options.show(try await client.send("PUT", "/api/v1/pool/memory", PoolMemory(bytes: bytes)))
    }
  }

  struct Fill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Makes every image that could be asked for next, and has instances wait. The control plane does so by itself after each change.",
      discussion: "Example: testudo pool fill")

    @OptionGroup var options: Options

    func run() async throws {
      let client = try await Installation.requireControlPlane()
      try options.show(try await client.send("POST", "/api/v1/pool/fill" + options.query))
    }
  }

  struct Drain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Removes the images that are ready and not in use, and ends the instances that wait. What runs goes on.",
      discussion: "Example: testudo pool drain")

    @OptionGroup var options: Options

    func run() async throws {
      let client = try await Installation.requireControlPlane()
      try options.show(try await client.send("POST", "/api/v1/pool/drain" + options.query))
    }
  }
}
