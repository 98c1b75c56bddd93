import CZlib

/// Compression as zip and gzip have it (RFC 1951, RFC 1952), through zlib.
enum Deflate {
  /// Why data could not be unpacked.
  enum Fault: Error, Hashable {
    /// It is damaged, or ends early, or goes on after its end.
    case damaged
    /// It unpacks to more than allowed.
    case tooMuch
  }

  /// How much zlib is given at once, which counts in 32 bits.
  private static let step = 1 << 30
  private static let structureSize = Int32(MemoryLayout<z_stream>.size)

  /// Unpacks raw deflated data that must give exactly `size` bytes and use up its input.
  static func inflate(_ input: ArraySlice<UInt8>, size: Int) throws(Fault) -> [UInt8] {
    var stream = z_stream()
    guard inflateInit2_(&stream, -15, ZLIB_VERSION, structureSize) == Z_OK else { throw .damaged }
    defer { inflateEnd(&stream) }
    var status = Z_OK
    var consumed = 0
    // One byte more shows data that goes on.
    let output = [UInt8](unsafeUninitializedCapacity: size + 1) { output, count in
      input.withUnsafeBufferPointer { input in
        while status == Z_OK {
          status = advance(&stream, input, &consumed, output, &count) { CZlib.inflate(&$0, Z_NO_FLUSH) }
        }
      }
    }
    guard output.count <= size else { throw .tooMuch }
    guard status == Z_STREAM_END, consumed == input.count, output.count == size else { throw .damaged }
    return output
  }

  /// Unpacks gzipped data of one or more members.
  /// - Parameters:
  ///   - limit: The bytes allowed.
  ///   - most: The bytes at which the data counts as a bomb.
  static func gunzip(_ input: [UInt8], limit: Int, most: Int) throws(ArchiveProblem) -> [UInt8] {
    var stream = z_stream()
    let damaged = ArchiveProblem.damaged("the gzipped data is damaged or ends early")
    guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, structureSize) == Z_OK else { throw damaged }
    defer { inflateEnd(&stream) }
    var output: [UInt8] = []
    var consumed = 0
    var members = 1
    while true {
      var status = Z_OK
      let chunk = [UInt8](unsafeUninitializedCapacity: 1 << 16) { output, count in
        input.withUnsafeBufferPointer { input in
          while status == Z_OK, count < output.count {
            status = advance(&stream, input, &consumed, output, &count) { CZlib.inflate(&$0, Z_NO_FLUSH) }
          }
        }
      }
      output += chunk
      guard output.count <= limit else { throw .tooLarge(limit) }
      guard output.count <= most else { throw .bomb("\(input.count) bytes unpack to more than \(most)") }
      switch status {
      case Z_OK: continue
      case Z_STREAM_END:
        let rest = input[consumed...]
        // Tapes are padded with zeros; anything else must be a further member.
        if rest.allSatisfy({ $0 == 0 }) { return output }
        members += 1
        guard rest.starts(with: [0x1F, 0x8B]), members <= 1_000, inflateReset(&stream) == Z_OK else {
          throw .damaged("something that is not gzipped, or too much of it, follows the gzipped data")
        }
      default: throw damaged
      }
    }
  }

  /// Deflates data as well as zlib can; with `gzip`, as a gzip file that names no time.
  static func deflate(_ input: [UInt8], gzip: Bool = false) -> [UInt8] {
    var stream = z_stream()
    let window: Int32 = gzip ? 15 + 16 : -15
    guard deflateInit2_(&stream, 9, Z_DEFLATED, window, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION, structureSize) == Z_OK
    else { return [] }
    defer { deflateEnd(&stream) }
    let bound = Int(deflateBound(&stream, UInt(input.count))) + 64
    var status = Z_OK
    var consumed = 0
    return [UInt8](unsafeUninitializedCapacity: bound) { output, count in
      input.withUnsafeBufferPointer { input in
        while status == Z_OK {
          let flush = input.count - consumed <= step ? Z_FINISH : Z_NO_FLUSH
          status = advance(&stream, input, &consumed, output, &count) { CZlib.deflate(&$0, flush) }
        }
      }
    }
  }

  /// The CRC-32 of data.
  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    bytes.withUnsafeBufferPointer { UInt32(truncatingIfNeeded: crc32_z(0, $0.baseAddress, $0.count)) }
  }

  /// One step of zlib: from `consumed` on in the input, to `produced` on in the output.
  private static func advance(
    _ stream: inout z_stream, _ input: UnsafeBufferPointer<UInt8>, _ consumed: inout Int,
    _ output: UnsafeMutableBufferPointer<UInt8>, _ produced: inout Int, _ run: (inout z_stream) -> Int32
  ) -> Int32 {
    guard let target = output.baseAddress else { return Z_BUF_ERROR }
    var nothing: UInt8 = 0
    return withUnsafeMutablePointer(to: &nothing) { nothing in
      let source = input.baseAddress.map { UnsafeMutablePointer(mutating: $0) + consumed } ?? nothing
      let offered = min(step, input.count - consumed)
      let room = min(step, output.count - produced)
      stream.next_in = source
      stream.avail_in = UInt32(offered)
      stream.next_out = target + produced
      stream.avail_out = UInt32(room)
      let status = run(&stream)
      consumed += offered - Int(stream.avail_in)
      produced += room - Int(stream.avail_out)
      return status
    }
  }
}
