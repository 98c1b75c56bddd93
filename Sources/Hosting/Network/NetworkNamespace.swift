import CHosting
import Glibc

/// The network namespace of a service on this host (network_namespaces(7)), made with system calls alone.
struct NetworkNamespace {
  let network: ServiceNetwork
  private let subnet: IPv4Network

  /// The namespace that `network` has or is to have; fails where it is malformed.
  init(_ network: ServiceNetwork) throws(HostingFault) {
    self.network = network
    subnet = try network.validated()
  }

  /// Whether the namespace is there.
  var exists: Bool { hosting_is_namespace(network.path) == 1 }

  /// Makes the namespace and its bridge, or completes what was begun. Where it fails, nothing new is left.
  func create() throws(HostingFault) {
    try HostingFault.requireRoot(to: "create network namespaces")
    let isNew = !exists
    do throws(HostingFault) {
      if isNew { try pin() }
      try visit { () throws(HostingFault) in try configure() }
    } catch {
      if isNew { try? remove() }
      throw error
    }
  }

  /// Removes the namespace with everything in it. Nothing happens where there is none.
  func remove() throws(HostingFault) {
    try HostingFault.requireRoot(to: "remove network namespaces")
    if exists {
      // A process that is still inside would keep the bridge alive.
      try? visit { () throws(HostingFault) in
        _ = hosting_interface_set_up(ServiceNetwork.bridge, 0)
        _ = hosting_bridge_remove(ServiceNetwork.bridge)
      }
      try HostingFault.check(hosting_unpin_network(network.path), "unmount \(network.path)")
    }
    guard unlink(network.path) == 0 || errno == ENOENT else { throw .failed("remove \(network.path)", errno) }
  }

  /// Runs `body` in a thread inside the namespace: sockets and devices it opens stay there.
  func visit<Value>(_ body: () throws(HostingFault) -> Value) throws(HostingFault) -> Value {
    guard exists else { throw .gone("the network \(network.name) does not exist") }
    let descriptor = try Descriptor.open(network.path, O_RDONLY)
    return try NetworkNamespace.run(in: descriptor.number, named: network.name, body)
  }

  /// Runs `body` in a thread inside the namespace open as `descriptor`, or, where that is -1, in a new one.
  static func run<Value>(
    in descriptor: Int32, named name: String, _ body: () throws(HostingFault) -> Value
  ) throws(HostingFault) -> Value {
    var outcome: Result<Value, HostingFault>?
    let result = withoutActuallyEscaping(body) { body in
      var work: () -> Void = {
        do throws(HostingFault) {
          outcome = .success(try body())
        } catch {
          outcome = .failure(error)
        }
      }
      return withUnsafeMutablePointer(to: &work) { work in
        hosting_in_network(descriptor, { $0?.assumingMemoryBound(to: (() -> Void).self).pointee() }, work)
      }
    }
    guard let outcome else {
      throw .failed(descriptor < 0 ? "create a network namespace" : "enter the network \(name)", result)
    }
    return try outcome.get()
  }

  /// Makes an empty namespace and binds it to its path.
  private func pin() throws(HostingFault) {
    guard mkdir(ServiceNetwork.folder, 0o755) == 0 || errno == EEXIST else {
      throw .failed("make the folder \(ServiceNetwork.folder)", errno)
    }
    try HostingFault.check(hosting_share_mount(ServiceNetwork.folder), "mount \(ServiceNetwork.folder)")
    let file = open(network.path, O_RDONLY | O_CREAT | O_CLOEXEC, 0)
    guard file >= 0 else { throw .failed("create \(network.path)", errno) }
    close(file)
    try NetworkNamespace.run(in: -1, named: network.name) { () throws(HostingFault) in
      _ = try HostingFault.check(hosting_pin_network(network.path), "bind a network namespace to \(network.path)")
    }
  }

  /// Brings up loopback and the bridge. Called inside the namespace.
  private func configure() throws(HostingFault) {
    // Nothing is routed, and nobody is believed who claims to route: the bridge is all there is. IPv6 is on there only.
    Files.tune("ipv6/conf/all/disable_ipv6", "1")
    Files.tune("ipv6/conf/default/disable_ipv6", "1")
    Files.tune("ipv4/ip_forward", "0")
    Files.tune("bridge/bridge-nf-call-iptables", "0")
    Files.tune("bridge/bridge-nf-call-arptables", "0")
    try HostingFault.check(hosting_interface_set_up("lo", 1), "bring up loopback in \(network.name)")
    let bridge = ServiceNetwork.bridge
    if hosting_interface_exists(bridge) == 0 {
      let made = hosting_bridge_create(bridge)
      if [-EOPNOTSUPP, -ENOPKG, -ENOTTY, -EINVAL, -ENOSYS].contains(made) {
        throw .lacking(what: "network bridges in its kernel", remedy: "load them with `modprobe bridge`")
      }
      try HostingFault.check(made, "create the bridge of \(network.name)")
    }
    // A kernel that cannot look into groups need not be kept from it.
    _ = hosting_bridge_quiet(bridge)
    // A bridge without an address of its own takes that of a port, which changes as instances come and go, and
    // everybody's ARP cache would be wrong for a while.
    let host = subnet.hostAddress
    let hardware: [UInt8] = [0x02, 0x54] + (0..<4).map { UInt8(truncatingIfNeeded: host >> (24 - 8 * $0)) }
    try HostingFault.check(
      hosting_interface_set_hardware_address(bridge, hardware), "set the bridge's hardware address in \(network.name)")
    try HostingFault.check(
      hosting_interface_set_address(bridge, host.bigEndian, subnet.mask.bigEndian),
      "give the bridge of \(network.name) the address \(IPv4Network.text(host))")
    addIPv6Address(to: bridge)
    try HostingFault.check(hosting_interface_set_up(bridge, 1), "bring up the bridge of \(network.name)")
  }

