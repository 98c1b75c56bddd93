import LibraryOS

// What is below TCP on the way out: IPv4 with ARP (RFC 1122, 3; RFC 826), and the frames of IPv6. One frame is composed at
// a time, in one buffer, in its place: the layers above write behind where the headers will be. The way in:
// InternetLayer+Input. IPv6's own: IPv6Layer. Datagrams too long for the link: InternetLayer+Fragments.

/// Takes datagrams out of frames, and puts them into frames.
final class InternetLayer {
  /// The longest datagram on the link (the maximum transmission unit of Ethernet).
  static let maximumDatagram = 1500
  /// The longest datagram there is, which stands for several on the link (RFC 791, 3.1: a length of 16 bits).
  static let largestDatagram = 65535
  /// The longest payload of one of IPv4.
  static let maximumPayload = maximumDatagram - IPv4Packet.headerLength
  /// Errors sent in a second, of ICMP and ICMPv6 together (RFC 1812, 4.3.2.8; RFC 4443, 2.4 f).
  static let errorsPerSecond = 20

  /// How long the header of a datagram is.
  @inline(__always)
  static func headerLength(isIPv4: Bool) -> Int { isIPv4 ? IPv4Packet.headerLength : IPv6Packet.headerLength }

  /// Where this image is; frames are dropped until it is known.
  private(set) var configuration: NetworkConfiguration?
  var filters: [any PacketFilter] = []
  var counts = NetworkCounts()
  var neighbors = NeighborCache()
  let reassembly = Reassembly()
  var random: RandomPool
  var errors = EventAllowance(perSecond: InternetLayer.errorsPerSecond)
  /// Where the address comes from, if not from the settings.
  var addressSource: (any AddressSource)?
  /// IPv6, where it was asked for.
  private(set) var ipv6: IPv6Layer?
  /// Whether the platform cuts TCP segments and completes their checksums.
  let hasOffloads: Bool

  /// Where a frame is composed.
  let frame: UnsafeMutableRawPointer
  /// Where messages of the layers that find neighbors are composed, so that a datagram may wait meanwhile.
  let announcement: UnsafeMutableRawPointer
  /// The room there.
  static let maximumAnnouncement = EthernetHeader.length + 512
  private let transmitFrame: (UnsafeRawBufferPointer) -> Void
  // The room before a frame is for the virtio-net header, and aligns the headers behind Ethernet's.
  private static let headroom = 18

  init(framing: LinkFraming, random: RandomPool, transmit: @escaping (UnsafeRawBufferPointer) -> Void) {
    hasOffloads = framing == .virtioNet
    self.random = random
    transmitFrame = transmit
    let longest = hasOffloads ? InternetLayer.largestDatagram : InternetLayer.maximumDatagram
    frame = InternetLayer.allocateFrame(EthernetHeader.length + longest)
    announcement = InternetLayer.allocateFrame(InternetLayer.maximumAnnouncement)
  }

  private static func allocateFrame(_ length: Int) -> UnsafeMutableRawPointer {
    .allocate(byteCount: headroom + length, alignment: 16) + headroom
  }

  deinit {
    (frame - InternetLayer.headroom).deallocate()
    (announcement - InternetLayer.headroom).deallocate()
  }

  /// Where the payload of the next datagram is written.
  @inline(__always)
  func payload(isIPv4: Bool) -> UnsafeMutableRawPointer {
    frame + EthernetHeader.length + InternetLayer.headerLength(isIPv4: isIPv4)
  }

  /// Puts an address in force.
  func configure(_ configuration: NetworkConfiguration, at now: Instant) {
    self.configuration = configuration
    if configuration.usesIPv6 { ipv6 = IPv6Layer(self, configuration, at: now) }
  }

  /// Puts another IPv4 address in force.
  func readdress(_ configuration: NetworkConfiguration) {
    self.configuration = configuration
  }

  /// Hands a frame to the platform, with room for a virtio-net header before it.
  @inline(__always)
  func transmit(
    _ start: UnsafeMutableRawPointer, count: Int, _ offload: VirtioNetHeader = VirtioNetHeader(), segments: Int = 1
  ) {
    counts.framesSent &+= UInt64(segments)
    guard hasOffloads else {
      transmitFrame(UnsafeRawBufferPointer(start: start, count: count))
      return
    }
    let header = start - VirtioNetHeader.length
    offload.write(to: header)
    transmitFrame(UnsafeRawBufferPointer(start: header, count: VirtioNetHeader.length + count))
  }

