import Foundation

/// The modules that images can be made of: one JSON manifest for each, in a folder.
public struct Catalogue: Sendable {
  /// The modules, by name and version.
  public let modules: [ModuleManifest]
  /// The sizes of archives in bytes, by their names, where known.
  public let archiveBytes: [String: Int]

  /// No catalogue has more modules than this.
  public static let maximumModules = 4096

  /// A catalogue of given modules, whose names and versions are distinct.
  public init(modules: [ModuleManifest], archiveBytes: [String: Int] = [:]) {
    self.modules = modules.sorted { $0.identity < $1.identity }
    self.archiveBytes = archiveBytes
  }

  /// Reads every `.json` file of a folder as a manifest. Where the folder has a sibling `archives`, as the library that
  /// images are linked from has, the archives' sizes are known too.
  public init(folder: String) throws(CatalogueFault) {
    let contents: [String]
    do {
      contents = try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      throw CatalogueFault(problems: [
        .init(file: folder, field: "", message: "this folder cannot be read", expected: "a folder of module manifests")
      ])
    }
    let names = contents.filter { $0.hasSuffix(".json") }.sorted()
    guard names.count <= Catalogue.maximumModules else {
      throw CatalogueFault(problems: [
        .init(
          file: folder, field: "", message: "\(names.count) manifests", expected: "at most \(Catalogue.maximumModules)")
      ])
    }
    var problems: [CatalogueFault.Problem] = []
    var modules: [ModuleManifest] = []
    var files: [ModuleVersion: String] = [:]
    for name in names {
      var reader = ManifestReader(file: "\(folder)/\(name)")
      guard let bytes = FileManager.default.contents(atPath: reader.file) else {
        problems.append(
          .init(file: reader.file, field: "", message: "this file cannot be read", expected: "a module manifest"))
        continue
      }
      if let manifest = reader.read(bytes) {
        if let other = files.updateValue(name, forKey: manifest.identity) {
          problems.append(
            .init(
              file: reader.file, field: "name", message: "`\(manifest.identity)` stands in `\(other)` too",
              expected: "each version of a module once"))
        }
        modules.append(manifest)
      }
      problems += reader.problems
    }
    if modules.isEmpty, problems.isEmpty {
      problems.append(
        .init(file: folder, field: "", message: "no `.json` file", expected: "one manifest for each module"))
    }
    guard problems.isEmpty else { throw CatalogueFault(problems: problems) }
    let archives = URL(fileURLWithPath: folder).deletingLastPathComponent().appendingPathComponent("archives").path
    self.init(modules: modules, archiveBytes: Catalogue.sizes(of: modules.flatMap(\.archives), in: archives))
  }

  private static func sizes(of archives: [String], in folder: String) -> [String: Int] {
    var sizes: [String: Int] = [:]
    for archive in Set(archives) {
      let attributes = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(archive).a")
      sizes[archive] = (attributes?[.size] as? NSNumber)?.intValue
    }
    return sizes
  }

  /// The newest version of the module of that name.
  public func module(_ name: String) -> ModuleManifest? { modules.last { $0.name == name } }
}
