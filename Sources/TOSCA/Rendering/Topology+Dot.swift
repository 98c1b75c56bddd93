extension Topology {
  /// The topology as a graph for Graphviz: nodes with their types, each in a cluster with what it hosts, requirements as
  /// arrows, groups and policies dashed.
  public func dot() -> String {
    let picture = TopologyPicture(self)
    var output = "digraph topology {\n  rankdir=LR;\n  node [shape=box, fontname=\"Helvetica\"];\n"
    for root in picture.roots { Self.write(root, of: picture, indent: "  ", to: &output) }
    for arrow in picture.arrows {
      output += "  \(Self.quoted("node " + picture.boxes[arrow.source].name)) -> "
      output += "\(Self.quoted("node " + picture.boxes[arrow.target].name)) [label=\(Self.quoted(arrow.label))];\n"
    }
    for group in groups {
      output += "  \(Self.quoted("group " + group.name)) "
      output += "[shape=folder, style=dashed, label=\(Self.quoted(group.name + "\n" + group.type.name))];\n"
      for member in group.members {
        output +=
          "  \(Self.quoted("group " + group.name)) -> \(Self.quoted("node " + member)) [style=dashed, dir=none];\n"
      }
    }
    let groupNames = Set(groups.map(\.name))
    for policy in policies where !policy.targets.isEmpty {
      output += "  \(Self.quoted("policy " + policy.name)) "
      output += "[shape=note, style=dashed, label=\(Self.quoted(policy.name + "\n" + policy.type.name))];\n"
      for target in policy.targets {
        let kind = groupNames.contains(target.value) ? "group " : "node "
        output += "  \(Self.quoted("policy " + policy.name)) -> \(Self.quoted(kind + target.value)) [style=dotted];\n"
      }
    }
    return output + "}\n"
  }

  /// A node; one that hosts others in a cluster with them. Chains of hosts are short, since each is a node of the
  /// template, and are followed without recursion where they are not.
  private static func write(_ root: Int, of picture: TopologyPicture, indent: String, to output: inout String) {
    enum Step {
      case open(Int, Int)
      case close(Int)
    }
    var steps: [Step] = [.open(root, 0)]
    while let step = steps.popLast() {
      switch step {
      case .close(let depth): output += indent + String(repeating: "  ", count: min(depth, 20)) + "}\n"
      case .open(let number, let depth):
        let box = picture.boxes[number]
        let margin = indent + String(repeating: "  ", count: min(depth, 20))
        let label = [box.name, box.type, box.note].compactMap(\.self).joined(separator: "\n")
        guard !box.children.isEmpty else {
          output += margin + "\(quoted("node " + box.name)) [label=\(quoted(label))];\n"
          continue
        }
        output += margin + "subgraph \(quoted("cluster " + box.name)) {\n"
        output += margin + "  style=\"rounded,filled\"; fillcolor=\"#00000010\"; label=\(quoted(box.name));\n"
        output += margin + "  \(quoted("node " + box.name)) [label=\(quoted(label))];\n"
        steps.append(.close(depth))
        steps += box.children.reversed().map { .open($0, depth + 1) }
      }
    }
  }

  /// A quoted identifier of the DOT language.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      default: if scalar.value >= 0x20 { result.unicodeScalars.append(scalar) }
      }
    }
    return result + "\""
  }
}
