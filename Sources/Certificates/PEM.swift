import Foundation

/// A block of RFC 7468: a label, and bytes in base 64 between two lines with it.
struct PEMBlock: Hashable, Sendable {
  /// What the bytes are: `CERTIFICATE`.
  var label: String
  /// The bytes; nil where they cannot be decoded, or are encrypted (RFC 1421, 4.6.1.1).
  var bytes: [UInt8]?
  /// Whether the block says that it is encrypted.
  var isEncrypted: Bool

  /// The most blocks that one text may have.
  static let mostBlocks = 32

  /// The blocks of a text, in order. What is between them is passed over, and so is white space inside, so that a text
  /// whose lines were joined by YAML means the same.
  static func read(_ text: String) -> [PEMBlock] {
    var blocks: [PEMBlock] = []
    var rest = text[...]
    while blocks.count < mostBlocks, let begin = rest.range(of: "-----BEGIN ") {
      rest = rest[begin.upperBound...]
      guard let dashes = rest.range(of: "-----") else { return blocks }
      let label = String(rest[..<dashes.lowerBound])
      rest = rest[dashes.upperBound...]
      guard let end = rest.range(of: "-----END \(label)-----") else {
        blocks.append(PEMBlock(label: label, bytes: nil, isEncrypted: false))
        return blocks
      }
      let body = rest[..<end.lowerBound]
      rest = rest[end.upperBound...]
      let isEncrypted = label.hasPrefix("ENCRYPTED") || body.contains("ENCRYPTED")
      let base64 = String(body.unicodeScalars.filter { !CharacterSet.whitespacesAndNewlines.contains($0) })
      blocks.append(
        PEMBlock(
          label: label, bytes: isEncrypted ? nil : Data(base64Encoded: base64).map { [UInt8]($0) },
          isEncrypted: isEncrypted))
    }
    return blocks
  }

  /// A block as text, in lines of 64 characters.
  static func text(_ label: String, _ bytes: [UInt8]) -> String {
    let base64 = Data(bytes).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
    return "-----BEGIN \(label)-----\n\(base64)\n-----END \(label)-----\n"
  }
}
