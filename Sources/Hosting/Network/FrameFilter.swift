import CHosting

/// What an instance may send, as a program of the kernel's classic packet filter (bpf of linux/filter.h) at its port of
/// the bridge: frames from its own hardware address, with its own IPv4 and IPv6 addresses, and nothing that speaks for
/// another host: no ARP or neighbor discovery (RFC 4861) for other addresses, no router's message, no redirect, no
/// listener query. Who has no address yet may ask a server for one. What is not known to be honest is dropped.
struct FrameFilter {
  /// The instructions.
  let program: [sock_filter]

  /// What the program returns (linux/pkt_cls.h). 0, which the kernel returns for a program that reads beyond the frame,
  /// lets a frame pass: every length is checked first.
  private static let pass: UInt32 = 0
  private static let drop: UInt32 = 2

  /// The filter of who has these addresses. `ipv6` and `linkLocal`: 16 bytes each.
  init(hardware: [UInt8], ipv4: UInt32, ipv6: [UInt8], linkLocal: [UInt8]) {
    let own = [ipv6, linkLocal].map { FrameFilter.words($0, 4) }
    let (high, low) = (FrameFilter.words(hardware, 4)[0], FrameFilter.number(hardware[4..<6]))
    var code = Assembly()

    // Ethernet. Tags of virtual networks are taken off before: there are none here.
    code.load(vlanTagPresent: true)
    code.require(0)
    code.requireLength(14)
    code.load(.word, 6)
    code.require(high)
    code.load(.half, 10)
    code.require(low)
    code.load(.half, 12)
    code.jump(0x0806, to: .arp)
    code.jump(0x0800, to: .ipv4)
    code.require(0x86DD)

    // IPv6 (RFC 8200): whole, and without extension headers but those below.
    code.requireLength(54)
    code.requireIPv6Length()
    code.load(.byte, 14)
    code.mask(0xF0)
    code.require(0x60)
    code.oneOf(own, at: 22, then: .fromOwnIPv6, otherwise: .noSource)
    code.place(.fromOwnIPv6)
    code.load(.byte, 20)
    code.jump(6, to: .pass)
    code.jump(17, to: .pass)
    code.jump(58, to: .icmpv6)
    code.jump(0, to: .hopByHop)
    code.require(44)
    // Fragments: neighbor discovery in them is heard by nobody (RFC 6980, 5).
    code.requireLength(62)
    code.load(.byte, 54)
    code.jump(6, to: .pass)
    code.jump(17, to: .pass)
    code.require(58)
    code.finish(.pass)

    // From `::` come listener reports, and solicitations whether an address or a router is there (RFC 4862, 5.4.2).
    code.place(.noSource)
    for offset in stride(from: 22, to: 38, by: 4) {
      code.load(.word, offset)
      code.require(0)
    }
    code.load(.byte, 20)
    code.jump(0, to: .hopByHop)
    code.require(58)
    code.requireLength(58)
    code.load(.byte, 54)
    code.jump(135, to: .probe)
    code.require(133)
    code.load(.half, 18)
    code.require(8)
    code.finish(.pass)
    code.place(.probe)
    code.load(.half, 18)
    code.require(24)
    code.finish(.ownTarget)

    // Listener reports and the end of listening (RFC 3810, RFC 2710), behind an option that alerts routers.
    code.place(.hopByHop)
    code.requireLength(66)
    code.load(.half, 54)
    code.require(58 << 8)
    code.load(.byte, 62)
    code.jump(143, to: .pass)
    code.jump(131, to: .pass)
    code.require(132)
    code.finish(.pass)

    // ICMPv6 (RFC 4443): errors and echoes, and of neighbor discovery what a host says of itself.
    code.place(.icmpv6)
    code.requireLength(58)
    code.load(.byte, 54)
    for type: UInt32 in [1, 2, 3, 4, 128, 129] { code.jump(type, to: .pass) }
    code.jump(135, to: .solicitation)
    code.jump(136, to: .advertisement)
    code.require(133)
    code.load(.half, 18)
    code.jump(8, to: .pass)
    code.require(16)
    code.option(1, at: 62, high, low)
    code.finish(.pass)
    // Anybody may be looked for, with one's own hardware address to answer to.
    code.place(.solicitation)
    code.load(.half, 18)
    code.jump(24, to: .pass)
    code.require(32)
    code.option(1, at: 78, high, low)
    code.finish(.pass)
    code.place(.advertisement)
    // No router.
    code.load(.byte, 58)
    code.mask(0x80)
    code.require(0)
    code.load(.half, 18)
    code.jump(24, to: .ownTarget)
    code.require(32)
    code.option(2, at: 78, high, low)
    code.place(.ownTarget)
    code.requireLength(78)
    code.oneOf(own, at: 62, then: .pass, otherwise: .drop)

    // ARP for IPv4 over Ethernet (RFC 826), requests and answers, and probes from 0.0.0.0 (RFC 5227, 1.1).
    code.place(.arp)
    code.requireLength(42)
    code.load(.word, 14)
    code.require(0x0001_0800)
    code.load(.half, 18)
    code.require(0x0604)
    code.load(.word, 22)
    code.require(high)
    code.load(.half, 26)
    code.require(low)
    code.load(.half, 20)
    code.jump(1, to: .arpRequest)
    code.require(2)
    code.load(.word, 28)
    code.require(ipv4)
    code.finish(.pass)
    code.place(.arpRequest)
    code.load(.word, 28)
    code.jump(0, to: .pass)
    code.require(ipv4)
    code.finish(.pass)

    // IPv4 (RFC 791), without options, which no instance sends.
    code.place(.ipv4)
    code.requireLength(34)
    code.load(.byte, 14)
    code.require(0x45)
    code.load(.word, 26)
    code.jump(ipv4, to: .ownIPv4)
    // Who asks a server for an address has none yet (RFC 2131, 4.1): a whole datagram to all, from port 68 to port 67, and
    // for this hardware address.
    code.require(0)
    code.requireLength(76)
    code.load(.word, 30)
    code.require(0xFFFF_FFFF)
    code.load(.half, 20)
    code.mask(0x3FFF)
    code.require(0)
    code.load(.byte, 23)
    code.require(17)
    code.load(.word, 34)
    code.require(68 << 16 | 67)
    code.load(.word, 70)
    code.require(high)
    code.load(.half, 74)
    code.require(low)
    code.finish(.pass)
    // No instance lends addresses: nothing to the port of those who ask (RFC 2131, 4.1). The first fragment has the ports.
    code.place(.ownIPv4)
    code.load(.byte, 23)
    code.jump(17, to: .datagram)
    code.finish(.pass)
    code.place(.datagram)
    code.load(.half, 20)
    code.mask(0x1FFF)
    code.jump(0, to: .firstFragment)
    code.finish(.pass)
    code.place(.firstFragment)
    code.requireLength(42)
    code.load(.half, 36)
    code.jump(68, to: .drop)
    code.place(.pass)
    code.give(FrameFilter.pass)
    code.place(.drop)
    code.give(FrameFilter.drop)
    program = code.assembled()
  }

