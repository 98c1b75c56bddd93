/// A dictionary with text keys that keeps the order in which they were added. Most maps of a template have a few
/// entries, so that looking at each is faster than hashing; larger ones keep an index.
struct OrderedMap<Element: Sendable>: Sendable {
  /// A key and its element. It is no tuple, because arrays of tuples are copied and destroyed the slow way.
  struct Entry: Sendable {
    /// The key.
    var key: String
    /// The element.
    var element: Element
  }

  /// The keys with their elements, in order.
  private(set) var entries: [Entry] = []
  /// The positions by key, where there are more entries than are searched one by one.
  private var positions: [String: Int] = [:]

  /// The entries up to which there is no index.
  private static var few: Int { 8 }

  /// An empty map.
  init() {}

  /// The keys, in order.
  var keys: [String] { entries.map(\.key) }
  /// The elements, in order.
  var values: [Element] { entries.map(\.element) }
  /// Whether it has none.
  var isEmpty: Bool { entries.isEmpty }
  /// How many there are.
  var count: Int { entries.count }

  /// Makes room for a number of elements.
  mutating func reserveCapacity(_ count: Int) {
    entries.reserveCapacity(count)
    if count > Self.few { positions.reserveCapacity(count) }
  }

  /// Whether there is an element of a key.
  func contains(_ key: String) -> Bool { position(of: key) != nil }

  /// The element of a key; setting one that is new adds it at the end.
  subscript(key: String) -> Element? {
    get { position(of: key).map { entries[$0].element } }
    set {
      let position = position(of: key)
      if let newValue {
        if let position { entries[position].element = newValue } else { append(newValue, key) }
      } else if let position {
        entries.remove(at: position)
        positions = [:]
        if entries.count > Self.few { index() }
      }
    }
  }

  private mutating func append(_ element: Element, _ key: String) {
    entries.append(Entry(key: key, element: element))
    if entries.count == Self.few + 1 { index() } else if entries.count > Self.few { positions[key] = entries.count - 1 }
  }

  private mutating func index() {
    for (position, entry) in entries.enumerated() { positions[entry.key] = position }
  }

  /// The position of a key in `entries`.
  func position(of key: String) -> Int? {
    if entries.count > Self.few { return positions[key] }
    var position = 0
    while position < entries.count {
      if entries[position].key == key { return position }
      position += 1
    }
    return nil
  }

  /// This map's elements put over another's, each combined with the one it covers.
  func over(_ base: OrderedMap, combine: (_ own: Element, _ base: Element) -> Element = { own, _ in own }) -> OrderedMap
  {
    if base.isEmpty { return self }
    if isEmpty { return base }
    var result = base
    for own in entries { result[own.key] = base[own.key].map { combine(own.element, $0) } ?? own.element }
    return result
  }
}

extension OrderedMap: Sequence {
  /// Gives keys and elements in order.
  struct Iterator: IteratorProtocol {
    private let entries: [Entry]
    private var position = 0

    fileprivate init(_ entries: [Entry]) { self.entries = entries }

    mutating func next() -> (key: String, element: Element)? {
      guard position < entries.count else { return nil }
      defer { position += 1 }
      return (entries[position].key, entries[position].element)
    }
  }

  /// Keys and elements, in order.
  func makeIterator() -> Iterator { Iterator(entries) }
}
