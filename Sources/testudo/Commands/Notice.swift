import ArgumentParser
import ControlPlane
import Foundation
import ImageGeneration
import Orchestration

struct NoticeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "notice", abstract: "Vulnerability notices about modules, and what they mean for images.",
    subcommands: [Add.self, List.self, Accept.self, Remove.self])

  static var book: NoticeBook { NoticeBook(folder: Installation.home.notices) }

  /// What a notice means here.
  struct Effect: Encodable {
    var notice: VulnerabilityNotice
    /// The modules of the catalogue that it is about.
    var modules: [String]
    /// The digests of stored images that have one of them.
    var images: [String]
    /// What runs of such images, as `SERVICE/RESOURCE INSTANCE`.
    var instances: [String]

    var rows: [[String]] {
      [
        [
          notice.id, notice.acceptance.map { "accepted: \($0)" } ?? "open",
          modules.isEmpty ? "no module of the catalogue" : modules.joined(separator: ", "), "\(images.count)",
          instances.isEmpty ? "-" : instances.joined(separator: ", "), notice.summary,
        ]
      ]
    }
  }

  static func effects(of notices: [VulnerabilityNotice]) async throws -> [Effect] {
    let environment = try ImageCommand.environment()
    let images = environment.builder.store.images()
    var running: [UnikernelStatus] = []
    if let client = try await Installation.runningControlPlane() {
      running = try await client.get("/api/v1/unikernels")
    }
    return notices.map { notice in
      let affected = images.filter { image in
        image.modules.contains { notice.affects(ModuleVersion(name: $0.name, version: $0.version)) }
      }
      let digests = Set(affected.map(\.digest))
      return Effect(
        notice: notice,
        modules: environment.catalogue.modules.map(\.identity).filter(notice.affects).map(\.description),
        images: digests.sorted(),
        instances: running.filter { digests.contains($0.image) }.map { "\($0.service)/\($0.resource)" })
    }
  }

  /// Has what runs follow, where a control plane runs. What that led to is said on standard error.
  static func tellControlPlane() async throws {
    guard let client = try await Installation.runningControlPlane() else { return }
    let changes = try await client.perform("POST", "/api/v1/notices/changes", as: [LevelChange].self) {
      Console.show($0)
    }
    for change in changes { Console.say(change.line) }
  }

  static func show(_ effects: [Effect], format: DocumentFormat) throws {
    switch format {
    case .json: try Console.print(json: effects)
    case .text where effects.isEmpty: print("no vulnerability notice is known")
    case .text:
      print(Console.table([["NOTICE", "STATE", "MODULES", "IMAGES", "RUNNING", "ABOUT"]] + effects.flatMap(\.rows)))
    }
  }

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Takes in notices (OSV records, CSAF advisories). Affected modules are not selected any more.",
      discussion: "Example: testudo notice add CVE-2026-12345.json")

    @Argument(help: "Files with an OSV record or a CSAF 2.0 advisory each.")
    var files: [String]

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    func run() async throws {
      let environment = try ImageCommand.environment()
      let libraries = Set(environment.catalogue.modules.filter { $0.kind == .support }.map(\.name))
      var notices: [VulnerabilityNotice] = []
      for file in files {
        guard let bytes = FileManager.default.contents(atPath: file) else {
          throw OrchestrationFault.input("\(file): this file cannot be read, expected a vulnerability notice")
        }
        let read: [VulnerabilityNotice]
        do throws(NoticeFault) {
          read = try NoticeReader.read([UInt8](bytes), libraries: libraries)
        } catch {
          throw OrchestrationFault.input("\(file): \(error.description)")
        }
        notices += read
      }
      for notice in notices { try NoticeCommand.book.add(notice) }
      try await NoticeCommand.tellControlPlane()
      let effects = try await NoticeCommand.effects(of: try NoticeCommand.book.notices())
      try NoticeCommand.show(
        effects.filter { effect in notices.contains { $0.id == effect.notice.id } }, format: format)
      // What could be replaced has been by now. What is left may be what an earlier notice warns of.
      for effect in effects where effect.notice.acceptance == nil && !effect.instances.isEmpty {
        let modules = effect.modules.isEmpty ? "what it warns of" : effect.modules.joined(separator: ", ")
        Console.say(
          "\(effect.notice.id): nothing can take the place of \(modules) in \(effect.instances.joined(separator: ", ")), "
            + "which go on with it")
      }
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows each notice with the modules, images and instances that it concerns.",
      discussion: "Example: testudo notice list")

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    func run() async throws {
      try NoticeCommand.show(
        try await NoticeCommand.effects(of: try NoticeCommand.book.notices()), format: format)
    }
  }

  struct Accept: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Accepts what a notice warns of: the modules may be selected all the same.",
      discussion: "Example: testudo notice accept CVE-2026-12345 --reason \"not reachable: no client certificates\"")

    @Argument(help: "The notice's identifier.")
    var id: String

    @Option(help: "Why.")
    var reason: String

    func run() async throws {
      let notice = try NoticeCommand.book.accept(id, reason: reason)
      try await NoticeCommand.tellControlPlane()
      print("\(notice.id) is accepted")
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Forgets a notice.", discussion: "Example: testudo notice remove CVE-2026-12345")

    @Argument(help: "The notice's identifier.")
    var id: String

    func run() async throws {
      try NoticeCommand.book.remove(id)
      try await NoticeCommand.tellControlPlane()
      print("\(id) is forgotten")
    }
  }
}
