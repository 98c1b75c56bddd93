import LibraryOS

/// An address of this image (RFC 4862, 2 and 5.5.4: the states of addresses).
struct LocalAddress {
  /// How far it can be used.
  enum State: UInt8 {
    /// It is asked for whether somebody else has it (duplicate address detection).
    case tentative
    /// Freely.
    case preferred
    /// For what is open already.
    case deprecated
  }

  /// Where it comes from.
  enum Origin: UInt8 {
    /// Made here, for the link.
    case linkLocal
    /// A setting.
    case given
    /// Made here, of a prefix that a router announced.
    case advertised
  }

  /// Tells it from all addresses this image ever had; never 0.
  let number: UInt32
  let address: IPv6Address
  let prefixLength: Int
  let origin: Origin
  var state = State.tentative
  /// When it is decided that nobody else has it.
  var detectionEnd: Instant
  /// How often another was made in its place (RFC 7217, 5: DAD_Counter).
  var conflicts = 0
  /// `nil`: for ever.
  var preferredUntil: Instant?
  var validUntil: Instant?
}

/// Interface identifiers that stay the same for one prefix, and say nothing of the hardware or of other prefixes
/// (RFC 7217, 5). The secret is drawn at the start: an image that starts again is another one.
struct InterfaceIdentifiers {
  private let secret: (UInt64, UInt64)
  private let hardware: EthernetAddress

  /// Identifiers that only this image can compute.
  init(_ random: inout RandomPool, hardware: EthernetAddress) {
    secret = (
      UInt64(random.next()) << 32 | UInt64(random.next()), UInt64(random.next()) << 32 | UInt64(random.next())
    )
    self.hardware = hardware
  }

  /// The address for a prefix of 64 bits, after so many conflicts.
  func address(in prefix: IPv6Address, conflicts: Int) -> IPv6Address {
    var attempt = UInt64(conflicts) << 32
    while true {
      // A keyed hash (SipHash, as the standard library has it) over all that RFC 7217 names.
      var hasher = Hasher()
      hasher.combine(secret.0)
      hasher.combine(secret.1)
      hasher.combine(prefix.high)
      hasher.combine(hardware.raw)
      hasher.combine(attempt)
      let identifier = UInt64(truncatingIfNeeded: hasher.finalize())
      // Those that RFC 5453 reserves: the routers' anycast, IANA's range, and the highest, for anycast.
      let isReserved =
        identifier == 0 || identifier >> 24 == 0x02_005E_FFFE
        || identifier >= 0xFDFF_FFFF_FFFF_FF80
          && identifier <= 0xFDFF_FFFF_FFFF_FFFF
      if !isReserved { return IPv6Address(high: prefix.high, low: identifier) }
      attempt += 1
    }
  }
}
