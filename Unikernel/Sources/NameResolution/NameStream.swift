import LibraryOS

// One question over TCP (RFC 1035, 4.2.2; RFC 7766, 8): two bytes of length before each message.

/// Asks one question on a connection of its own, and gives the answer, once.
final class NameStream: StreamHandler {
  /// The longest message.
  private static let maximumLength = 65_535

  private var unsent: [UInt8]
  private var received: [UInt8] = []
  private var completion: ((NameStream, [UInt8]?) -> Void)?
  private var stream: (any ByteStream)?

  /// `completion` gets the message that came, or `nil` where none did. It is not called after `abandon`.
  init(_ message: [UInt8], completion: @escaping (NameStream, [UInt8]?) -> Void) {
    unsent = [UInt8(message.count >> 8 & 255), UInt8(message.count & 255)] + message
    self.completion = completion
  }

  /// `false` where no connection can be made.
  func connect(to server: Endpoint, over network: any StreamNetwork) -> Bool {
    stream = network.connect(to: server, handler: self)
    return stream != nil
  }

  /// Nobody waits any more.
  func abandon() {
    completion = nil
    stream?.abort()
    stream = nil
  }

  private func finish(_ answer: [UInt8]?) {
    let completion = completion
    abandon()
    completion?(self, answer)
  }

  func streamOpened(_ stream: any ByteStream) { streamWritable(stream) }

  func streamWritable(_ stream: any ByteStream) {
    guard !unsent.isEmpty else { return }
    unsent.removeFirst(stream.write(unsent[...]))
  }

  func streamReadable(_ stream: any ByteStream) {
    while true {
      let bytes = stream.read(limit: NameStream.maximumLength + 2 - received.count)
      if bytes.isEmpty { break }
      received += bytes
      guard received.count >= 2 else { continue }
      let length = Int(received[0]) << 8 | Int(received[1])
      guard received.count >= 2 + length else { continue }
      finish(Array(received[2..<(2 + length)]))
      return
    }
  }

  func streamEnded(_ stream: any ByteStream) { finish(nil) }

  func streamClosed(_ stream: any ByteStream, reason: CloseReason) {
    self.stream = nil
    finish(nil)
  }
}
