import Testing

@testable import Interchange

/// A generator that gives the same numbers for the same seed (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

@Suite("the messages between host and image")
struct CodecTests {
  static let value = ParameterValue.map([
    ParameterField("limits", .list([.integer(-1), .integer(.max), .boolean(true), .boolean(false)])),
    ParameterField("text", .text("/orders")), ParameterField("", .bytes([0, 255])), ParameterField("none", .list([])),
    ParameterField("inner", .map([ParameterField("a", .map([]))])),
  ])
  static let parameters = [
    Parameter(module: "http", name: "port", value: .integer(80)), Parameter(module: "m", name: "v", value: value),
  ]
  static let reports: [Report] = [
    .ready(version: 3, mechanisms: ["audit", "firewall"]), .acknowledged(version: .max),
    .acknowledged(version: 1, proof: Array(repeating: 5, count: 32)),
    .refused(version: 1, reason: "older"), .drained,
    .status(version: 9, counters: [Counter("a.b", 1), Counter("c.d", .max)]),
    .event(
      SecurityEvent(
        module: "firewall", action: "dropped", severity: .high, time: 1,
        details: [ParameterField("source", .text("10.0.0.1"))])),
    .dropped(events: 4), .failed(reason: "no parameters"),
  ]

  private func message(_ kind: ControlKind) -> ControlMessage {
    ControlMessage(kind: kind, audience: Array(1...16), version: 1 << 40, payload: [9, 8, 7])
  }

  @Test("parameters come back as they were sent")
  func parameters() throws {
    #expect(try Parameter.decode(Parameter.encode(Self.parameters)) == Self.parameters)
    #expect(try Parameter.decode(Parameter.encode([])) == [])
  }

  @Test("parameters cut anywhere are refused")
  func parametersCut() {
    let bytes = Parameter.encode(Self.parameters)
    for length in 0..<bytes.count {
      #expect(throws: DecodingFault.self) { try Parameter.decode(Array(bytes[..<length])) }
    }
    #expect(throws: DecodingFault.trailing) { try Parameter.decode(bytes + [0]) }
  }

  @Test("values nested deeper than the bound are refused")
  func depth() throws {
    func nested(_ levels: Int) -> [UInt8] {
      var value = ParameterValue.integer(1)
      for _ in 0..<levels { value = .list([value]) }
      return Parameter.encode([Parameter(module: "m", name: "n", value: value)])
    }
    #expect(throws: Never.self) { try Parameter.decode(nested(16)) }
    #expect(throws: DecodingFault.tooLarge) { try Parameter.decode(nested(17)) }
  }

  @Test("a count that the bytes cannot hold is refused before anything is made for it")
  func counts() {
    #expect(throws: DecodingFault.truncated) { try Parameter.decode([255, 255, 255, 255]) }
    #expect(throws: DecodingFault.tooLarge) { try Parameter.decode([1, 0, 0, 0, 255, 255, 255, 255, 1]) }
  }

  @Test("fields of a map are found by name, and values by kind")
  func access() {
    #expect(Self.value["text"]?.textValue == "/orders")
    #expect(Self.value["limits"]?.listValue?[1].integerValue == .max)
    #expect(Self.value["limits"]?.listValue?[2].booleanValue == true)
    #expect(Self.value[""]?.bytesValue == [0, 255])
    #expect(Self.value["missing"] == nil)
    #expect(ParameterValue.integer(1).textValue == nil)
  }

