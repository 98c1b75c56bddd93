import CHosting
import Glibc

/// One thing a host has or lacks.
public struct HostCheck: Sendable, Hashable, Codable {
  /// What was looked for, such as `TAP devices`.
  public var name: String
  /// Whether it is there.
  public var isPresent: Bool
  /// Whether nothing runs without it; the rest only makes some things possible or faster.
  public var isRequired: Bool
  /// What was found, or what is wrong.
  public var found: String
  /// What mends it, a command where there is one; `nil` where it is there.
  public var remedy: String?

  /// A check with its result.
  public init(name: String, isPresent: Bool, isRequired: Bool, found: String, remedy: String?) {
    self.name = name
    self.isPresent = isPresent
    self.isRequired = isRequired
    self.found = found
    self.remedy = isPresent ? nil : remedy
  }
}

/// Finds out what this host can run, for `testudo doctor`. It tries things rather than guessing from versions, and
/// leaves nothing.
public struct HostProbe: Sendable {
  /// The linker that is used, if it is known.
  private let linker: String?

  /// Looks at this host. Where no linker is named, one is looked for in `PATH`.
  public init(linker: String? = nil) {
    self.linker = linker
  }

  /// All checks, in the order in which they should be mended.
  public func run() -> [HostCheck] {
    [user(), namespaces(), tap(), bridge(), addressLock(), linkerCheck(), virtualMachines()]
  }

  /// The first thing missing that nothing runs without, as a fault.
  public func requireAll() throws(HostingFault) {
    for check in run() where check.isRequired && !check.isPresent {
      throw .lacking(what: "\(check.name) (\(check.found))", remedy: check.remedy ?? "see `testudo doctor`")
    }
  }

  private func user() -> HostCheck {
    let user = geteuid()
    let found = UserNamespace.isEntered ? "an ordinary user, root in a user namespace only" : "running as user \(user)"
    return HostCheck(
      name: "root", isPresent: user == 0, isRequired: true, found: found,
      remedy: "run the command with `sudo`, or let ordinary users have user namespaces: as root, `sysctl "
        + "user.max_user_namespaces=10000` and, where the kernel has them, `sysctl kernel.unprivileged_userns_clone=1` and "
        + "`sysctl kernel.apparmor_restrict_unprivileged_userns=0`")
  }

  private func namespaces() -> HostCheck {
    check(
      "network namespaces",
      remedy: "run as root; in a container, start it with `--cap-add SYS_ADMIN --cap-add NET_ADMIN` or `--privileged`"
    ) { () throws(HostingFault) in
      try NetworkNamespace.run(in: -1, named: "probe") { () throws(HostingFault) in
        _ = try HostingFault.check(hosting_interface_set_up("lo", 1), "bring up loopback in a new network namespace")
      }
      return "a new one was made and left again"
    }
  }

  private func tap() -> HostCheck {
    check(
      "TAP devices",
      remedy: "load the driver with `modprobe tun`; in a container, hand it over with `--device /dev/net/tun`"
    ) { () throws(HostingFault) in
      try NetworkNamespace.run(in: -1, named: "probe") { () throws(HostingFault) in
        _ = Descriptor(try BridgePort.makeTAP("tap0", "through /dev/net/tun"))
      }
      return "/dev/net/tun gives one"
    }
  }

  private func bridge() -> HostCheck {
    check("network bridges", remedy: "load the driver with `modprobe bridge`") { () throws(HostingFault) in
      try NetworkNamespace.run(in: -1, named: "probe") { () throws(HostingFault) in
        _ = try HostingFault.check(hosting_bridge_create("br0"), "create a bridge")
      }
      return "the kernel has them"
    }
  }

  private func addressLock() -> HostCheck {
    let remedy =
      "load the drivers with `modprobe -a sch_ingress cls_bpf`; without them, an image that was broken into "
      + "can use the addresses of others in its service's network"
    return check("address lock", isRequired: false, remedy: remedy) { () throws(HostingFault) in
      try NetworkNamespace.run(in: -1, named: "probe") { () throws(HostingFault) in
        _ = try HostingFault.check(hosting_bridge_create("br0"), "create a bridge")
        let tap = Descriptor(try BridgePort.makeTAP("tap0", "through /dev/net/tun"))
        try HostingFault.check(hosting_bridge_attach("br0", "tap0"), "attach a TAP to a bridge")
        let own = PortAddresses(hardware: [2, 0, 0, 0, 0, 1], ipv4: 1, ipv6: [UInt8](repeating: 0, count: 16))
        let lacking = try own.lock("tap0")
        _ = consume tap
        if let lacking { throw .refused(lacking) }
      }
      return "what instances send is filtered at their ports"
    }
  }

  private func linkerCheck() -> HostCheck {
    let folders = (getenv("PATH").map { String(cString: $0) } ?? "").split(separator: ":")
    let path = linker ?? folders.map { String($0) + "/ld.lld" }.first { access($0, X_OK) == 0 }
    return HostCheck(
      name: "linker ld.lld", isPresent: path != nil, isRequired: true, found: path ?? "not found in PATH",
      remedy: "install it with `apt-get install lld`, or put the Swift toolchain's `bin` folder into PATH")
  }

  private func virtualMachines() -> HostCheck {
    let descriptor = open("/dev/kvm", O_RDWR | O_CLOEXEC)
    let code = errno
    if descriptor >= 0 { close(descriptor) }
    return HostCheck(
      name: "KVM", isPresent: descriptor >= 0, isRequired: false,
      found: descriptor >= 0 ? "/dev/kvm can be opened" : "/dev/kvm: \(HostingFault.text(of: code))",
      remedy: "the process target needs none; for microvm, enable virtualization in the firmware and `modprobe kvm`, "
        + "or accept QEMU's slower emulation")
  }

  private func check(
    _ name: String, isRequired: Bool = true, remedy: String, _ body: () throws(HostingFault) -> String
  ) -> HostCheck {
    do throws(HostingFault) {
      return HostCheck(name: name, isPresent: true, isRequired: isRequired, found: try body(), remedy: nil)
    } catch {
      return HostCheck(name: name, isPresent: false, isRequired: isRequired, found: error.description, remedy: remedy)
    }
  }
}
