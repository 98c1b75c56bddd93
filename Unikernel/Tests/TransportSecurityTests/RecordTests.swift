import CBearSSL
import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

@testable import TransportSecurity

@Suite("TLS records")
struct RecordTests {
  @Test("large contents pass both ways in records of bounded size", arguments: [1, 16_384, 16_385, 100_000, 1_000_000])
  func large(count: Int) throws {
    let fixture = try SecureFixture()
    let client = fixture.client()
    let content = [UInt8](repeating: 0x61, count: count)
    client.send(content)
    while client.received.count < count, fixture.server.received.count <= count {
      let before = client.received.count
      client.pump()
      fixture.run()
      if client.received.count == before { break }
    }
    #expect(fixture.server.received == content)
    #expect(client.received.count == count)
    #expect(client.received.allSatisfy { $0 == 0x41 })
  }

  @Test("a client that does not read stops the server, which goes on when the client does")
  func backpressure() throws {
    let fixture = try SecureFixture()
    fixture.network.window = 16 << 10
    let client = fixture.client()
    client.isReading = false
    let stream = try #require(fixture.server.streams.first)
    let content = [UInt8](repeating: 7, count: 200_000)
    fixture.server.send(content, on: stream)
    fixture.run()
    #expect(stream.write(content[...]) == 0)
    client.isReading = true
    for _ in 0..<100 {
      client.pump()
      fixture.run()
    }
    #expect(client.received == content)
  }

  @Test("what is said to be writable is written, and is all free again when it has been read")
  func writableCount() throws {
    let fixture = try SecureFixture()
    let client = fixture.client()
    let stream = try #require(fixture.server.streams.first)
    let free = stream.writableCount
    #expect(free > 60_000)
    client.isReading = false
    #expect(stream.write([UInt8](repeating: 1, count: free)[...]) == free)
    client.isReading = true
    client.pump()
    fixture.run()
    #expect(stream.writableCount == free)
  }

  @Test("a server that does not read holds back the client at one record and the window below")
  func serverDoesNotRead() throws {
    let fixture = try SecureFixture()
    let client = fixture.client()
    fixture.server.isReading = false
    client.send([UInt8](repeating: 0x61, count: 500_000))
    fixture.run()
    let stream = try #require(fixture.server.streams.first)
    #expect(stream.readableCount <= 16_384)
    #expect(client.stream?.writableCount == 0)
    fixture.server.isReading = true
    fixture.server.streamReadable(stream)
    for _ in 0..<100 {
      client.pump()
      fixture.run()
    }
    #expect(fixture.server.received.count == 500_000)
  }

  @Test("close_notify of the client is answered with close_notify, then the connection ends")
  func clientCloses() throws {
    let fixture = try SecureFixture()
    let client = fixture.client()
    client.send("bye")
    client.close()
    fixture.run()
    #expect(String(decoding: fixture.server.received, as: UTF8.self) == "bye")
    #expect(client.state & UInt32(BR_SSL_CLOSED) != 0 && client.error == 0)
    #expect(client.closeReason == .finished)
    #expect(fixture.server.closes == [.finished])
    #expect(fixture.module.openConnections == 0)
  }

  @Test("close of the server sends what was written, then close_notify, then ends the stream below")
  func serverCloses() throws {
    let fixture = try SecureFixture()
    fixture.network.window = 8 << 10
    let client = fixture.client()
    client.isReading = false
    let stream = try #require(fixture.server.streams.first)
    let taken = stream.write([UInt8](repeating: 9, count: 100_000)[...])
    stream.close()
    fixture.run()
    #expect(!client.hasEnded)
    client.isReading = true
    for _ in 0..<20 {
      client.pump()
      fixture.run()
    }
    #expect(client.received == [UInt8](repeating: 9, count: taken))
    #expect(client.hasEnded)
    #expect(client.state & UInt32(BR_SSL_CLOSED) != 0 && client.error == 0)
    #expect(fixture.module.openConnections == 0)
  }

  @Test("a client that ends without close_notify ends the connection, after what it sent was read")
  func truncated() throws {
    let fixture = try SecureFixture()
    let client = fixture.client()
    client.send("cut")
    client.closeBelow()
    fixture.run()
    #expect(String(decoding: fixture.server.received, as: UTF8.self) == "CUT".lowercased())
    #expect(fixture.server.ends == 1)
    #expect(fixture.module.openConnections == 0)
  }

  @Test("a client that does not end after close_notify is reset")
  func lingering() throws {
    let fixture = try SecureFixture()
    let client = fixture.client()
    client.closesInTurn = false
    client.close()
    fixture.run()
    #expect(fixture.server.closes == [.finished])
    #expect(fixture.module.openConnections == 1)
    fixture.clock.advance(by: .seconds(2), fixture.module)
    fixture.run()
    #expect(fixture.module.openConnections == 0)
    #expect(client.closeReason == .reset)
  }