  private static func number(_ bytes: some Sequence<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }

  private static func words(_ bytes: [UInt8], _ size: Int) -> [UInt32] {
    stride(from: 0, to: bytes.count / size * size, by: size).map { number(bytes[$0..<$0 + size]) }
  }
}

/// Instructions with names for places: all jumps lead forward.
private struct Assembly {
  enum Label: Hashable {
    case arp, arpRequest, ipv4, ownIPv4, datagram, firstFragment, fromOwnIPv6, noSource, probe, hopByHop, icmpv6,
      solicitation, advertisement, ownTarget
    case pass, drop
    /// Within `oneOf`.
    case next(Int)
  }

  enum Width: UInt16 {
    case word = 0x00
    case half = 0x08
    case byte = 0x10
  }

  private struct Instruction {
    var code: UInt16
    var value: UInt32 = 0
    /// Where a comparison leads; `nil`: on.
    var ifTrue: Label?
    var ifFalse: Label?
  }

  // linux/bpf_common.h
  private static let loadAbsolute: UInt16 = 0x20
  private static let loadLength: UInt16 = 0x80
  private static let copyToIndex: UInt16 = 0x07
  private static let addConstant: UInt16 = 0x04
  private static let andConstant: UInt16 = 0x54
  private static let always: UInt16 = 0x05
  private static let ifEqual: UInt16 = 0x15
  private static let ifAtLeast: UInt16 = 0x35
  private static let ifAtLeastIndex: UInt16 = 0x3D
  private static let give: UInt16 = 0x06
  // SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT of linux/filter.h
  private static let vlanTagPresent = UInt32(bitPattern: -0x1000 + 48)

