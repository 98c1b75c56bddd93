import Foundation
import Hosting
import ImageGeneration
import Interchange
import State
import Synchronization
import Testing

@testable import Orchestration

/// What images are linked from, where it has been made.
private let library = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().appending(path: ".build/library").path

@Suite(
  "What instances are told, and what they say",
  .enabled(
    if: FileManager.default.fileExists(atPath: library + "/toolchain.json"),
    "the library that `make library` makes is needed"))
struct InstanceChannelTests {
  /// A controller that has adopted one instance, and what that instance is sent.
  private func adopted() async throws -> (controller: ServiceController, channel: FakeChannel, home: URL) {
    let home = FileManager.default.temporaryDirectory.appending(path: "testudo-channel-\(UUID().uuidString)")
    var environment = try OrchestrationEnvironment(
      home: HomeDirectory(path: home.path), library: library, forwarderProgram: "")
    let network = ServiceNetwork(name: "testudo-test", subnet: "10.77.0.0/24")
    let record = InstanceRecord(
      id: InstanceRecord.makeIdentifier(), service: "portal", tenant: "default", resource: "page", level: "normal",
      image: "", imagePath: "", address: "10.77.0.2/24", mac: "", network: network, memoryBytes: 1 << 20,
      mechanisms: [], started: Timestamp.now(), metadata: [ChannelKey.metadataKey: ChannelKey().text])
    let channel = FakeChannel(record)
    environment.host = FakeHost(channel: channel)
    let memory = InstanceMemory(
      run: RunState(
        settings: RunSettings(level: "normal", policyVersion: 0, digest: ""), peers: [], backends: [:]), version: 1,
      acknowledged: "", isDraining: false)
    try environment.store.transact(
      if: [], [.put(key: InstanceMemory.key(record.id), [UInt8](try JSONEncoder().encode(memory)))])
    let controller = ServiceController(
      environment: environment, tenant: "default", name: "portal", journal: Journal(store: environment.store),
      decisions: ImageDecisions(
        points: try DecisionPoints(store: environment.store),
        log: DecisionLog(
          folder: home.appending(path: "log").path, journal: Journal(store: environment.store), productVersion: "1")),
      lost: { _, _, _ in }, noticed: { _, _, _, _ in })
    await controller.recover([record])
    return (controller, channel, home)
  }

  @Test("every refresh of entropy sends each instance a sealed message with other bytes, newer than all before")
  func refresh() async throws {
    let (controller, channel, home) = try await adopted()
    defer { try? FileManager.default.removeItem(at: home) }
    #expect(channel.messages.map(\.kind) == [.query])
    await controller.refreshEntropy()
    await controller.refreshEntropy()
    let sent = channel.messages.filter { $0.kind == .entropy }
    #expect(sent.count == 2)
    #expect(sent.allSatisfy { $0.payload.count >= 32 && $0.audience == channel.record.audience })
    #expect(Set(sent.map(\.payload)).count == 2)
    let versions = channel.messages.map(\.version)
    #expect(versions == versions.sorted() && Set(versions).count == versions.count)
  }

  @Test("an instance that does not take fresh entropy is noted, and stays")
  func refused() async throws {
    let (controller, channel, home) = try await adopted()
    defer { try? FileManager.default.removeItem(at: home) }
    channel.refuses.withLock { $0 = true }
    await controller.refreshEntropy()
    let journal = await controller.journal
    #expect(journal.events(after: 0).contains { $0.message.contains("did not take fresh entropy") })
    #expect(await controller.observed.instances.map(\.state) == [.ready])
  }

  @Test("that it is drained counts only of an instance that was told to drain: what was taken back may still say so")
  func lateWord() async throws {
    let (controller, channel, home) = try await adopted()
    defer { try? FileManager.default.removeItem(at: home) }
    let journal = await controller.journal
    for (isDraining, state) in [(false, ObservedInstance.State.ready), (true, .drained)] {
      await controller.tellOfDraining(channel.record.id, isDraining)
      channel.say(.drained)
      // Reports are taken in their order.
      channel.say(.failed(reason: ByteString("mark \(isDraining)")))
      let end = ContinuousClock.now + .seconds(30)
      while !journal.events(after: 0).contains(where: { $0.message == "mark \(isDraining)" }), ContinuousClock.now < end
      {
        try await Task.sleep(for: .milliseconds(2))
      }
      #expect(await controller.observed.instances.map(\.state) == [state])
    }
  }

  @Test("an acknowledgement that is not the image's own counts for none")
  func forgedAcknowledgement() async throws {
    let (controller, channel, home) = try await adopted()
    defer { try? FileManager.default.removeItem(at: home) }
    channel.lies.withLock { $0 = true }
    await controller.refreshEntropy()
    let journal = await controller.journal
    #expect(journal.events(after: 0).contains { $0.message.contains("not the image's own: it proves nothing") })
  }

