/// What has passed through an instance's interface since it was made, as the host counts it.
public struct InterfaceTraffic: Codable, Sendable, Hashable {
  /// Bytes that the instance sent.
  public var sentBytes: UInt64
  /// Frames that the instance sent.
  public var sentFrames: UInt64
  /// Bytes that were sent to the instance.
  public var receivedBytes: UInt64
  /// Frames that were sent to the instance.
  public var receivedFrames: UInt64

  /// Reads the line of an interface in `/proc/net/dev`: its name, a colon, eight numbers of what came in, eight of what went
  /// out. What comes in at the host's end was sent by the instance.
  init?(of interface: String, in text: String) {
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, parts[0].drop(while: { $0 == " " }) == interface else { continue }
      let numbers = parts[1].split(separator: " ").map { UInt64($0) }
      guard numbers.count >= 10, let sentBytes = numbers[0], let sentFrames = numbers[1],
        let receivedBytes = numbers[8], let receivedFrames = numbers[9]
      else { return nil }
      self.sentBytes = sentBytes
      self.sentFrames = sentFrames
      self.receivedBytes = receivedBytes
      self.receivedFrames = receivedFrames
      return
    }
    return nil
  }
}
