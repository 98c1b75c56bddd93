import ArgumentParser
import ControlPlane
import Foundation
import Glibc
import Orchestration

/// Backing up a home folder, and restoring it.
struct StateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "state", abstract: "Backs up the state of the home folder, and restores it.",
    subcommands: [Export.self, Import.self])

  struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Writes the state into one JSON document that only its owner can read. Services and control plane go on.",
      discussion: """
        Without --with-secrets, signing keys, tokens, and services with the files of their templates are left out; the
        document names them.

        Example: testudo state export testudo-state.json --with-secrets
        """)

    @Argument(help: "The file to write; it must not be there.")
    var file: String

    @Flag(help: "With signing keys, tokens' hashes, and services with their keys and passwords.")
    var withSecrets = false

    func run() throws {
      let archive = try StateArchive(of: Installation.home, withSecrets: withSecrets)
      let text = try archive.text()
      let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else {
        throw OrchestrationFault.input("`\(file)` cannot be made: \(String(cString: strerror(errno)))")
      }
      let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
      do {
        try handle.write(contentsOf: text)
        try handle.synchronize()
      } catch {
        unlink(file)
        throw OrchestrationFault.host("`\(file)` cannot be written: \(error.localizedDescription)")
      }
      let counts = archive.counts
      print(
        "\(file): \(counts.entries) values, \(archive.services) of them services; \(counts.events) events; "
          + "\(counts.files) files")
      if !archive.leftOut.isEmpty {
        Console.say("left out, since it has secrets or may have (--with-secrets): \(archive.leftOut.count) things")
      }
    }
  }

  struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Makes the home folder what an exported document says. No control plane and no service may run.",
      discussion: "Example: testudo state import testudo-state.json --replace")

    @Argument(help: "A document of `testudo state export`.")
    var file: String

    @Flag(help: "Put aside what the home folder has.")
    var replace = false

    func run() throws {
      guard let text = FileManager.default.contents(atPath: file) else {
        throw OrchestrationFault.input("`\(file)` cannot be read")
      }
      let archive = try StateArchive(text, name: file)
      let home = Installation.home
      try FileManager.default.createDirectory(
        atPath: home.run, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      let lock = try ControlPlaneLock(home: home)
      let aside = try archive.restore(to: home, replacing: replace)
      try home.create()
      _ = consume lock
      let counts = archive.counts
      print(
        "\(home.path): \(counts.entries) values, \(archive.services) of them services; \(counts.events) events; "
          + "\(counts.files) files, as of \(archive.exported)")
      if let aside { Console.say("what was there is in \(aside)") }
      if !archive.hasSecrets {
        Console.say("the document is without secrets: keys are made anew, tokens and services have to be, too")
      }
    }
  }
}
