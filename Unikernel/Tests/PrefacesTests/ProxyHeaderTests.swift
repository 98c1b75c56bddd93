import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

@testable import Prefaces

extension HeaderWriter {
  /// What the parser says of bytes that come in pieces of one length.
  fileprivate static func parse(_ bytes: [UInt8], piece: Int = 1) throws(ProxyHeaderFault) -> ProxyHeader? {
    var parser = ProxyHeaderParser()
    var rest = bytes[...]
    while !rest.isEmpty, parser.missing > 0 {
      let next = rest.prefix(min(piece, parser.missing))
      rest = rest.dropFirst(next.count)
      if let header = try parser.append(Array(next)) { return header }
    }
    return nil
  }
}

@Suite("Headers of the PROXY protocol, version 2")
struct ProxyHeaderTests {
  private let client = Endpoint(IPv4Address(203, 0, 113, 7), port: 0xC001)

  @Test("a header says who the client is, whatever the pieces it comes in", arguments: [1, 2, 3, 7, 16, 1000])
  func pieces(piece: Int) throws {
    let header = try HeaderWriter.parse(HeaderWriter().bytes, piece: piece)
    #expect(header == ProxyHeader(source: client, secret: HeaderWriter.secret))
  }

  @Test("a header that is cut anywhere is no header yet, and not a byte after it is asked for")
  func cut() throws {
    let bytes = HeaderWriter().bytes
    for length in 0..<bytes.count {
      var parser = ProxyHeaderParser()
      #expect(try parser.append(Array(bytes[..<min(length, 16)])) == nil)
      if length > 16 { #expect(try parser.append(Array(bytes[16..<length])) == nil) }
      #expect(parser.missing == (length < 16 ? 16 : bytes.count) - length)
    }
  }

  @Test("vectors of other types are passed over")
  func vectors() throws {
    let header = try HeaderWriter.parse(HeaderWriter(others: [0x04, 0, 3, 0, 0, 0, 0x01, 0, 0]).bytes)
    #expect(header == ProxyHeader(source: client, secret: HeaderWriter.secret))
  }

  @Test("a forwarder that speaks for itself, or does not know the client, names none")
  func noClient() throws {
    #expect(try HeaderWriter.parse(HeaderWriter(version: 0x20).bytes)?.source == nil)
    #expect(try HeaderWriter.parse(HeaderWriter(family: 0, addresses: []).bytes)?.source == nil)
  }

  @Test("an IPv4 client of an IPv6 socket has its own address")
  func mapped() throws {
    let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 203, 0, 113, 7]
    let addresses = mapped + [UInt8](repeating: 0, count: 15) + [1, 0xC0, 0x01, 0x1F, 0x90]
    #expect(try HeaderWriter.parse(HeaderWriter(family: 0x21, addresses: addresses).bytes)?.source == client)
  }

  @Test("an IPv6 client has its own address")
  func native() throws {
    let client = try #require(IPv6Address("2001:db8::7"))
    let bytes =
      (0..<8).map { UInt8(truncatingIfNeeded: client.high >> UInt64(56 - 8 * $0)) } + [0, 0, 0, 0, 0, 0, 0, 7]
    let addresses = bytes + [UInt8](repeating: 0, count: 15) + [1, 0xC0, 0x01, 0x1F, 0x90]
    let source = try HeaderWriter.parse(HeaderWriter(family: 0x21, addresses: addresses).bytes)?.source
    #expect(source == Endpoint(IPAddress(client), port: 0xC001))
  }

  @Test("what is no such header is refused as soon as that is known")
  func malformed() {
    for position in 0..<12 {
      var bytes = HeaderWriter().bytes
      bytes[position] ^= 0x20
      #expect(throws: ProxyHeaderFault.signature) { try HeaderWriter.parse(Array(bytes[...position])) }
    }
    for version in [0x00, 0x11, 0x31, 0xF1] as [UInt8] {
      #expect(throws: ProxyHeaderFault.version) { try HeaderWriter.parse(HeaderWriter(version: version).bytes) }
    }
    #expect(throws: ProxyHeaderFault.command) { try HeaderWriter.parse(HeaderWriter(version: 0x22).bytes) }
    for family in [0x12, 0x22, 0x31, 0xFF] as [UInt8] {
      #expect(throws: ProxyHeaderFault.family) { try HeaderWriter.parse(HeaderWriter(family: family).bytes) }
    }
    #expect(throws: ProxyHeaderFault.tooLong) {
      try HeaderWriter.parse(HeaderWriter(others: [4, 2, 0] + [UInt8](repeating: 0, count: 512)).bytes)
    }
  }

  @Test("lengths that lead out of the header are refused")
  func truncated() {
    let cases = [
      HeaderWriter(addresses: [1, 2, 3], secret: nil), HeaderWriter(family: 0x21, secret: nil),
      HeaderWriter(secret: nil, others: [0xE0]), HeaderWriter(secret: nil, others: [0xE0, 0, 9, 1]),
    ]
    for header in cases {
      #expect(throws: ProxyHeaderFault.truncated) { try HeaderWriter.parse(header.bytes) }
    }
  }

  @Test("whatever bytes come, the parser ends within its bound")
  func anyBytes() {
    let random = RepeatableRandom(seed: 7)
    for _ in 0..<5000 {
      var bytes = HeaderWriter().bytes
      for _ in 0..<4 { bytes[12 + random.number(below: bytes.count - 12)] = random.bytes(1)[0] }
      var parser = ProxyHeaderParser()
      var taken = 0
      while parser.missing > 0, taken < bytes.count {
        let next = min(parser.missing, bytes.count - taken)
        do throws(ProxyHeaderFault) {
          if try parser.append(Array(bytes[taken..<(taken + next)])) != nil { #expect(parser.missing == 0) }
        } catch {
          break
        }
        taken += next
      }
      #expect(taken <= ProxyHeader.fixedLength + ProxyHeader.maximumRest)
    }
  }
}
