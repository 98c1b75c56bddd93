import Foundation
import Glibc
import Synchronization

/// The folder that images are linked from: `archives/NAME.a` of every module, one linker script for each target
/// (`process.ld`), the modules' manifests in `modules/`, and `toolchain.json`, which says what made them.
public struct LinkLibrary: Sendable {
  /// What made the archives.
  public struct Toolchain: Hashable, Sendable, Codable {
    /// The compiler's version.
    public var swift: String
    /// The linker's version, or the path of the linker.
    public var lld: String
    /// The linker; `ld.lld` in `PATH` unless said otherwise.
    public var linker: String?
    /// The compiler that handlers are compiled with; `swiftc` in `PATH` unless said otherwise.
    public var compiler: String?
    /// What makes machine code of what the compiler makes; `clang` beside the compiler unless said otherwise.
    public var clang: String?

    /// A toolchain.
    public init(
      swift: String, lld: String, linker: String? = nil, compiler: String? = nil, clang: String? = nil
    ) {
      self.swift = swift
      self.lld = lld
      self.linker = linker
      self.compiler = compiler
      self.clang = clang
    }

    /// The same, without where its programs stand: that does not matter, which ones they are does.
    var withoutPlaces: Toolchain { Toolchain(swift: swift, lld: lld) }
  }

  /// The folder.
  public let folder: String
  /// What made the archives.
  public let toolchain: Toolchain
  private let digests = DigestCache()

  /// Archives of the toolchain that any module may call; linked where the library has them.
  static let toolchainArchives = ["unicode"]

  /// The library in a folder.
  public init(folder: String) throws(ImageFault) {
    let path = "\(folder)/toolchain.json"
    guard let bytes = FileManager.default.contents(atPath: path),
      let toolchain = try? JSONDecoder().decode(Toolchain.self, from: bytes)
    else {
      throw .library(
        path: path, message: "this cannot be read",
        expected: "{\"swift\": VERSION, \"lld\": VERSION}, as `make library` writes")
    }
    // Absolute, since the linker runs elsewhere.
    self.folder = URL(fileURLWithPath: folder).path
    self.toolchain = toolchain
  }

  /// The catalogue of its modules.
  public func catalogue() throws(CatalogueFault) -> Catalogue {
    try Catalogue(folder: "\(folder)/modules")
  }

  /// Where an archive stands.
  func path(ofArchive name: String) -> String { "\(folder)/archives/\(name).a" }

  /// Where the linker script of a target stands.
  func script(for target: Target) -> String { "\(folder)/\(target.rawValue).ld" }

  /// The toolchain's archives that are there.
  var supportArchives: [String] {
    LinkLibrary.toolchainArchives.filter { FileManager.default.fileExists(atPath: path(ofArchive: $0)) }
  }

  /// The program that links.
  public func linker() throws(ImageFault) -> String {
    let name = toolchain.linker ?? (toolchain.lld.hasPrefix("/") ? toolchain.lld : "ld.lld")
    let found = name.contains("/") ? name : Subprocess.locate(name)
    guard let found, FileManager.default.isExecutableFile(atPath: found) else {
      throw .library(path: name, message: "there is no such program", expected: "the linker of LLVM (package `lld`)")
    }
    return found
  }

  /// The folder of what handlers are compiled against.
  var handlerInterface: String { "\(folder)/handler" }

  /// The compiler of handlers, and what makes machine code of what it makes.
  func handlerCompiler() throws(ImageFault) -> (swiftc: String, clang: String) {
    let swiftc = toolchain.compiler ?? Subprocess.locate("swiftc") ?? "swiftc"
    let beside = URL(fileURLWithPath: swiftc).resolvingSymlinksInPath().deletingLastPathComponent().path + "/clang"
    let clang = toolchain.clang ?? beside
    for program in [swiftc, clang] where !FileManager.default.isExecutableFile(atPath: program) {
      throw .library(
        path: program, message: "there is no such program",
        expected: "the toolchain that handlers are compiled with (\(toolchain.swift)); install it from swift.org")
    }
    return (swiftc, clang)
  }

  /// The compiler of handlers, if it and what it needs are there.
  public var compilerOfHandlers: String? {
    try? handlerCompiler().swiftc
  }

  /// The digest of a file of the library.
  func digest(of path: String) throws(ImageFault) -> Digest {
    guard let digest = digests.digest(of: path) else {
      throw .library(path: path, message: "this file cannot be read", expected: "a part of the library of modules")
    }
    return digest
  }

  /// What tells that images would be linked of other files: nothing is read for it.
  public struct Stamp: Hashable, Sendable {
    fileprivate var files: [FileStamp]
  }

  /// The stamp of the archives and linker scripts at present.
  public var stamp: Stamp {
    let archives = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/archives")) ?? []
    let names = archives.sorted().map { "archives/\($0)" } + Target.allCases.map { "\($0.rawValue).ld" }
    return Stamp(files: names.compactMap { FileStamp("\(folder)/\($0)") })
  }
}

/// Digests of files that do not change while a process runs; a file that did change is read again.
private final class DigestCache: Sendable {
  private let entries = Mutex<[String: (stamp: FileStamp, digest: Digest)]>([:])

  func digest(of path: String) -> Digest? {
    guard let stamp = FileStamp(path) else { return nil }
    let known = entries.withLock { $0[path] }
    if let known, known.stamp == stamp { return known.digest }
    guard let bytes = try? Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe) else { return nil }
    let digest = Digest(of: bytes)
    entries.withLock { $0[path] = (stamp, digest) }
    return digest
  }
}