  @Test("a handler that aborts is told nothing more")
  func aborts() throws {
    let fixture = try SecureFixture()
    let client = fixture.client()
    try #require(fixture.server.streams.first).abort()
    fixture.run()
    #expect(client.closeReason == .reset)
    #expect(fixture.server.closes.isEmpty)
    #expect(fixture.module.openConnections == 0)
  }

  @Test("a server that takes no more connections ends them with close_notify")
  func serverRefuses() throws {
    let fixture = try SecureFixture()
    fixture.server.refuses = true
    let client = fixture.client()
    #expect(client.state & UInt32(BR_SSL_CLOSED) != 0 && client.error == 0)
    #expect(fixture.module.openConnections == 0)
  }

  /// The records that a client sends in a usual connection with one request.
  private func usualRecords() throws -> [[UInt8]] {
    final class Collector { var records: [[UInt8]] = [] }
    let collector = Collector()
    let fixture = try SecureFixture()
    let client = fixture.client(
      TLSClient.Options(tampering: { _, record in
        collector.records.append(record)
        return record
      }))
    client.send("hello")
    fixture.run()
    #expect(client.received.count == 5)
    return collector.records
  }

  @Test("one changed bit anywhere in what a client sends never gets through, and never crashes")
  func corruption() throws {
    let records = try usualRecords()
    #expect(records.count >= 4)
    for (index, record) in records.enumerated() {
      // Each byte of the short records, each seventh of the long ones.
      for position in stride(from: 0, to: record.count, by: record.count > 100 ? 7 : 1) {
        let fixture = try SecureFixture()
        let client = fixture.client(
          TLSClient.Options(tampering: { number, bytes in
            var bytes = bytes
            if number == index { bytes[position] ^= 1 << UInt8(position % 8) }
            return bytes
          }))
        client.send("hello")
        fixture.run()
        // A ClientHello may be changed where it is not signed over until the end; then the end does not fit.
        #expect(fixture.server.received.isEmpty, "record \(index), byte \(position)")
        client.closeBelow()
        fixture.run()
        fixture.clock.advance(by: .seconds(20), fixture.module)
        fixture.run()
        #expect(fixture.module.openConnections == 0, "record \(index), byte \(position)")
      }
    }
  }

  @Test("what ends early anywhere never gets through, and frees its connection")
  func truncation() throws {
    let records = try usualRecords()
    for (index, record) in records.enumerated() {
      for length in stride(from: 0, to: record.count, by: record.count > 100 ? 5 : 1) {
        let fixture = try SecureFixture()
        let client = fixture.client(
          TLSClient.Options(tampering: { number, bytes in
            number < index ? bytes : number == index ? Array(bytes[..<length]) : nil
          }))
        client.send("hello")
        fixture.run()
        client.closeBelow()
        fixture.run()
        fixture.clock.advance(by: .seconds(20), fixture.module)
        fixture.run()
        #expect(fixture.server.received.isEmpty)
        #expect(fixture.module.openConnections == 0, "record \(index), \(length) bytes")
      }
    }
  }

  @Test(
    "bytes that are no TLS are refused",
    arguments: [
      Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8), [UInt8](repeating: 0, count: 5000),
      [UInt8](repeating: 0xFF, count: 70_000), [22, 3, 1, 0xFF, 0xFF] + [UInt8](repeating: 1, count: 70_000),
      [22, 3, 1, 0, 0], [21, 3, 1, 0, 2, 2, 0], [23, 3, 3, 0, 1, 0], [0x80, 0x2E, 1, 0, 2, 0, 0x15],
    ] as [[UInt8]])
  func garbage(bytes: [UInt8]) throws {
    let fixture = try SecureFixture()
    let client = InMemoryClient(fixture.network, port: 443)
    fixture.run()
    client.send(bytes)
    fixture.run()
    client.stream?.close()
    fixture.run()
    fixture.clock.advance(by: .seconds(10), fixture.module)
    fixture.run()
    #expect(fixture.module.openConnections == 0)
    #expect(fixture.server.streams.isEmpty)
    #expect(fixture.module.counter("handshakes") == 0)
  }

  @Test("a record longer than TLS allows ends the connection")
  func oversize() throws {
    let fixture = try SecureFixture()
    let client = fixture.client()
    client.sendRaw([23, 3, 3, 0x48, 0x01] + [UInt8](repeating: 5, count: 18_433))
    fixture.run()
    #expect(fixture.server.closes == [.reset])
    #expect(fixture.module.counter("records-refused") == 1)
    #expect(client.closeReason == .reset)
  }

  @Test("a record in clear after the handshake ends the connection")
  func clearRecord() throws {
    let fixture = try SecureFixture()
    let client = fixture.client()
    client.sendRaw([23, 3, 3, 0, 5] + Array("hello".utf8))
    fixture.run()
    #expect(fixture.server.received.isEmpty)
    #expect(fixture.server.closes == [.reset])
    #expect(client.closeReason == .reset)
  }
}
