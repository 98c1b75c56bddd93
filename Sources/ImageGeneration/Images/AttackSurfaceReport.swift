import Foundation

/// What an image offers to somebody who attacks it. Read from the image itself as far as it can be.
public struct AttackSurfaceReport: Hashable, Sendable, Codable {
  /// How many bytes can be executed.
  public var executableBytes: Int
  /// How many segments can be both written and executed.
  public var writableExecutableSegments: Int
  /// The system calls that the image's filter admits; none for a virtual machine.
  public var systemCalls: [String]
  /// What it listens on, wherever it is used.
  public var listeners: [Listener]
  /// The modules of the catalogue that are not in it, by name.
  public var modulesLeftOut: [String]
  /// How many gadgets for return-oriented programming `ROPgadget` finds, where it is installed.
  public var gadgets: Int?

  /// The report on an image whose file has been read.
  public init(image: Image, file: ELFFile, catalogue: Catalogue, gadgets: Int? = nil) {
    executableBytes = file.executableBytes
    writableExecutableSegments = file.writableExecutableSegments
    systemCalls = SystemCalls.declared(in: file) ?? []
    listeners = Array(Set(image.createdFrom.flatMap(\.listeners))).sorted()
    let present = Set(image.modules.map(\.name))
    modulesLeftOut = Array(Set(catalogue.modules.map(\.name)).subtracting(present)).sorted()
    self.gadgets = gadgets
  }
}

extension ImageStore {
  /// The attack-surface report of an image. Where `ROPgadget` is installed it takes some seconds, unless gadgets are not
  /// asked for.
  public func report(
    _ digest: String, catalogue: Catalogue, countsGadgets: Bool = true
  ) throws(ImageFault) -> AttackSurfaceReport {
    let image = try image(digest)
    let path = try path(of: digest)
    let bytes = try ImageStore.read(path)
    let file: ELFFile
    do throws(ELFFile.Fault) {
      file = try ELFFile(bytes)
    } catch {
      throw .altered(digest: digest, message: error.description)
    }
    let gadgets = countsGadgets ? try countGadgets(in: path) : nil
    return AttackSurfaceReport(image: image, file: file, catalogue: catalogue, gadgets: gadgets)
  }

  private func countGadgets(in path: String) throws(ImageFault) -> Int? {
    guard let program = Subprocess.locate("ROPgadget") else { return nil }
    let absolute = URL(fileURLWithPath: path).path
    return try withWorkingFolder { folder throws(ImageFault) in
      let process = Subprocess(arguments: [program, "--binary", absolute], folder: folder, limit: .seconds(120))
      guard process.run() == .exited(0) else { return nil }
      return AttackSurfaceReport.gadgets(in: process.output())
    }
  }
}

extension AttackSurfaceReport {
  /// The number in the last line that `ROPgadget` prints, `Unique gadgets found: 1234`.
  static func gadgets(in output: String) -> Int? {
    for line in output.split(separator: "\n").reversed() where line.hasPrefix("Unique gadgets found:") {
      return line.split(separator: " ").last.flatMap { Int($0) }
    }
    return nil
  }
}
