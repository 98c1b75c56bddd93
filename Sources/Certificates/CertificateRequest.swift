public import Crypto
public import Foundation

/// What a new certificate is to say. Made certificates have keys on P-256 and are signed with ECDSA and SHA-256: for
/// development, and for services that are their own authority.
public struct CertificateRequest: Sendable {
  /// Whom a certificate is for.
  public enum Purpose: Sendable {
    /// A server, by its names.
    case server
    /// A client, by its common name or URI.
    case client
    /// An authority, which signs others.
    case authority
  }

  /// Whom it is for.
  public var purpose: Purpose
  /// The subject's common name.
  public var commonName: String
  /// The subject's organizational units: the roles of a client.
  public var units: [String]
  /// DNS names, and IPv4 addresses in their dotted form.
  public var names: [String]
  /// A URI among the alternative names, such as a SPIFFE ID.
  public var uri: String?
  /// From when to when it is valid.
  public var validity: ClosedRange<Date>

  /// A new certificate.
  public init(
    purpose: Purpose, commonName: String, units: [String] = [], names: [String] = [], uri: String? = nil,
    validity: ClosedRange<Date>
  ) {
    self.purpose = purpose
    self.commonName = commonName
    self.units = units
    self.names = names
    self.uri = uri
    self.validity = validity
  }

  /// Makes the certificate: signed by an authority, or by itself.
  ///
  /// - Parameter serialNumber: 1 to 20 bytes that no other certificate of the issuer has.
  public func certificate(
    for key: P256.Signing.PrivateKey, issuer: (certificate: Certificate, key: P256.Signing.PrivateKey)?,
    serialNumber: [UInt8]
  ) throws -> [UInt8] {
    let algorithm = DER.sequence(DER.objectIdentifier(.ecdsaWithSHA256))
    let subject = self.subject
    let publicKey = DER.sequence(
      DER.sequence(DER.objectIdentifier(.ecPublicKey), DER.objectIdentifier(.p256)),
      DER.bitString(Array(key.publicKey.x963Representation)))
    let body = DER.sequence(
      DER.value(DERValue.context(0), DER.integer([2])), DER.integer(serialNumber), algorithm,
      issuer?.certificate.subject ?? subject,
      DER.sequence(CertificateRequest.time(validity.lowerBound), CertificateRequest.time(validity.upperBound)), subject,
      publicKey, DER.value(DERValue.context(3), DER.value(DERValue.sequence, extensions.flatMap { $0 })))
    let signature = try (issuer?.key ?? key).signature(for: Data(body))
    return DER.sequence(body, algorithm, DER.bitString(Array(signature.derRepresentation)))
  }

  private var subject: [UInt8] {
    func attribute(_ identifier: ObjectIdentifier, _ text: String) -> [UInt8] {
      DER.value(DERValue.set, DER.sequence(DER.objectIdentifier(identifier), DER.utf8String(text)))
    }
    let units = units.flatMap { attribute(.organizationalUnit, $0) }
    return DER.value(DERValue.sequence, units + attribute(.commonName, commonName))
  }

  private var extensions: [[UInt8]] {
    var all = [
      CertificateRequest.critical(
        .basicConstraints, purpose == .authority ? DER.sequence(DER.boolean(true)) : DER.sequence())
    ]
    switch purpose {
    case .authority:
      // keyCertSign and cRLSign (RFC 5280, 4.2.1.3).
      all.append(CertificateRequest.critical(.keyUsage, DER.bitString([0x06], unused: 1)))
    case .server, .client:
      all.append(CertificateRequest.critical(.keyUsage, DER.bitString([0x80], unused: 7)))
      let usage = purpose == .server ? ObjectIdentifier.serverAuthentication : .clientAuthentication
      all.append(CertificateRequest.plain(.extendedKeyUsage, DER.sequence(DER.objectIdentifier(usage))))
    }
    var alternatives = names.flatMap { name in
      CertificateRequest.address(name).map { DER.value(0x87, $0) } ?? DER.value(0x82, Array(name.utf8))
    }
    if let uri { alternatives += DER.value(0x86, Array(uri.utf8)) }
    if !alternatives.isEmpty {
      all.append(CertificateRequest.plain(.subjectAlternativeName, DER.value(DERValue.sequence, alternatives)))
    }
    return all
  }

  private static func plain(_ identifier: ObjectIdentifier, _ value: [UInt8]) -> [UInt8] {
    DER.sequence(DER.objectIdentifier(identifier), DER.octetString(value))
  }

  private static func critical(_ identifier: ObjectIdentifier, _ value: [UInt8]) -> [UInt8] {
    DER.sequence(DER.objectIdentifier(identifier), DER.boolean(true), DER.octetString(value))
  }

  private static func address(_ text: String) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    let octets = parts.compactMap { $0 }
    return parts.count == 4 && octets.count == 4 ? octets : nil
  }

  /// UTCTime up to 2049, GeneralizedTime after (RFC 5280, 4.1.2.5).
  private static func time(_ date: Date) -> [UInt8] {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = TimeZone(secondsFromGMT: 0) ?? .gmt
    let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
    func digits(_ number: Int?, _ count: Int) -> String {
      let text = String(number ?? 0)
      return String(repeating: "0", count: max(count - text.count, 0)) + text
    }
    let year = digits(parts.year, 4)
    let rest = [parts.month, parts.day, parts.hour, parts.minute, parts.second].map { digits($0, 2) }.joined() + "Z"
    let isShort = (1950..<2050).contains(parts.year ?? 0)
    return DER.value(
      isShort ? DERValue.utcTime : DERValue.generalizedTime,
      Array(((isShort ? String(year.suffix(2)) : year) + rest).utf8))
  }
}

extension Certificate {
  /// A certificate as a PEM text.
  public static func pem(_ bytes: [UInt8]) -> String { PEMBlock.text("CERTIFICATE", bytes) }
}
