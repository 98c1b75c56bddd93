/// What is known of one instance of a unikernel, kept in its folder so that a control plane that was restarted finds it
/// again.
public struct InstanceRecord: Codable, Sendable, Hashable {
  /// 32 lower-case hexadecimal digits: the audience of its control messages.
  public var id: String
  /// The service it belongs to.
  public var service: String
  /// The tenant the service belongs to.
  public var tenant: String
  /// The resource (node template) it is an instance of.
  public var resource: String
  /// The security level its image was made for.
  public var level: String
  /// The image's digest, `sha256:` and 64 hexadecimal digits.
  public var image: String
  /// The image's file.
  public var imagePath: String
  /// Its address in the service's network with the prefix length, such as `10.77.3.2/24`.
  public var address: String
  /// Its hardware address, `02:54:0a:4d:03:02`.
  public var mac: String
  /// The network its TAP is made in.
  public var network: ServiceNetwork
  /// How much memory it gets, in bytes.
  public var memoryBytes: Int
  /// The control group that it is in with others; `nil` for none.
  public var group: InstanceGroup?
  /// The sorted names of the security modules its image has.
  public var mechanisms: [String]
  /// When it was started (RFC 3339).
  public var started: String
  /// The process of its tender; `nil` until that was started.
  public var tenderPID: Int32?
  /// What runs it as a virtual machine (the `microvm` target); `nil` where it is a process of its own.
  public var emulator: Emulator?
  /// Why its image could send with the addresses of others; `nil` where it cannot. Known from the start on.
  public var unlocked: String?
  /// Whether it was started by an ordinary user, in a user namespace; `nil` for no.
  public var isOrdinary: Bool?
  /// Whether it was started to wait: its TAP is down until `rejoin`.
  public var isWaiting: Bool?
  /// Whatever else the caller wants to find again; hosting does not look at it.
  public var metadata: [String: String]

  /// A record as it is before the start.
  public init(
    id: String, service: String, tenant: String, resource: String, level: String, image: String, imagePath: String,
    address: String, mac: String, network: ServiceNetwork, memoryBytes: Int, mechanisms: [String], started: String,
    tenderPID: Int32? = nil, emulator: Emulator? = nil, group: InstanceGroup? = nil, metadata: [String: String] = [:]
  ) {
    self.group = group
    self.id = id
    self.service = service
    self.tenant = tenant
    self.resource = resource
    self.level = level
    self.image = image
    self.imagePath = imagePath
    self.address = address
    self.mac = mac
    self.network = network
    self.memoryBytes = memoryBytes
    self.mechanisms = mechanisms
    self.started = started
    self.tenderPID = tenderPID
    self.emulator = emulator
    self.metadata = metadata
  }

  /// Its IPv6 address in the service's network with the prefix length, such as `fd12:3456:789a::2/64`: the number of its
  /// IPv4 address in the network's prefix. `nil` where that address is malformed.
  public var addressIPv6: String? {
    guard let own = IPv4Network(address) else { return nil }
    let prefix = UniqueLocalPrefix(network: network.name)
    return prefix.text(host: own.address & ~own.mask) + "/\(UniqueLocalPrefix.length)"
  }

  /// The same without the prefix length.
  public var hostIPv6: String? { addressIPv6.map { String($0.prefix { $0 != "/" }) } }

  /// The identifier as the 16 bytes of `ControlMessage.audience`; `nil` where it is malformed.
  public var audience: [UInt8]? {
    let digits = Array(id.utf8)
    guard InstanceRecord.isIdentifier(id) else { return nil }
    func value(_ digit: UInt8) -> UInt8 { digit < 0x3A ? digit - 0x30 : digit - 0x57 }
    return stride(from: 0, to: digits.count, by: 2).map { value(digits[$0]) << 4 | value(digits[$0 + 1]) }
  }

  /// A new identifier of 16 bytes from the system's generator of random numbers.
  public static func makeIdentifier() -> String {
    var generator = SystemRandomNumberGenerator()
    return (0..<16).map { _ in
      let digits = String(UInt8.random(in: 0...255, using: &generator), radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined()
  }

  static func isIdentifier(_ text: String) -> Bool {
    text.utf8.count == 32 && text.utf8.allSatisfy { 0x30...0x39 ~= $0 || 0x61...0x66 ~= $0 }
  }

  /// The name of its TAP: interface names have at most 15 characters.
  var tapName: String { "tap" + id.prefix(12) }

  /// Fails unless everything hosting relies on is well-formed.
  func validate() throws(HostingFault) {
    guard InstanceRecord.isIdentifier(id) else {
      throw .invalid(what: "the instance's identifier", found: id, expected: "32 lower-case hexadecimal digits")
    }
    let subnet = try network.validated()
    guard let own = IPv4Network(address), own.prefix == subnet.prefix, subnet.contains(own.address),
      own.address != subnet.hostAddress, own.address != subnet.base, own.address != subnet.base | ~subnet.mask
    else {
      throw .invalid(
        what: "the address of instance \(id)", found: address,
        expected: "an address in \(network.subnet) with its prefix, not the first, which is the host's")
    }
    guard memoryBytes >= 1 << 20 else {
      throw .invalid(
        what: "the memory of instance \(id)", found: String(memoryBytes), expected: "at least 1048576 bytes")
    }
  }
}
