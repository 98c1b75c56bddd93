internal import CBearSSL
import Interchange
import LibraryOS

/// Checks one client's or backend's certificate chain (RFC 5280, section 6, as far as BearSSL does) and finds out who the client is. It
/// lives for one handshake.
///
/// BearSSL checks signatures, names, validity, path lengths and key usage. It does not look at extended key usage, nor at
/// lists of revoked certificates.
final class ClientValidator {
  let context = UnsafeMutablePointer<br_x509_minimal_context>.allocate(capacity: 1)
  private let trust: TrustAnchors
  private let names: ClientNames
  private let elements: UnsafeMutableBufferPointer<br_name_element>
  private let texts: UnsafeMutableBufferPointer<CChar>
  private static let textLength = 256

  /// Days from the first of January of the year 0 to that of 1970.
  private static let daysBefore1970: UInt64 = 719_528

  init(trust: TrustAnchors, names: ClientNames, curves: UnsafePointer<br_ec_impl>, wallMilliseconds: UInt64) {
    self.trust = trust
    self.names = names
    br_x509_minimal_init(context, cbearssl_sha256(), trust.anchors.baseAddress, trust.anchors.count)
    cbearssl_set_certificate_hashes(context)
    br_x509_minimal_set_rsa(context, cbearssl_rsa_verify())
    br_x509_minimal_set_ecdsa(context, curves, br_ecdsa_i31_vrfy_asn1)
    br_x509_minimal_set_minrsa(context, 256)
    let seconds = wallMilliseconds / 1000
    br_x509_minimal_set_time(
      context, UInt32(truncatingIfNeeded: seconds / 86_400 + ClientValidator.daysBefore1970),
      UInt32(truncatingIfNeeded: seconds % 86_400))
    let count = 2 + 1 + ClientNames.maximumUnits
    texts = .allocate(capacity: count * ClientValidator.textLength)
    texts.initialize(repeating: 0)
    elements = .allocate(capacity: count)
    for index in 0..<count {
      let identifier = index < 2 ? names.uri : index == 2 ? names.commonName : names.unit
      elements.initializeElement(
        at: index,
        to: br_name_element(
          oid: identifier, buf: texts.baseAddress.map { $0 + index * ClientValidator.textLength },
          len: ClientValidator.textLength, status: 0))
    }
    br_x509_minimal_set_name_elements(context, elements.baseAddress, elements.count)
  }

  deinit {
    context.deallocate()
    elements.deallocate()
    texts.deallocate()
  }

  /// Whether the other end showed a certificate.
  var sawCertificate: Bool { context.pointee.num_certs > 0 }

  /// Why the client's certificate was refused, if it was. BearSSL itself goes on where a certificate is requested and not
  /// required, and would take whoever shows an invalid one for somebody who shows none.
  var refusal: Int32? {
    let error = context.pointee.err
    return sawCertificate && error != 0 && error != Int32(BR_ERR_X509_OK) ? error : nil
  }

  /// Who the client is, once the handshake is over: its SPIFFE ID (a URI `spiffe://…` among the subject's alternative names), else its common name;
  /// its roles are its organizational units. `nil` if it has neither name, more than one URI, or a name that cannot be
  /// printed.
  var principal: Principal? {
    guard context.pointee.err == Int32(BR_ERR_X509_OK), elements[1].status == 0 else { return nil }
    let scheme: ByteString = "certificate"
    var roles: [ByteString] = []
    for index in 3..<elements.count where elements[index].status == 1 {
      guard let unit = text(index) else { return nil }
      roles.append(unit)
    }
    if elements[0].status == 1 {
      guard let uri = text(0) else { return nil }
      if uri.hasPrefix("spiffe://") { return Principal(name: uri, roles: roles, scheme: scheme) }
    }
    guard elements[0].status >= 0, elements[2].status == 1, let name = text(2) else { return nil }
    return Principal(name: name, roles: roles, scheme: scheme)
  }

  /// The text of an element: not empty, and without control characters.
  private func text(_ index: Int) -> ByteString? {
    var bytes: [UInt8] = []
    var position = index * ClientValidator.textLength
    while bytes.count < ClientValidator.textLength, texts[position] != 0 {
      bytes.append(UInt8(bitPattern: texts[position]))
      position += 1
    }
    let text = ByteString(bytes)
    return text.isEmpty || !text.isPrintable ? nil : text
  }
}

/// What is looked for in clients' certificates, in BearSSL's form.
final class ClientNames {
  /// The most organizational units that count.
  static let maximumUnits = 8

  private let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 10)
  /// A URI among the alternative names of the subject.
  let uri: UnsafePointer<UInt8>?
  /// The common name (2.5.4.3).
  let commonName: UnsafePointer<UInt8>?
  /// The organizational unit (2.5.4.11).
  let unit: UnsafePointer<UInt8>?

  init() {
    _ = bytes.initialize(from: [0, 6, 3, 0x55, 4, 3, 3, 0x55, 4, 11])
    uri = bytes.baseAddress.map { UnsafePointer($0) }
    commonName = uri.map { $0 + 2 }
    unit = uri.map { $0 + 6 }
  }

  deinit { bytes.deallocate() }
}
