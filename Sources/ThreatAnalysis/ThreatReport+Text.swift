extension ThreatReport.State {
  /// One sign for tables.
  var sign: String {
    switch self {
    case .answered: "✓"
    case .limited: "~"
    case .open: "✗"
    }
  }
}

extension ThreatReport {
  /// A table for each resource with a column for each level, and what is open or only limited below it.
  public var text: String {
    var lines: [String] = []
    for resource in resources {
      lines += ["\(resource.resource): threats by level", ""]
      lines += table(resource).map { "  " + $0 }
      lines += remarks(resource) + [""]
    }
    if !platform.isEmpty {
      lines += ["what all resources stand on", ""]
      lines += columns(platform.map { [$0.state.sign, name($0.threat), $0.remains] }).map { "  " + $0 }
      lines.append("")
    }
    lines.append("✓ prevented   ~ limited, noticed or ended   ✗ open   · does not apply")
    return lines.joined(separator: "\n")
  }

  private func table(_ resource: ResourceReport) -> [String] {
    let order = threats.map(\.id).filter { id in
      resource.levels.contains { $0.threats.contains { $0.threat == id } }
    }
    let rows = order.map { id in
      [name(id)] + resource.levels.map { level in level.threats.first { $0.threat == id }?.state.sign ?? "·" }
    }
    return columns([["threat"] + levels] + rows)
  }

  /// For each threat that is not prevented at the lowest level shown: what would answer it, and what remains.
  private func remarks(_ resource: ResourceReport) -> [String] {
    guard let lowest = resource.levels.first else { return [] }
    return lowest.threats.filter { $0.state == .open }.flatMap { row in
      [
        "",
        "  ✗ \(name(row.threat)), at \(lowest.level)"
          + (row.absent.isEmpty ? "" : ": would be answered by \(row.absent.joined(separator: ", "))"),
      ]
    }
  }

  /// A threat's name.
  func name(_ id: String) -> String { threats.first { $0.id == id }?.name ?? id }

  private func columns(_ rows: [[String]]) -> [String] {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    return rows.map { row in
      row.enumerated().map { column, text in
        column == row.count - 1 ? text : text + String(repeating: " ", count: widths[column] - text.count)
      }.joined(separator: "  ")
    }
  }
}
