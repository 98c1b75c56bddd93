import LibraryOS

// IPv6's own state: addresses and how they are had (RFC 4862), where datagrams go (RFC 4861, 5), and times. The way in:
// IPv6Layer+Input. Neighbors: IPv6Layer+Neighbors. Routers and autoconfiguration: IPv6Layer+Routers. Groups: IPv6Layer+Groups.
//
// The path MTU (RFC 8201) is kept where it matters, with each TCP connection.

/// The addresses, routers and neighbors of this image under IPv6.
final class IPv6Layer {
  /// Addresses of this image.
  static let maximumAddresses = 8
  /// Routers that are known at once.
  static let maximumRouters = 4
  /// Networks known to be on the link.
  static let maximumPrefixes = 8
  /// How long an answer to duplicate address detection is waited for (RFC 4862, 5.1; RFC 4861, 10: RETRANS_TIMER). One
  /// question is asked. Instances do not start in step, so that there is no delay before it.
  static let detectionTime = TimeSpan.seconds(1)
  /// How often another address is made after a conflict (RFC 7217, 7: IDGEN_RETRIES).
  static let maximumConflicts = 3
  /// How long a neighbor counts as reachable after it was heard from (RFC 4861, 10: REACHABLE_TIME).
  static let reachableTime = TimeSpan.seconds(30)
  /// How long a hint is waited for before it is asked (RFC 4861, 10: DELAY_FIRST_PROBE_TIME).
  static let delayTime = TimeSpan.seconds(5)
  /// Neighbor advertisements sent in a second, so that a flood of solicitations does not become one of answers.
  static let advertisementsPerSecond = 200

  /// A router that announced itself, or was given.
  struct Router {
    var address: IPv6Address
    /// `nil`: for ever.
    var expiry: Instant?
  }

  /// A network whose hosts are on the link.
  struct OnLinkPrefix {
    var network: IPv6Network
    var expiry: Instant?
  }

  unowned(unsafe) let link: InternetLayer
  let hardware: EthernetAddress
  let autoconfigures: Bool
  /// The hop limit of what is sent: a router may say another one.
  var hopLimit: UInt8 = 64
  var addresses: [LocalAddress] = []
  var neighbors = NeighborCache()
  var routers: [Router] = []
  var prefixes: [OnLinkPrefix] = []
  let identifiers: InterfaceIdentifiers
  private var nextNumber: UInt32 = 1
  var advertisements = EventAllowance(perSecond: IPv6Layer.advertisementsPerSecond)

  /// Router solicitations still to be sent, and when the next one is.
  var solicitationsLeft = 0
  var nextSolicitation = Instant(nanoseconds: 0)
  /// When listener reports are to be sent, and how many.
  var nextReport: Instant?
  var reportsLeft = 0

  /// IPv6 with the addresses that were set, and one for the link.
  init(_ link: InternetLayer, _ configuration: NetworkConfiguration, at now: Instant) {
    self.link = link
    hardware = configuration.hardware
    autoconfigures = configuration.autoconfigures
    identifiers = InterfaceIdentifiers(&link.random, hardware: configuration.hardware)
    // It follows from the hardware address, so that what runs the image can hold it to both.
    add(hardware.linkLocal, prefixLength: 64, .linkLocal, at: now)
    if let network = configuration.networkIPv6 {
      add(network.address, prefixLength: network.prefixLength, .given, at: now)
      prefixes.append(OnLinkPrefix(network: network, expiry: nil))
    }
    if let gateway = configuration.gatewayIPv6 { routers.append(Router(address: gateway, expiry: nil)) }
    if autoconfigures {
      // Once the address for the link is had (RFC 4861, 6.3.7).
      solicitationsLeft = IPv6Layer.maximumSolicitations
      nextSolicitation = now + IPv6Layer.detectionTime
    }
  }

  // MARK: Addresses

  /// Begins to use an address: it is asked for at the next `expire`.
  func add(
    _ address: IPv6Address, prefixLength: Int, _ origin: LocalAddress.Origin, conflicts: Int = 0,
    preferredUntil: Instant? = nil, validUntil: Instant? = nil, at now: Instant
  ) {
    guard addresses.count < IPv6Layer.maximumAddresses else { return }
    var own = LocalAddress(
      number: nextNumber, address: address, prefixLength: prefixLength, origin: origin,
      detectionEnd: Instant(nanoseconds: 0))
    nextNumber += 1
    own.conflicts = conflicts
    own.preferredUntil = preferredUntil
    own.validUntil = validUntil
    addresses.append(own)
    reportGroups(at: now)
  }

  /// The address of this image, if it is one that can be used.
  @inline(__always)
  func usable(_ address: IPv6Address) -> LocalAddress? {
    for own in addresses where own.address == address { return own.state == .tentative ? nil : own }
    return nil
  }

