import Foundation
import Glibc
import Testing

@Suite("Bad input", .serialized, .realUnikernels)
struct BadInputTests {
  @Test("is refused with what, where and what was expected, and starts nothing:", arguments: BadInput.all)
  func refused(_ input: BadInput) async throws {
    try await Portal.copied { portal in
      try input.make(in: portal)
      let outcome = try await portal.start(["up", portal.template.path] + input.arguments).outcome()
      #expect(outcome.status == 1)
      for words in input.said + [try input.place(in: portal)].compactMap({ $0 }) {
        #expect(outcome.errors.contains(words), "`\(words)` is not in: \(outcome.errors)")
      }
      #expect(outcome.output.isEmpty)
      try await expectNothing(portal, outcome)
    }
  }

  @Test("`validate` finds the same as `up`, as a JSON document where that is asked for")
  func validate() async throws {
    try await Portal.copied { portal in
      #expect(try await portal.start(["validate", portal.template.path] + Portal.inputs).outcome().status == 0)
      try portal.edit("service.yaml") { $0.replacing("        prefix: /orders", with: "        prefx: /orders") }
      let outcome = try await portal.start(
        ["validate", portal.template.path, "--format", "json"] + Portal.inputs
      ).outcome()
      #expect(outcome.status == 1)
      _ = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
      #expect(outcome.output.contains("prefx"))
      #expect(!FileManager.default.fileExists(atPath: portal.home.path))
    }
  }

  @Test("a template that does not exist is refused by its name")
  func missingTemplate() async throws {
    try await Portal.copied { portal in
      let missing = portal.folder.appending(path: "nowhere").path
      let outcome = try await portal.testudo("up", missing)
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains(missing), "\(outcome.errors)")
      #expect(outcome.errors.contains("expected: a TOSCA file, a folder with one, or an archive"))
      try await expectNothing(portal, outcome)
    }
  }

  @Test("a first service has a name, and is written nowhere else", arguments: ["", "/", "My Shop", "a/..", "."])
  func firstService(_ name: String) async throws {
    try await Portal.copied { portal in
      let outcome = try await portal.testudo("init", name)
      #expect(outcome.status == 1 && outcome.errors.contains("expected 1 to 40"), "\(outcome)")
      #expect(outcome.output.isEmpty)
    }
  }

  @Test(
    "wrong usage ends with exit status 2 and says what was expected",
    arguments: [
      (["frobnicate"], "frobnicate"), (["up"], "<path>"), (["down"], "<name>"), (["level"], "<service>"),
      (["policy", "apply"], "<files>"), (["up", ".", "--frobnicate"], "--frobnicate"),
      (["ps", "--format", "morse"], "one of 'text' and 'json'"),
      (["context", "set", "foo"], "Usage: testudo context set"),
      (["validate", ".", "--set", "accounts"], "Usage: testudo validate"),
    ])
  func usage(_ arguments: [String], _ said: String) async throws {
    try await Portal.copied { portal in
      let outcome = try await portal.start(arguments).outcome()
      #expect(outcome.status == 2)
      #expect(outcome.errors.contains(said), "\(outcome.errors)")
      #expect(outcome.errors.contains("Usage: testudo"))
      #expect(outcome.output.isEmpty)
      #expect(!FileManager.default.fileExists(atPath: portal.home.path))
    }
  }

  @Test("a port that is in use is named, and all that was started before is taken down again")
  func portInUse() async throws {
    try await Portal.copied { portal in
      let (descriptor, port) = try listener()
      defer { close(descriptor) }
      try portal.edit("service.yaml") {
        $0.replacing("network_name: PUBLIC", with: "network_name: PUBLIC\n            published_port: \(port)")
      }
      let outcome = try await portal.up()
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains("`storefront`"))
      #expect(outcome.errors.contains("127.0.0.1:\(port) is in use"), "\(outcome.errors)")
      try await expectNothing(portal, outcome)
    }
  }

  @Test("a port that another service is published on is found before anything is changed")
  func portOfAnother() async throws {
    try await Portal.up { portal in
      let (descriptor, port) = try listener()
      close(descriptor)
      try portal.edit("service.yaml") {
        $0.replacing("network_name: PUBLIC", with: "network_name: PUBLIC\n            published_port: \(port)")
      }
      #expect(try await portal.up().status == 0)
      for command in ["plan", "up"] {
        let outcome = try await portal.start(
          [command, portal.template.path, "--name", "second"] + Portal.inputs
        ).outcome()
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("on port \(port): the service `portal` (`storefront`) is"), "\(outcome.errors)")
        #expect(!outcome.errors.contains("✓"), "\(outcome.errors)")
      }
      #expect(try await portal.unikernels().count == 2)
    }
  }

  /// A socket that listens on a port of the loopback interface, which nobody else can have then.
  private func listener() throws -> (descriptor: Int32, port: Int) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    try #require(descriptor >= 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let port = try withUnsafeMutablePointer(to: &address) { pointer in
      try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        try #require(bind(descriptor, address, length) == 0)
        try #require(listen(descriptor, 8) == 0)
        try #require(getsockname(descriptor, address, &length) == 0)
      }
      return Int(UInt16(bigEndian: pointer.pointee.sin_port))
    }
    return (descriptor, port)
  }

  @Test("without the right to make a TAP, the exit status is 3, and what is lacking is said")
  func unprivileged() async throws {
    try await Portal.copied { portal in
      try FileManager.default.createDirectory(at: portal.home, withIntermediateDirectories: true)
      try #require(chown(portal.home.path, 65534, 65534) == 0)
      let words = ["--reuid=65534", "--regid=65534", "--clear-groups", Testbed.program, "up", portal.template.path]
      let outcome = try await Command.run(
        Testbed.path(of: "setpriv") ?? "setpriv", words + Portal.inputs,
        environment: ["TESTUDO_HOME": portal.home.path, "NO_COLOR": "1"])
      #expect(outcome.status == 3, "\(outcome.errors)")
      #expect(
        ["TAP", "namespace", "root", "CAP_NET_ADMIN"].contains { outcome.errors.contains($0) }, "\(outcome.errors)")
      try await expectNothing(portal, outcome)
    }
  }

  /// That nothing half-started is left: no process, no namespace that the messages tell of, no file.
  private func expectNothing(_ portal: Portal, _ outcome: Outcome) async throws {
    // A control plane that was started for this ends when nothing is up.
    let isGone = try await eventually { portal.remainingProcesses().isEmpty }
    #expect(isGone, "\(portal.remainingProcesses().map { portal.commandLine(of: $0) })")
    let told = outcome.errors.matches(of: /testudo-[0-9a-f]{20}\b/).map { String($0.output) }
    #expect(portal.existing(told).isEmpty)
    #expect(portal.remainingFiles() == [])
    #expect(try await portal.unikernels().isEmpty)
  }
}
