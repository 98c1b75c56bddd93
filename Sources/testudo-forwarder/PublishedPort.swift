/// Which way a port leads.
enum Direction {
  /// From this host into the service's network.
  case inward
  /// From the service's network to what runs elsewhere.
  case outward
}

/// A port that is forwarded.
final class PublishedPort {
  let identifier: UInt32
  let name: String
  let direction: Direction
  /// Where it listens, with the port that was chosen.
  let listen: Endpoint
  /// The listening socket: in the host's network namespace where it leads inward, else in the service's.
  let socket: Int32
  /// Where new connections go.
  var target: Target
  /// Connections by the target they lead to or are being connected to.
  private(set) var connections: [Endpoint: Int] = [:]

  init(
    identifier: UInt32, name: String, direction: Direction, listen: Endpoint, socket: Int32, target: Target
  ) {
    self.identifier = identifier
    self.name = name
    self.direction = direction
    self.listen = listen
    self.socket = socket
    self.target = target
  }

  func count(_ target: Endpoint) {
    connections[target, default: 0] += 1
  }

  func discount(_ target: Endpoint) {
    guard let count = connections[target] else { return }
    connections[target] = count > 1 ? count - 1 : nil
  }

  /// The publication's line of `status`.
  var line: String {
    let counts = connections.map { "\($0.key.text)=\($0.value)" }.sorted()
    let place = direction == .inward ? listen.text : Request.insideMark + listen.text
    return ([name, place, target.endpoint.text] + counts).joined(separator: " ")
  }
}
