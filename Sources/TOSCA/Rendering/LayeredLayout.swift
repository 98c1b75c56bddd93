/// Where the boxes of a picture are. Inside each host, and outside all, boxes stand in columns, each to the left of those
/// that its arrows lead to; a host is as large as what is in it asks for.
struct LayeredLayout {
  /// A rectangle, in pixels.
  struct Frame {
    var x = 0.0
    var y = 0.0
    var width = 0.0
    var height = 0.0
  }

  /// Where each box is.
  private(set) var frames: [Frame]
  /// How large the whole is.
  private(set) var size: (width: Double, height: Double) = (0, 0)

  private static let gap = (column: 90.0, row: 24.0, inside: 16.0)
  /// The most boxes of a column; more stand in further columns.
  private static let rows = 24

  /// The layout of a picture, given how large a box must be for what is written in it. A host needs that much at its top.
  init(_ picture: TopologyPicture, label: (Int) -> (width: Double, height: Double)) {
    frames = Array(repeating: Frame(), count: picture.boxes.count)
    let depth = Self.depths(picture)
    let between = Self.siblings(picture, depth)
    // What is inside is laid out before what is around it.
    for box in picture.boxes.indices.sorted(by: { depth[$0] > depth[$1] }) {
      let needed = label(box)
      let inner = picture.boxes[box].children
      guard !inner.isEmpty else {
        (frames[box].width, frames[box].height) = needed
        continue
      }
      let extent = arrange(inner, between[box] ?? [])
      frames[box].width = max(needed.width, extent.width + 2 * Self.gap.inside)
      frames[box].height = needed.height + extent.height + Self.gap.inside
      for child in inner {
        frames[child].x += Self.gap.inside
        frames[child].y += needed.height
      }
    }
    let extent = arrange(picture.roots, between[-1] ?? [])
    size = (extent.width, extent.height)
    // Frames are relative to what is around them until here.
    for box in picture.boxes.indices.sorted(by: { depth[$0] < depth[$1] }) {
      guard let parent = picture.boxes[box].parent else { continue }
      frames[box].x += frames[parent].x
      frames[box].y += frames[parent].y
    }
  }

  private static func depths(_ picture: TopologyPicture) -> [Int] {
    var depths = Array(repeating: 0, count: picture.boxes.count)
    var pending = picture.roots
    while let box = pending.popLast() {
      for child in picture.boxes[box].children {
        depths[child] = depths[box] + 1
        pending.append(child)
      }
    }
    return depths
  }

  /// Puts boxes of one host side by side, and says how large the whole is.
  private mutating func arrange(
    _ boxes: [Int], _ arrows: [(source: Int, target: Int)]
  ) -> (width: Double, height: Double) {
    let position = Dictionary(boxes.enumerated().map { ($1, $0) }) { first, _ in first }
    var successors = [[Int]](repeating: [], count: boxes.count)
    var seen: Set<[Int]> = []
    for arrow in arrows where seen.insert([arrow.source, arrow.target]).inserted {
      if let source = position[arrow.source], let target = position[arrow.target] { successors[source].append(target) }
    }
    let graph = DirectedGraph(successors).acyclic(cycles: 0).graph
    var x = 0.0
    var height = 0.0
    for column in Self.columns(graph) {
      // A column that is too high stands in several.
      for start in stride(from: 0, to: column.count, by: Self.rows) {
        var y = 0.0
        var width = 0.0
        for number in column[start..<min(start + Self.rows, column.count)] {
          let box = boxes[number]
          frames[box].x = x
          frames[box].y = y
          y += frames[box].height + Self.gap.row
          width = max(width, frames[box].width)
        }
        height = max(height, y - Self.gap.row)
        x += width + (start + Self.rows < column.count ? Self.gap.row : Self.gap.column)
      }
    }
    return (max(x - Self.gap.column, 0), max(height, 0))
  }

  /// The arrows between what is side by side: those of what is inside a box are the box's. By what they are in; -1 is
  /// outside all.
  private static func siblings(_ picture: TopologyPicture, _ depth: [Int]) -> [Int: [(source: Int, target: Int)]] {
    var result: [Int: [(source: Int, target: Int)]] = [:]
    for arrow in picture.arrows {
      var (source, target) = (arrow.source, arrow.target)
      while depth[source] > depth[target], let parent = picture.boxes[source].parent { source = parent }
      while depth[target] > depth[source], let parent = picture.boxes[target].parent { target = parent }
      while source != target, picture.boxes[source].parent != picture.boxes[target].parent,
        let one = picture.boxes[source].parent, let other = picture.boxes[target].parent
      {
        (source, target) = (one, other)
      }
      if source != target { result[picture.boxes[source].parent ?? -1, default: []].append((source, target)) }
    }
    return result
  }

  /// Columns of a graph without cycles: each number is in a column before all that its arrows lead to, as near to them
  /// as can be. In a column, what leads to or from neighbours that are high stands high.
  private static func columns(_ graph: DirectedGraph) -> [[Int]] {
    let waves = graph.waves()
    var columns = Array(waves.reversed())
    let predecessors = graph.reversed().successors
    var row = [Double](repeating: 0, count: graph.successors.count)
    for column in columns { for (position, number) in column.enumerated() { row[number] = Double(position) } }
    for sweep in 0..<4 {
      let neighbours = sweep % 2 == 0 ? predecessors : graph.successors
      for index in sweep % 2 == 0 ? Array(columns.indices) : columns.indices.reversed() {
        let weighted = columns[index].enumerated().map { position, number in
          let beside = neighbours[number]
          let mean = beside.isEmpty ? row[number] : beside.reduce(0) { $0 + row[$1] } / Double(beside.count)
          return (mean, position, number)
        }
        columns[index] = weighted.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2)
        for (position, number) in columns[index].enumerated() { row[number] = Double(position) }
      }
    }
    return columns
  }
}
