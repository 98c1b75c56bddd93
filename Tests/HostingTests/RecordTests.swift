import Glibc
import Interchange
import Testing

@testable import Hosting

@Suite("Records and reports")
struct RecordTests {
  private let network = ServiceNetwork(name: "testudo-a", subnet: "10.77.3.0/24")

  private func record() -> InstanceRecord {
    InstanceRecord(
      id: "00ff10" + String(repeating: "a", count: 26), service: "s", tenant: "t", resource: "r", level: "normal",
      image: "sha256:0", imagePath: "/image", address: "10.77.3.2/24", mac: "02:54:0a:4d:03:02", network: network,
      memoryBytes: 64 << 20, mechanisms: [], started: "2025-01-01T00:00:00Z")
  }

  @Test("an identifier is the audience in hexadecimal")
  func audience() throws {
    let audience = try #require(record().audience)
    #expect(audience.count == ControlMessage.audienceLength)
    #expect(audience.prefix(4) == [0x00, 0xFF, 0x10, 0xAA])
    let made = InstanceRecord.makeIdentifier()
    #expect(InstanceRecord.isIdentifier(made))
    #expect(made != InstanceRecord.makeIdentifier())
  }

  @Test(
    "an address must be of the network, with its prefix, and free for an instance",
    arguments: ["10.77.3.1/24", "10.77.3.0/24", "10.77.3.255/24", "10.77.4.2/24", "10.77.3.2/16", "10.77.3.2", ""])
  func addresses(address: String) throws {
    var record = record()
    try record.validate()
    record.address = address
    #expect(throws: HostingFault.self) { try record.validate() }
  }

  @Test(
    "an identifier that could lead out of its folder is refused",
    arguments: ["", "../..", String(repeating: "A", count: 32)])
  func identifiers(id: String) async throws {
    var record = record()
    record.id = id
    #expect(record.audience == nil)
    #expect(throws: HostingFault.self) { try record.validate() }
    let home = TestFolder.make("identifiers")
    defer { TestFolder.remove(home) }
    let host = ProcessHost(home: home, tender: "", forwarder: "")
    try await host.stop(id)
    #expect(await host.observed(id) == .unknown)
    #expect(access(home, F_OK) == 0)
  }

  @Test("records that are damaged, missing or of another instance are not taken")
  func damaged() throws {
    let home = TestFolder.make("records")
    defer { TestFolder.remove(home) }
    let folder = InstanceFolder(home: home, id: record().id)
    #expect(folder.readRecord() == nil)
    try Files.makeFolder(folder.path)
    try folder.write(record())
    #expect(folder.readRecord() == record())
    let other = InstanceFolder(home: home, id: InstanceRecord.makeIdentifier())
    try Files.makeFolder(other.path)
    try other.write(record())
    #expect(other.readRecord() == nil)
    try Files.replace(folder.path + "/instance.json", with: Array("{\"id\": 3}".utf8))
    #expect(folder.readRecord() == nil)
    // A process of that number lives, but it is not this instance's.
    try Files.replace(folder.path + "/tender.pid", with: Array("\(getpid())\n".utf8))
    #expect(folder.tender == getpid())
    #expect(InstanceProcesses(folder: folder).tender == nil)
  }

  @Test("a process is read from its stat line whatever its name is")
  func processes() {
    let fields = (3...30).map(String.init).joined(separator: " ")
    let status = ProcessTable.parse("12 (a) R (b) S " + fields)
    #expect(status == ProcessTable.Status(state: "S", parent: 3, started: 21))
    #expect(ProcessTable.parse("12 (a") == nil)
    #expect(ProcessTable.parse("12 (a) S 1 2 3") == nil)
    #expect(ProcessTable.isAlive(getpid()))
    #expect(!ProcessTable.isAlive(0))
  }

  private let event = Report.event(SecurityEvent(module: "m", action: "a", severity: .low, time: 1))

