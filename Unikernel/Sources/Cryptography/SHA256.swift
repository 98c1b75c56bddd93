internal import CBearSSL

/// SHA-256 (FIPS 180-4), by BearSSL.
public struct SHA256: Sendable {
  /// The number of bytes in a digest.
  public static let digestLength = 32

  /// The digest of `bytes`, 32 bytes.
  public static func hash(_ bytes: [UInt8]) -> [UInt8] {
    var context = br_sha256_context()
    br_sha256_init(&context)
    br_sha224_update(&context, bytes, bytes.count)
    return [UInt8](unsafeUninitializedCapacity: digestLength) { buffer, count in
      br_sha256_out(&context, buffer.baseAddress)
      count = digestLength
    }
  }
}
