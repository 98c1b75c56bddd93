import Foundation
import Glibc
import Orchestration
import Testing

@testable import ControlPlane

@Suite("The configuration file of the control plane")
struct ServeConfigurationTests {
  /// What is wrong with a text, as `code line:column`, and what was read.
  private func read(_ text: String) throws -> (findings: [String], configuration: ServeConfiguration) {
    let path = FileManager.default.temporaryDirectory.appending(path: "testudo-\(UUID()).yaml").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(text.utf8).write(to: URL(filePath: path))
    let (configuration, file) = ServeConfiguration.read(path)
    return (file.findings.map { "\($0.code) \($0.place.line):\($0.place.column)" }, configuration)
  }

  @Test(
    "what is wrong is found where it stands",
    arguments: [
      ("", []), ("listen: 127.0.0.1:8080\ntokens: true\n", []), ("# nothing\n", []),
      ("listen: 127.0.0.1\n", ["wrong-setting 1:9"]), ("tokens: perhaps\n", ["wrong-syntax 1:9"]),
      ("listen: 0.0.0.0:8443\n", ["wrong-setting 1:9"]), ("tokens: true\n", ["wrong-setting 1:1"]),
      ("listn: 127.0.0.1:80\n", ["unknown-key 1:1"]), ("- listen\n", ["wrong-syntax 1:1"]),
      ("url: ftp://example.org\n", ["wrong-setting 1:6"]), ("listen: [\n", ["not-yaml 2:1"]),
      ("listen: 0.0.0.0:1\ncertificate: no.pem\n", ["wrong-setting 2:14"]),
      ("listen: 0.0.0.0:1\ncertificate: no.pem\nkey: no-key.pem\n", ["wrong-setting 2:14"]),
      ("library: nowhere\n", ["wrong-setting 1:10"]),
    ] as [(String, [String])])
  func findings(text: String, expected: [String]) throws {
    #expect(try read(text).findings == expected, "\(text)")
  }

  @Test("paths are relative to the file")
  func paths() throws {
    let own = try read("home: state\nkey: /etc/key.pem\ncertificate: ../tls/a.pem\n").configuration
    let folder = FileManager.default.temporaryDirectory.path
    #expect(own.home?.hasPrefix(folder) == true && own.home?.hasSuffix("/state") == true)
    #expect(own.key == "/etc/key.pem")
    #expect(own.certificate?.hasSuffix("/tls/a.pem") == true)
  }

  @Test("a file that is not there is said by its name")
  func missing() {
    let (_, file) = ServeConfiguration.read("/no/such/testudo.yaml")
    #expect(file.findings.map(\.code) == ["unreadable-file"])
    #expect(file.findings.first?.place.file == "/no/such/testudo.yaml")
  }

  @Test(
    "the service manager is told over its socket, by a path or in the abstract namespace", arguments: [false, true])
  func supervisor(isAbstract: Bool) throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "testudo-\(UUID())").path
    defer { unlink(path) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var bytes = Array(path.utf8)
    if isAbstract { bytes[0] = 0 }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count + (isAbstract ? 0 : 1))
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
    }
    try #require(result == 0)
    Supervisor(environment: ["NOTIFY_SOCKET": isAbstract ? "@" + path.dropFirst() : path]).tell("READY=1")
    var buffer = [UInt8](repeating: 0, count: 64)
    let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
    #expect(count == 7 && String(decoding: buffer.prefix(7), as: UTF8.self) == "READY=1")
    #expect(Supervisor(environment: ["WATCHDOG_USEC": "0"]).watchdogMicroseconds == nil)
    #expect(Supervisor(environment: ["WATCHDOG_USEC": "60000000"]).watchdogMicroseconds == 60_000_000)
  }
}
