import CBearSSL

// The part of swift-crypto's interface that the reader of templates uses, on BearSSL's hash functions. swift-crypto brings
// BoringSSL, which takes longer to compile than all that is fuzzed; what it computes is not under test here.

/// A hash function that is fed piece by piece (swift-crypto's protocol of that name, as far as it is used).
public protocol HashFunction {
  /// Feeds the next piece.
  mutating func update(bufferPointer: UnsafeRawBufferPointer)
  /// The digest of what was fed so far.
  func finalize() -> [UInt8]
}

/// SHA-256 (FIPS 180-4).
public struct SHA256: HashFunction {
  private var context = br_sha256_context()

  /// A function that was fed nothing.
  public init() { br_sha256_init(&context) }

  /// Feeds the next piece.
  public mutating func update(bufferPointer: UnsafeRawBufferPointer) {
    br_sha224_update(&context, bufferPointer.baseAddress, bufferPointer.count)
  }

  /// The digest of what was fed so far.
  public func finalize() -> [UInt8] {
    digest(of: context, bytes: 32) { br_sha256_out($0, $1) }
  }
}

/// SHA-384 (FIPS 180-4).
public struct SHA384: HashFunction {
  private var context = br_sha384_context()

  /// A function that was fed nothing.
  public init() { br_sha384_init(&context) }

  /// Feeds the next piece.
  public mutating func update(bufferPointer: UnsafeRawBufferPointer) {
    br_sha384_update(&context, bufferPointer.baseAddress, bufferPointer.count)
  }

  /// The digest of what was fed so far.
  public func finalize() -> [UInt8] {
    digest(of: context, bytes: 48) { br_sha384_out($0, $1) }
  }
}

/// SHA-512 (FIPS 180-4).
public struct SHA512: HashFunction {
  private var context = br_sha512_context()

  /// A function that was fed nothing.
  public init() { br_sha512_init(&context) }

  /// Feeds the next piece.
  public mutating func update(bufferPointer: UnsafeRawBufferPointer) {
    br_sha384_update(&context, bufferPointer.baseAddress, bufferPointer.count)
  }

  /// The digest of what was fed so far.
  public func finalize() -> [UInt8] {
    digest(of: context, bytes: 64) { br_sha512_out($0, $1) }
  }
}

/// What is broken as a hash function, and still found as the checksum of artifacts.
public enum Insecure {
  /// MD5 (RFC 1321).
  public struct MD5: HashFunction {
    private var context = br_md5_context()

    /// A function that was fed nothing.
    public init() { br_md5_init(&context) }

    /// Feeds the next piece.
    public mutating func update(bufferPointer: UnsafeRawBufferPointer) {
      br_md5_update(&context, bufferPointer.baseAddress, bufferPointer.count)
    }

    /// The digest of what was fed so far.
    public func finalize() -> [UInt8] {
      digest(of: context, bytes: 16) { br_md5_out($0, $1) }
    }
  }

  /// SHA-1 (FIPS 180-4).
  public struct SHA1: HashFunction {
    private var context = br_sha1_context()

    /// A function that was fed nothing.
    public init() { br_sha1_init(&context) }

    /// Feeds the next piece.
    public mutating func update(bufferPointer: UnsafeRawBufferPointer) {
      br_sha1_update(&context, bufferPointer.baseAddress, bufferPointer.count)
    }

    /// The digest of what was fed so far.
    public func finalize() -> [UInt8] {
      digest(of: context, bytes: 20) { br_sha1_out($0, $1) }
    }
  }
}

private func digest<Context>(
  of context: Context, bytes: Int, _ out: (UnsafePointer<Context>, UnsafeMutableRawPointer) -> Void
) -> [UInt8] {
  withUnsafePointer(to: context) { context in
    [UInt8](unsafeUninitializedCapacity: bytes) { buffer, count in
      out(context, buffer.baseAddress!)
      count = bytes
    }
  }
}
