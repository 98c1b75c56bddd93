/// What an image tells the orchestrator, over the control channel. The channel is a socket that only the image holds;
/// whoever relays it is not to be believed where something is acknowledged, which is proved.
public enum Report: Equatable, Sendable {
  /// The image enforces its protection and serves: the version in force and the sorted names of its security modules.
  case ready(version: UInt64, mechanisms: [ByteString])
  /// The message of this version was carried out. The proof is the HMAC with SHA-256 (RFC 2104) of the message's code,
  /// under the channel's key for acknowledgements: only who holds the key and had this very message can make it.
  case acknowledged(version: UInt64, proof: [UInt8] = [])
  /// A message was not carried out; what was in force stays in force.
  case refused(version: UInt64, reason: ByteString)
  /// Everything that was accepted before `drain` is answered, and no connection is open.
  case drained
  /// Counters since the start, by name, and the version in force.
  case status(version: UInt64, counters: [Counter])
  /// A security event.
  case event(SecurityEvent)
  /// Events that were not sent because the channel was full, since the last report.
  case dropped(events: UInt64)
  /// The image cannot start or go on; it ends after this.
  case failed(reason: ByteString)
  /// The decision point is asked; the answer comes as a message of kind `answer`.
  case question(RemoteQuestion)

  /// No report is longer than this.
  public static let maximumLength = 64 << 10
}

/// A number that only grows.
public struct Counter: Hashable, Sendable {
  /// The name, `module.what`, such as `firewall.dropped`.
  public var name: ByteString
  /// The count since the image's start.
  public var value: UInt64

  /// A named count.
  public init(_ name: ByteString, _ value: UInt64) {
    self.name = name
    self.value = value
  }
}

/// Something the orchestrator and its users should know. It never carries a secret or a body.
public struct SecurityEvent: Hashable, Sendable {
  /// How much it matters, after OCSF's `severity_id`.
  public enum Severity: UInt8, Sendable {
    /// Expected: an ordinary decision.
    case informational = 1
    /// Worth a look.
    case low = 2
    /// Something was refused that somebody tried.
    case medium = 3
    /// An attack is likely.
    case high = 4
  }

  /// The module that saw it.
  public var module: ByteString
  /// What happened, such as `denied` or `dropped`.
  public var action: ByteString
  /// How much it matters.
  public var severity: Severity
  /// Milliseconds since 1970-01-01 UTC.
  public var time: UInt64
  /// Details, by name.
  public var details: [ParameterField]

  /// An event as a module sees it.
  public init(
    module: ByteString, action: ByteString, severity: Severity, time: UInt64, details: [ParameterField] = []
  ) {
    self.module = module
    self.action = action
    self.severity = severity
    self.time = time
    self.details = details
  }
}

extension Report {
  /// The binary form.
  public func encode() -> [UInt8] {
    var writer = ByteWriter()
    switch self {
    case .ready(let version, let mechanisms):
      writer.write(1)
      writer.write(fixed: version)
      writer.write(fixed: UInt32(mechanisms.count))
      for mechanism in mechanisms { writer.write(mechanism) }
    case .acknowledged(let version, let proof):
      writer.write(2)
      writer.write(fixed: version)
      writer.write(proof)
    case .refused(let version, let reason):
      writer.write(3)
      writer.write(fixed: version)
      writer.write(reason)
    case .drained:
      writer.write(4)
    case .status(let version, let counters):
      writer.write(5)
      writer.write(fixed: version)
      writer.write(fixed: UInt32(counters.count))
      for counter in counters {
        writer.write(counter.name)
        writer.write(fixed: counter.value)
      }
    case .event(let event):
      writer.write(6)
      writer.write(event.module)
      writer.write(event.action)
      writer.write(event.severity.rawValue)
      writer.write(fixed: event.time)
      ParameterValue.map(event.details).encode(to: &writer)
    case .dropped(let events):
      writer.write(7)
      writer.write(fixed: events)
    case .failed(let reason):
      writer.write(8)
      writer.write(reason)
    case .question(let question):
      writer.write(16)
      question.encode(to: &writer)
    }
    return writer.bytes
  }

  /// Reads what `encode` wrote, and nothing but that.
  public init(decoding bytes: [UInt8]) throws(DecodingFault) {
    guard bytes.count <= Report.maximumLength else { throw .tooLarge }
    var reader = ByteReader(bytes)
    switch try reader.readByte() {
    case 1:
      let version = try reader.readFixed(UInt64.self)
      var mechanisms: [ByteString] = []
      for _ in 0..<(try reader.readCount()) { mechanisms.append(try reader.readText()) }
      self = .ready(version: version, mechanisms: mechanisms)
    case 2:
      let version = try reader.readFixed(UInt64.self)
      self = .acknowledged(version: version, proof: try reader.readBytes(limit: ControlSeal.code.length))
    case 3:
      let version = try reader.readFixed(UInt64.self)
      self = .refused(version: version, reason: try reader.readText())
    case 4: self = .drained
    case 5:
      let version = try reader.readFixed(UInt64.self)
      var counters: [Counter] = []
      for _ in 0..<(try reader.readCount()) {
        let name = try reader.readText()
        counters.append(Counter(name, try reader.readFixed(UInt64.self)))
      }
      self = .status(version: version, counters: counters)
    case 6:
      let module = try reader.readText()
      let action = try reader.readText()
      guard let severity = SecurityEvent.Severity(rawValue: try reader.readByte()) else { throw .invalid }
      let time = try reader.readFixed(UInt64.self)
      guard case .map(let details) = try ParameterValue(from: &reader) else { throw .invalid }
      self = .event(
        SecurityEvent(module: module, action: action, severity: severity, time: time, details: details))
    case 7: self = .dropped(events: try reader.readFixed(UInt64.self))
    case 8: self = .failed(reason: try reader.readText())
    case 16: self = .question(try RemoteQuestion(from: &reader))
    default: throw .invalid
    }
    try reader.finish()
  }
}

/// How messages are cut out of the control channel's byte stream, in both directions: `UInt32` length, little-endian,
/// then that many bytes.
public struct FrameReader: Sendable {
  private var buffer: [UInt8] = []
  private let limit: Int

  /// Accepts frames up to `limit` bytes.
  public init(limit: Int) {
    self.limit = limit
  }

  /// Adds bytes as they arrive.
  public mutating func append(_ bytes: ArraySlice<UInt8>) {
    buffer.append(contentsOf: bytes)
  }

  /// The next whole frame, or `nil` until more arrives. A frame over the limit cannot be skipped: the channel is lost.
  public mutating func next() throws(DecodingFault) -> [UInt8]? {
    guard buffer.count >= 4 else { return nil }
    let length = Int(buffer[0]) | Int(buffer[1]) << 8 | Int(buffer[2]) << 16 | Int(buffer[3]) << 24
    guard length <= limit else { throw .tooLarge }
    guard buffer.count >= 4 + length else { return nil }
    let frame = Array(buffer[4..<(4 + length)])
    buffer.removeFirst(4 + length)
    return frame
  }

  /// Puts the length before a message.
  public static func frame(_ message: [UInt8]) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(message)
    return writer.bytes
  }
}
