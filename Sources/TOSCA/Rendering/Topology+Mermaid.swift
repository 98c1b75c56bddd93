extension Topology {
  /// The topology as a flow chart in Mermaid's language: nodes with their types, each host around what it hosts,
  /// requirements as arrows, groups and policies with dotted lines.
  public func mermaid() -> String {
    let picture = TopologyPicture(self)
    var output = "flowchart LR\n"
    for root in picture.roots { Self.write(root, of: picture, to: &output) }
    for arrow in picture.arrows {
      output += "  n\(arrow.source) -->|\(Self.escaped(arrow.label))| n\(arrow.target)\n"
    }
    for (number, group) in picture.groups.enumerated() {
      output += "  g\(number)[[\(Self.escaped(group.name, group.type))]]:::group\n"
    }
    for (number, policy) in picture.policies.enumerated()
    where picture.boxes.contains(where: { $0.policies.contains(number) }) {
      output += "  p\(number){{\(Self.escaped(policy.name, policy.type))}}:::policy\n"
    }
    for (number, box) in picture.boxes.enumerated() {
      for group in box.groups { output += "  g\(group) -.- n\(number)\n" }
      for policy in box.policies { output += "  p\(policy) -.-> n\(number)\n" }
    }
    output += "  classDef group stroke-dasharray: 5 5\n  classDef policy stroke-dasharray: 2 2\n"
    return output
  }

  private static func write(_ root: Int, of picture: TopologyPicture, to output: inout String) {
    // What is still to be written; nil closes a host.
    var steps: [(box: Int?, depth: Int)] = [(root, 1)]
    while let step = steps.popLast() {
      let margin = String(repeating: "  ", count: min(step.depth, 20))
      guard let number = step.box else {
        output += margin + "end\n"
        continue
      }
      let box = picture.boxes[number]
      let label = escaped(box.name, [box.type, box.note].compactMap(\.self).joined(separator: ", "))
      guard !box.children.isEmpty else {
        output += margin + "n\(number)[\(label)]\n"
        continue
      }
      output += margin + "subgraph n\(number)[\(label)]\n"
      steps.append((nil, step.depth))
      steps += box.children.reversed().map { ($0, step.depth + 1) }
    }
  }

  /// A label in quotes: what the language has a meaning for is written as entities.
  private static func escaped(_ lines: String...) -> String {
    var result = "\""
    for (number, line) in lines.enumerated() {
      if number > 0 { result += "<br/>" }
      for scalar in line.unicodeScalars {
        switch scalar {
        case "\"", "#", "&", "<", ">", ";", "`": result += "#\(scalar.value);"
        default: if scalar.value >= 0x20 { result.unicodeScalars.append(scalar) }
        }
      }
    }
    return result + "\""
  }
}
