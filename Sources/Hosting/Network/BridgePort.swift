import CHosting
import Glibc

/// A TAP that is a port of a service's bridge.
struct BridgePort: ~Copyable {
  /// The TAP; the port goes with it.
  let tap: Descriptor
  /// Why addresses are not locked there; `nil` where they are.
  let lacking: String?

  /// Makes a TAP in the calling thread's network namespace, which lasts as long as the descriptor returned.
  static func makeTAP(_ name: String, _ place: String) throws(HostingFault) -> Int32 {
    let number = hosting_tap_open(name)
    if [-ENOENT, -ENODEV, -ENXIO].contains(number) {
      throw .lacking(
        what: "/dev/net/tun",
        remedy: "load it with `modprobe tun`, or hand the device to this container with `--device /dev/net/tun`")
    }
    if number == -EACCES && UserNamespace.isEntered {
      throw .lacking(
        what: "a /dev/net/tun that ordinary users can open",
        remedy:
          "as root, `chmod 0666 /dev/net/tun`, as most distributions have it: a TAP can be made with it only in a "
          + "network namespace of one's own")
    }
    return try HostingFault.check(number, "create the TAP \(name) \(place)")
  }
}

/// The addresses of one instance, and the only ones that frames from its port may have.
struct PortAddresses {
  /// Six bytes.
  let hardware: [UInt8]
  /// Most significant byte first.
  let ipv4: UInt32
  /// Sixteen bytes.
  let ipv6: [UInt8]

  /// `hardware`: six bytes.
  init(hardware: [UInt8], ipv4: UInt32, ipv6: [UInt8]) {
    self.hardware = hardware
    self.ipv4 = ipv4
    self.ipv6 = ipv6
  }

  /// The addresses that a record gives to its instance; fails where they are malformed.
  init(_ record: InstanceRecord) throws(HostingFault) {
    let parts = record.mac.split(separator: ":", omittingEmptySubsequences: false)
    let bytes = parts.compactMap { $0.utf8.count == 2 ? UInt8($0, radix: 16) : nil }
    guard parts.count == 6, bytes.count == 6, bytes[0] & 1 == 0 else {
      throw .invalid(
        what: "the hardware address of instance \(record.id)", found: record.mac,
        expected: "six bytes in hexadecimal of one host, such as 02:54:0a:4d:03:02")
    }
    guard let own = IPv4Network(record.address) else {
      throw .invalid(
        what: "the address of instance \(record.id)", found: record.address, expected: "an IPv4 address with a prefix")
    }
    self.init(
      hardware: bytes, ipv4: own.address,
      ipv6: UniqueLocalPrefix(network: record.network.name).bytes(host: own.address & ~own.mask))
  }

  /// The address for the link that follows from the hardware address (RFC 4291, 2.5.6 and appendix A), sixteen bytes.
  var linkLocal: [UInt8] {
    [0xFE, 0x80, 0, 0, 0, 0, 0, 0, hardware[0] ^ 2, hardware[1], hardware[2], 0xFF, 0xFE] + hardware[3...]
  }

  /// Locks a port of the bridge to these addresses, in the calling thread's network namespace. The kernel's filter looks
  /// at all of them; the bridge itself at the hardware address, a second time. Gives what the kernel lacks, if it cannot.
  func lock(_ port: String) throws(HostingFault) -> String? {
    var program = FrameFilter(hardware: hardware, ipv4: ipv4, ipv6: ipv6, linkLocal: linkLocal).program
    let filtered = hosting_filter_attach(port, &program, program.count)
    try HostingFault.check(hosting_bridge_port_lock(port, hardware), "lock the port \(port) of the bridge")
    // Modules that are missing or not to be loaded; anything else is no lack but a failure.
    if [-ENOENT, -EOPNOTSUPP, -EINVAL, -EPERM].contains(filtered) {
      return "the kernel has no filter for what comes in at an interface (\(HostingFault.text(of: -filtered))); "
        + "load it with `modprobe -a sch_ingress cls_bpf`"
    }
    try HostingFault.check(filtered, "filter what comes in at \(port)")
    return nil
  }
}
