public import Interchange
public import LibraryOS

// Messages of the domain name system (RFC 1035, 4; RFC 3596, 2 for AAAA): questions are written, answers read. Answers
// come from outside and are bounded: names by the 255 bytes of 2.3.4, pointers by going backwards only, so that no loop
// is possible, records by a number.

/// What is asked for.
public enum RecordType: UInt16, Sendable {
  /// An IPv4 address.
  case a = 1
  /// An IPv6 address.
  case aaaa = 28
}

/// A name in the form it is compared in: labels in lower case, as on the wire, with the root's empty label.
struct DomainName: Hashable, Sendable {
  /// The longest one (RFC 1035, 2.3.4).
  static let maximumLength = 255

  let bytes: [UInt8]

  /// Reads `backend.example.org`, with or without the final dot; letters, digits, `-` and `_` (RFC 1123, 2.1; RFC 8552).
  init?(_ text: ByteString) {
    var labels = text.bytes.split(separator: 0x2E, omittingEmptySubsequences: false)
    if labels.count > 1, labels.last?.isEmpty == true { labels.removeLast() }
    var bytes: [UInt8] = []
    for label in labels {
      guard label.count >= 1, label.count <= 63 else { return nil }
      bytes.append(UInt8(label.count))
      for byte in label {
        guard let folded = DomainName.folded(byte) else { return nil }
        bytes.append(folded)
      }
    }
    bytes.append(0)
    guard bytes.count <= DomainName.maximumLength else { return nil }
    self.bytes = bytes
  }

  /// Reads a name of a message, and goes on behind it. A pointer leads to before the place it stands at, and before every
  /// one that was followed already (RFC 1035, 4.1.4: "a prior occurrence").
  init?(_ message: [UInt8], at offset: inout Int) {
    var bytes: [UInt8] = []
    var position = offset
    var limit = offset
    var hasJumped = false
    while true {
      guard position < message.count else { return nil }
      let length = Int(message[position])
      if length >= 0xC0 {
        guard position + 1 < message.count else { return nil }
        let target = (length & 0x3F) << 8 | Int(message[position + 1])
        if !hasJumped { offset = position + 2 }
        guard target < limit else { return nil }
        hasJumped = true
        limit = target
        position = target
        continue
      }
      guard length < 64, position + 1 + length <= message.count, bytes.count + 1 + length <= DomainName.maximumLength
      else { return nil }
      bytes.append(UInt8(length))
      for index in 0..<length {
        let byte = message[position + 1 + index]
        bytes.append(byte >= 0x41 && byte <= 0x5A ? byte + 32 : byte)
      }
      position += 1 + length
      if length == 0 {
        if !hasJumped { offset = position }
        self.bytes = bytes
        return
      }
    }
  }

  private static func folded(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x41...0x5A: byte + 32
    case 0x61...0x7A, 0x30...0x39, 0x2D, 0x5F: byte
    default: nil
    }
  }
}

/// Questions and answers on the wire.
enum NameMessage {
  /// Records looked at in one answer.
  static let maximumRecords = 64
  /// Aliases followed in one answer.
  static let maximumAliases = 8
  /// Addresses taken from one answer.
  static let maximumAddresses = 16

  /// What an answer says.
  enum Answer: Equatable {
    /// The addresses, and for how many seconds they hold.
    case addresses([IPAddress], lifetime: UInt32)
    /// There is no such name, or nothing of that type (RFC 2308), and for how many seconds.
    case none(lifetime: UInt32)
    /// The answer did not fit, and is to be asked for in another way.
    case truncated
    /// The server does not or cannot answer.
    case failed
  }