  @Test(
    "control messages come back as they were sent", arguments: [1, 2, 3, 4, 5] as [UInt8], ControlSeal.allCases)
  func control(kind: UInt8, seal: ControlSeal) throws {
    let message = message(try #require(ControlKind(rawValue: kind)))
    let proof = [UInt8](repeating: 7, count: seal.length)
    let bytes = message.bytes(sealedBy: seal) + proof
    let decoded = try ControlMessage.decode(bytes, sealedBy: seal)
    #expect(decoded.message == message)
    #expect(Array(decoded.covered) == message.bytes(sealedBy: seal))
    #expect(Array(decoded.seal) == proof)
    for length in 0..<bytes.count {
      #expect(throws: DecodingFault.self) { try ControlMessage.decode(Array(bytes[..<length]), sealedBy: seal) }
    }
    #expect(throws: DecodingFault.trailing) { try ControlMessage.decode(bytes + [0], sealedBy: seal) }
    for other in ControlSeal.allCases where other != seal {
      #expect(throws: DecodingFault.invalid) { try ControlMessage.decode(bytes, sealedBy: other) }
    }
  }

  @Test("a control message of another version or kind is refused")
  func controlInvalid() {
    var bytes = message(.boot).bytes(sealedBy: .signature) + [UInt8](repeating: 0, count: 64)
    bytes[3] = 0x33
    #expect(throws: DecodingFault.invalid) { try ControlMessage.decode(bytes, sealedBy: .signature) }
    bytes[3] = 0x31
    bytes[4] = 7
    #expect(throws: DecodingFault.invalid) { try ControlMessage.decode(bytes, sealedBy: .signature) }
  }

  @Test("reports come back as they were sent, and cut ones are refused", arguments: CodecTests.reports)
  func report(report: Report) throws {
    let bytes = report.encode()
    #expect(try Report(decoding: bytes) == report)
    for length in 0..<bytes.count {
      #expect(throws: DecodingFault.self) { try Report(decoding: Array(bytes[..<length])) }
    }
    #expect(throws: DecodingFault.trailing) { try Report(decoding: bytes + [1]) }
  }

  @Test("frames come out whole, however the bytes arrive", arguments: [1, 2, 3, 5, 100])
  func frames(chunk: Int) throws {
    let messages: [[UInt8]] = [[1, 2, 3], [], Array(repeating: 9, count: 40)]
    let stream = messages.flatMap { FrameReader.frame($0) }
    var reader = FrameReader(limit: 64)
    var found: [[UInt8]] = []
    for start in stride(from: 0, to: stream.count, by: chunk) {
      reader.append(stream[start..<min(stream.count, start + chunk)])
      while let frame = try reader.next() { found.append(frame) }
    }
    #expect(found == messages)
  }

  @Test("a frame over the limit loses the channel")
  func frameLimit() {
    var reader = FrameReader(limit: 4)
    reader.append(FrameReader.frame([1, 2, 3, 4, 5])[...])
    #expect(throws: DecodingFault.tooLarge) { try reader.next() }
  }

  @Test("random bytes never stop a decoder", arguments: 0..<20)
  func random(seed: Int) {
    var numbers = SeededNumbers(state: UInt64(seed))
    let samples =
      [Parameter.encode(Self.parameters), message(.apply).bytes(sealedBy: .code) + [UInt8](repeating: 0, count: 32)]
      + Self.reports.map { $0.encode() }
    for _ in 0..<500 {
      var bytes: [UInt8]
      if Bool.random(using: &numbers) {
        bytes = (0..<Int.random(in: 0...80, using: &numbers)).map { _ in UInt8.random(in: 0...255, using: &numbers) }
      } else {
        bytes = samples[Int.random(in: 0..<samples.count, using: &numbers)]
        for _ in 0..<3 {
          let index = Int.random(in: 0..<bytes.count, using: &numbers)
          bytes[index] = UInt8.random(in: 0...255, using: &numbers)
        }
      }
      // What decodes must mean what the bytes say: it encodes to the same bytes.
      if let parameters = try? Parameter.decode(bytes) { #expect(Parameter.encode(parameters) == bytes) }
      if let report = try? Report(decoding: bytes) { #expect(report.encode() == bytes) }
      for seal in ControlSeal.allCases {
        if let control = try? ControlMessage.decode(bytes, sealedBy: seal) {
          #expect(control.message.bytes(sealedBy: seal) + control.seal == bytes)
        }
      }
      _ = try? PolicyBundle(decoding: bytes)
    }
  }
}

@Suite("texts as bytes")
struct ByteStringTests {
  @Test(
    "decimal digits", arguments: [(0, "0"), (7, "7"), (-12, "-12"), (Int.max, "\(Int.max)"), (Int.min, "\(Int.min)")])
  func decimal(value: Int, text: String) {
    #expect(ByteString(decimal: value).description == text)
  }

  @Test("order is that of bytes, the shorter first")
  func order() {
    let texts: [ByteString] = ["b", "", "ab", "a", "B"]
    #expect(texts.sorted() == ["", "B", "a", "ab", "b"])
  }

  @Test("a prefix is compared byte by byte")
  func prefix() {
    let path: ByteString = "/orders"
    #expect(path.hasPrefix("/or") && path.hasPrefix("") && path.hasPrefix(path))
    #expect(!path.hasPrefix("/orders/") && !path.hasPrefix("o"))
  }
}