  // MARK: Filters

  /// Whether all filters let a packet pass; counts it if not.
  @inline(__always)
  func admits(_ packet: PacketSummary, at now: Instant) -> Bool {
    if filters.isEmpty { return true }
    return asksFilters(packet, at: now)
  }

  private func asksFilters(_ packet: PacketSummary, at now: Instant) -> Bool {
    for filter in filters where !filter.admits(packet, at: now) {
      if packet.direction == .inbound {
        counts.filteredInbound &+= UInt64(packet.segments)
      } else {
        counts.filteredOutbound &+= UInt64(packet.segments)
      }
      return false
    }
    return true
  }

  /// Whether all filters let an error pass that quotes what this image sent; counts it if not.
  func admits(error packet: PacketSummary, about sent: PacketSummary, at now: Instant) -> Bool {
    for filter in filters where !filter.admits(error: packet, about: sent, at: now) {
      counts.filteredInbound &+= 1
      return false
    }
    return true
  }

  // MARK: Output

  /// The address to send from, and its number as in `IPPacket`; `nil` where there is no way, or no address yet.
  func source(for destination: IPAddress) -> (address: IPAddress, number: UInt32)? {
    if let destination = destination.ipv4 {
      guard let configuration, configuration.nextHop(to: destination) != nil else { return nil }
      return (IPAddress(configuration.address), 0)
    }
    guard let ipv6, let address = destination.ipv6, address.isUnicastHost, ipv6.hasWay(to: address),
      let own = ipv6.source(for: address)
    else { return nil }
    return (IPAddress(own.address), own.number)
  }

  /// The neighbor that a datagram to `destination` is handed to. `nil` where there is no way, or no room to find one.
  func neighbor(for destination: IPAddress, at now: Instant) -> Neighbor? {
    let found: Neighbor?
    if let destination = destination.ipv4 {
      let hop = configuration?.nextHop(to: destination).map { IPAddress($0) }
      found = hop.flatMap { neighbors.find($0) ?? neighbors.addIncomplete($0, at: now) }
    } else {
      found = ipv6?.neighbor(for: destination, at: now)
    }
    if found == nil { counts.unreachable &+= 1 }
    return found
  }

  /// Sends the datagram whose payload of `length` bytes is at `payload(isIPv4:)`, or keeps it until the neighbor is found.
  /// `segments`: how many it stands for on the link.
  @inline(__always)
  func send(
    _ protocolNumber: UInt8, from source: IPAddress, to destination: IPAddress, through neighbor: Neighbor, length: Int,
    _ offload: VirtioNetHeader = VirtioNetHeader(), segments: Int = 1, at now: Instant
  ) {
    let start = frame + EthernetHeader.length
    if let target = destination.ipv4, let own = source.ipv4 {
      IPv4Packet.writeHeader(
        to: start, source: own, destination: target, protocolNumber: protocolNumber, payloadLength: length)
      hand(EtherType.ipv4, IPv4Packet.headerLength + length, to: neighbor, offload, segments: segments, at: now)
    } else if let target = destination.ipv6, let own = source.ipv6 {
      IPv6Packet.writeHeader(
        to: start, source: own, destination: target, protocolNumber: protocolNumber, payloadLength: length,
        hopLimit: ipv6?.hopLimit ?? 64)
      hand(EtherType.ipv6, IPv6Packet.headerLength + length, to: neighbor, offload, segments: segments, at: now)
    }
  }

  /// Hands the datagram of `length` bytes that stands behind the Ethernet header to a neighbor.
  @inline(__always)
  func hand(
    _ type: UInt16, _ length: Int, to neighbor: Neighbor, _ offload: VirtioNetHeader = VirtioNetHeader(),
    segments: Int = 1, at now: Instant
  ) {
    guard let configuration else { return }
    EthernetHeader(destination: neighbor.hardware, source: configuration.hardware, type: type).write(to: frame)
    let count = EthernetHeader.length + length
    guard neighbor.state != .incomplete else {
      keep(count, for: neighbor, offload, at: now)
      return
    }
    neighbor.used = now
    transmit(frame, count: count, offload, segments: segments)
    if type == EtherType.ipv4 {
      if neighbor.confirmed + NeighborCache.confirmationInterval <= now { reconfirm(neighbor, at: now) }
    } else {
      ipv6?.used(neighbor, at: now)
    }
  }

