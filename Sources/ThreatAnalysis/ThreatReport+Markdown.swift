extension ThreatReport {
  /// The whole report as a Markdown document, with references.
  public func markdown(title: String, catalogue: ThreatCatalogue) -> String {
    var lines = ["# Threats to \(title)", ""]
    lines += ["| resource | level | prevented | limited | open |", "|---|---|---|---|---|"]
    for resource in resources {
      for level in resource.levels {
        let counts = State.allCases.map { state in level.threats.count { $0.state == state } }
        lines.append(
          "| \(resource.resource) | \(level.level) | \(counts.map(String.init).joined(separator: " | ")) |")
      }
    }
    for resource in resources {
      for level in resource.levels {
        lines += ["", "## \(resource.resource) at \(level.level)", ""]
        lines += rows(level.threats)
      }
    }
    lines += ["", "## What all resources stand on", ""] + rows(platform)
    lines += ["", "## The threats", ""]
    for threat in threats {
      lines += [
        "### \(threat.name)", "",
        "\(threat.description) \(capitalized(threat.attackClass.rawValue)); "
          + "\(threat.stride.map(\.rawValue).joined(separator: ", ")); in the \(threat.component). "
          + "Needs: \(threat.needs.joined(separator: ", ")).",
        "",
        "Sources: "
          + threat.sources.map { reference in
            catalogue.address(of: reference).map { "[\(reference)](\($0))" } ?? reference
          }.joined(separator: ", ") + ".",
        "",
      ]
    }
    return lines.joined(separator: "\n")
  }

  private func rows(_ rows: [Row]) -> [String] {
    ["| | threat | answered by | remains |", "|---|---|---|---|"]
      + rows.map { row in
        let answers = row.answers.map { answer in
          "\(answer.mechanism)\(answer.requirement.map { " (`\($0)`)" } ?? "") \(answer.effect.rawValue): \(answer.how)"
        }
        let absent = row.absent.isEmpty ? [] : ["not due here: \(row.absent.joined(separator: ", "))"]
        return "| \(row.state.sign) | \(name(row.threat)) | "
          + "\(cell((answers + absent).joined(separator: "<br>"))) | \(cell(row.remains)) |"
      }
  }

  private func cell(_ text: String) -> String { text.split(separator: "|").joined(separator: "\\|") }

  private func capitalized(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }
}
