import Foundation
import Glibc
import Hosting
import ImageGeneration
import Interchange
import Orchestration
import SecTOSCA

// Measures what Documentation/Performance.md promises of one machine: linking, starting, pushing, swapping. Run as root by
// `make bench`, on the portal. Times are medians with the range; they are printed, never judged here.

/// The durations of one measurement.
struct Sample {
  var milliseconds: [Double] = []

  /// Adds the time that `body` takes.
  mutating func measure<Result>(_ body: () async throws -> Result) async rethrows -> Result {
    let clock = ContinuousClock()
    let start = clock.now
    let result = try await body()
    milliseconds.append(Double((clock.now - start) / .microseconds(1)) / 1000)
    return result
  }

  var summary: String {
    let sorted = milliseconds.sorted()
    guard let first = sorted.first, let last = sorted.last else { return "nothing measured" }
    let median = sorted[sorted.count / 2]
    return String(format: "median %7.2f ms   (%.2f to %.2f, n = %d)", median, first, last, sorted.count)
  }
}

/// One portal to measure on.
struct Bench {
  let environment: OrchestrationEnvironment
  let orchestrator: Orchestrator
  let request: ServiceRequest
  let service: ProtectedService

  init(root: String, home: String, template: String, inputs: [String: String] = [:]) throws {
    environment = try OrchestrationEnvironment(
      home: HomeDirectory(path: home), library: root + "/.build/library",
      forwarderProgram: URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appending(path: "testudo-forwarder").path)
    orchestrator = try Orchestrator(environment: environment)
    request = ServiceRequest(path: template, inputs: inputs)
    service = try TemplateLoading(library: environment.library).service(request.path, inputs: request.inputs).service
  }

  func resolved(level: String?, target: Target = .process) throws -> ResolvedService {
    let declaration = ServiceDeclaration(
      tenant: "bench", name: "portal", source: request.path, service: service, target: target, level: level)
    return try ServiceResolver(environment: environment).resolve(declaration, context: [:])
  }

  /// Linking, signing and storing an image that is not in the store.
  func linking() throws -> Sample {
    var sample = Sample()
    for _ in 0..<10 {
      for resource in try resolved(level: "elevated").resources {
        let clock = ContinuousClock()
        let start = clock.now
        let image = try environment.builder.build(resource.recipe)
        sample.milliseconds.append(Double((clock.now - start) / .microseconds(1)) / 1000)
        try environment.builder.store.remove(image.digest)
      }
    }
    return sample
  }

  /// From the start of the tender to the first answered request, for the storefront at `normal`.
  func starting(target: Target) async throws -> Sample {
    // Which accelerator works is found out once on a host, not at each start.
    let emulator = target == .microvm ? try environment.emulators.find() : nil
    let network = ServiceNetwork(
      name: ServiceNetwork.name(for: [environment.home.path, "bench"]), subnet: "10.77.0.0/24")
    try await environment.host.createNetwork(network)
    guard let resource = try resolved(level: nil, target: target).resource("storefront") else { return Sample() }
    let image = try environment.builder.build(resource.recipe)
    var sample = Sample()
    for round in 0..<20 {
      let address = "10.77.0.\(10 + round)"
      let record = InstanceRecord(
        id: InstanceRecord.makeIdentifier(), service: "bench", tenant: "bench", resource: "storefront",
        level: "normal", image: image.digest, imagePath: try environment.builder.store.path(of: image.digest),
        address: address + "/24", mac: String(format: "02:54:0a:4d:01:%02x", round), network: network,
        memoryBytes: resource.resource.memoryBytes, mechanisms: resource.selection.mechanisms,
        started: "2026-01-01T00:00:00Z", emulator: emulator)
      let boot = try bootMessage(resource, record)
      let channel = try await sample.measure {
        let channel = try await environment.host.start(record, boot: boot)
        let answer = try await NetworkProbe(network).exchange(
          Array("GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n".utf8), with: address, port: 80,
          deadline: .seconds(2))
        guard answer.starts(with: Array("HTTP/1.1 200".utf8)) else { throw Unexpected(answer: answer) }
        return channel
      }
      channel.close()
      try await environment.host.stop(record.id)
    }
    try await environment.host.removeNetwork(network)
    return sample
  }

