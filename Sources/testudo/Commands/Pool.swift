import ArgumentParser
import ControlPlane
import Orchestration

struct PoolCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pool",
    abstract: "The images that are made before a change of level asks for them.",
    subcommands: [Status.self, Fill.self, Drain.self])

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

  struct Fill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Makes every image that could be asked for next. The control plane does so by itself after each change.",
      discussion: "Example: testudo pool fill")

    @OptionGroup var options: Options

    func run() async throws {
      let client = try await Installation.requireControlPlane()
      try options.show(try await client.send("POST", "/api/v1/pool/fill" + options.query))
    }
  }

  struct Drain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Removes the images that are ready and not in use. What runs goes on.",
      discussion: "Example: testudo pool drain")

    @OptionGroup var options: Options

    func run() async throws {
      let client = try await Installation.requireControlPlane()
      try options.show(try await client.send("POST", "/api/v1/pool/drain" + options.query))
    }
  }
}
