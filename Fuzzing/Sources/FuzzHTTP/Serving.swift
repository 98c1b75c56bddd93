import HTTP
import Interchange
import LibraryOS
import LibraryOSTesting

/// An application that says what it was asked for, now or, for some paths, later.
private final class Mirror: Application {
  let name: ByteString = "mirror"
  var counters: [Counter] { [] }
  var waiting: [Exchange] = []

  func prepare(_ parameters: [Parameter]) throws(ParameterFault) {}
  func commit() {}
  func rollback() {}
  func claim(_ path: ByteString) -> Int? { 1 }
  func respond(to exchange: Exchange) {
    if exchange.request.path.count == 2 {
      waiting.append(exchange)
    } else {
      exchange.finish(HTTPResponse(status: 200, body: exchange.request.path.bytes + exchange.request.body))
    }
  }
}

/// A server and what it stands on. There is one for all inputs, as in an image, since it has no end.
private struct Fixture {
  nonisolated(unsafe) static let shared = Fixture()
  let network = InMemoryNetwork()
  let clock = ManualClock()
  let server: HTTPServer
  let mirror = Mirror()

  init() {
    let registry = Registry(clock: clock, random: RepeatableRandom(), network: network, events: EventRecorder())
    server = HTTPServer(registry: registry)
    registry.add(module: server)
    registry.add(application: mirror)
    do {
      try registry.configure([Parameter(module: "http", name: "port", value: .integer(80))])
    } catch {
      fatalError("the settings are refused")
    }
  }
}

/// Hands the bytes to a server, in pieces, with time passing in between; in the end the server has let everything go.
func serve(_ bytes: [UInt8], pieceSize: Int, pause: TimeSpan) {
  let (network, clock) = (Fixture.shared.network, Fixture.shared.clock)
  let (server, mirror) = (Fixture.shared.server, Fixture.shared.mirror)
  let client = InMemoryClient(network)
  network.run()
  for piece in pieces(bytes, pieceSize) {
    client.send(piece)
    network.run()
    clock.advance(by: pause, server)
    network.run()
    if let exchange = mirror.waiting.popLast() {
      exchange.finish(HTTPResponse(status: 200))
      network.run()
    }
  }
  while let exchange = mirror.waiting.popLast() {
    exchange.finish(HTTPResponse(status: 204))
    network.run()
  }
  check(client.received)
  client.stream?.close()
  network.run()
  for _ in 0..<20 {
    clock.advance(by: .seconds(60), server)
    network.run()
  }
  precondition(server.openConnections == 0, "a connection stays open without end")
}

/// What a server answers is a row of responses, and nothing else.
private func check(_ received: [UInt8]) {
  var rest = received[...]
  while !rest.isEmpty {
    precondition(rest.starts(with: Array("HTTP/1.1 ".utf8)), "what follows a response is no response")
    guard let end = headerEnd(rest) else { return }
    let header = String(decoding: rest[..<end], as: UTF8.self).lowercased()
    let status = Int(header.dropFirst(9).prefix(3)) ?? 0
    precondition((100..<600).contains(status))
    rest = rest[end...]
    guard status >= 200, let field = header.split(separator: "\r\n").first(where: { $0.hasPrefix("content-length: ") })
    else { continue }
    let length = Int(field.dropFirst(16)) ?? 0
    // After a response to HEAD the next one follows at once; otherwise its content does.
    if rest.starts(with: Array("HTTP/1.1 ".utf8)) && length > 0 { continue }
    rest = rest.dropFirst(length)
  }
}

private func headerEnd(_ bytes: ArraySlice<UInt8>) -> Int? {
  var index = bytes.startIndex
  while index + 4 <= bytes.endIndex {
    if bytes[index..<(index + 4)].elementsEqual([13, 10, 13, 10]) { return index + 4 }
    index += 1
  }
  return nil
}
