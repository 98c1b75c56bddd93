public import LibraryOS

// Where the image's IPv4 address is not a setting: what a module does that gets it from somewhere. Nothing of this is
// linked where there is none, but for looking whether there is one.

/// Where the IPv4 address of this image comes from.
public protocol AddressSource: AnyObject {
  /// A message arrived from port 67 for port 68, for whatever address.
  func messageArrived(_ bytes: [UInt8], at now: Instant)
  /// Somebody else on the link says that an address is its own, or asks whether it may have it.
  func addressSeen(_ address: IPv4Address, at now: Instant)
}

extension NetworkStack {
  /// Where the address comes from; `nil`: from the settings.
  public var addressSource: (any AddressSource)? {
    get { internet.addressSource }
    set { internet.addressSource = newValue }
  }

  /// The address that is in force, with its network.
  public var assigned: IPv4Network? {
    guard let configuration = internet.configuration, configuration.address.raw != 0 else { return nil }
    return IPv4Network(configuration.address, prefixLength: configuration.network.prefixLength)
  }

  /// The router that is in force.
  public var gateway: IPv4Address? { internet.configuration?.gateway }

  /// The Ethernet address, in the low 48 bits; 0 before there is one.
  public var hardwareAddress: UInt64 { internet.configuration?.hardware.raw ?? 0 }

  /// Has no IPv4 address from now on. Connections over IPv4 are gone.
  public func withdrawAddress() {
    assign(IPv4Network(IPv4Address(raw: 0), prefixLength: 32), gateway: nil)
  }

  /// Has this address from now on, which the next flush announces. If it is another than before, connections over IPv4 are
  /// gone.
  public func assign(_ network: IPv4Network, gateway: IPv4Address?) {
    guard var configuration = internet.configuration else { return }
    let isOther = configuration.address != network.address
    configuration.address = network.address
    configuration.network = network
    configuration.gateway = gateway
    internet.readdress(configuration)
    isAnnouncementDue = network.address.raw != 0 && (isOther || isAnnouncementDue)
    if isOther { transport.closeAll { $0.isIPv4 } }
  }

  /// Asks the link whether somebody has an address (RFC 5227, 2.1.1).
  public func probe(_ address: IPv4Address) {
    internet.sendARP(
      .request, to: .broadcast, targetHardware: EthernetAddress(raw: 0), targetAddress: address, isProbe: true)
  }

  /// Sends a message from port 68 to port 67: to one server from the address that is in force, or to all, from none. No
  /// filter is asked. What is longer than a server has to take (576 bytes with all headers) is not sent.
  public func sendAddressMessage(_ bytes: [UInt8], to server: IPv4Address?, at now: Instant) {
    guard bytes.count <= 548, let configuration = internet.configuration else { return }
    let source = server == nil ? IPv4Address(raw: 0) : configuration.address
    let destination = server ?? IPv4Address(raw: .max)
    let length = 8 + bytes.count
    var datagram: [UInt8] = [0, 68, 0, 67, UInt8(length >> 8), UInt8(length & 255), 0, 0]
    datagram += bytes
    datagram.withUnsafeMutableBytes {
      var checksum = InternetChecksum()
      checksum.addPseudoHeader(
        source: IPAddress(source), destination: IPAddress(destination), protocolNumber: ProtocolNumber.udp,
        length: length)
      checksum.add(UnsafeRawBufferPointer($0))
      // A sum of zero would say that there is none (RFC 768).
      let field = checksum.storedField
      $0.storeBytes(of: field == 0 ? 0xFFFF : field, toByteOffset: 6, as: UInt16.self)
    }
    datagram.withUnsafeBytes {
      if server != nil {
        internet.sendDatagram(
          ProtocolNumber.udp, $0, from: IPAddress(source), to: IPAddress(destination), at: now)
      } else {
        internet.broadcast($0)
      }
    }
  }
}

extension InternetLayer {
  /// Sends a datagram of UDP to all hosts of the link, from no address.
  func broadcast(_ bytes: UnsafeRawBufferPointer) {
    guard let configuration, let base = bytes.baseAddress else { return }
    EthernetHeader(destination: .broadcast, source: configuration.hardware, type: EtherType.ipv4).write(to: frame)
    let start = frame + EthernetHeader.length
    IPv4Packet.writeHeader(
      to: start, source: IPv4Address(raw: 0), destination: IPv4Address(raw: .max), protocolNumber: ProtocolNumber.udp,
      payloadLength: bytes.count)
    (start + IPv4Packet.headerLength).copyMemory(from: base, byteCount: bytes.count)
    transmit(frame, count: EthernetHeader.length + IPv4Packet.headerLength + bytes.count)
  }

  /// Hands a message that gives addresses to whom it is for; `false` if this is none.
  func takeAddressMessage(_ packet: IPv4Packet, isChecksumTrusted: Bool, at now: Instant) -> Bool {
    let bytes = packet.payload
    guard let addressSource, packet.protocolNumber == ProtocolNumber.udp, packet.fragmentation == 0, bytes.count >= 8,
      bytes.number32(at: 0) == 67 << 16 | 68
    else { return false }
    let length = Int(bytes.number16(at: 4))
    guard length >= 8, length <= bytes.count else {
      counts.malformed &+= 1
      return true
    }
    let datagram = UnsafeRawBufferPointer(rebasing: bytes[..<length])
    if !isChecksumTrusted, bytes.number16(at: 6) != 0 {
      var checksum = InternetChecksum()
      checksum.addPseudoHeader(
        source: IPAddress(packet.source), destination: IPAddress(packet.destination),
        protocolNumber: ProtocolNumber.udp, length: length)
      checksum.add(datagram)
      guard checksum.isValid else {
        counts.malformed &+= 1
        return true
      }
    }
    addressSource.messageArrived([UInt8](datagram[8...]), at: now)
    return true
  }
}
