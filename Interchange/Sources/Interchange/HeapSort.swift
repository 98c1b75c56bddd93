extension Array {
  /// Sorts in place by heap sort: *n* log *n* steps at worst, no memory. Equal elements may change places.
  ///
  /// The standard library's sort is faster where much is in order already, and stable; but each kind of element that it
  /// sorts costs an image some 3 kB, and this tenth of that. What is sorted often, or is long, should not use this one.
  @inline(never)
  public mutating func heapSort(by precedes: (Element, Element) -> Bool) {
    var start = count / 2
    var end = count
    while end > 1 {
      if start > 0 {
        // The heap grows from its last parent to its root,
        start -= 1
      } else {
        // and then gives up its greatest, again and again.
        end -= 1
        swapAt(0, end)
      }
      var parent = start
      while 2 * parent + 1 < end {
        var child = 2 * parent + 1
        if child + 1 < end, precedes(self[child], self[child + 1]) { child += 1 }
        guard precedes(self[parent], self[child]) else { break }
        swapAt(parent, child)
        parent = child
      }
    }
  }
}
