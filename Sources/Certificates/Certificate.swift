public import Foundation

/// An X.509 certificate (RFC 5280, 4.1), as far as a server that shows it, or checks those of clients, needs to know.
/// Nothing here is verified: that is for whoever is shown it.
public struct Certificate: Hashable, Sendable {
  /// A public key, as far as it is of use here.
  public enum PublicKey: Hashable, Sendable {
    /// On the curve P-256: an uncompressed point of 65 bytes.
    case p256([UInt8])
    /// RSA: modulus and exponent, most significant byte first, without leading zeros.
    case rsa(modulus: [UInt8], exponent: [UInt8])
    /// Of another kind.
    case other
  }

  /// The certificate in DER.
  public var bytes: [UInt8]
  /// From when on it is valid.
  public var notBefore: Date
  /// Until when.
  public var notAfter: Date
  /// The subject's name, in DER.
  public var subject: [UInt8]
  /// The issuer's name, in DER.
  public var issuer: [UInt8]
  /// The subject's common name, if it has one.
  public var commonName: String?
  /// DNS names and IP addresses among the subject's alternative names.
  public var names: [String]
  /// Whether it says that it is an authority's (RFC 5280, 4.2.1.9).
  public var isAuthority: Bool
  /// The key it is about.
  public var publicKey: PublicKey

  /// The most bytes of a text with certificates.
  public static let largestText = 256 * 1024
  /// The most certificates in a chain.
  public static let longestChain = 8

  /// Reads the certificates of a PEM text (RFC 7468), in order. Keys that stand beside them are passed over.
  public static func read(pem text: String) throws(CertificateFault) -> [Certificate] {
    let blocks = PEMBlock.read(text).filter { $0.label == "CERTIFICATE" }
    guard !blocks.isEmpty else {
      throw CertificateFault("there is no certificate", expected: "certificates in PEM, the server's own first")
    }
    var certificates: [Certificate] = []
    for (index, block) in blocks.enumerated() {
      guard let bytes = block.bytes, let certificate = Certificate(der: bytes) else {
        throw CertificateFault("certificate \(index + 1) cannot be read", expected: "X.509 in PEM (RFC 7468)")
      }
      certificates.append(certificate)
    }
    return certificates
  }

  /// Reads a certificate in DER; nil for anything else.
  public init?(der: [UInt8]) {
    var outer = DERReader(der[...])
    guard var whole = outer.enter(DERValue.sequence), outer.isAtEnd, var body = whole.enter(DERValue.sequence),
      whole.enter(DERValue.sequence) != nil, whole.next(DERValue.bitString) != nil, whole.isAtEnd
    else { return nil }
    _ = body.next(DERValue.context(0))
    guard body.next(DERValue.integer) != nil, body.next(DERValue.sequence) != nil,
      let issuer = body.next(DERValue.sequence), var validity = body.enter(DERValue.sequence),
      let notBefore = Certificate.time(&validity), let notAfter = Certificate.time(&validity),
      let subject = body.next(DERValue.sequence), var key = body.enter(DERValue.sequence)
    else { return nil }
    bytes = der
    self.notBefore = notBefore
    self.notAfter = notAfter
    self.issuer = Array(issuer.encoding)
    self.subject = Array(subject.encoding)
    commonName = Certificate.commonName(subject.content)
    guard let publicKey = Certificate.publicKey(&key) else { return nil }
    self.publicKey = publicKey
    names = []
    isAuthority = false
    _ = body.next(0x81)
    _ = body.next(0x82)
    guard var extensions = body.enter(DERValue.context(3)), var list = extensions.enter(DERValue.sequence) else {
      return
    }
    while !list.isAtEnd {
      guard var item = list.enter(DERValue.sequence), let identifier = item.next(DERValue.objectIdentifier) else {
        return nil
      }
      _ = item.next(DERValue.boolean)
      guard let value = item.next(DERValue.octetString) else { return nil }
      read(ObjectIdentifier(bytes: Array(identifier.content)), value.content)
    }
  }

  private mutating func read(_ identifier: ObjectIdentifier, _ value: ArraySlice<UInt8>) {
    var reader = DERReader(value)
    guard var content = reader.enter(DERValue.sequence) else { return }
    switch identifier {
    case .basicConstraints: isAuthority = content.next(DERValue.boolean)?.content.first == 0xFF
    case .subjectAlternativeName:
      while let name = content.next() {
        if name.tag == 0x82 {
          names.append(String(decoding: name.content, as: UTF8.self))
        } else if name.tag == 0x87, name.content.count == 4 {
          names.append(name.content.map(String.init).joined(separator: "."))
        }
      }
    default: break
    }
  }

  private static func commonName(_ name: ArraySlice<UInt8>) -> String? {
    var reader = DERReader(name)
    while var set = reader.enter(DERValue.set) {
      while var pair = set.enter(DERValue.sequence) {
        guard let identifier = pair.next(DERValue.objectIdentifier), let value = pair.next() else { break }
        if Array(identifier.content) == ObjectIdentifier.commonName.bytes {
          return String(decoding: value.content, as: UTF8.self)
        }
      }
    }
    return nil
  }

  /// The key of a SubjectPublicKeyInfo (RFC 5280, 4.1.2.7).
  private static func publicKey(_ reader: inout DERReader) -> PublicKey? {
    guard var algorithm = reader.enter(DERValue.sequence),
      let identifier = algorithm.next(DERValue.objectIdentifier), let bits = reader.next(DERValue.bitString),
      bits.content.first == 0
    else { return nil }
    let key = Array(bits.content.dropFirst())
    switch ObjectIdentifier(bytes: Array(identifier.content)) {
    case .ecPublicKey:
      let curve = algorithm.next(DERValue.objectIdentifier).map { ObjectIdentifier(bytes: Array($0.content)) }
      return curve == .p256 && key.count == 65 && key[0] == 4 ? .p256(key) : .other
    case .rsaEncryption:
      var reader = DERReader(key[...])
      guard var numbers = reader.enter(DERValue.sequence), let modulus = numbers.next(DERValue.integer),
        let exponent = numbers.next(DERValue.integer)
      else { return nil }
      return .rsa(
        modulus: Array(modulus.content.drop { $0 == 0 }), exponent: Array(exponent.content.drop { $0 == 0 }))
    default: return .other
    }
  }

  /// A time of a validity (RFC 5280, 4.1.2.5): in UTC, with seconds.
  private static func time(_ reader: inout DERReader) -> Date? {
    guard let value = reader.next(), value.tag == DERValue.utcTime || value.tag == DERValue.generalizedTime else {
      return nil
    }
    let yearDigits = value.tag == DERValue.utcTime ? 2 : 4
    let text = Array(value.content)
    guard text.count == yearDigits + 11, text.last == UInt8(ascii: "Z"),
      text.dropLast().allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    func number(_ start: Int, _ count: Int) -> Int {
      text[start..<start + count].reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
    var year = number(0, yearDigits)
    if yearDigits == 2 { year += year < 50 ? 2000 : 1900 }
    var components = DateComponents()
    components.year = year
    components.month = number(yearDigits, 2)
    components.day = number(yearDigits + 2, 2)
    components.hour = number(yearDigits + 4, 2)
    components.minute = number(yearDigits + 6, 2)
    components.second = number(yearDigits + 8, 2)
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = TimeZone(secondsFromGMT: 0) ?? .gmt
    return calendar.date(from: components)
  }
}
