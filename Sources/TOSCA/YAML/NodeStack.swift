/// The items of the sequences and mappings that are being read, those of the innermost last. Each becomes an array of
/// just the right size when its end is read.
final class NodeStack<Element> {
  private var base: UnsafeMutablePointer<Element>
  private var capacity = 64
  /// How many there are.
  private(set) var count = 0

  /// An empty stack.
  init() { base = .allocate(capacity: capacity) }

  deinit {
    base.deinitialize(count: count)
    base.deallocate()
  }

  /// Adds an element.
  func push(_ element: consuming Element) {
    if count == capacity { grow() }
    (base + count).initialize(to: element)
    count += 1
  }

  private func grow() {
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity * 2)
    larger.moveInitialize(from: base, count: count)
    base.deallocate()
    base = larger
    capacity *= 2
  }

  /// An element by its position.
  subscript(position: Int) -> Element {
    precondition(position >= 0 && position < count)
    return base[position]
  }

  /// Whether one of the elements from a position on fulfils a condition.
  func contains(from start: Int, where condition: (borrowing Element) -> Bool) -> Bool {
    precondition(start >= 0 && start <= count)
    for position in start..<count where condition(base[position]) { return true }
    return false
  }

  /// Takes the elements from a position on.
  func take(from start: Int) -> [Element] {
    precondition(start >= 0 && start <= count)
    let taken = count - start
    guard taken > 0 else { return [] }
    count = start
    return Array(unsafeUninitializedCapacity: taken) { buffer, initialized in
      buffer.baseAddress?.moveInitialize(from: base + start, count: taken)
      initialized = taken
    }
  }
}