  /// The address to send from (RFC 6724, 5: the same scope, not deprecated, the longest common prefix). `nil` where there
  /// is none yet.
  func source(for destination: IPv6Address) -> LocalAddress? {
    var best: LocalAddress?
    for own in addresses where own.state != .tentative {
      guard own.address != destination else { return nil }
      guard own.address.isLinkLocal == (destination.isLinkLocal || destination.isMulticast) else { continue }
      guard let known = best else {
        best = own
        continue
      }
      if (own.state == .preferred) != (known.state == .preferred) {
        if own.state == .preferred { best = own }
      } else if own.address.commonPrefixLength(with: destination)
        > known.address.commonPrefixLength(with: destination)
      {
        best = own
      }
    }
    return best
  }

  /// Somebody else has a tentative address (RFC 4862, 5.4.5): another is made where that is possible.
  func conflict(_ index: Int, at now: Instant) {
    link.counts.addressConflicts &+= 1
    let lost = addresses.remove(at: index)
    guard lost.origin != .given, lost.conflicts < IPv6Layer.maximumConflicts else { return }
    add(
      identifiers.address(in: lost.address.prefix(64), conflicts: lost.conflicts + 1), prefixLength: lost.prefixLength,
      lost.origin, conflicts: lost.conflicts + 1, preferredUntil: lost.preferredUntil, validUntil: lost.validUntil,
      at: now)
  }

  // MARK: Ways

  /// Whether a host is on the link.
  func isOnLink(_ address: IPv6Address) -> Bool {
    if address.isLinkLocal { return true }
    for prefix in prefixes where prefix.network.contains(address) { return true }
    return false
  }

  /// Whether there is somewhere to hand a datagram to.
  func hasWay(to destination: IPv6Address) -> Bool { isOnLink(destination) || !routers.isEmpty }

  /// The neighbor that a datagram is handed to (RFC 4861, 5.2). `nil` where there is no way, or no room to find one.
  func neighbor(for destination: IPAddress, at now: Instant) -> Neighbor? {
    guard let address = destination.ipv6, address.isUnicastHost else { return nil }
    guard !isOnLink(address) else {
      return neighbors.find(destination) ?? neighbors.addIncomplete(destination, at: now)
    }
    // A router that answers is better than one that does not (RFC 4861, 6.3.6).
    var fallback: IPAddress?
    for router in routers {
      let hop = IPAddress(router.address)
      if let known = neighbors.find(hop), known.state != .incomplete { return known }
      fallback = fallback ?? hop
    }
    guard let fallback else { return nil }
    return neighbors.find(fallback) ?? neighbors.addIncomplete(fallback, at: now)
  }

  // MARK: Time

  /// When `expire` is to be called.
  var deadline: Instant? {
    var earliest = neighbors.deadline
    func consider(_ time: Instant?) {
      guard let time else { return }
      if let known = earliest, known <= time { return }
      earliest = time
    }
    for own in addresses {
      if own.state == .tentative { consider(own.detectionEnd) }
      if own.state == .preferred { consider(own.preferredUntil) }
      consider(own.validUntil)
    }
    for router in routers { consider(router.expiry) }
    for prefix in prefixes { consider(prefix.expiry) }
    if solicitationsLeft > 0 { consider(nextSolicitation) }
    consider(nextReport)
    return earliest
  }

  /// Runs what is due, and returns the neighbors that are given up.
  func expire(at now: Instant) -> [Neighbor] {
    expireAddresses(at: now)
    // Groups before questions: a switch that looks at reports is to let the answers through (RFC 4862, 5.4.2).
    if let nextReport, nextReport <= now { sendReport(at: now) }
    startDetection(at: now)
    routers.removeAll { $0.expiry.map { $0 <= now } ?? false }
    prefixes.removeAll { $0.expiry.map { $0 <= now } ?? false }
    if solicitationsLeft > 0, nextSolicitation <= now { solicitRouters(at: now) }
    return expireNeighbors(at: now)
  }

  private func expireAddresses(at now: Instant) {
    var index = 0
    while index < addresses.count {
      if let end = addresses[index].validUntil, end <= now {
        addresses.remove(at: index)
        continue
      }
      let end = addresses[index].detectionEnd
      if addresses[index].state == .tentative, end.nanoseconds > 0, end <= now { addresses[index].state = .preferred }
      if addresses[index].state == .preferred, let end = addresses[index].preferredUntil, end <= now {
        addresses[index].state = .deprecated
      }
      index += 1
    }
  }

  private func startDetection(at now: Instant) {
    for index in addresses.indices where addresses[index].detectionEnd.nanoseconds == 0 {
      addresses[index].detectionEnd = now + IPv6Layer.detectionTime
      askForDuplicates(of: addresses[index].address)
    }
  }
}
