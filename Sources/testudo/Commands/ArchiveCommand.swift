public import ArgumentParser
import Foundation
import Orchestration
public import TOSCA

struct ArchiveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "csar", abstract: "Archives of templates (CSAR 1.0, 1.1 and 2.0).",
    subcommands: [Pack.self, List.self, Unpack.self])

  struct Pack: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Checks the template of a folder, and packs the folder into an archive.",
      discussion: "Example: testudo csar pack Examples/portal -o portal.csar")

    @Argument(help: "A folder with a template.")
    var folder: String

    @Option(name: [.short, .long], help: "The archive; FOLDER.csar, .zip (TOSCA 2.0), .tar or .tgz unless given.")
    var output: String?

    @Option(help: "zip, tar or tgz; the last two for TOSCA 2.0 only.")
    var format = ArchiveFormat.zip

    @Option(help: "The archive's CSAR-Version: 1.0, 1.1 or 2.0; the template's unless given.")
    var version: String?

    @OptionGroup var template: TemplateOptions

    func run() throws {
      let reader = try template.loading().reader(inputs: try template.inputs())
      let is2 = reader.read(folder).topology?.version == "tosca_2_0"
      let base = URL(filePath: folder).standardizedFileURL.lastPathComponent
      let target = output ?? base + "." + (format == .zip && !is2 ? "csar" : format.rawValue)
      let result = ArchivePacker(reader: reader).pack(folder, format: format, version: version, excluded: [target])
      guard let bytes = result.bytes else {
        throw OrchestrationFault.findings(result.findings, sources: result.sources)
      }
      do {
        try Data(bytes).write(to: URL(filePath: target), options: .atomic)
      } catch {
        throw OrchestrationFault.input("`\(target)` cannot be written: \(error.localizedDescription)")
      }
      print("wrote \(target): \(result.files.count) files, \(bytes.count) bytes")
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lists the files of an archive.", discussion: "Example: testudo csar list portal.csar")

    @Argument(help: "An archive.")
    var archive: String

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    func run() throws {
      let listing = ArchiveListing(of: archive)
      guard !listing.hasErrors else { throw OrchestrationFault.findings(listing.findings, sources: [:]) }
      switch format {
      case .json: try Console.print(json: listing.entries)
      case .text: print(Console.table(listing.entries.map { ["\($0.size)", $0.isExecutable ? "x" : "-", $0.path] }))
      }
    }
  }

  struct Unpack: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Unpacks an archive into a new folder, once all of it is found sound.",
      discussion: "Example: testudo csar unpack portal.csar -o portal")

    @Argument(help: "An archive.")
    var archive: String

    @Option(name: [.short, .long], help: "The folder, which must not be there; the archive's name unless given.")
    var output: String?

    func run() throws {
      let listing = ArchiveListing(of: archive)
      guard let unpacked = listing.unpacked, !listing.hasErrors else {
        throw OrchestrationFault.findings(listing.findings, sources: [:])
      }
      var name = URL(filePath: archive)
      while ["csar", "zip", "tar", "gz", "tgz"].contains(name.pathExtension) { name = name.deletingPathExtension() }
      let target = output ?? name.lastPathComponent
      guard !FileManager.default.fileExists(atPath: target) else {
        throw OrchestrationFault.input("`\(target)` exists already; choose another folder with `-o`")
      }
      do {
        try FileManager.default.copyItem(atPath: unpacked.folder, toPath: target)
      } catch {
        throw OrchestrationFault.input("`\(target)` cannot be written: \(error.localizedDescription)")
      }
      print("unpacked \(listing.entries.count) files into \(target)")
    }
  }
}

extension ArchiveFormat: ExpressibleByArgument {}
