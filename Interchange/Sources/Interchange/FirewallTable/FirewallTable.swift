/// The rules of a packet filter, compiled so that a packet is decided in a few steps however many rules there are.
///
/// It is a set of firewall decision diagrams (Liu and Gouda, 2004): each node divides the values of one field of the
/// packet into ranges, and each range leads to another node or to the first rule that matches. Rules that would make one
/// diagram large stand in a second one, or in up to four: the earliest rule that any of them finds decides.
/// `FirewallCompiler` makes tables on the host; reading one checks all that a look-up relies on.
public struct FirewallTable: Sendable {
  /// What the connection table knows of a packet.
  public enum State: UInt8, Sendable, CaseIterable {
    /// It opens a connection.
    case new
    /// It belongs to one.
    case established
    /// It is an error about a packet of one.
    case related
    /// It does neither.
    case invalid
  }

  /// Versions of IP and protocols. There are rules for each.
  public enum Kind: UInt8, Sendable, CaseIterable {
    case tcp4, udp4, icmp4, tcp6, udp6, icmp6
  }

  /// What a packet is decided by.
  public struct Packet: Sendable {
    /// What the connection table knows of it.
    public var state: State
    /// Whether it comes in.
    public var isInbound: Bool
    /// Its protocol and version.
    public var kind: Kind
    /// The address of the other end in four parts, the leading one first, of IPv4 in the first alone; the port that it comes
    /// from, or the type of ICMP; the port that it goes to, or the code.
    public var values: InlineArray<6, UInt32>

    /// A packet.
    @inline(__always)
    public init(
      state: State, isInbound: Bool, kind: Kind, peer: (UInt32, UInt32, UInt32, UInt32), sourcePort: UInt16,
      destinationPort: UInt16
    ) {
      self.state = state
      self.isInbound = isInbound
      self.kind = kind
      values = [peer.0, peer.1, peer.2, peer.3, UInt32(sourcePort), UInt32(destinationPort)]
    }
  }

  /// What was decided.
  public struct Verdict: Equatable, Sendable {
    /// Whether the packet passes.
    public var passes: Bool
    /// The rule that decided, counted from 0 in the order of their standing; `nil` where none matches.
    public var rule: Int?

    /// A verdict.
    @inline(__always)
    public init(passes: Bool, rule: Int?) {
      self.passes = passes
      self.rule = rule
    }
  }

  /// Combinations of state, direction and kind, each with diagrams of its own.
  public static let classes = 4 * 2 * 6
  /// The most diagrams that one packet is taken through.
  public static let maximumDiagrams = 4
  /// The most rules.
  public static let maximumRules = 65_535
  /// The most words that nodes may take: 16 MB with everything else fit into no message.
  public static let maximumWords = 3 << 20
  /// The most times of the week.
  public static let maximumWindows = 1024
  /// The longest way through a diagram: six fields, and rules with times.
  public static let maximumDepth = 72

  /// How many diagrams each class has.
  var diagrams: Int
  /// Where each diagram of each class begins.
  var roots: [UInt32]
  /// Times of the week.
  var windows: [Window]
  /// The nodes.
  var words: [UInt32]
  /// Whether new packets pass that no rule matches.
  var defaultPasses: Bool
  /// Whether a state and direction has rules, by their number.
  var hasRules: UInt8 = 0

  /// How many bytes a table takes in memory.
  public var byteCount: Int { 4 * (roots.count + words.count) + MemoryLayout<Window>.stride * windows.count }

  /// How many diagrams a packet is taken through.
  public var diagramCount: Int { diagrams }

  /// Whether rules say anything of packets in this state that go this way.
  @inline(__always)
  public func hasRules(_ state: State, isInbound: Bool) -> Bool {
    hasRules >> (state.rawValue << 1 | (isInbound ? 0 : 1)) & 1 != 0
  }

  /// What becomes of a packet. `minuteOfWeek` is asked where a rule has times: the minutes since Monday 0:00 UTC.
  @inline(__always)
  public func verdict(of packet: Packet, minuteOfWeek: () -> UInt32) -> Verdict {
    var first = Reference.none.payload
    let direction = (Int(packet.state.rawValue) << 1) | (packet.isInbound ? 0 : 1)
    let start = (direction * Kind.allCases.count + Int(packet.kind.rawValue)) * diagrams
    let words = words.span
    for index in start..<start + diagrams {
      let found = follow(roots[index], words, packet, minuteOfWeek)
      if found < first { first = found }
    }
    guard first != Reference.none.payload else {
      // What belongs to an admitted connection passes unless a rule says otherwise, and what belongs to none does not.
      let passes =
        switch packet.state {
        case .new: defaultPasses
        case .established, .related: true
        case .invalid: false
        }
      return Verdict(passes: passes, rule: nil)
    }
    return Verdict(passes: first & 1 != 0, rule: Int(first >> 1))
  }