  /// A question that asks the server to ask others. `written`: the name, with letters of either case.
  static func question(_ written: [UInt8], _ type: RecordType, identifier: UInt16) -> [UInt8] {
    var bytes: [UInt8] = [UInt8(identifier >> 8), UInt8(identifier & 255), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    bytes += written
    bytes += [0, UInt8(type.rawValue), 0, 1]
    return bytes
  }

  /// A name with the case of each letter drawn. A server repeats the question as it was asked, byte by byte, which who
  /// cannot see it has to guess beside port and identifier (RFC 5452, 4.3 wants as much as can be had).
  static func drawn(_ name: DomainName, random: any RandomSource) -> [UInt8] {
    var written = name.bytes
    let bits = random.bytes((written.count + 7) / 8)
    var position = 0
    while position < written.count {
      // Lengths are below 64, so that no letter is taken for one.
      let end = position + Int(written[position])
      var index = position + 1
      while index <= end, index < written.count {
        if written[index] >= 0x61, written[index] <= 0x7A, bits[index / 8] >> UInt8(index % 8) & 1 == 1 {
          written[index] &= 0xDF
        }
        index += 1
      }
      position = end + 1
    }
    return written
  }

  /// Reads what came for that question; `nil` if it is not its answer, or cannot be read: then the true one may still come
  /// (RFC 5452, 4).
  static func answer(
    _ message: [UInt8], to name: DomainName, written: [UInt8], _ type: RecordType, identifier: UInt16
  ) -> Answer? {
    guard message.count >= 12, number(message, 0) == identifier else { return nil }
    // A response to a standard query, with one question, which is this one.
    guard message[2] & 0xF8 == 0x80, number(message, 4) == 1 else { return nil }
    var offset = 12
    guard let asked = DomainName(message, at: &offset), asked == name, offset + 4 <= message.count,
      number(message, offset) == type.rawValue, number(message, offset + 2) == 1
    else { return nil }
    guard offset == 12 + written.count, message[12..<offset] == written[...] else { return nil }
    offset += 4
    if message[2] & 2 != 0 { return .truncated }
    let code = message[3] & 15
    guard code == 0 || code == 3 else { return .failed }
    var records: [Record] = []
    let answers = Int(number(message, 6))
    let authorities = Int(number(message, 8))
    guard answers + authorities <= maximumRecords else { return .failed }
    var negative: UInt32?
    for index in 0..<(answers + authorities) {
      guard let record = Record(message, at: &offset) else { return nil }
      if index < answers {
        records.append(record)
      } else if record.type == 6, let minimum = record.startOfAuthority(message) {
        // How long a name does not exist (RFC 2308, 5).
        negative = min(record.lifetime, minimum)
      }
    }
    guard code == 0 else { return .none(lifetime: negative ?? 0) }
    var wanted = name
    var lifetime = UInt32.max
    for _ in 0...maximumAliases {
      var addresses: [IPAddress] = []
      for record in records where record.name == wanted && record.type == type.rawValue {
        guard let address = record.address(message, type) else { return nil }
        lifetime = min(lifetime, record.lifetime)
        if addresses.count < maximumAddresses { addresses.append(address) }
      }
      if !addresses.isEmpty { return .addresses(addresses, lifetime: lifetime) }
      guard let alias = records.first(where: { $0.name == wanted && $0.type == 5 }) else { break }
      lifetime = min(lifetime, alias.lifetime)
      var position = alias.start
      guard let target = DomainName(message, at: &position), position == alias.start + alias.length else { return nil }
      wanted = target
    }
    return .none(lifetime: negative ?? 0)
  }

  private struct Record {
    var name: DomainName
    var type: UInt16
    var lifetime: UInt32
    var start: Int
    var length: Int

    init?(_ message: [UInt8], at offset: inout Int) {
      guard let name = DomainName(message, at: &offset), offset + 10 <= message.count else { return nil }
      self.name = name
      // A class other than the Internet's makes it a type that nobody asks for.
      type = number(message, offset + 2) == 1 ? number(message, offset) : 0
      let seconds = UInt32(number(message, offset + 4)) << 16 | UInt32(number(message, offset + 6))
      // The highest bit means zero (RFC 2181, 8).
      lifetime = seconds >> 31 == 0 ? seconds : 0
      length = Int(number(message, offset + 8))
      start = offset + 10
      guard start + length <= message.count else { return nil }
      offset = start + length
    }

    func address(_ message: [UInt8], _ type: RecordType) -> IPAddress? {
      switch type {
      case .a:
        guard length == 4 else { return nil }
        return IPAddress(IPv4Address(message[start], message[start + 1], message[start + 2], message[start + 3]))
      case .aaaa:
        guard length == 16 else { return nil }
        var halves: [UInt64] = [0, 0]
        for index in 0..<16 { halves[index / 8] = halves[index / 8] << 8 | UInt64(message[start + index]) }
        let address = IPv6Address(high: halves[0], low: halves[1])
        return address.isMapped ? nil : IPAddress(address)
      }
    }

    /// The last field of a start of authority.
    func startOfAuthority(_ message: [UInt8]) -> UInt32? {
      guard length >= 22 else { return nil }
      let end = start + length
      return UInt32(number(message, end - 4)) << 16 | UInt32(number(message, end - 2))
    }
  }

  private static func number(_ message: [UInt8], _ offset: Int) -> UInt16 {
    UInt16(message[offset]) << 8 | UInt16(message[offset + 1])
  }
}
