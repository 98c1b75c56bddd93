import Foundation
import Glibc
import TOSCA

/// Compiles handlers of users to objects that images are linked with. What was compiled once is kept, by the digest of
/// everything that went into it.
struct HandlerCompiler {
  /// What is compiled against, and with what.
  let library: LinkLibrary
  /// The folder that keeps objects.
  let cache: String
  /// The most memory that a compiler may ask for, in bytes.
  var memoryLimit = 4 << 30
  /// The most processor time that a compiler may take, in seconds; in wall time, twice that.
  var timeLimit = 30

  /// How the compiler is called: as for the library itself, and with no unsafe code.
  static let options = [
    "-target", "x86_64-unknown-none-elf", "-enable-experimental-feature", "Embedded", "-wmo", "-Osize",
    "-parse-as-library", "-swift-version", "6", "-disable-cmo", "-Xfrontend", "-function-sections",
    "-Xcc", "-ffreestanding", "-Xcc", "-mno-red-zone", "-Xcc", "-fno-pic",
    "-strict-memory-safety", "-Werror", "StrictMemorySafety",
  ]

  /// How machine code is made. `trace-pc` counts steps (`Unikernel/Sources/CHandler/Steps.c`); `no-prune` leaves no block,
  /// and so no loop, uncounted.
  static let codeOptions = [
    "--target=x86_64-unknown-none-elf", "-Os", "-mno-red-zone", "-fno-pic", "-ffunction-sections", "-fdata-sections",
    "-fsanitize-coverage=bb,trace-pc,no-prune", "-Wno-override-module", "-Wno-unused-command-line-argument",
  ]

  /// What leads from the library OS to the user's function.
  static let entry = """
    import Handler

    @c(testudo_handle)
    public func testudoHandle(_ call: UnsafeMutableRawPointer) {
      let handler: (Request, any Store) -> Response = respond(to:in:)
      unsafe Call.taking(call).answer(with: handler)
    }

    """
  static let entryName = "testudo-entry.swift"

  /// The most objects that are kept.
  static let maximumObjects = 64

  /// The digest of everything that goes into a handler's object.
  func key(of sources: HandlerSources) throws(ImageFault) -> Digest {
    let interface = try library.digest(of: "\(library.handlerInterface)/Handler.swiftmodule")
    let parts =
      [sources.digest.description, interface.description, library.toolchain.swift, HandlerCompiler.entry]
      + HandlerCompiler.options + HandlerCompiler.codeOptions
    return Digest(of: Array(parts.joined(separator: "\u{0}").utf8))
  }

  /// The object of a handler: one that is kept, or a new one.
  func compile(_ sources: HandlerSources) throws(ImageFault) -> String {
    let object = "\(cache)/\(try key(of: sources).hex).o"
    if FileManager.default.fileExists(atPath: object) {
      // Kept objects that are in use are not those that are removed first.
      utimes(object, nil)
      return object
    }
    let texts = Dictionary(sources.files.map { ($0.path, $0.text) }) { first, _ in first }
    let forbidden = sources.files.flatMap { file in
      SourceRules.findings(in: file.text).map { $0.finding(file: file.path) }
    }
    guard forbidden.isEmpty else { throw .handler(findings: forbidden, sources: texts) }
    let programs = try library.handlerCompiler()
    try ImageStore.makeFolder(cache)
    let folder = "\(cache)/compiling-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    try ImageStore.makeFolder(folder)
    defer { ImageStore.discard(folder) }
    try write(sources, into: folder)
    try runCompiler(programs.swiftc, sources, in: folder, texts: texts)
    try run(
      [programs.clang] + HandlerCompiler.codeOptions + ["-c", "-x", "ir", "handler.ll", "-o", "handler.o"],
      in: folder, log: "clang.log"
    ) { said throws(ImageFault) in throw .compiling(message: HandlerCompiler.inOneLine(said)) }
    guard rename("\(folder)/handler.o", object) == 0 else {
      throw .storage(path: object, message: "this file cannot be put in place")
    }
    removeOldest()
    return object
  }

  /// The file of a source in the folder that is compiled in. Its path is the one in the service, so that messages name it;
  /// absolute paths never reach the object.
  private static func place(_ path: String) -> String { "sources/\(path)" }

  private func write(_ sources: HandlerSources, into folder: String) throws(ImageFault) {
    for file in sources.files {
      let path = "\(folder)/\(HandlerCompiler.place(file.path))"
      try ImageStore.makeFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path)
      try ImageStore.write(Array(file.text.utf8), to: path)
    }
    try ImageStore.write(Array(HandlerCompiler.entry.utf8), to: "\(folder)/\(HandlerCompiler.entryName)")
  }

  private func runCompiler(
    _ swiftc: String, _ sources: HandlerSources, in folder: String, texts: [String: String]
  ) throws(ImageFault) {
    let arguments =
      [swiftc] + HandlerCompiler.options
      + [
        "-module-name", "UserHandler", "-I", library.handlerInterface, "-diagnostic-style", "llvm",
        "-no-color-diagnostics", "-module-cache-path", "modules", "-emit-ir", "-o", "handler.ll",
      ]
      + sources.files.map { HandlerCompiler.place($0.path) } + [HandlerCompiler.entryName]
    try run(arguments, in: folder, log: "swiftc.log") { said throws(ImageFault) in
      let findings = CompilerDiagnostics(said).findings(in: sources)
      guard !findings.isEmpty else { throw .compiling(message: HandlerCompiler.inOneLine(said)) }
      throw .handler(findings: findings, sources: texts)
    }
  }

  /// Runs a program of the toolchain within the bounds; calls `refused` with what it said when it ended with another status
  /// than 0.
  private func run(
    _ arguments: [String], in folder: String, log: String, refused: (String) throws(ImageFault) -> Void
  ) throws(ImageFault) {
    let bounds = [
      "/usr/bin/prlimit", "--as=\(memoryLimit)", "--cpu=\(timeLimit)", "--core=0", "--",
    ]
    let process = Subprocess(
      arguments: bounds + arguments, folder: folder, log: log, limit: .seconds(2 * timeLimit))
    switch process.run() {
    case .exited(0): return
    case .exited: try refused(process.output(limit: 256 << 10))
    case .signalled(let signal):
      throw .compiling(
        message: "signal \(signal) ended the compiler, which may take \(timeLimit) s and "
          + "\(memoryLimit >> 30) GiB")
    case .timedOut: throw .compiling(message: "the compiler took longer than \(2 * timeLimit) s")
    case .notStarted(let error): throw .compiling(message: "the compiler cannot be started (error \(error))")
    }
  }

  private static func inOneLine(_ said: String) -> String {
    let text = said.split(separator: "\n").prefix(4).joined(separator: "; ")
    return text.isEmpty ? "the compiler gave no reason" : text
  }

  /// Removes the objects that were used least recently, beyond the bound.
  private func removeOldest() {
    let files = FileManager.default
    let objects = ((try? files.contentsOfDirectory(atPath: cache)) ?? []).filter { $0.hasSuffix(".o") }
    guard objects.count > HandlerCompiler.maximumObjects else { return }
    let dated = objects.map { name -> (String, Date) in
      let date = (try? files.attributesOfItem(atPath: "\(cache)/\(name)"))?[.modificationDate] as? Date
      return (name, date ?? .distantPast)
    }
    for (name, _) in dated.sorted(by: { $0.1 < $1.1 }).prefix(objects.count - HandlerCompiler.maximumObjects) {
      ImageStore.discard("\(cache)/\(name)")
    }
  }
}
