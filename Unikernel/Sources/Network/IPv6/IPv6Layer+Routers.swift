import LibraryOS

// Routers and what they announce (RFC 4861, 6.3), and addresses made of announced prefixes (RFC 4862, 5.5), where the
// settings ask for it. Without that, no announcement changes anything: whoever is on the link could send one.

extension IPv6Layer {
  /// Router solicitations before it is given up, and the time between them (RFC 4861, 10).
  static let maximumSolicitations = 3
  static let solicitationInterval = TimeSpan.seconds(4)
  /// How short an announcement can make the life of an address (RFC 4862, 5.5.3 e).
  static let shortestLife = TimeSpan.seconds(7200)

  /// Asks for announcements.
  func solicitRouters(at now: Instant) {
    solicitationsLeft -= 1
    nextSolicitation = now + IPv6Layer.solicitationInterval
    guard let source = addresses.first(where: { $0.address.isLinkLocal && $0.state != .tentative }) else { return }
    message.store(number32: 0, at: 4)
    writeLinkLayerAddress(1, at: message + 8)
    sendOnLink(
      type: DiscoveryMessage.routerSolicitation, count: 16, from: source.address, to: .allRouters,
      IPv6Address.allRouters.groupHardware)
  }

  func receiveRouterAdvertisement(_ message: DiscoveryMessage, of packet: IPv6Packet, at now: Instant) {
    guard packet.source.isLinkLocal else {
      link.counts.malformed &+= 1
      return
    }
    guard autoconfigures else {
      link.counts.ignored &+= 1
      return
    }
    solicitationsLeft = 0
    if message.hopLimit > 0 { hopLimit = message.hopLimit }
    if let hardware = message.linkLayerAddress { learn(IPAddress(packet.source), hardware, at: now) }
    update(packet.source, lifetime: message.routerLifetime, at: now)
    neighbors.find(IPAddress(packet.source))?.isRouter = true
    for prefix in message.prefixes where !prefix.address.isLinkLocal && prefix.address.isUnicastHost {
      if prefix.isOnLink { updateOnLink(prefix, at: now) }
      if prefix.isAutonomous { updateAddress(prefix, at: now) }
    }
  }

  private func update(_ address: IPv6Address, lifetime: UInt16, at now: Instant) {
    let expiry = now + .seconds(Int(lifetime))
    if let index = routers.firstIndex(where: { $0.address == address }) {
      guard routers[index].expiry != nil else { return }
      if lifetime == 0 { routers.remove(at: index) } else { routers[index].expiry = expiry }
    } else if lifetime > 0, routers.count < IPv6Layer.maximumRouters {
      routers.append(Router(address: address, expiry: expiry))
    }
  }

  private func updateOnLink(_ prefix: DiscoveryMessage.Prefix, at now: Instant) {
    guard prefix.length > 0, prefix.length <= 128 else { return }
    let network = IPv6Network(prefix.address.prefix(prefix.length), prefixLength: prefix.length)
    let expiry = IPv6Layer.end(prefix.validLifetime, at: now)
    if let index = prefixes.firstIndex(where: {
      $0.network.prefixLength == network.prefixLength && $0.network.contains(network.address)
    }) {
      // What was set stays as it was set.
      guard prefixes[index].expiry != nil else { return }
      if prefix.validLifetime == 0 { prefixes.remove(at: index) } else { prefixes[index].expiry = expiry }
    } else if prefix.validLifetime > 0, prefixes.count < IPv6Layer.maximumPrefixes {
      prefixes.append(OnLinkPrefix(network: network, expiry: expiry))
    }
  }

  private func updateAddress(_ prefix: DiscoveryMessage.Prefix, at now: Instant) {
    // Identifiers have 64 bits (RFC 4291, 2.5.1); what does not leave as many is ignored (RFC 4862, 5.5.3 d).
    guard prefix.length == 64, prefix.preferredLifetime <= prefix.validLifetime else { return }
    let network = prefix.address.prefix(64)
    let preferredUntil = IPv6Layer.end(prefix.preferredLifetime, at: now)
    let validUntil = IPv6Layer.end(prefix.validLifetime, at: now)
    if let index = addresses.firstIndex(where: { $0.address.prefix(64) == network }) {
      guard addresses[index].origin == .advertised else { return }
      addresses[index].preferredUntil = preferredUntil
      if addresses[index].state == .deprecated, preferredUntil.map({ $0 > now }) ?? true {
        addresses[index].state = .preferred
      }
      let shortest = now + IPv6Layer.shortestLife
      if let end = validUntil, end < shortest {
        // A forged announcement must not end addresses at once.
        if let old = addresses[index].validUntil, old > end, old <= shortest { return }
        addresses[index].validUntil = addresses[index].validUntil.map { min($0, shortest) } ?? shortest
        if let old = addresses[index].validUntil, old < end { addresses[index].validUntil = end }
      } else {
        addresses[index].validUntil = validUntil
      }
    } else if prefix.validLifetime > 0 {
      add(
        identifiers.address(in: network, conflicts: 0), prefixLength: 64, .advertised, preferredUntil: preferredUntil,
        validUntil: validUntil, at: now)
    }
  }

  /// When a lifetime in seconds is over; `nil` for the one that never is (RFC 4861, 4.6.2).
  private static func end(_ lifetime: UInt32, at now: Instant) -> Instant? {
    lifetime == .max ? nil : now + .seconds(Int(lifetime))
  }
}