  /// Goes from node to node down to a rule. All places were checked when the table was read.
  @inline(__always)
  private func follow(_ root: UInt32, _ words: Span<UInt32>, _ packet: Packet, _ minuteOfWeek: () -> UInt32) -> UInt32 {
    var reference = Reference(rawValue: root)
    while !reference.isLeaf {
      let at = reference.offset
      let head = NodeHead(rawValue: words[unchecked: at])
      if head.field == FirewallTable.timeField {
        let isOpen = windows[Int(words[unchecked: at + 1])].contains(minuteOfWeek())
        reference = Reference(rawValue: words[unchecked: at + (isOpen ? 2 : 3)])
        continue
      }
      let value = packet.values[head.field]
      var low = 0
      var high = Int(words[unchecked: at + 1]) - 1
      var pairs = at + 2
      if head.indexBits != 0 {
        let parts = 1 << head.indexBits
        let base = words[unchecked: at + 2]
        pairs = at + 3 + parts
        let part = Int((value &- base) >> head.shift)
        if value < base {
          high = 0
        } else if part >= parts {
          low = high
        } else {
          let entry = IndexEntry(rawValue: words[unchecked: at + 3 + part])
          guard entry.isDivided else {
            reference = Reference(rawValue: entry.rawValue)
            continue
          }
          low = entry.first
          if let more = entry.more { high = low + more }
        }
      }
      // The last range that begins at the value or before.
      while low < high {
        let middle = (low + high + 1) >> 1
        if words[unchecked: pairs + 2 * middle] <= value { low = middle } else { high = middle - 1 }
      }
      reference = Reference(rawValue: words[unchecked: pairs + 2 * low + 1])
    }
    return reference.payload
  }
}

extension FirewallTable {
  /// A time that comes each week: from a time of day, for so many minutes, on some days, in UTC.
  public struct Window: Hashable, Sendable {
    /// The days on which it begins: bit 0 is Monday.
    public var days: UInt8
    /// When it begins, in minutes from midnight.
    public var startMinute: UInt16
    /// When it ends, likewise; if that is no later than it begins, on the next day.
    public var endMinute: UInt16

    /// A time of the week.
    public init(days: UInt8, startMinute: UInt16, endMinute: UInt16) {
      self.days = days
      self.startMinute = startMinute
      self.endMinute = endMinute
    }

    /// Whether the numbers are those of a day and a week.
    public var isValid: Bool { days > 0 && days < 128 && startMinute < 1440 && endMinute < 1440 }

    /// Whether a minute of the week, counted from Monday 0:00, lies in it.
    public func contains(_ minuteOfWeek: UInt32) -> Bool {
      let (start, end) = (UInt32(startMinute), UInt32(endMinute))
      let length = end > start ? end - start : end + 1440 - start
      for day in 0..<7 as Range<UInt32> where days >> UInt8(day) & 1 != 0 {
        if (minuteOfWeek + 10_080 - (day * 1440 + start)) % 10_080 < length { return true }
      }
      return false
    }
  }

  /// Where a range leads: to a node, by its first word, or to a rule.
  public struct Reference: Hashable, Sendable {
    /// The highest bit tells rules from nodes.
    public var rawValue: UInt32

    /// From a word of a table.
    @inline(__always)
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// A node.
    public init(node offset: Int) { rawValue = UInt32(offset) }

    /// A rule by its place in the list.
    public init(rule: Int, passes: Bool) { rawValue = 1 << 31 | UInt32(rule) << 1 | (passes ? 1 : 0) }

    /// No rule matches.
    public static let none = Reference(rawValue: ~0)

    /// Whether this is a rule, or that there is none.
    @inline(__always)
    public var isLeaf: Bool { rawValue >> 31 != 0 }
    /// The rule and whether it lets pass: the smaller number is the earlier rule.
    @inline(__always)
    public var payload: UInt32 { rawValue & 0x7FFF_FFFF }
    /// The first word of the node.
    @inline(__always)
    public var offset: Int { Int(rawValue) }
  }

  /// The first word of a node.
  ///
  /// A node has: this word; the number of ranges; if there is an index, where the second range begins, and `2^indexBits`
  /// words for as many equal parts of the values from there on; then each range's first value and where it leads. A node
  /// about the time has this word, a window, and where it leads in that time and out of it.
  public struct NodeHead: Sendable {
    /// The field, the size of the index and the shift that leads into it.
    public var rawValue: UInt32

    /// From a word of a table.
    @inline(__always)
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// A node about a field.
    public init(field: Int, indexBits: Int = 0, shift: Int = 0) {
      rawValue = UInt32(field | indexBits << 3 | shift << 8)
    }

    /// 0 to 3 are parts of the address, 4 and 5 the ports, 6 is the time.
    @inline(__always)
    public var field: Int { Int(rawValue & 7) }
    /// The logarithm of the number of parts; 0 where there is no index.
    @inline(__always)
    public var indexBits: Int { Int(rawValue >> 3 & 31) }
    /// By how much a value is shifted to find its place in the index.
    @inline(__always)
    public var shift: UInt32 { rawValue >> 8 & 31 }
  }

  /// What the index of a node says of a part of the values: where it leads, if all of it is in one range, or else which
  /// ranges it has.
  public struct IndexEntry: Sendable {
    /// The highest bits are 01 where the part has several ranges: no reference begins with these.
    public var rawValue: UInt32
    /// The most ranges of a node with an index.
    public static let maximumRanges = 1 << 20
    /// So many further ranges, or more.
    static let most = 1023

    /// From a word of a table.
    @inline(__always)
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// A part in which these ranges begin or go on.
    public init(ranges: ClosedRange<Int>) {
      let more = min(ranges.count - 1, IndexEntry.most)
      rawValue = 1 << 30 | UInt32(more) << 20 | UInt32(ranges.lowerBound)
    }

    /// Whether the part has several ranges.
    @inline(__always)
    public var isDivided: Bool { rawValue >> 30 == 1 }
    /// The range in which it begins.
    @inline(__always)
    public var first: Int { Int(rawValue & 0xF_FFFF) }
    /// How many ranges follow in it; `nil` where those are too many to be said.
    @inline(__always)
    public var more: Int? {
      let more = Int(rawValue >> 20 & 1023)
      return more == IndexEntry.most ? nil : more
    }
  }
}
