import ArgumentParser
import ControlPlane
import ImageGeneration
import Orchestration

struct KeyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "key", abstract: "The keys that images are signed with.",
    subcommands: [List.self, Rotate.self, Revoke.self])

  private static var ring: KeyRing { KeyRing(folder: Installation.home.keys, name: "image") }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lists the keys: the one that signs, those that signed before, those that are revoked.",
      discussion: "Example: testudo key list")

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    func run() throws {
      let entries = try KeyCommand.ring.entries()
      switch format {
      case .json: try Console.print(json: entries)
      case .text:
        print(
          Console.table(
            [["KEY", "STATE", "SINCE"]] + entries.map { [$0.identifier, $0.state.rawValue, $0.since ?? ""] }))
      }
    }
  }

  struct Rotate: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Makes a new key, which signs from now on. What the old one signed stays trusted.",
      discussion: "Example: testudo key rotate")

    func run() throws {
      let (old, new) = try KeyCommand.ring.rotate()
      print("\(old.identifier) is retired; \(new.identifier) signs")
    }
  }

  struct Revoke: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Trusts a key no more. No image that it signed is started; the next `up` signs anew what it needs.",
      discussion: "Example: testudo key revoke sha256:0123")

    @Argument(help: "The key, or its beginning, as `testudo key list` shows it.")
    var key: String

    func run() throws {
      let entry = try KeyCommand.ring.revoke(key)
      print("\(entry.identifier) is revoked")
      let store = ImageStore(folder: Installation.home.images)
      let images = store.images().filter { $0.signature?.key == entry.identifier }
      for image in images { print("no longer trusted: image \(image.digest), \(image.application)") }
    }
  }
}
