internal import CBearSSL

/// PBKDF2 with HMAC-SHA-256 and a result of 32 bytes (RFC 8018, 5.2), in slices, so that packets are served between
/// them.
public struct PBKDF2Computation {
  /// Iterations that are still to be done.
  public private(set) var remaining: Int

  private var prepared = br_hmac_key_context()
  /// The last U of the RFC, as four words.
  private var last: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
  /// The exclusive or of all U so far: the result, in the end.
  private var result: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
  private var salt: [UInt8]
  private var isStarted = false

  /// Prepares a computation. Fewer than 1 iterations count as 1.
  public init(password: [UInt8], salt: [UInt8], iterations: Int) {
    self.salt = salt
    self.remaining = max(iterations, 1)
    br_hmac_key_init(&prepared, cbearssl_sha256(), password, password.count)
  }

  /// Does up to `iterations` of what remains. Returns the 32 bytes when all is done, and `nil` before.
  public mutating func advance(iterations: Int) -> [UInt8]? {
    var budget = min(max(iterations, 0), remaining)
    remaining -= budget
    var context = br_hmac_context()
    if budget > 0, !isStarted {
      isStarted = true
      budget -= 1
      // U_1 covers the salt and the number of the block, 1, most significant byte first.
      salt.append(contentsOf: [0, 0, 0, 1])
      br_hmac_init(&context, &prepared, 0)
      br_hmac_update(&context, salt, salt.count)
      _ = br_hmac_out(&context, &last)
      result = last
    }
    while budget > 0 {
      budget -= 1
      br_hmac_init(&context, &prepared, 0)
      br_hmac_update(&context, &last, 32)
      _ = br_hmac_out(&context, &last)
      result.0 ^= last.0
      result.1 ^= last.1
      result.2 ^= last.2
      result.3 ^= last.3
    }
    guard remaining == 0 else { return nil }
    return withUnsafeBytes(of: result) { Array($0) }
  }
}
