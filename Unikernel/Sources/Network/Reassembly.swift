import LibraryOS

// Reassembly of fragments, of both versions in one bounded table (RFC 791, 3.2; RFC 815's result with pieces in order
// instead of holes; RFC 8200, 4.5). Stricter than RFC 791: parts that overlap drop the whole datagram, with all of it
// that is still to come (RFC 5722, 4; RFC 1858 and RFC 3128 show what overlaps are for), and a first part must have the
// whole header of the protocol above (RFC 7112, 5). Whatever decides about packets sees whole datagrams only.

/// Datagrams of which parts have arrived.
final class Reassembly {
  /// Datagrams in progress. At the bound the oldest of the source that takes most makes room.
  static let maximumDatagrams = 32
  /// Datagrams in progress of one source; its oldest makes room.
  static let maximumPerSource = 4
  /// Parts of one datagram: enough for the longest in parts of 576 bytes.
  static let maximumPieces = 128
  /// Bytes of memory for all parts, with what holds them.
  static let maximumBytes = 256 << 10
  /// What one part takes beside its bytes, and one datagram beside its parts.
  static let overhead = 64
  /// How long parts wait for the others: for IPv4 within what RFC 1122, 3.3.2 leaves open, for IPv6 as RFC 8200, 4.5 has
  /// it.
  static let lifetime = (ipv4: TimeSpan.seconds(30), ipv6: TimeSpan.seconds(60))
  /// The longest datagram, without its header.
  static let maximumLength = 65535

  private struct Key: Equatable {
    var source: IPAddress
    var destination: IPAddress
    var identification: UInt32
    /// Of IPv4; identifications of IPv6 do not depend on it.
    var protocolNumber: UInt8
  }

  private struct Piece {
    var offset: Int
    var bytes: [UInt8]
    var end: Int { offset + bytes.count }
  }

  private final class Datagram {
    let key: Key
    let expiry: Instant
    /// In their order, without overlaps.
    var pieces: [Piece] = []
    var held = Reassembly.overhead
    var received = 0
    var length: Int?
    var protocolNumber: UInt8 = 0
    /// Whether parts contradicted each other; what still comes is dropped until the time is over.
    var isRefused = false

    init(_ key: Key, expiry: Instant) {
      self.key = key
      self.expiry = expiry
    }
  }

  /// In the order they began.
  private var datagrams: [Datagram] = []
  /// Where a whole datagram is put together, once there was one.
  private var whole: UnsafeMutableRawPointer?
  /// Bytes of memory that parts take.
  private(set) var heldBytes = 0
  /// Datagrams given up: at a bound, after their time, or because their parts contradict each other.
  private(set) var dropped: UInt64 = 0
  /// Datagrams put together.
  private(set) var completed: UInt64 = 0

  deinit { whole?.deallocate() }

  /// How many datagrams are in progress, refused ones included.
  var count: Int { datagrams.count }

  /// Takes a part, and returns the protocol and the bytes of the datagram that it makes whole. They are valid until the
  /// next call.
  func add(
    _ fragment: Fragment, from source: IPAddress, to destination: IPAddress, at now: Instant
  ) -> (protocolNumber: UInt8, bytes: UnsafeRawBufferPointer)? {
    expire(at: now)
    let key = Key(
      source: source, destination: destination, identification: fragment.identification,
      protocolNumber: source.isIPv4 ? fragment.protocolNumber : 0)
    let known = datagrams.first { $0.key == key }
    if known?.isRefused == true { return nil }
    guard isSound(fragment) else {
      // Teardrop and its kin: nothing good comes with such a part.
      refuse(known ?? begin(key, at: now))
      return nil
    }
    let datagram = known ?? begin(key, at: now)
    switch insert(fragment, into: datagram) {
    case .repeated: return nil
    case .contradicting:
      refuse(datagram)
      return nil
    case .taken: break
    }
    while heldBytes > Reassembly.maximumBytes, let victim = heaviest() { drop(victim) }
    guard datagrams.contains(where: { $0 === datagram }), let length = datagram.length, datagram.received == length
    else { return nil }
    return complete(datagram, length: length)
  }

  /// When `expire` has something to do.
  var deadline: Instant? {
    var earliest: Instant?
    for datagram in datagrams {
      if let known = earliest, known <= datagram.expiry { continue }
      earliest = datagram.expiry
    }
    return earliest
  }

  /// Gives up what waited too long.
  func expire(at now: Instant) {
    var index = 0
    while index < datagrams.count {
      if datagrams[index].expiry <= now { drop(datagrams[index]) } else { index += 1 }
    }
  }

  // MARK: Parts