  /// Gives the bridge the host's IPv6 address. A kernel without IPv6 has none to give; the images speak it all the same.
  private func addIPv6Address(to bridge: String) {
    Files.tune("ipv6/conf/\(bridge)/accept_ra", "0")
    Files.tune("ipv6/conf/\(bridge)/autoconf", "0")
    Files.tune("ipv6/conf/\(bridge)/accept_redirects", "0")
    Files.tune("ipv6/conf/\(bridge)/forwarding", "0")
    // The address is the host's by construction; nobody needs to be asked for a second whether it is free.
    Files.tune("ipv6/conf/\(bridge)/accept_dad", "0")
    Files.tune("ipv6/conf/\(bridge)/disable_ipv6", "0")
    let prefix = UniqueLocalPrefix(network: network.name)
    _ = hosting_interface_add_ipv6_address(
      bridge, prefix.bytes(host: ServiceNetwork.hostNumber), UInt32(UniqueLocalPrefix.length))
  }

  /// Takes a TAP off the bridge and sets it down: nothing that its image sends leaves it, and nothing reaches it. It may be
  /// off already.
  func isolate(_ tap: String) throws(HostingFault) {
    try visit { () throws(HostingFault) in
      try HostingFault.check(hosting_interface_set_up(tap, 0), "set down the TAP \(tap) in \(network.name)")
      let detached = hosting_bridge_detach(ServiceNetwork.bridge, tap)
      // EINVAL: it is no port of the bridge.
      if detached != -EINVAL {
        try HostingFault.check(detached, "take the TAP \(tap) off the bridge of \(network.name)")
      }
    }
  }

  /// Makes a TAP a port of the bridge again, tied to its hardware address as before, and sets it up. The filter of what comes
  /// in is the interface's own, and still there.
  func rejoin(_ tap: String, for addresses: PortAddresses) throws(HostingFault) {
    try visit { () throws(HostingFault) in
      let attached = hosting_bridge_attach(ServiceNetwork.bridge, tap)
      // EBUSY: it is a port already.
      if attached != -EBUSY {
        try HostingFault.check(attached, "attach the TAP \(tap) to the bridge of \(network.name)")
      }
      try HostingFault.check(
        hosting_bridge_port_lock(tap, addresses.hardware), "lock the port \(tap) of the bridge of \(network.name)")
      try HostingFault.check(hosting_interface_set_up(tap, 1), "bring up the TAP \(tap) in \(network.name)")
    }
  }

  /// What has passed through an interface (proc_net(5), `/proc/net/dev`).
  func traffic(of interface: String) throws(HostingFault) -> InterfaceTraffic? {
    let text = try visit { () throws(HostingFault) in Files.text("/proc/thread-self/net/dev") }
    return text.flatMap { InterfaceTraffic(of: interface, in: $0) }
  }

  /// Makes a TAP that is a port of the bridge, from which nothing comes but with these addresses, and nothing at all before
  /// it is up. It lasts as long as its descriptor, which does not block.
  func openTAP(_ name: String, for addresses: PortAddresses, isUp: Bool = true) throws(HostingFault) -> BridgePort {
    var lacking: String?
    let number = try visit { () throws(HostingFault) -> Int32 in
      let number = try BridgePort.makeTAP(name, "in \(network.name)")
      do throws(HostingFault) {
        try HostingFault.check(
          hosting_bridge_attach(ServiceNetwork.bridge, name), "attach the TAP \(name) to the bridge of \(network.name)")
        // Before it is up: not one frame passes unseen.
        lacking = try addresses.lock(name)
        if isUp {
          try HostingFault.check(hosting_interface_set_up(name, 1), "bring up the TAP \(name) in \(network.name)")
        }
      } catch {
        close(number)
        throw error
      }
      return number
    }
    return BridgePort(tap: Descriptor(number), lacking: lacking)
  }
}
