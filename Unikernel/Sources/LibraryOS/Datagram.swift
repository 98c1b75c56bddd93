/// What became of a datagram.
public enum DatagramVerdict: Sendable {
  /// Somebody took it, or it was dropped at a bound.
  case taken
  /// A field or the checksum is wrong.
  case malformed
  /// Nobody is there for it, which its sender may be told.
  case unwanted
}

/// Who takes the datagrams of one protocol above IP, such as UDP.
public protocol DatagramReceiver: AnyObject {
  /// Takes what a datagram carries. Filters let it in. The bytes are valid during the call only.
  func receive(
    _ bytes: UnsafeRawBufferPointer, from source: IPAddress, to destination: IPAddress, isChecksumTrusted: Bool,
    at now: Instant
  ) -> DatagramVerdict
  /// Somebody on the way says that nobody takes what was sent between these ends. It may be forged.
  func datagramRefused(from local: Endpoint, to remote: Endpoint, at now: Instant)
}

/// Carries datagrams of protocols that are linked only where somebody needs them.
public protocol DatagramCarrier: AnyObject {
  /// Hands the datagrams of a protocol to `receiver`. Each protocol has one.
  func carry(_ protocolNumber: UInt8, to receiver: any DatagramReceiver)
  /// The address to send from; `nil` where there is no way, or no address yet.
  func source(for destination: IPAddress) -> IPAddress?
  /// Sends a datagram, of which the first four bytes are the ports. `false` if a filter refused it, or there is no way.
  func send(
    _ protocolNumber: UInt8, _ bytes: UnsafeRawBufferPointer, from source: IPAddress, to destination: IPAddress,
    at now: Instant
  ) -> Bool
}
