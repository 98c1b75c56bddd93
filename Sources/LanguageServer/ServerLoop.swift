import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Runs a language server over two streams until the client asks it to exit, or is gone.
public struct ServerLoop {
  private var server: LanguageServer
  private var buffer = MessageBuffer()
  private let input: Int32
  private let output: Int32

  /// A loop over descriptors, which stay open.
  public init(_ server: LanguageServer, input: Int32 = 0, output: Int32 = 1) {
    self.server = server
    self.input = input
    self.output = output
  }

  /// Serves. Returns the status to exit with: 1 where the client went away without a word.
  public mutating func run() -> Int32 {
    while server.exitStatus == nil {
      guard waitForInput() else {
        guard send(server.wake(at: .now)) else { return 1 }
        continue
      }
      var chunk = [UInt8](repeating: 0, count: 64 << 10)
      let count = read(input, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return 1 }
      buffer.append(chunk[..<count])
      while server.exitStatus == nil, let event = buffer.next() {
        let answers =
          if case .message(let body) = event { server.receive(body, at: .now) } else { server.complain(about: event) }
        guard send(answers) else { return 1 }
      }
    }
    return server.exitStatus ?? 1
  }

  /// Waits until there is something to read; false where something that was put off is due first.
  private func waitForInput() -> Bool {
    while true {
      var timeout: Int32 = -1
      if let deadline = server.deadline {
        let left = ContinuousClock.now.duration(to: deadline)
        let milliseconds = left.components.seconds * 1_000 + left.components.attoseconds / 1_000_000_000_000_000 + 1
        timeout = Int32(clamping: max(0, milliseconds))
      }
      var wanted = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
      let ready = poll(&wanted, 1, timeout)
      if ready < 0, errno == EINTR { continue }
      return ready != 0
    }
  }

  /// Writes messages; false where nobody reads them any more.
  private func send(_ messages: [[UInt8]]) -> Bool {
    for message in messages {
      var rest = MessageBuffer.framed(message)[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(output, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        rest = rest.dropFirst(count)
      }
    }
    return true
  }
}
