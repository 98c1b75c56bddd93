internal import CBearSSL
public import LibraryOS

/// Random bytes from HMAC-DRBG with SHA-256 (NIST SP 800-90A, 10.1.2), by BearSSL, out of a seed that whoever runs the
/// image provides.
public final class RandomGenerator: RandomSource {
  /// A seed has at least so many bytes of full entropy.
  public static let minimumSeedLength = 32
  /// At most so many bytes come from one request to the generator (SP 800-90A, table 2).
  private static let requestLength = 1 << 16

  private var context = br_hmac_drbg_context()

  /// A generator in the state that `seed` determines; `nil` for fewer than 32 bytes.
  public init?(seed: [UInt8]) {
    guard seed.count >= RandomGenerator.minimumSeedLength else { return nil }
    br_hmac_drbg_init(&context, cbearssl_sha256(), seed, seed.count)
  }

  /// Mixes fresh entropy into the state. Never makes it worse.
  public func reseed(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    br_hmac_drbg_update(&context, bytes, bytes.count)
  }

  /// The next `count` bytes; none if `count` is not positive.
  public func bytes(_ count: Int) -> [UInt8] {
    guard count > 0 else { return [] }
    var output = [UInt8](repeating: 0, count: count)
    var done = 0
    output.withUnsafeMutableBytes { buffer in
      while done < count {
        let length = min(count - done, RandomGenerator.requestLength)
        br_hmac_drbg_generate(&context, buffer.baseAddress.map { $0 + done }, length)
        done += length
      }
    }
    return output
  }
}
