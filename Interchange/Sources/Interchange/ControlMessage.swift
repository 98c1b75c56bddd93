/// What the orchestrator tells an image, over the control channel.
public enum ControlKind: UInt8, Sendable {
  /// The parameters an image starts with. The first message; sent once.
  case boot = 1
  /// Run-stage parameters that replace those in force, all or none.
  case apply = 2
  /// Finish what was accepted, answer with `Connection: close`, and report `drained`.
  case drain = 3
  /// Report status and counters.
  case query = 4
  /// Fresh entropy for the generator.
  case entropy = 5
  /// Nothing but a sign that the orchestrator is there: it renews the lease of the policies in force.
  case renew = 6
  /// What the decision point says to a question of this image. The question's number, which is waited for once, protects
  /// it against repetition in the place of the version, so that answers and changes need not wait for one another.
  case answer = 16
  /// Take work again after a `drain`, as an instance does that was in quarantine and is released.
  case resume = 20
  /// What the decision point decides with has changed: answers that are older than this are not used again.
  case forget = 22
}

/// What proves that a control message is the orchestrator's.
public enum ControlSeal: Sendable, CaseIterable {
  /// ECDSA on P-256 with SHA-256 (FIPS 186-5), raw `r || s`, by the key whose public half is in the image: of the boot
  /// message, which brings the key of all that follow.
  case signature
  /// HMAC with SHA-256 (RFC 2104) under the key that the boot message brought.
  case code

  /// The number of bytes in the seal.
  public var length: Int {
    switch self {
    case .signature: 64
    case .code: 32
    }
  }

  /// What a message begins with: the seals cannot be taken for one another.
  var magic: [UInt8] {
    switch self {
    case .signature: [0x54, 0x53, 0x44, 0x31]
    case .code: [0x54, 0x53, 0x44, 0x32]
    }
  }
}

/// What the key of an instance's channel is used for. Each direction has a key of its own, which is derived from it by
/// HKDF-Expand with SHA-256 (RFC 5869, 2.3) with `label` as `info`: what one side sends is nothing that the other could
/// have sent.
public enum ControlKeyUse: Sendable, CaseIterable {
  /// Seals of messages to the image.
  case messages
  /// Proofs of acknowledgements by the image.
  case acknowledgements

  /// The number of bytes in the channel's key and in each that is derived from it.
  public static let keyLength = 32

  /// What tells the derived keys apart.
  public var label: [UInt8] {
    switch self {
    case .messages: ("testudo control message" as ByteString).bytes
    case .acknowledgements: ("testudo acknowledgement" as ByteString).bytes
    }
  }
}

/// A sealed instruction to one image. Its wire form is
///
///     magic: 4 bytes | kind: UInt8 | audience: 16 bytes | version: UInt64 | payload: UInt32 length + bytes | seal
///
/// where the magic says which seal follows, over everything before it: `TSD1` a signature, `TSD2` a code.
public struct ControlMessage: Equatable, Sendable {
  /// What is to be done.
  public var kind: ControlKind
  /// The instance that is meant; any other refuses the message.
  public var audience: [UInt8]
  /// Grows with every message to an instance; an image refuses one that is not greater than the last it accepted.
  public var version: UInt64
  /// Encoded parameters for `boot` and `apply`; a time in milliseconds (`UInt32`) for `drain`; 32 bytes for `entropy`;
  /// an encoded `RemoteAnswer` for `answer`; an epoch (`UInt64`) for `forget`.
  public var payload: [UInt8]

  /// The number of bytes in an audience.
  public static let audienceLength = 16
  /// No message is longer than this, seal included.
  public static let maximumLength = 16 << 20

  /// An instruction, not sealed yet. `audience` has 16 bytes.
  public init(kind: ControlKind, audience: [UInt8], version: UInt64, payload: [UInt8]) {
    self.kind = kind
    self.audience = audience
    self.version = version
    self.payload = payload
  }

  /// The bytes that a seal covers.
  public func bytes(sealedBy seal: ControlSeal) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(raw: seal.magic)
    writer.write(kind.rawValue)
    writer.write(raw: audience)
    writer.write(fixed: version)
    writer.write(payload)
    return writer.bytes
  }

  /// Takes a message apart without judging its seal, which is returned beside it with the bytes it covers. A message with
  /// another kind of seal is refused.
  public static func decode(
    _ bytes: [UInt8], sealedBy seal: ControlSeal
  ) throws(DecodingFault) -> (message: ControlMessage, covered: ArraySlice<UInt8>, seal: ArraySlice<UInt8>) {
    guard bytes.count <= maximumLength else { throw .tooLarge }
    var reader = ByteReader(bytes)
    guard try reader.readRaw(4) == seal.magic else { throw .invalid }
    guard let kind = ControlKind(rawValue: try reader.readByte()) else { throw .invalid }
    let audience = try reader.readRaw(audienceLength)
    let version = try reader.readFixed(UInt64.self)
    let payload = try reader.readBytes()
    guard reader.remaining >= seal.length else { throw .truncated }
    guard reader.remaining == seal.length else { throw .trailing }
    let message = ControlMessage(kind: kind, audience: audience, version: version, payload: payload)
    let end = bytes.count - seal.length
    return (message, bytes[..<end], bytes[end...])
  }
}
