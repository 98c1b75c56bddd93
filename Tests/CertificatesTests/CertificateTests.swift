import Crypto
import Foundation
import Testing

@testable import Certificates

@Suite("Certificates")
struct CertificateTests {
  static let start = Date(timeIntervalSince1970: 1_750_000_000)
  static let authorityKey = P256.Signing.PrivateKey()
  static let key = P256.Signing.PrivateKey()

  static func make(
    _ purpose: CertificateRequest.Purpose, names: [String] = [], uri: String? = nil, end: Date = start + 1000,
    issuer: (certificate: Certificate, key: P256.Signing.PrivateKey)? = nil
  ) throws -> [UInt8] {
    try CertificateRequest(
      purpose: purpose, commonName: "portal", units: ["reader"], names: names, uri: uri, validity: start...end
    ).certificate(for: key, issuer: issuer, serialNumber: [0x7F, 1, 2])
  }

  @Test("what is made is read again as it was meant")
  func roundTrip() throws {
    let bytes = try Self.make(.server, names: ["portal.example", "10.0.0.1"])
    let certificate = try #require(Certificate(der: bytes))
    #expect(certificate.commonName == "portal")
    #expect(certificate.names == ["portal.example", "10.0.0.1"])
    #expect(certificate.notBefore == Self.start && certificate.notAfter == Self.start + 1000)
    #expect(certificate.publicKey == .p256(Array(Self.key.publicKey.x963Representation)))
    #expect(!certificate.isAuthority)
    #expect(certificate.issuer == certificate.subject)
    #expect(try Certificate.read(pem: "noise\n" + Certificate.pem(bytes) + "noise") == [certificate])
  }

  @Test("an authority's certificate says so, and is the issuer of what it signs")
  func authority() throws {
    let authority = try #require(Certificate(der: try Self.make(.authority)))
    #expect(authority.isAuthority)
    let signed = try #require(
      Certificate(der: try Self.make(.client, uri: "spiffe://a/b", issuer: (authority, Self.authorityKey))))
    #expect(signed.issuer == authority.subject)
    #expect(signed.names.isEmpty)
  }

  @Test("times from 2050 on have four digits for the year")
  func lateTimes() throws {
    let end = Date(timeIntervalSince1970: 2_600_000_000)
    #expect(Certificate(der: try Self.make(.server, end: end))?.notAfter == end)
  }

  @Test("no beginning of a certificate is one, nor one with bytes behind it")
  func truncated() throws {
    let bytes = try Self.make(.server, names: ["portal.example"])
    for length in 0..<bytes.count { #expect(Certificate(der: Array(bytes[..<length])) == nil) }
    #expect(Certificate(der: bytes + [0]) == nil)
  }

  @Test("any byte changed is read or refused, and nothing worse", arguments: 0..<4)
  func changed(round: Int) throws {
    let bytes = try Self.make(.server, names: ["portal.example"])
    for index in bytes.indices {
      var copy = bytes
      copy[index] ^= [0x01, 0x80, 0xFF, 0x42][round]
      _ = Certificate(der: copy)
    }
  }

  @Test("keys are read in their forms, and others are refused by what they are")
  func keys() throws {
    let own = Certificate.PublicKey.p256(Array(Self.key.publicKey.x963Representation))
    #expect(try PrivateKey.read(pem: Self.key.pemRepresentation).publicKey == own)
    // As `openssl ecparam -genkey` writes it: parameters first, then SEC 1.
    let sec1 = DER.sequence(
      DER.integer([1]), DER.octetString(Array(Self.key.rawRepresentation)),
      DER.value(DERValue.context(0), DER.objectIdentifier(.p256)),
      DER.value(DERValue.context(1), DER.bitString(Array(Self.key.publicKey.x963Representation))))
    let text = PEMBlock.text("EC PARAMETERS", [6, 1, 1]) + PEMBlock.text("EC PRIVATE KEY", sec1)
    #expect(try PrivateKey.read(pem: text).publicKey == own)
    for (text, word) in [
      ("", "no private key"), ("-----BEGIN PRIVATE KEY-----\nnothing", "cannot be read"),
      (Self.key.pemRepresentation + "\n" + Self.key.pemRepresentation, "2 private keys"),
      ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----", "encrypted"),
      (
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIB\n-----END RSA PRIVATE KEY-----", "encrypted"
      ), (P384.Signing.PrivateKey().pemRepresentation, "cannot be read"),
    ] {
      let fault = #expect(throws: CertificateFault.self) { try PrivateKey.read(pem: text) }
      #expect(fault?.message.contains(word) == true, "\(text): \(fault?.message ?? "")")
    }
  }

  @Test("RSA keys have the modulus of their certificates, and short ones are refused")
  func rsa() {
    func key(_ bytes: Int) -> [UInt8] {
      DER.sequence(
        DER.integer([0]), DER.integer([0xC1] + [UInt8](repeating: 7, count: bytes - 1)), DER.integer([1, 0, 1]))
    }
    #expect(
      PrivateKey(der: key(256))?.publicKey
        == .rsa(modulus: [0xC1] + [UInt8](repeating: 7, count: 255), exponent: [1, 0, 1]))
    #expect(PrivateKey(der: key(255)) == nil)
    #expect(PrivateKey(der: key(513)) == nil)
    let wrapped = DER.sequence(
      DER.integer([0]), DER.sequence(DER.objectIdentifier(.rsaEncryption), DER.value(DERValue.null, [])),
      DER.octetString(key(256)))
    #expect(PrivateKey(der: wrapped)?.publicKey == PrivateKey(der: key(256))?.publicKey)
  }

  @Test("lengths that are longer than they need to be are no DER")
  func lengths() {
    for bytes in [[0x30, 0x80, 0, 0], [0x30, 0x81, 0x01, 0], [0x30, 0x82, 0, 0x80], [0x1F, 0x81, 1], [0x30]]
      as [[UInt8]]
    {
      var reader = DERReader(bytes[...])
      #expect(reader.next() == nil)
    }
  }
}
