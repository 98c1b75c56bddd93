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
}

/// A signed instruction to one image. Its wire form is
///
///     "TSD1" | kind: UInt8 | audience: 16 bytes | version: UInt64 | payload: UInt32 length + bytes | signature: 64 bytes
///
/// where the signature is ECDSA on P-256 with SHA-256 (FIPS 186-5), raw `r || s`, over everything before it.
public struct ControlMessage: Equatable, Sendable {
  /// What is to be done.
  public var kind: ControlKind
  /// The instance that is meant; any other refuses the message.
  public var audience: [UInt8]
  /// Grows with every message to an instance; an image refuses one that is not greater than the last it accepted.
  public var version: UInt64
  /// Encoded parameters for `boot` and `apply`; a time in milliseconds (`UInt32`) for `drain`; 32 bytes for `entropy`;
  /// an encoded `RemoteAnswer` for `answer`.
  public var payload: [UInt8]

  /// The number of bytes in an audience.
  public static let audienceLength = 16
  /// The number of bytes in a signature.
  public static let signatureLength = 64
  /// No message is longer than this, signature included.
  public static let maximumLength = 16 << 20
  static let magic: [UInt8] = [0x54, 0x53, 0x44, 0x31]

  /// An instruction, not signed yet. `audience` has 16 bytes.
  public init(kind: ControlKind, audience: [UInt8], version: UInt64, payload: [UInt8]) {
    self.kind = kind
    self.audience = audience
    self.version = version
    self.payload = payload
  }

  /// The bytes that the signature covers.
  public var signedBytes: [UInt8] {
    var writer = ByteWriter()
    writer.write(raw: ControlMessage.magic)
    writer.write(kind.rawValue)
    writer.write(raw: audience)
    writer.write(fixed: version)
    writer.write(payload)
    return writer.bytes
  }

  /// Takes a message apart without judging its signature, which is returned beside it with the bytes it covers.
  public static func decode(
    _ bytes: [UInt8]
  ) throws(DecodingFault) -> (message: ControlMessage, signed: [UInt8], signature: [UInt8]) {
    guard bytes.count <= maximumLength else { throw .tooLarge }
    var reader = ByteReader(bytes)
    guard try reader.readRaw(4) == magic else { throw .invalid }
    guard let kind = ControlKind(rawValue: try reader.readByte()) else { throw .invalid }
    let audience = try reader.readRaw(audienceLength)
    let version = try reader.readFixed(UInt64.self)
    let payload = try reader.readBytes()
    let signature = try reader.readRaw(signatureLength)
    try reader.finish()
    let message = ControlMessage(kind: kind, audience: audience, version: version, payload: payload)
    return (message, Array(bytes[0..<(bytes.count - signatureLength)]), signature)
  }
}