  /// Whether a part can be one at all.
  private func isSound(_ fragment: Fragment) -> Bool {
    let count = fragment.bytes.count
    guard count > 0, fragment.offset + count <= Reassembly.maximumLength, !fragment.isFollowed || count % 8 == 0 else {
      return false
    }
    switch fragment.protocolNumber {
    case ProtocolNumber.tcp:
      // The first part has all fixed fields, and no other one begins inside of them (RFC 1858, 3 and 4).
      return fragment.offset == 0 ? count >= TCPSegment.headerLength : fragment.offset >= TCPSegment.headerLength
    case ProtocolNumber.udp, ProtocolNumber.icmp, ProtocolNumber.icmpv6:
      return fragment.offset > 0 || count >= 8
    default: return true
    }
  }

  private enum Insertion { case taken, repeated, contradicting }

  private func insert(_ fragment: Fragment, into datagram: Datagram) -> Insertion {
    let end = fragment.offset + fragment.bytes.count
    // The end is said once, and nothing is behind it.
    if let length = datagram.length, end > length || !fragment.isFollowed && end != length { return .contradicting }
    if !fragment.isFollowed, let last = datagram.pieces.last, last.end > end { return .contradicting }
    var low = 0
    var high = datagram.pieces.count
    while low < high {
      let middle = (low + high) / 2
      if datagram.pieces[middle].offset < fragment.offset { low = middle + 1 } else { high = middle }
    }
    if low < datagram.pieces.count {
      let next = datagram.pieces[low]
      if next.offset == fragment.offset, next.bytes.count == fragment.bytes.count {
        // A frame that the link doubled says the same again (RFC 8200, 4.5).
        let isEqual = next.bytes.withUnsafeBytes { held in
          for index in 0..<held.count where held[index] != fragment.bytes[index] { return false }
          return true
        }
        return isEqual ? .repeated : .contradicting
      }
      if end > next.offset { return .contradicting }
    }
    if low > 0, datagram.pieces[low - 1].end > fragment.offset { return .contradicting }
    guard datagram.pieces.count < Reassembly.maximumPieces else { return .contradicting }
    datagram.pieces.insert(Piece(offset: fragment.offset, bytes: Array(fragment.bytes)), at: low)
    if !fragment.isFollowed { datagram.length = end }
    if fragment.offset == 0 { datagram.protocolNumber = fragment.protocolNumber }
    datagram.received += fragment.bytes.count
    let memory = fragment.bytes.count + Reassembly.overhead
    datagram.held += memory
    heldBytes += memory
    return .taken
  }

  private func complete(
    _ datagram: Datagram, length: Int
  ) -> (protocolNumber: UInt8, bytes: UnsafeRawBufferPointer) {
    let start = whole ?? .allocate(byteCount: Reassembly.maximumLength + 1, alignment: 16)
    whole = start
    for piece in datagram.pieces {
      piece.bytes.withUnsafeBytes { bytes in
        if let base = bytes.baseAddress { (start + piece.offset).copyMemory(from: base, byteCount: bytes.count) }
      }
    }
    remove(datagram)
    completed &+= 1
    return (datagram.protocolNumber, UnsafeRawBufferPointer(start: start, count: length))
  }

  // MARK: Bounds

  private func begin(_ key: Key, at now: Instant) -> Datagram {
    let source = key.source.sourceKey
    var own = 0
    for datagram in datagrams where datagram.key.source.sourceKey == source { own += 1 }
    if own >= Reassembly.maximumPerSource, let oldest = datagrams.first(where: { $0.key.source.sourceKey == source }) {
      drop(oldest)
    } else if datagrams.count >= Reassembly.maximumDatagrams, let victim = heaviest() {
      drop(victim)
    }
    let life = key.source.isIPv4 ? Reassembly.lifetime.ipv4 : Reassembly.lifetime.ipv6
    let datagram = Datagram(key, expiry: now + life)
    datagrams.append(datagram)
    heldBytes += datagram.held
    return datagram
  }

  /// The oldest datagram of the source that takes most memory.
  private func heaviest() -> Datagram? {
    var heaviest: Datagram?
    var most = 0
    for datagram in datagrams {
      let source = datagram.key.source.sourceKey
      if let heaviest, heaviest.key.source.sourceKey == source { continue }
      var sum = 0
      for other in datagrams where other.key.source.sourceKey == source { sum += other.held }
      if sum > most {
        most = sum
        heaviest = datagram
      }
    }
    return heaviest
  }

  /// Forgets the parts; the key stays, so that the rest is known for what it is.
  private func refuse(_ datagram: Datagram) {
    heldBytes -= datagram.held - Reassembly.overhead
    datagram.held = Reassembly.overhead
    datagram.pieces = []
    datagram.isRefused = true
    dropped &+= 1
  }

  private func drop(_ datagram: Datagram) {
    if !datagram.isRefused { dropped &+= 1 }
    remove(datagram)
  }

  private func remove(_ datagram: Datagram) {
    guard let index = datagrams.firstIndex(where: { $0 === datagram }) else { return }
    datagrams.remove(at: index)
    heldBytes -= datagram.held
  }
}
