import Foundation
import ImageGeneration

/// A small library of modules in C, built by the test with clang and linked as real images are. Each module takes its
/// place by an entry in the section `modules`, as those of the library OS do.
struct FakeLibrary {
  let folder: TemporaryFolder

  /// Programs that linking needs and this machine lacks.
  static let missingPrograms = ["clang", "llvm-ar", "ld.lld"].filter { locate($0) == nil }

  /// Why tests that link are skipped where they are.
  static let requirement = "linking needs clang, llvm-ar and ld.lld in PATH"

  static let script = """
    ENTRY(_start)
    PHDRS { text PT_LOAD FLAGS(5); rodata PT_LOAD FLAGS(4); data PT_LOAD FLAGS(6); }
    SECTIONS {
      . = 0x10000000;
      .text : { *(.text .text.*) } :text
      . = ALIGN(0x1000);
      .configuration : { *configuration(.data) } :rodata
      .testudo.modules : { KEEP(*versions(.data)) } :rodata
      .testudo.syscalls : { KEEP(*(.testudo.syscalls)) } :rodata
      modules : { __start_modules = .; KEEP(*(modules)) __stop_modules = .; } :rodata
      .rodata : { *(.rodata .rodata.*) } :rodata
      . = ALIGN(0x1000);
      .data : { *(.data .data.*) } :data
      .bss : { *(.bss .bss.* COMMON) } :data
      /DISCARD/ : { *(.eh_frame .comment .note .note.*) }
    }
    """

  private static func module(_ name: String, calls: String? = nil) -> String {
    """
    \(calls.map { "extern int \($0)(int);" } ?? "")
    __attribute__((noinline)) int work_\(name)(int x) {
      static const char *volatile sign = "this is module \(name)";
      return x + sign[0] + \(calls.map { "\($0)(x)" } ?? "0");
    }
    __attribute__((section("modules"), used, retain)) static int (*const entry)(int) = work_\(name);
    """
  }

  private static let platform = """
    typedef unsigned char byte;
    extern const byte _binary_configuration_start[], _binary_configuration_end[];
    extern int (*const __start_modules[])(int), (*const __stop_modules[])(int);
    extern int base_function(int);
    __attribute__((section(".testudo.syscalls"), used, retain)) static const unsigned calls[] = {0, 1, 271, 228, 231};
    volatile int result;
    void _start(void) {
      int sum = (int)(_binary_configuration_end - _binary_configuration_start) + base_function(1);
      for (int (*const *entry)(int) = __start_modules; entry < __stop_modules; entry++) sum += (*entry)(sum);
      result = sum;
    }
    """

  private static let base = """
    __attribute__((noinline)) int base_function(int x) { return x * 3; }
    int base_unused(void) { static const char *volatile sign = "nobody calls this"; return sign[0]; }
    """

  private static let sources = [
    "Platform": platform, "Base": base, "Filter": module("filter", calls: "base_function"),
    "Journal": module("journal"), "Store": module("store"), "Broken": module("broken", calls: "missing_function"),
  ]

  private static let archives = Result { try compileArchives() }

  /// The archives are compiled once; every library gets copies.
  private static func compileArchives() throws -> [String: Data] {
    let folder = try TemporaryFolder()
    var archives: [String: Data] = [:]
    for (name, source) in sources {
      let file = try folder.write(source, to: "\(name).c")
      try run([
        "clang", "--target=x86_64-unknown-none-elf", "-ffreestanding", "-fno-pic", "-ffunction-sections", "-Os", "-c",
        file, "-o", "\(folder.path)/\(name).o",
      ])
      try run(["llvm-ar", "rcsD", "\(folder.path)/\(name).a", "\(folder.path)/\(name).o"])
      archives[name] = try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/\(name).a"))
    }
    return archives
  }

  init(script: String = FakeLibrary.script) throws {
    folder = try TemporaryFolder()
    try folder.write(script, to: "process.ld")
    try folder.write(#"{"swift": "6.3.1", "lld": "14.0.6"}"#, to: "toolchain.json")
    try folder.write("", to: "archives/.keep")
    for (name, archive) in try FakeLibrary.archives.get() {
      try archive.write(to: URL(fileURLWithPath: "\(folder.path)/archives/\(name).a"))
    }
    try manifest("platform", kind: "platform", archive: "Platform", provides: "target.process", requires: "base")
    try manifest("base", kind: "support", archive: "Base")
    try manifest("filter", kind: "mechanism", archive: "Filter", provides: "filtering", requires: "base")
    try manifest("journal", kind: "mechanism", archive: "Journal", provides: "audit")
    try manifest("store", kind: "application", archive: "Store", provides: "application.key-value")
    try manifest("broken", kind: "mechanism", archive: "Broken", provides: "rate-limit")
  }

  private func manifest(
    _ name: String, kind: String, archive: String, provides: String = "", requires: String = ""
  ) throws {
    func list(_ text: String) -> String { text.isEmpty ? "[]" : "[\"\(text)\"]" }
    try folder.write(
      """
      {"name": "\(name)", "version": "1.0.0", "summary": "A module of a test.", "kind": "\(kind)",
       "archives": ["\(archive)"], "provides": \(list(provides)), "requires": \(list(requires)), "conflicts": [],
       "parameters": [{"name": "prefix", "stage": "build", "required": false, "shape": "text", "summary": "A path."}]}
      """, to: "modules/\(name).json")
  }

  private static func locate(_ program: String) -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(program)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  private static func run(_ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: locate(arguments[0]) ?? arguments[0])
    process.arguments = Array(arguments.dropFirst())
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(arguments: arguments) }
  }

  private struct Failure: Error {
    var arguments: [String]
  }
}
