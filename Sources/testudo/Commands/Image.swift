import ArgumentParser
import ControlPlane
import Foundation
import ImageGeneration
import Orchestration
import SecTOSCA

struct ImageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "image", abstract: "The image store.",
    subcommands: [
      Build.self, List.self, Inspect.self, Verify.self, BillOfMaterials.self, Provenance.self, Report.self, Trace.self,
      Remove.self,
    ])

  /// What all of them work on.
  static func environment() throws -> OrchestrationEnvironment {
    try OrchestrationEnvironment(
      home: Installation.home, library: try Installation.library(), forwarderProgram: Installation.forwarder)
  }

  /// The one stored image whose digest starts as given, with or without `sha256:`.
  static func digest(_ text: String, in store: ImageStore) throws -> String {
    let prefix = text.hasPrefix("sha256:") ? text : "sha256:" + text
    let matches = store.images().map(\.digest).filter { $0.hasPrefix(prefix) }
    guard matches.count == 1 else {
      throw Problem(
        type: "urn:testudo:not-found", title: "No such image", status: 404,
        detail: matches.isEmpty
          ? "no image `\(text)` in the store; see `testudo image list`"
          : "`\(text)` could be any of \(matches.count) images: give more digits",
        kind: .input)
    }
    return matches[0]
  }

  struct Build: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Generates the images of a template for a level, without running them.",
      discussion:
        "Example: testudo image build Examples/portal --level elevated --set credentials=@Examples/portal/accounts.yaml"
    )

    @OptionGroup var options: RequestOptions

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    func run() throws {
      let environment = try ImageCommand.environment()
      let request = try options.request()
      let (service, unpacked) = try request.loading(library: environment.library).service(
        request.path, inputs: request.inputs)
      defer { withExtendedLifetime(unpacked) {} }
      if let level = request.level, service.level(level) == nil {
        throw OrchestrationFault.input(
          "there is no level `\(level)`, expected one of \(service.levels.map(\.name).joined(separator: ", "))")
      }
      do throws(ImageFault) {
        try environment.builder.checkHandlers(of: service)
      } catch {
        throw OrchestrationFault(error)
      }
      let declaration = ServiceDeclaration(
        tenant: request.tenant, name: request.name ?? URL(filePath: request.path).lastPathComponent,
        source: request.path, service: service, target: request.target, level: request.level)
      let resolved = try ServiceResolver(environment: environment).resolve(declaration, context: [:])
      let images = try resolved.resources.map { resource in
        do throws(ImageFault) {
          return (resource.resource.name, try environment.builder.build(resource.recipe))
        } catch {
          throw OrchestrationFault(error)
        }
      }
      switch format {
      case .json: try Console.print(json: images.map(\.1))
      case .text:
        print(
          Console.table(
            images.map { [$0.0, $0.1.digest, "\($0.1.bytes) bytes", $0.1.mechanisms.joined(separator: ",")] }))
      }
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lists the stored images.", discussion: "Example: testudo image list")

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    func run() throws {
      let images = ImageStore(folder: Installation.home.images).images()
      switch format {
      case .json: try Console.print(json: images)
      case .text:
        let rows = images.map {
          [String($0.digest.prefix(19)), "\($0.bytes)", $0.application, $0.mechanisms.joined(separator: ",")]
        }
        print(Console.table([["DIGEST", "BYTES", "APPLICATION", "MECHANISMS"]] + rows))
      }
    }
  }

  struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows what an image consists of, and why.", discussion: "Example: testudo image inspect sha256:0123")

    @Argument(help: "The digest, or its beginning.")
    var digest: String

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    func run() throws {
      let store = ImageStore(folder: Installation.home.images)
      let image = try store.image(try ImageCommand.digest(digest, in: store))
      switch format {
      case .json: try Console.print(json: image)
      case .text:
        print("\(image.digest)  \(image.bytes) bytes  \(image.target.rawValue)  \(image.application)")
        print(
          Console.table(
            image.modules.map { module in
              [module.name, module.version, module.reasons.map(\.description).joined(separator: ", ")]
            }))
      }
    }
  }

  struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Checks an image and its papers: every byte, and the signature.",
      discussion: "Example: testudo image verify sha256:0123")

    @Argument(help: "The digest, or its beginning; every image unless given.")
    var digest: String?

    func run() throws {
      let environment = try ImageCommand.environment()
      let store = environment.builder.store
      let digests = try digest.map { [try ImageCommand.digest($0, in: store)] } ?? store.images().map(\.digest)
      var failures = store.damaged().map { "\($0): its papers cannot be read" }
      for digest in digests {
        do throws(ImageFault) {
          try environment.builder.verify(digest)
          print("\(digest): sound")
        } catch {
          failures.append("\(error)")
        }
      }
      for failure in failures { Console.say("error: \(failure)") }
      if !failures.isEmpty { throw ExitCode(1) }
    }
  }

  struct BillOfMaterials: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "sbom", abstract: "Prints an image's bill of materials (CycloneDX, JSON).",
      discussion: "Example: testudo image sbom sha256:0123")

    @Argument(help: "The digest, or its beginning.")
    var digest: String

    func run() throws {
      let store = ImageStore(folder: Installation.home.images)
      let bytes = try store.billOfMaterials(of: try ImageCommand.digest(digest, in: store))
      print(String(decoding: bytes, as: UTF8.self))
    }
  }

  struct Provenance: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Prints how an image was made (SLSA provenance in an in-toto statement, JSON).",
      discussion: "Example: testudo image provenance sha256:0123 --envelope >image.intoto.jsonl")

    @Argument(help: "The digest, or its beginning.")
    var digest: String

    @Flag(help: "Print the signed envelope (DSSE) that the statement is in.")
    var envelope = false

    func run() throws {
      let store = ImageStore(folder: Installation.home.images)
      let digest = try ImageCommand.digest(digest, in: store)
      let bytes = envelope ? try store.provenance(of: digest) : try store.provenanceStatement(of: digest)
      print(String(decoding: bytes, as: UTF8.self))
    }
  }

  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Removes an image from the store. What runs of it goes on.",
      discussion: "Example: testudo image remove sha256:0123")

    @Argument(help: "The digest, or its beginning.")
    var digest: String

    func run() throws {
      let store = ImageStore(folder: Installation.home.images)
      let digest = try ImageCommand.digest(digest, in: store)
      try store.remove(digest)
      print("removed \(digest)")
    }
  }
}
