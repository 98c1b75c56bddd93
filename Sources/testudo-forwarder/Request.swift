/// What the forwarder can be asked: one line per connection to its socket, words separated by a space. It answers with
/// one line that starts with `ok` or `error` and closes the connection.
///
/// | request | answer |
/// |---|---|
/// | `publish NAME ADDRESS:PORT TARGET [SECRET]` | `ok ADDRESS:PORT`, the port chosen where 0 was asked for. A name that is published at that address already gets the new target. |
/// | `offer NAME ADDRESS:PORT TARGET [MARK]` | `ok ADDRESS:PORT`, as `publish` the other way: it listens inside the network, and TARGET is where the host reaches it, with packets that carry a MARK for the host's firewall |
/// | `switch NAME TARGET [SECRET]` | `ok`; connections accepted or still being connected go to the new target from now on, established ones stay |
/// | `sever NAME TARGET` | `ok COUNT`: how many connections to that target were broken |
/// | `unpublish NAME` | `ok`; established connections stay |
/// | `status` | `ok pid=N connections=N limit=N accepted=N failed=N`, then a line `NAME ADDRESS:PORT TARGET [TARGET=CONNECTIONS]…` for each publication and each offer, whose address has an `@` before it |
/// | `stop` | `ok`; the process ends |
///
/// A target is `A.B.C.D:PORT` inside the network. With a SECRET of 16 to 64 bytes in hexadecimal digits, connections to it
/// begin with a PROXY protocol header that says who the client is and shows the secret. Names have 1 to 64 letters, digits, `.`, `_`, `-` or `/`.
enum Request {
  case publish(name: String, listen: Endpoint, target: Target)
  case offer(name: String, listen: Endpoint, target: Target)
  case switchTarget(name: String, target: Target)
  case sever(name: String, target: Endpoint)
  case unpublish(name: String)
  case status
  case stop

  /// Stands before an address inside the network in an answer to `status`.
  static let insideMark = "@"
  /// No request is longer.
  static let maximumLength = 1024

  /// Reads a line without its end.
  init(line: String) throws(ForwarderFault) {
    let words = line.split(separator: " ")
    let verb = words.first ?? ""
    func expect(_ counts: ClosedRange<Int>, _ form: String) throws(ForwarderFault) {
      guard counts.contains(words.count) else { throw ForwarderFault("expected `\(form)`, found `\(line)`") }
    }
    switch verb {
    case "publish":
      try expect(4...5, "publish NAME ADDRESS:PORT TARGET [SECRET]")
      self = .publish(
        name: try Request.name(words[1]), listen: try Request.endpoint(words[2], canChoose: true),
        target: try Request.target(words.dropFirst(3)))
    case "offer":
      try expect(4...5, "offer NAME ADDRESS:PORT TARGET [MARK]")
      var target = Target(endpoint: try Request.endpoint(words[3]))
      if words.count == 5 {
        guard let mark = UInt32(words[4]), mark != 0 else {
          throw ForwarderFault("expected a mark from 1 to \(UInt32.max), found `\(words[4])`")
        }
        target.mark = mark
      }
      self = .offer(name: try Request.name(words[1]), listen: try Request.endpoint(words[2]), target: target)
    case "switch":
      try expect(3...4, "switch NAME TARGET [SECRET]")
      self = .switchTarget(name: try Request.name(words[1]), target: try Request.target(words.dropFirst(2)))
    case "sever":
      try expect(3...3, "sever NAME TARGET")
      self = .sever(name: try Request.name(words[1]), target: try Request.endpoint(words[2]))
    case "unpublish":
      try expect(2...2, "unpublish NAME")
      self = .unpublish(name: try Request.name(words[1]))
    case "status":
      try expect(1...1, "status")
      self = .status
    case "stop":
      try expect(1...1, "stop")
      self = .stop
    default:
      throw ForwarderFault("expected publish, offer, switch, sever, unpublish, status or stop, found `\(verb)`")
    }
  }

  private static func name(_ word: Substring) throws(ForwarderFault) -> String {
    let isName =
      word.utf8.count <= 64
      && word.utf8.allSatisfy { byte in
        0x61...0x7A ~= byte || 0x41...0x5A ~= byte || 0x2D...0x39 ~= byte || byte == 0x5F
      }
    guard isName else {
      throw ForwarderFault("expected a name of 1 to 64 letters, digits, `.`, `_`, `-` or `/`, found `\(word)`")
    }
    return String(word)
  }

  /// An endpoint inside the network, and the secret that may follow it.
  private static func target(_ words: ArraySlice<Substring>) throws(ForwarderFault) -> Target {
    var words = words
    var target = Target(endpoint: try endpoint(words.removeFirst()))
    guard let word = words.first else { return target }
    let digits = Array(word.utf8)
    for start in stride(from: 0, to: digits.count - 1, by: 2) {
      if let byte = UInt8(String(decoding: digits[start..<(start + 2)], as: UTF8.self), radix: 16) {
        target.secret.append(byte)
      }
    }
    guard target.secret.count * 2 == digits.count, Target.secretLengths.contains(target.secret.count) else {
      throw ForwarderFault("expected a secret of 32 to 128 hexadecimal digits, found \(digits.count) characters")
    }
    return target
  }

  private static func endpoint(_ word: Substring, canChoose: Bool = false) throws(ForwarderFault) -> Endpoint {
    guard let endpoint = Endpoint(word), canChoose || endpoint.port != 0 else {
      throw ForwarderFault("expected an IPv4 address and a port, such as `127.0.0.1:8080`, found `\(word)`")
    }
    return endpoint
  }
}
