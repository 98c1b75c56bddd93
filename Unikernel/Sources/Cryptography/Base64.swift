/// Base 64 (RFC 4648), which is decoded strictly: each byte sequence has exactly one encoding that is accepted.
/// Nothing here is secret-dependent by table look-up, since credentials pass through it.
public enum Base64 {
  /// Decodes base64 with padding (RFC 4648, section 4). `nil` for any other character, white space, missing or surplus
  /// padding, and bits that are not zero behind the last byte.
  public static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    guard text.count % 4 == 0 else { return nil }
    var content = text
    for _ in 0..<2 where content.last == 0x3D { content = content.dropLast() }
    return decode(content, sixtyTwo: 0x2B, sixtyThree: 0x2F)
  }

  /// Decodes base64url without padding (RFC 4648, section 5; RFC 7515, section 2), as strictly.
  public static func decodeURL(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    decode(text, sixtyTwo: 0x2D, sixtyThree: 0x5F)
  }

  /// Encodes to base64url without padding (RFC 4648, section 5). Not for secrets: characters are looked up in a table.
  public static func encodeURL(_ bytes: [UInt8]) -> [UInt8] {
    let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    var output: [UInt8] = []
    output.reserveCapacity((bytes.count * 4 + 2) / 3)
    var accumulator: UInt32 = 0
    var bits: UInt32 = 0
    for byte in bytes {
      accumulator = accumulator << 8 | UInt32(byte)
      bits += 8
      while bits >= 6 {
        bits -= 6
        output.append(alphabet.utf8Start[Int(accumulator >> bits & 0x3F)])
      }
      accumulator &= (1 << bits) - 1
    }
    if bits > 0 { output.append(alphabet.utf8Start[Int(accumulator << (6 - bits) & 0x3F)]) }
    return output
  }

  private static func decode(_ text: ArraySlice<UInt8>, sixtyTwo: UInt8, sixtyThree: UInt8) -> [UInt8]? {
    guard text.count % 4 != 1 else { return nil }
    var output: [UInt8] = []
    output.reserveCapacity(text.count / 4 * 3 + 2)
    var accumulator: UInt32 = 0
    var bits: UInt32 = 0
    var isValid: UInt32 = 0xFF
    for character in text {
      let value = sextet(of: character, sixtyTwo: sixtyTwo, sixtyThree: sixtyThree)
      // The bits above the sixth are set for a valid character.
      isValid &= value >> 8
      accumulator = accumulator << 6 | (value & 0x3F)
      bits += 6
      if bits >= 8 {
        bits -= 8
        output.append(UInt8(truncatingIfNeeded: accumulator >> bits))
      }
    }
    let leftOver = accumulator & ((1 << bits) - 1)
    guard isValid == 0xFF, leftOver == 0 else { return nil }
    return output
  }

  /// The value of a character in the low 6 bits and `0xFF` above them; 0 if it has none. Without branch or table.
  private static func sextet(of character: UInt8, sixtyTwo: UInt8, sixtyThree: UInt8) -> UInt32 {
    let code = UInt32(character)
    return pick(code, 0x41, 0x5A, 0) | pick(code, 0x61, 0x7A, 26) | pick(code, 0x30, 0x39, 52)
      | pick(code, UInt32(sixtyTwo), UInt32(sixtyTwo), 62) | pick(code, UInt32(sixtyThree), UInt32(sixtyThree), 63)
  }

  /// `0xFF00` and the value of `code`, if it is from `first` to `last`, where `first` has the value `base`; else 0.
  private static func pick(_ code: UInt32, _ first: UInt32, _ last: UInt32, _ base: UInt32) -> UInt32 {
    // All ones exactly when neither difference borrows.
    let mask = ((code &- first) | (last &- code)) >> 31 &- 1
    return mask & (0xFF00 | (code &- first &+ base) & 0x3F)
  }
}