  @Test("an instance that an older version started, without a key, is told with signatures")
  func withoutKey() throws {
    let signer = ControlSigner(key: SigningKey())
    var record = InstanceRecord(
      id: InstanceRecord.makeIdentifier(), service: "portal", tenant: "default", resource: "page", level: "normal",
      image: "", imagePath: "", address: "10.77.0.2/24", mac: "",
      network: ServiceNetwork(name: "testudo-test", subnet: "10.77.0.0/24"), memoryBytes: 1 << 20, mechanisms: [],
      started: "", metadata: [:])
    let message = ControlMessage(kind: .renew, audience: record.audience ?? [], version: 3, payload: [])
    let signed = try signer.sealed(message, for: record)
    let (read, covered, signature) = try ControlMessage.decode(signed.bytes, sealedBy: .signature)
    #expect(read == message && signed.isAcknowledged(with: []))
    #expect(
      SigningKey.isValid(signature: Array(signature), of: Array(covered), publicKey: signer.key.publicKey))
    record.metadata[ChannelKey.metadataKey] = ChannelKey().text
    let sealed = try signer.sealed(message, for: record)
    #expect(throws: DecodingFault.self) { try ControlMessage.decode(sealed.bytes, sealedBy: .signature) }
    #expect(!sealed.isAcknowledged(with: []) && !sealed.isAcknowledged(with: Array(sealed.bytes.suffix(32))))
  }
}

extension ServiceController {
  /// Has an instance be one that was told to drain, or not.
  fileprivate func tellOfDraining(_ id: String, _ isDraining: Bool) { memories[id]?.isDraining = isDraining }
}

/// A channel that keeps what it is given and acknowledges it.
private final class FakeChannel: InstanceChannel {
  let record: InstanceRecord
  let reports: AsyncStream<Report>
  let refuses = Mutex(false)
  /// Whether somebody else acknowledges in its name.
  let lies = Mutex(false)
  private let kept = Mutex<[ControlMessage]>([])
  // Held so that the reports do not end, as they would with the instance.
  private let continuation: AsyncStream<Report>.Continuation

  init(_ record: InstanceRecord) {
    self.record = record
    (reports, continuation) = AsyncStream.makeStream(of: Report.self)
  }

  /// Has the instance report something.
  func say(_ report: Report) { continuation.yield(report) }

  var messages: [ControlMessage] { kept.withLock { $0 } }

  func send(_ message: [UInt8]) throws(HostingFault) {}

  nonisolated(nonsending) func request(
    _ message: [UInt8], version: UInt64, deadline: Duration
  ) async throws(HostingFault) -> Report {
    guard let (message, covered, seal) = try? ControlMessage.decode(message, sealedBy: .code),
      let key = ChannelKey(of: record), key.code(of: Array(covered)) == Array(seal)
    else { throw .gone("no control message") }
    kept.withLock { $0.append(message) }
    if refuses.withLock({ $0 }) { return .refused(version: version, reason: "no") }
    return .acknowledged(version: version, proof: lies.withLock { $0 } ? [] : key.proof(ofMessageWith: Array(seal)))
  }

  func close() {}
}

/// A host on which one instance runs.
private struct FakeHost: UnikernelHost {
  let channel: FakeChannel

  func createNetwork(_ network: ServiceNetwork) async throws(HostingFault) {}
  func removeNetwork(_ network: ServiceNetwork) async throws(HostingFault) {}
  func start(_ record: InstanceRecord, boot: [UInt8]) async throws(HostingFault) -> any InstanceChannel { channel }
  func survivors() async -> [InstanceRecord] { [channel.record] }
  func fallen() async -> [InstanceRecord] { [] }
  func adopt(_ record: InstanceRecord) async throws(HostingFault) -> any InstanceChannel { channel }
  func stop(_ id: String) async throws(HostingFault) {}
  func isolate(_ id: String) async throws(HostingFault) {}
  func rejoin(_ id: String) async throws(HostingFault) {}
  func traffic(of id: String) async -> InterfaceTraffic? { nil }
  func memory(of id: String) async throws(HostingFault) -> InstanceAddressSpace { throw .gone("none") }
  func observed(_ id: String) async -> InstanceState { .running(pid: 1) }
  func forwarder(for network: ServiceNetwork) async throws(HostingFault) -> PortForwarder { throw .gone("none") }
  func runningForwarder(for network: ServiceNetwork) async -> PortForwarder? { nil }
  func sweep(keeping: Set<String>) async throws(HostingFault) -> SweepReport { throw .gone("none") }
}
