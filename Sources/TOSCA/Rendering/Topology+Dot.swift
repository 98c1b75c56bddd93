extension Topology {
  /// The topology as a graph for Graphviz: nodes with their types, requirements as arrows, groups and policies dashed.
  public func dot() -> String {
    var output = "digraph topology {\n  rankdir=LR;\n  node [shape=box, fontname=\"Helvetica\"];\n"
    for node in nodes {
      output += "  \(Self.quoted("node " + node.name)) [label=\(Self.quoted(node.name + "\n" + node.type.name))];\n"
    }
    for node in nodes {
      for requirement in node.requirements {
        output += "  \(Self.quoted("node " + node.name)) -> \(Self.quoted("node " + requirement.target))"
        output += " [label=\(Self.quoted(requirement.name))];\n"
      }
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
