import Glibc
import Testing

@testable import Hosting

@Suite("What runs virtual machines")
struct EmulatorTests {
  /// A folder with a library whose tender answers probes with `answer` and counts them, and a program named as QEMU is.
  private func withTools(answer: String, _ body: (EmulatorSearch, String) throws -> Void) throws {
    let home = TestFolder.make("emulator")
    defer { TestFolder.remove(home) }
    try Files.replace(home + "/microvm-probe", with: [])
    try Files.replace(home + "/qemu-system-x86_64", with: Array("#!/bin/sh\n".utf8))
    try Files.replace(
      home + "/tender", with: Array("#!/bin/sh\necho $1 $2 >>\(home)/probes\necho \(answer)\n".utf8))
    for program in ["tender", "qemu-system-x86_64"] { chmod(home + "/" + program, 0o700) }
    try body(EmulatorSearch(home: home, library: home, path: home), home)
  }

  @Test("QEMU that is missing is said, with the command that mends it")
  func missing() throws {
    let home = TestFolder.make("emulator")
    defer { TestFolder.remove(home) }
    let search = EmulatorSearch(home: home, library: home, path: home)
    let fault = #expect(throws: HostingFault.self) { try search.find() }
    #expect(fault?.isLackOfHost == true)
    #expect(fault?.description.contains("apt-get install qemu-system-x86") == true)
    #expect(!search.check().isPresent && !search.check().isRequired)
    #expect(search.check().remedy?.contains("apt-get install qemu-system-x86") == true)
  }

  @Test("the accelerator that ran the probe is used, and is asked for once", arguments: ["tcg", "kvm"])
  func found(accelerator: String) throws {
    try withTools(answer: accelerator) { search, home in
      for _ in 0..<3 {
        let emulator = try search.find()
        #expect(emulator.path == home + "/qemu-system-x86_64")
        #expect(emulator.accelerator.rawValue == accelerator)
      }
      #expect(Files.text(home + "/probes") == "probe \(home)/qemu-system-x86_64\n")
      // Another probe image, and it is asked again.
      try Files.replace(home + "/microvm-probe", with: [1, 2, 3])
      _ = try search.find()
      #expect(Files.text(home + "/probes")?.split(separator: "\n").count == 2)
      #expect(search.check().isPresent)
    }
  }

  @Test("QEMU that does not run the probe is as good as missing")
  func useless() throws {
    try withTools(answer: "") { search, home in
      let fault = #expect(throws: HostingFault.self) { try search.find() }
      #expect(fault?.isLackOfHost == true)
      #expect(access(home + "/emulator.json", F_OK) != 0)
    }
  }
}
