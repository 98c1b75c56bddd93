import HTTP
import Interchange
import LibraryOS
import LibraryOSTesting

/// Another service, which answers as a test wants.
final class Backend: StreamAcceptor {
  /// What it does with a complete request.
  enum Behaviour {
    /// Sends these bytes.
    case send(String)
    /// Sends these bytes and ends its direction.
    case sendAndClose(String)
    /// Closes without an answer.
    case close
    /// Says nothing.
    case wait
  }

  let endpoint: Endpoint
  /// The requests it received, as bytes.
  private(set) var requests: [String] = []
  /// Its connections, in the order in which they came.
  private(set) var connections: [BackendConnection] = []
  var behaviour: (String) -> Behaviour

  init(_ network: InMemoryNetwork, _ last: UInt8, _ behaviour: @escaping (String) -> Behaviour) {
    self.endpoint = Endpoint(IPv4Address(10, 77, 0, last), port: 80)
    self.behaviour = behaviour
    network.serve(endpoint, self)
  }

  /// A backend that answers 200 with a text.
  convenience init(_ network: InMemoryNetwork, _ last: UInt8, answering text: String) {
    self.init(network, last) { _ in .send(Backend.ok(text)) }
  }

  static func ok(_ text: String, _ fields: String = "") -> String {
    "HTTP/1.1 200 OK\r\n\(fields)Content-Length: \(text.utf8.count)\r\n\r\n\(text)"
  }

  func accept(_ stream: any ByteStream) -> (any StreamHandler)? {
    let connection = BackendConnection(self)
    connections.append(connection)
    connection.stream = stream
    return connection
  }

  fileprivate func received(_ request: String, on stream: any ByteStream) {
    requests.append(request)
    switch behaviour(request) {
    case .send(let text): _ = stream.write(Array(text.utf8)[...])
    case .sendAndClose(let text):
      _ = stream.write(Array(text.utf8)[...])
      stream.close()
    case .close: stream.close()
    case .wait: break
    }
  }
}

/// One connection of a proxy to a backend.
final class BackendConnection: StreamHandler {
  private let backend: Backend
  private var parser = HTTPRequestParser()
  private var bytes: [UInt8] = []
  fileprivate(set) var stream: (any ByteStream)?
  private(set) var isOpen = true

  init(_ backend: Backend) {
    self.backend = backend
  }

  func streamOpened(_ stream: any ByteStream) {}

  func streamReadable(_ stream: any ByteStream) {
    let new = stream.read(limit: .max)
    bytes += new
    parser.append(new)
    while case .request? = try? parser.next() {
      let text = String(decoding: bytes, as: UTF8.self)
      bytes = []
      backend.received(text, on: stream)
    }
  }

  func streamWritable(_ stream: any ByteStream) {}

  func streamEnded(_ stream: any ByteStream) {
    isOpen = false
    stream.close()
  }

  func streamClosed(_ stream: any ByteStream, reason: CloseReason) {
    isOpen = false
  }
}
