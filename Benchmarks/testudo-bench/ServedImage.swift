import Foundation
import Hosting
import ImageGeneration
import Interchange
import Orchestration
import SecTOSCA

/// One image that `network.sh` measures: started on a network of its own, and taken down when standard input ends.
///
///     testudo-bench serve TEMPLATE-FOLDER RESOURCE NETWORK-NAME CONNECTIONS
///
/// prints the process of the image once it answers. It is at 10.77.0.2, and the host's end of the network at 10.77.0.1.
struct ServedImage {
  static let address = "10.77.0.2"

  let bench: Bench
  let resource: ResolvedResource
  let network: ServiceNetwork
  let connections: Int

  init(bench: Bench, arguments: [String]) throws {
    guard arguments.count == 4, let connections = Int(arguments[3]) else { throw Misuse() }
    self.bench = bench
    self.connections = connections
    network = ServiceNetwork(name: arguments[2], subnet: "10.77.0.0/24")
    guard let resource = try bench.resolved(level: nil).resource(arguments[1]) else { throw Misuse() }
    self.resource = resource
  }

  struct Misuse: Error, CustomStringConvertible {
    var description: String { "usage: testudo-bench serve TEMPLATE-FOLDER RESOURCE NETWORK-NAME CONNECTIONS" }
  }

  /// The image's process. The image may answer before its tender has written that down.
  private func process(of record: InstanceRecord) async throws -> String {
    let file = bench.environment.home.path + "/instances/" + record.id + "/pid"
    for _ in 0..<100 {
      if let text = try? String(contentsOfFile: file, encoding: .utf8) {
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
      }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw CocoaError(.fileReadNoSuchFile)
  }

  /// Starts the image, waits for the end of standard input, and takes everything down again.
  func run() async throws {
    let environment = bench.environment
    try await environment.host.createNetwork(network)
    let image = try environment.builder.build(resource.recipe)
    let record = InstanceRecord(
      id: InstanceRecord.makeIdentifier(), service: "bench", tenant: "bench", resource: resource.resource.name,
      level: "", image: image.digest, imagePath: try environment.builder.store.path(of: image.digest),
      address: ServedImage.address + "/24", mac: "02:54:0a:4d:00:02", network: network,
      memoryBytes: resource.resource.memoryBytes, mechanisms: resource.selection.mechanisms,
      started: "2026-01-01T00:00:00Z")
    let limits = [
      Parameter(module: "network", name: "maximum-connections", value: .integer(Int64(connections))),
      Parameter(module: "http", name: "maximum-connections", value: .integer(Int64(connections))),
      Parameter(module: "http", name: "idle-timeout-ms", value: .integer(600_000)),
    ]
    let channel = try await environment.host.start(
      record, boot: bench.bootMessage(resource, record, peers: network.subnet, adding: limits))
    do {
      let request = Array("GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n".utf8)
      _ = try await NetworkProbe(network).exchange(
        request, with: ServedImage.address, port: 80, deadline: .seconds(2))
      print(try await process(of: record))
      fflush(nil)
      while readLine() != nil {}
    } catch {
      FileHandle.standardError.write(Data("the image does not answer: \(error)\n".utf8))
    }
    channel.close()
    try await environment.host.stop(record.id)
    try await environment.host.removeNetwork(network)
  }
}
