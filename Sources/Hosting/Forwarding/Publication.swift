/// A port of this host that leads to an endpoint inside a service's network, or one of the host's inside the network that
/// leads to an external service.
public struct Publication: Sendable, Hashable {
  /// The name it was published under.
  public var name: String
  /// Whether it is one inside the network, which leads out of it.
  public var isOffer: Bool
  /// The address and port that clients connect to, such as `127.0.0.1:8080`.
  public var listen: String
  /// Where new connections go, such as `10.77.3.2:80`.
  public var target: String
  /// Open connections by the target they lead to; targets from before a switch are there for as long as they have some.
  public var connections: [String: Int]

  /// A publication with these connections.
  public init(
    name: String, isOffer: Bool = false, listen: String, target: String, connections: [String: Int] = [:]
  ) {
    self.name = name
    self.isOffer = isOffer
    self.listen = listen
    self.target = target
    self.connections = connections
  }

  /// Reads a line of the forwarder's status: `NAME LISTEN TARGET [TARGET=COUNT]…`, with `@` before the LISTEN of an offer.
  init?(line: Substring) {
    let fields = line.split(separator: " ").map { String($0) }
    guard fields.count >= 3 else { return nil }
    let isOffer = fields[1].hasPrefix("@")
    self.init(
      name: fields[0], isOffer: isOffer, listen: isOffer ? String(fields[1].dropFirst()) : fields[1],
      target: fields[2])
    for field in fields.dropFirst(3) {
      let parts = field.split(separator: "=")
      guard parts.count == 2, let count = Int(parts[1]) else { return nil }
      connections[String(parts[0])] = count
    }
  }
}

/// What a port forwarder says of itself.
public struct ForwarderStatus: Sendable, Hashable {
  /// Its process.
  public var process: Int32
  /// Connections open now.
  public var connections: Int
  /// How many may be open at once.
  public var limit: Int
  /// Connections accepted since its start.
  public var accepted: Int
  /// Connections closed because their target did not answer in time.
  public var failed: Int
  /// What it publishes, in the order of names.
  public var publications: [Publication]

  /// Reads an answer to `status`.
  init?(answer: String) {
    let lines = answer.split(separator: "\n")
    guard let first = lines.first else { return nil }
    var values: [String: Int] = [:]
    for field in first.split(separator: " ") {
      let parts = field.split(separator: "=")
      if parts.count == 2 { values[String(parts[0])] = Int(parts[1]) }
    }
    guard let process = values["pid"].flatMap({ Int32(exactly: $0) }), let connections = values["connections"],
      let limit = values["limit"], let accepted = values["accepted"], let failed = values["failed"]
    else { return nil }
    self.process = process
    self.connections = connections
    self.limit = limit
    self.accepted = accepted
    self.failed = failed
    publications = []
    for line in lines.dropFirst() {
      guard let publication = Publication(line: line) else { return nil }
      publications.append(publication)
    }
  }
}