  private var instructions: [Instruction] = []
  private var places: [Label: Int] = [:]
  private var named = 0

  mutating func place(_ label: Label) { places[label] = instructions.count }

  mutating func load(_ width: Width, _ offset: Int) {
    instructions.append(Instruction(code: Assembly.loadAbsolute | width.rawValue, value: UInt32(offset)))
  }

  mutating func load(vlanTagPresent: Bool) {
    instructions.append(Instruction(code: Assembly.loadAbsolute, value: Assembly.vlanTagPresent))
  }

  mutating func mask(_ value: UInt32) { instructions.append(Instruction(code: Assembly.andConstant, value: value)) }

  /// Drops the frame unless what was loaded is `value`.
  mutating func require(_ value: UInt32) {
    instructions.append(Instruction(code: Assembly.ifEqual, value: value, ifFalse: .drop))
  }

  mutating func jump(_ value: UInt32, to label: Label) {
    instructions.append(Instruction(code: Assembly.ifEqual, value: value, ifTrue: label))
  }

  /// Drops the frame unless it has that many bytes.
  mutating func requireLength(_ count: UInt32) {
    instructions.append(Instruction(code: Assembly.loadLength))
    instructions.append(Instruction(code: Assembly.ifAtLeast, value: count, ifFalse: .drop))
  }

  /// Drops the frame unless it has the IPv6 payload that it says it has.
  mutating func requireIPv6Length() {
    load(.half, 18)
    instructions.append(Instruction(code: Assembly.addConstant, value: 54))
    instructions.append(Instruction(code: Assembly.copyToIndex))
    instructions.append(Instruction(code: Assembly.loadLength))
    instructions.append(Instruction(code: Assembly.ifAtLeastIndex, ifFalse: .drop))
  }

  /// Goes on at `then` if one of the values of four words is at an offset.
  mutating func oneOf(_ values: [[UInt32]], at offset: Int, then: Label, otherwise: Label) {
    for (index, words) in values.enumerated() {
      named += 1
      let next = index == values.count - 1 ? otherwise : Label.next(named)
      for (number, word) in words.enumerated() {
        load(.word, offset + 4 * number)
        instructions.append(
          Instruction(
            code: Assembly.ifEqual, value: word, ifTrue: number == words.count - 1 ? then : nil, ifFalse: next))
      }
      if next != otherwise { place(next) }
    }
  }

  /// Drops the frame unless the option of neighbor discovery at an offset is of that type and names that hardware
  /// address.
  mutating func option(_ type: UInt32, at offset: Int, _ high: UInt32, _ low: UInt32) {
    requireLength(UInt32(offset + 8))
    load(.half, offset)
    require(type << 8 | 1)
    load(.word, offset + 2)
    require(high)
    load(.half, offset + 6)
    require(low)
  }

  mutating func finish(_ label: Label) { instructions.append(Instruction(code: Assembly.always, ifTrue: label)) }

  mutating func give(_ value: UInt32) { instructions.append(Instruction(code: Assembly.give, value: value)) }

  func assembled() -> [sock_filter] {
    instructions.enumerated().map { index, instruction in
      func distance(_ label: Label?) -> Int {
        // Every label is placed, behind all that leads to it: a slip here is one of this file, not of its input.
        label.map { places[$0]! - index - 1 } ?? 0
      }
      if instruction.code == Assembly.always {
        return sock_filter(code: instruction.code, jt: 0, jf: 0, k: UInt32(distance(instruction.ifTrue)))
      }
      return sock_filter(
        code: instruction.code, jt: UInt8(distance(instruction.ifTrue)), jf: UInt8(distance(instruction.ifFalse)),
        k: instruction.value)
    }
  }
}
