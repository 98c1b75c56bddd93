/// A dictionary with text keys that keeps the order in which they were added.
struct OrderedMap<Element: Sendable>: Sendable {
  /// The keys, in order.
  private(set) var keys: [String] = []
  private var elements: [String: Element] = [:]

  /// An empty map.
  init() {}

  /// The element of a key; setting one that is new adds it at the end.
  subscript(key: String) -> Element? {
    get { elements[key] }
    set {
      if let newValue {
        if elements.updateValue(newValue, forKey: key) == nil { keys.append(key) }
      } else if elements.removeValue(forKey: key) != nil {
        keys.removeAll { $0 == key }
      }
    }
  }

  /// The elements, in order.
  var values: [Element] { keys.compactMap { elements[$0] } }
  /// Whether it has none.
  var isEmpty: Bool { keys.isEmpty }
  /// How many there are.
  var count: Int { keys.count }

  /// This map's elements put over another's, each combined with the one it covers.
  func over(_ base: OrderedMap, combine: (_ own: Element, _ base: Element) -> Element = { own, _ in own }) -> OrderedMap
  {
    if base.isEmpty { return self }
    var result = base
    for key in keys {
      guard let own = elements[key] else { continue }
      result[key] = base[key].map { combine(own, $0) } ?? own
    }
    return result
  }
}

extension OrderedMap: Sequence {
  /// Keys and elements, in order.
  func makeIterator() -> AnyIterator<(key: String, element: Element)> {
    var index = 0
    return AnyIterator {
      while index < keys.count {
        let key = keys[index]
        index += 1
        if let element = elements[key] { return (key, element) }
      }
      return nil
    }
  }
}
