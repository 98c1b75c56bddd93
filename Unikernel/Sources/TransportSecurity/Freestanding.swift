#if hasFeature(Embedded)
  // What BearSSL's TLS engine asks of an operating system. An image is none: time and randomness come from the platform,
  // through the module, and BearSSL's own ways to them are closed. Defined here, so that the parts of BearSSL that would
  // open files stay out of images.

  /// BearSSL's source of randomness from the system: there is none. Sessions are given theirs.
  @c(br_prng_seeder_system)
  public func systemSeeder(_ name: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? { nil }

  /// The C library's clock, which BearSSL would ask if no time were set: one before all certificates, so that a check
  /// which forgot to set the time admits none.
  @c(time)
  public func systemTime(_ destination: UnsafeMutableRawPointer?) -> Int { 0 }
#endif
