/// Several patterns as one table: a deterministic automaton over classes of bytes, made on the host, and walked in images
/// with one step for each byte. Whoever reads one trusts nothing in it.
///
/// The binary form: a version (1), the number of states, of classes, of patterns (a byte), the state before the first byte,
/// the first state in which something is found, the class of each of the 256 bytes, the following state for each state
/// and class, what is found in each of the last states, and what is found where a text ends, for each state. Numbers of
/// states and classes have 16 bits, sets of patterns 32.
public struct PatternTable: Hashable, Sendable {
  /// How many states there can be.
  public static let maximumStates = 4096
  /// How many transitions there can be.
  public static let maximumCells = 131_072
  /// How many patterns there can be.
  public static let maximumPatterns = 32

  /// How many patterns it finds.
  public let patternCount: Int
  private let classCount: Int
  private let classes: [UInt8]
  private let transitions: [UInt16]
  private let start: Int
  private let firstFound: Int
  private let found: [UInt32]
  private let foundAtEnd: [UInt32]

  /// How many transitions there are.
  public var cellCount: Int { transitions.count }

  /// Puts a table together. `found` has an item for each state from `firstFound` on, `foundAtEnd` for each state. `.invalid`
  /// where a number leads out of the table, `.tooLarge` beyond its bounds.
  public init(
    patternCount: Int, classCount: Int, classes: [UInt8], transitions: [UInt16], start: Int, firstFound: Int,
    found: [UInt32], foundAtEnd: [UInt32]
  ) throws(DecodingFault) {
    let stateCount = foundAtEnd.count
    guard stateCount <= PatternTable.maximumStates, transitions.count <= PatternTable.maximumCells else {
      throw .tooLarge
    }
    guard patternCount >= 1, patternCount <= PatternTable.maximumPatterns, classCount >= 1, classCount <= 256,
      stateCount >= 1, classes.count == 256, transitions.count == stateCount * classCount, start >= 0,
      start < stateCount, firstFound >= 0, firstFound <= stateCount, found.count == stateCount - firstFound
    else { throw .invalid }
    for number in classes where Int(number) >= classCount { throw .invalid }
    for target in transitions where Int(target) >= stateCount { throw .invalid }
    let others: UInt32 = patternCount == 32 ? 0 : ~0 << UInt32(patternCount)
    for set in found where set & others != 0 { throw .invalid }
    for set in foundAtEnd where set & others != 0 { throw .invalid }
    self.patternCount = patternCount
    self.classCount = classCount
    self.classes = classes
    self.transitions = transitions
    self.start = start
    self.firstFound = firstFound
    self.found = found
    self.foundAtEnd = foundAtEnd
  }

  /// Reads the binary form. Nothing is allocated before its size is known to be there.
  public init(_ bytes: [UInt8]) throws(DecodingFault) {
    var reader = ByteReader(bytes)
    guard try reader.readByte() == 1 else { throw .invalid }
    let stateCount = Int(try reader.readFixed(UInt16.self))
    let classCount = Int(try reader.readFixed(UInt16.self))
    let patternCount = Int(try reader.readByte())
    let start = Int(try reader.readFixed(UInt16.self))
    let firstFound = Int(try reader.readFixed(UInt16.self))
    let classes = try reader.readRaw(256)
    guard stateCount <= PatternTable.maximumStates, stateCount * classCount <= PatternTable.maximumCells else {
      throw .tooLarge
    }
    guard firstFound <= stateCount else { throw .invalid }
    let size = 2 * stateCount * classCount + 4 * (stateCount - firstFound) + 4 * stateCount
    guard reader.remaining >= size else { throw .truncated }
    guard reader.remaining == size else { throw .trailing }
    var transitions: [UInt16] = []
    transitions.reserveCapacity(stateCount * classCount)
    for _ in 0..<(stateCount * classCount) { transitions.append(try reader.readFixed(UInt16.self)) }
    var found: [UInt32] = []
    for _ in firstFound..<stateCount { found.append(try reader.readFixed(UInt32.self)) }
    var foundAtEnd: [UInt32] = []
    for _ in 0..<stateCount { foundAtEnd.append(try reader.readFixed(UInt32.self)) }
    try self.init(
      patternCount: patternCount, classCount: classCount, classes: classes, transitions: transitions, start: start,
      firstFound: firstFound, found: found, foundAtEnd: foundAtEnd)
  }

  /// The binary form.
  public var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.write(1)
    writer.write(fixed: UInt16(foundAtEnd.count))
    writer.write(fixed: UInt16(classCount))
    writer.write(UInt8(patternCount))
    writer.write(fixed: UInt16(start))
    writer.write(fixed: UInt16(firstFound))
    writer.write(raw: classes)
    for target in transitions { writer.write(fixed: target) }
    for set in found { writer.write(fixed: set) }
    for set in foundAtEnd { writer.write(fixed: set) }
    return writer.bytes
  }

  /// One pass over one text, which may come in any number of pieces.
  public struct Walk: Sendable {
    private var state: Int
    /// The patterns found so far, one bit each.
    public private(set) var found: UInt32

    /// Before the first byte.
    public init(_ table: PatternTable) {
      state = table.start
      found = state >= table.firstFound ? table.found[state - table.firstFound] : 0
    }

    /// Takes the next byte: one look into the table.
    @inline(__always)
    public mutating func step(_ byte: UInt8, _ table: PatternTable) {
      state = Int(table.transitions[state &* table.classCount &+ Int(table.classes[Int(byte)])])
      if state >= table.firstFound { found |= table.found[state - table.firstFound] }
    }

    /// The patterns that are found where the text ends here.
    public func end(_ table: PatternTable) -> UInt32 { found | table.foundAtEnd[state] }
  }
}
