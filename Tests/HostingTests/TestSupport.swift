import Glibc
import Interchange
import Synchronization

@testable import Hosting

/// Whether the tests that make namespaces and devices can run.
let isRoot = geteuid() == 0

/// Folders and processes for tests.
enum TestFolder {
  private static let made = Mutex<[String]>([])

  static func make(_ name: String) -> String {
    let path = "\(P_tmpdir)/testudo-hosting-\(name)-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    mkdir(path, 0o700)
    made.withLock { $0.append(path) }
    return path
  }

  static func write(_ path: String, _ bytes: [UInt8]) {
    guard let file = fopen(path, "w") else { return }
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
  }

  static func remove(_ path: String) {
    run("rm -rf '\(path)'")
  }

  static func removeAll() {
    for path in made.withLock({ $0 }) { remove(path) }
  }

  /// Runs a shell command; its exit status.
  @discardableResult
  static func run(_ command: String) -> Int32 {
    var process: pid_t = 0
    let arguments: [UnsafeMutablePointer<CChar>?] = [strdup("/bin/sh"), strdup("-c"), strdup(command), nil]
    defer { for argument in arguments { free(argument) } }
    guard posix_spawn(&process, "/bin/sh", nil, nil, arguments, environ) == 0 else { return -1 }
    var status: Int32 = 0
    guard waitpid(process, &status, 0) == process else { return -1 }
    return status == 0 ? 0 : 1
  }
}

/// Waits until something holds, for at most thirty seconds.
func eventually(_ condition: () async throws -> Bool) async rethrows -> Bool {
  for _ in 0..<6000 {
    if try await condition() { return true }
    await Hosting.Timer.pause(milliseconds: 5)
  }
  return false
}

/// A host with a home of its own, whose networks and instances are removed after `body`, come what may.
func withHost(
  tender: String = "/nonexistent", _ body: (ProcessHost, ServiceNetwork) async throws -> Void
) async throws {
  let home = TestFolder.make("home")
  let host = ProcessHost(home: home, tender: tender, forwarder: forwarderProgram)
  let network = ServiceNetwork(name: ServiceNetwork.name(for: [home]), subnet: "10.77.3.0/24")
  var failure: (any Error)?
  do { try await body(host, network) } catch { failure = error }
  for record in await host.instances() { try? await host.stop(record.id) }
  _ = try? await host.sweep()
  TestFolder.remove(home)
  if let failure { throw failure }
}

/// The forwarder that was built beside this test.
let forwarderProgram: String = {
  var buffer = [CChar](repeating: 0, count: 4096)
  let count = readlink("/proc/self/exe", &buffer, 4095)
  let path = String(decoding: buffer[0..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  return path.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/testudo-forwarder"
}()

extension InstanceRecord {
  /// A record of an instance in `network`, with an image that behaves as `mode` says.
  static func sample(_ network: ServiceNetwork, home: String, mode: String = "serve", host: Int = 2) -> InstanceRecord {
    let image = home + "/image-" + mode
    TestFolder.write(image, Array((mode + "\n").utf8))
    return InstanceRecord(
      id: makeIdentifier(), service: "portal", tenant: "default", resource: "orders", level: "normal",
      image: "sha256:" + String(repeating: "0", count: 64), imagePath: image, address: "10.77.3.\(host)/24",
      mac: "02:54:0a:4d:03:0\(host)", network: network, memoryBytes: 64 << 20, mechanisms: ["firewall"],
      started: "2025-01-01T00:00:00Z", metadata: ["note": "a test"])
  }

  /// The bytes of a message to it, with a code that nobody checks here.
  func message(_ kind: ControlKind, _ version: UInt64) -> [UInt8] {
    ControlMessage(kind: kind, audience: audience ?? [], version: version, payload: [1, 2, 3]).bytes(sealedBy: .code)
      + [UInt8](repeating: 0, count: ControlSeal.code.length)
  }
}
