extension ProtectionTable {
  /// The table as text: for each resource a line per kind of protection, with a column per level.
  public var text: String {
    var lines: [String] = []
    for row in resources {
      lines.append("\(row.resource)  \(row.type), \(row.endpoint)")
      for application in row.applications { lines.append("  \(application)") }
      lines.append("")
      lines += cells(of: row)
      lines.append("")
    }
    for adaptation in adaptations {
      let conditions = adaptation.conditions.joined(separator: " and ")
      if adaptation.actions.count == 1, let level = adaptation.level {
        lines.append("\(level) is due while \(conditions) (\(adaptation.trigger))")
      } else {
        lines.append("upon \(conditions) (\(adaptation.trigger)):")
        lines += adaptation.actions.map { "  \($0)" }
      }
    }
    while lines.last?.isEmpty ?? false { lines.removeLast() }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A header, and for each kind that is due at some level as many lines as requirements of it are due at once.
  private func cells(of row: Row) -> [String] {
    var table: [[String]] = [[""] + levels.map { "\($0.name) (\($0.rank))" }]
    let kinds = Protection.Kind.allCases.map(\.rawValue).filter { kind in
      row.due.values.contains { due in due.contains { $0.kind == kind } }
    }
    for kind in kinds {
      let byLevel = levels.map { level in (row.due[level.name] ?? []).filter { $0.kind == kind } }
      for index in 0..<(byLevel.map(\.count).max() ?? 0) {
        table.append(
          [index == 0 ? kind : ""]
            + byLevel.map { $0.indices.contains(index) ? $0[index].summary : index == 0 ? "-" : "" })
      }
    }
    if kinds.isEmpty { return ["  nothing is due at any level"] }
    let widths = (0...levels.count).map { column in table.map { $0[column].unicodeScalars.count }.max() ?? 0 }
    return table.map { cells in
      let padded = zip(cells, widths).map { cell, width in
        cell + String(repeating: " ", count: width - cell.unicodeScalars.count)
      }
      var line = "  " + padded.joined(separator: "  ")
      while line.hasSuffix(" ") { line.removeLast() }
      return line
    }
  }
}
