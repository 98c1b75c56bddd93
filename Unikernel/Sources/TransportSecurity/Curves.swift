internal import CBearSSL

/// The curves of TLS here: X25519 (RFC 7748) for agreement, P-256 (FIPS 186-5) for agreement and signatures.
enum Curves {
  /// BearSSL's implementations of both behind one table, which lives as long as the image.
  static func makeTable() -> UnsafePointer<br_ec_impl> {
    let table = UnsafeMutablePointer<br_ec_impl>.allocate(capacity: 1)
    table.initialize(
      to: br_ec_impl(
        supported_curves: 1 << UInt32(BR_EC_curve25519) | 1 << UInt32(BR_EC_secp256r1),
        generator: { curve, length in Curves.of(curve).pointee.generator(curve, length) },
        order: { curve, length in Curves.of(curve).pointee.order(curve, length) },
        xoff: { curve, length in Curves.of(curve).pointee.xoff(curve, length) },
        mul: { point, length, factor, factorLength, curve in
          Curves.of(curve).pointee.mul(point, length, factor, factorLength, curve)
        },
        mulgen: { result, factor, factorLength, curve in
          Curves.of(curve).pointee.mulgen(result, factor, factorLength, curve)
        },
        muladd: { point, other, length, x, xLength, y, yLength, curve in
          Curves.of(curve).pointee.muladd(point, other, length, x, xLength, y, yLength, curve)
        }))
    return UnsafePointer(table)
  }

  /// BearSSL asks only for curves that the table supports.
  private static func of(_ curve: Int32) -> UnsafePointer<br_ec_impl> {
    curve == BR_EC_curve25519 ? cbearssl_x25519() : cbearssl_p256()
  }
}
