/// How far inside a service each resource is: 0 for those that no other connects to, and for each other one more than for
/// the innermost of those that connect to it. Resources that connect to each other in a circle have one rank.
enum ConnectionRanks {
  /// The ranks by name, in time that grows with the number of resources and connections.
  static func fromOutside(_ resources: [DesiredResource]) -> [String: Int] {
    let numbers = Dictionary(resources.enumerated().map { ($1.name, $0) }) { first, _ in first }
    let backends = resources.map { $0.connections.compactMap { numbers[$0] } }
    let circles = stronglyConnected(backends)
    // Circles come out with those first that lead to no other: from the last to the first, clients precede backends.
    var ranks = [Int](repeating: 0, count: circles.count)
    var circle = [Int](repeating: 0, count: resources.count)
    for (place, members) in circles.enumerated() { for member in members { circle[member] = place } }
    for place in circles.indices.reversed() {
      for backend in circles[place].lazy.flatMap({ backends[$0] }) where circle[backend] != place {
        ranks[circle[backend]] = max(ranks[circle[backend]], ranks[place] + 1)
      }
    }
    return Dictionary(resources.enumerated().map { ($1.name, ranks[circle[$0]]) }) { first, _ in first }
  }

  /// The strongly connected components of a graph, each after all those that it leads to: R. Tarjan, "Depth-first search
  /// and linear graph algorithms", SIAM Journal on Computing 1 (1972). It keeps its path itself: a long chain needs no deep
  /// stack.
  private static func stronglyConnected(_ successors: [[Int]]) -> [[Int]] {
    var components: [[Int]] = []
    var number = [Int?](repeating: nil, count: successors.count)
    var low = [Int](repeating: 0, count: successors.count)
    var isOpen = [Bool](repeating: false, count: successors.count)
    var (open, count): ([Int], Int) = ([], 0)
    var path: [(node: Int, looked: Int)] = []

    func enter(_ node: Int) {
      (number[node], low[node], isOpen[node]) = (count, count, true)
      count += 1
      open.append(node)
      path.append((node, 0))
    }

    for start in successors.indices where number[start] == nil {
      enter(start)
      while let (node, looked) = path.last {
        guard looked == successors[node].count else {
          path[path.count - 1].looked += 1
          let next = successors[node][looked]
          if let known = number[next] {
            if isOpen[next] { low[node] = min(low[node], known) }
          } else {
            enter(next)
          }
          continue
        }
        path.removeLast()
        if let client = path.last?.node { low[client] = min(low[client], low[node]) }
        guard low[node] == number[node] else { continue }
        var members: [Int] = []
        while let member = open.popLast() {
          isOpen[member] = false
          members.append(member)
          if member == node { break }
        }
        components.append(members)
      }
    }
    return components
  }
}