  struct Unexpected: Error {
    var answer: [UInt8]
  }

  func bootMessage(
    _ resource: ResolvedResource, _ record: InstanceRecord, peers: String = "10.77.0.1/32",
    adding: [Parameter] = []
  ) throws -> [UInt8] {
    let files = try SiteFiles(of: resource.resource, root: service.root)
    let isAuthorized = resource.selection.mechanisms.contains("authorization")
    let compiled = isAuthorized ? HTTPPolicyBundle.portal(root: service.root) : nil
    let staged = ModuleConfiguration.parameters(
      for: resource.resource, due: resource.due, selection: resource.selection,
      environment: ResourceEnvironment(
        address: record.address, mac: record.mac.split(separator: ":").compactMap { UInt8($0, radix: 16) },
        peers: [peers], backends: ["orders": ["10.77.0.250:80"]], bundle: compiled),
      files: files, controlPublicKey: environment.controlKey.publicKey)
    let parameters =
      staged.parameters(.boot) + staged.parameters(.run) + adding
      + [
        Parameter(
          module: "control", name: "channel-key",
          value: .bytes((0..<ControlKeyUse.keyLength).map { _ in .random(in: 0...255) })),
        Parameter(module: "control", name: "entropy", value: .bytes((0..<48).map { _ in .random(in: 0...255) })),
      ]
    let message = ControlMessage(
      kind: .boot, audience: record.audience ?? [], version: 1, payload: Parameter.encode(parameters))
    let bytes = message.bytes(sealedBy: .signature)
    return bytes + (try environment.controlKey.sign(bytes))
  }

  /// A policy change in force in the running image, and a change of level by another image and back.
  func adapting() async throws -> (push: Sample, rise: Sample, fall: Sample) {
    var (push, rise, fall) = (Sample(), Sample(), Sample())
    _ = try await orchestrator.up(request) { _ in }
    for round in 0..<20 {
      let name = round % 2 == 0 ? "readers-may-write.cedar" : "orders.cedar"
      let text = try String(contentsOfFile: request.path + "/" + name, encoding: .utf8)
      try await push.measure {
        _ = try await orchestrator.applyPolicies(
          [ServiceDeclaration.PolicyFile(file: name, text: text)], to: ["portal"], tenant: "default", requirement: nil
        ) { _ in }
      }
    }
    for _ in 0..<5 {
      try await rise.measure { _ = try await orchestrator.setContext(["threat_level": "high"]) { _ in } }
      try await fall.measure { _ = try await orchestrator.setContext(["threat_level": "low"]) { _ in } }
    }
    try await orchestrator.down("portal", tenant: "default") { _ in }
    return (push, rise, fall)
  }
}

let root = FileManager.default.currentDirectoryPath
let home = FileManager.default.temporaryDirectory.appending(path: "testudo-bench-\(getpid())").path
do {
  if CommandLine.arguments.dropFirst().first == "serve" {
    let arguments = Array(CommandLine.arguments.dropFirst(2))
    guard let template = arguments.first else { throw ServedImage.Misuse() }
    try await ServedImage(bench: Bench(root: root, home: home, template: template), arguments: arguments).run()
    try? FileManager.default.removeItem(atPath: home)
    exit(0)
  }
  let bench = try Bench(
    root: root, home: home, template: root + "/Examples/portal",
    inputs: ["credentials": "@\(root)/Examples/portal/accounts.yaml"])
  print("linking an image               ", try bench.linking().summary)
  print("start to first answered request", try await bench.starting(target: .process).summary)
  do {
    let accelerator = try bench.environment.emulators.find().accelerator.rawValue
    print("the same, microvm under \(accelerator)     ", try await bench.starting(target: .microvm).summary)
  } catch let fault as HostingFault where fault.isLackOfHost {
    print("the same, microvm               not measured:", fault)
  }
  let (push, rise, fall) = try await bench.adapting()
  print("a policy change in force       ", push.summary)
  print("normal to elevated, all of it  ", rise.summary)
  print("elevated to normal, all of it  ", fall.summary)
  try? FileManager.default.removeItem(atPath: home)
} catch {
  FileHandle.standardError.write(Data("the benchmark failed: \(error)\n".utf8))
  exit(1)
}
