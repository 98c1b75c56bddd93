/// A graph of numbers: for each, those that its arrows lead to.
struct DirectedGraph {
  /// The successors of each.
  let successors: [[Int]]

  /// A graph of the successors of each number.
  init(_ successors: [[Int]]) { self.successors = successors }

  /// Some cycle, in the order of the arrows; nil where there is none.
  func cycle() -> [Int]? { acyclic(cycles: 1).cycles.first }

  /// The graph without the arrows that close cycles, and the first of those cycles, each in the order of the arrows.
  func acyclic(cycles limit: Int = 20) -> (graph: DirectedGraph, cycles: [[Int]]) {
    var state = [UInt8](repeating: 0, count: successors.count)
    var position = [Int](repeating: 0, count: successors.count)
    var result = successors
    var cycles: [[Int]] = []
    for start in successors.indices where state[start] == 0 {
      var path = [start]
      state[start] = 1
      while let current = path.last {
        guard position[current] < successors[current].count else {
          state[current] = 2
          path.removeLast()
          continue
        }
        let next = successors[current][position[current]]
        position[current] += 1
        if state[next] == 1 {
          if cycles.count < limit, let first = path.firstIndex(of: next) { cycles.append(Array(path[first...])) }
          result[current].removeAll { $0 == next }
        } else if state[next] == 0 {
          state[next] = 1
          path.append(next)
        }
      }
    }
    return (DirectedGraph(result), cycles)
  }

  /// The graph with all arrows turned round.
  func reversed() -> DirectedGraph {
    var result = [[Int]](repeating: [], count: successors.count)
    for (from, next) in successors.enumerated() { for to in next { result[to].append(from) } }
    return DirectedGraph(result)
  }

  /// The waves in which everything can be taken up after all that its arrows lead to. What is on a cycle, or leads to
  /// one, comes in no wave.
  func waves() -> [[Int]] {
    var open = successors.map(\.count)
    let predecessors = reversed().successors
    var wave = successors.indices.filter { open[$0] == 0 }
    var result: [[Int]] = []
    while !wave.isEmpty {
      result.append(wave)
      var next: [Int] = []
      for done in wave {
        for waiting in predecessors[done] {
          open[waiting] -= 1
          if open[waiting] == 0 { next.append(waiting) }
        }
      }
      wave = next.sorted()
    }
    return result
  }
}