  private func keep(_ count: Int, for neighbor: Neighbor, _ offload: VirtioNetHeader, at now: Instant) {
    // What is longer than a frame of the link does not wait: TCP sends it again, and this stays small.
    if count <= EthernetHeader.length + InternetLayer.maximumDatagram {
      if neighbor.waiting.count >= NeighborCache.maximumWaiting { neighbor.waiting.removeFirst() }
      neighbor.waiting.append(
        WaitingFrame(bytes: Array(UnsafeRawBufferPointer(start: frame, count: count)), offload: offload))
    }
    guard neighbor.attempts == 0 else { return }
    if neighbor.address.isIPv4 { solicit(neighbor, at: now) } else { ipv6?.solicit(neighbor, at: now) }
  }

  /// Sends what waited for a neighbor's hardware address.
  func release(_ waiting: [WaitingFrame], to hardware: EthernetAddress) {
    for item in waiting {
      frame.copyMemory(from: item.bytes, byteCount: item.bytes.count)
      hardware.write(to: frame, at: 0)
      transmit(frame, count: item.bytes.count, item.offload)
    }
  }

  private func reconfirm(_ neighbor: Neighbor, at now: Instant) {
    if neighbor.confirmed + NeighborCache.lifetime <= now {
      guard neighbors.invalidate(neighbor) else { return }
    } else if neighbor.retry > now {
      return
    }
    solicit(neighbor, at: now)
  }

  private func solicit(_ neighbor: Neighbor, at now: Instant) {
    neighbor.attempts += 1
    neighbor.retry = now + NeighborCache.retryInterval
    sendARP(
      .request, to: neighbor.state == .reachable ? neighbor.hardware : .broadcast,
      targetHardware: EthernetAddress(raw: 0), targetAddress: neighbor.address.ipv4 ?? IPv4Address(raw: 0))
  }

  /// Gives up fragments that waited too long, asks again for neighbors that did not answer, and returns those that are
  /// given up.
  func expire(at now: Instant) -> [Neighbor] {
    reassembly.expire(at: now)
    var lost = ipv6?.expire(at: now) ?? []
    guard neighbors.incompleteCount > 0 else { return lost }
    for neighbor in neighbors.due(at: now) {
      if neighbor.attempts >= NeighborCache.maximumAttempts {
        counts.unreachable &+= UInt64(neighbor.waiting.count)
        neighbors.remove(neighbor)
        lost.append(neighbor)
      } else {
        solicit(neighbor, at: now)
      }
    }
    return lost
  }

  /// When `expire` is to be called.
  var deadline: Instant? {
    var earliest = neighbors.deadline
    for other in [reassembly.deadline, ipv6?.deadline] {
      guard let other else { continue }
      if let known = earliest, known <= other { continue }
      earliest = other
    }
    return earliest
  }

  /// Tells the link which hardware address this image has (RFC 5227, 2.3).
  func announce() {
    guard let configuration else { return }
    sendARP(
      .request, to: .broadcast, targetHardware: EthernetAddress(raw: 0), targetAddress: configuration.address)
  }

  func sendARP(
    _ operation: ARPPacket.Operation, to destination: EthernetAddress, targetHardware: EthernetAddress,
    targetAddress: IPv4Address, isProbe: Bool = false
  ) {
    guard let configuration else { return }
    EthernetHeader(destination: destination, source: configuration.hardware, type: EtherType.arp)
      .write(to: announcement)
    ARPPacket(
      operation: operation, senderHardware: configuration.hardware,
      senderAddress: isProbe ? IPv4Address(raw: 0) : configuration.address,
      targetHardware: targetHardware, targetAddress: targetAddress
    ).write(to: announcement + EthernetHeader.length)
    transmit(announcement, count: EthernetHeader.length + ARPPacket.length)
  }
}