  @Test("events beyond the bound are dropped and counted; other reports are kept")
  func bound() async {
    let mailbox = ReportMailbox()
    for _ in 0..<ReportMailbox.maximumEvents + 7 { #expect(mailbox.put(event)) }
    #expect(mailbox.put(.drained))
    mailbox.finish()
    var events = 0
    var rest: [Report] = []
    while let report = await mailbox.next() {
      if report == event { events += 1 } else { rest.append(report) }
    }
    #expect(events == ReportMailbox.maximumEvents)
    #expect(rest == [.drained, .dropped(events: 7)])
  }

  @Test("a flood of reports that are not events is not kept")
  func flood() {
    let mailbox = ReportMailbox()
    for _ in 0..<ReportMailbox.maximumReports { #expect(mailbox.put(.drained)) }
    #expect(!mailbox.put(.drained))
  }

  @Test("a reader that waits gets the next report, and nothing once its task is cancelled")
  func waiting() async {
    let mailbox = ReportMailbox()
    let first = Task { await mailbox.next() }
    #expect(mailbox.put(.drained))
    #expect(await first.value == .drained)
    let second = Task { await mailbox.next() }
    second.cancel()
    #expect(await second.value == nil)
    mailbox.finish()
    #expect(await mailbox.next() == nil)
  }

  @Test("a channel that does not keep to the protocol is closed", arguments: [[9, 0, 0, 0], [255, 255, 255, 255]])
  func violation(bytes: [UInt8]) async throws {
    let (near, far) = try Descriptor.pair()
    let image = Descriptor(far)
    let connection = try ControlConnection(record: record(), socket: near)
    let garbage = bytes + [UInt8](repeating: 99, count: 9)
    #expect(write(image.number, garbage, garbage.count) == garbage.count)
    for await report in connection.reports { Issue.record("an unexpected report: \(report)") }
    #expect {
      try connection.send([1])
    } throws: { error in
      guard case .gone(let text)? = error as? HostingFault else { return false }
      return text.contains("protocol")
    }
  }

  @Test("a large message reaches an image that reads slowly, whole and in order; more than the bound is refused")
  func congestion() async throws {
    let (near, far) = try Descriptor.pair()
    let image = Descriptor(far)
    let connection = try ControlConnection(record: record(), socket: near)
    let large = [UInt8](repeating: 5, count: ControlMessage.maximumLength)
    try connection.send(large)
    try connection.send([1, 2, 3])
    #expect(throws: HostingFault.self) { try connection.send(large + [0]) }
    #expect {
      for _ in 0..<3 { try connection.send(large) }
    } throws: { error in
      if case .congested? = error as? HostingFault { true } else { false }
    }
    var reader = FrameReader(limit: ControlMessage.maximumLength)
    var frames: [Int] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 20)
    while frames.count < 2 {
      let count = read(image.number, &chunk, chunk.count)
      try #require(count > 0)
      reader.append(chunk[0..<count])
      while let frame = try reader.next() { frames.append(frame.count) }
    }
    #expect(frames == [large.count, 3])
    connection.close()
  }

  @Test("the reason an image gave for its failure is what a waiting request is told")
  func failure() async throws {
    let (near, far) = try Descriptor.pair()
    let connection = try ControlConnection(record: record(), socket: near)
    let answer = Task { try await connection.request([1], version: 7, deadline: .seconds(30)) }
    #expect(await Thread.run { Thread.skip(5, from: far) } == 5)
    let frame = FrameReader.frame(Report.failed(reason: "no route").encode())
    #expect(write(far, frame, frame.count) == frame.count)
    close(far)
    await #expect {
      _ = try await answer.value
    } throws: { error in
      guard case .gone(let text)? = error as? HostingFault else { return false }
      return text.contains("no route")
    }
  }

  @Test("two requests of one version do not wait at once, and a cancelled one ends")
  func sameVersion() async throws {
    let (near, far) = try Descriptor.pair()
    defer { close(far) }
    let connection = try ControlConnection(record: record(), socket: near)
    let first = Task { try await connection.request([1], version: 7, deadline: .seconds(30)) }
    #expect(await Thread.run { Thread.skip(5, from: far) } == 5)
    await #expect {
      _ = try await connection.request([1], version: 7, deadline: .seconds(30))
    } throws: { error in
      if case .conflict? = error as? HostingFault { true } else { false }
    }
    first.cancel()
    await #expect(throws: HostingFault.self) { _ = try await first.value }
  }
}
