/// One run of `ld.lld` that makes an image out of archives and a build configuration.
struct LinkerInvocation {
  /// The linker.
  var linker: String
  /// The linker script.
  var script: String
  /// Archives that are linked whole: nothing calls a module, it takes its place by being there.
  var whole: [String]
  /// Archives that are linked as far as they are called.
  var support: [String]
  /// Objects that belong to this image only. They come last, so that of code that they share with an archive, the
  /// archive's is linked.
  var objects: [String] = []
  /// The folder that has the files `configuration` and `versions`, and where `image.elf` is made.
  var folder: String

  /// What shapes every image. Part of the recipe, since another choice gives another image. Segments begin on pages of their
  /// own in memory (`process.ld`), and one behind the other in the file (`--nmagic`), which is read and not mapped.
  static let options = [
    "--gc-sections", "--icf=all", "-O2", "--nmagic", "-z", "noexecstack", "--build-id=none", "--strip-all",
    "--threads=1",
  ]

  /// The file in which the linker says what it took from where. It does not shape the image.
  static let map = "image.map"

  /// The file with the names and versions of the modules, a line each, which the linker script puts into the section
  /// `.testudo.modules`. Versions of a module may give the same code: images of both are different images all the same,
  /// each with papers of its own.
  static let versions = "versions"

  /// The linker's arguments.
  var arguments: [String] {
    ["-T", script] + LinkerInvocation.options
      + ["--whole-archive"] + whole + ["--no-whole-archive"]
      + ["--start-group"] + support + ["--end-group"]
      + objects
      // The symbols that lead to the configuration are made of this name, so it must not have a path.
      + [
        "--format=binary", "configuration", LinkerInvocation.versions, "--format=default", "-Map", LinkerInvocation.map,
        "-o", "image.elf",
      ]
  }

  /// Links.
  func run() throws(ImageFault) {
    let process = Subprocess(arguments: [linker] + arguments, folder: folder, log: "linker.log")
    switch process.run() {
    case .exited(0): return
    case .exited(let status):
      let said = process.output().split(separator: "\n").prefix(8).joined(separator: "; ")
      throw .linking(
        message: (said.isEmpty ? "`\(linker)` ended with status \(status)" : said) + DiskSpace.remark(on: folder))
    case .signalled(let signal): throw .linking(message: "signal \(signal) ended `\(linker)`")
    case .timedOut: throw .linking(message: "`\(linker)` took too long")
    case .notStarted(let error): throw .linking(message: "`\(linker)` cannot be started (error \(error))")
    }
  }
}
