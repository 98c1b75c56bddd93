extension Topology {
  /// The topology as a picture in SVG, laid out without any other tool: nodes with their types inside what hosts them,
  /// requirements as arrows, groups as coloured marks, policies as marks with letters; a legend says what they are.
  public func svg() -> String { SVGDrawing(TopologyPicture(self)).text() }
}

/// A picture of a topology in SVG (1.1).
private struct SVGDrawing {
  private let picture: TopologyPicture
  private let layout: LayeredLayout
  private static let margin = 24.0
  private static let line = 18.0
  /// What a character of a label measures at most on average.
  private static let character = (name: 8.2, small: 6.8)
  private static let mark = 16.0
  /// More marks than these are counted instead of drawn.
  private static let marks = 8
  private static let colors = [
    "#2a6fbb", "#c05621", "#2f855a", "#6b46c1", "#b7791f", "#b83280", "#2c7a7b", "#718096",
  ]

  init(_ picture: TopologyPicture) {
    self.picture = picture
    layout = LayeredLayout(picture) { Self.size(of: picture.boxes[$0]) }
  }

  private static func size(of box: TopologyPicture.Box) -> (width: Double, height: Double) {
    let marks = min(box.groups.count, Self.marks) + min(box.policies.count, Self.marks)
    let width = max(
      width(box.name, character.name), width(box.type, character.small), width(box.note ?? "", character.small),
      Double(marks + 1) * mark)
    return (max(width + 24, 90), line * (box.note == nil ? 2 : 3) + 14 + (marks > 0 ? mark + 4 : 0))
  }

  private static func width(_ text: String, _ character: Double) -> Double {
    Double(text.unicodeScalars.count) * character
  }

  func text() -> String {
    let legend = legendLines()
    let width = max(layout.size.width, legend.map { Self.width($0.text, Self.character.small) + 30 }.max() ?? 0)
    let height = layout.size.height + (legend.isEmpty ? 0 : Double(legend.count) * Self.line + 24)
    let total = (width + 2 * Self.margin, height + 2 * Self.margin)
    var output = """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(Self.number(total.0))" height="\(Self.number(total.1))" \
      viewBox="0 0 \(Self.number(total.0)) \(Self.number(total.1))" font-family="Helvetica, Arial, sans-serif">
      <defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">\
      <path d="M0,0 L8,4 L0,8 z" fill="#4a5568"/></marker></defs>
      <rect width="100%" height="100%" fill="white"/>
      <g transform="translate(\(Self.number(Self.margin)),\(Self.number(Self.margin)))">

      """
    // Hosts are behind what is in them, and arrows behind everything but hosts.
    let hosts = outerFirst()
    for box in hosts where !picture.boxes[box].children.isEmpty { drawBox(box, to: &output) }
    for arrow in picture.arrows { draw(arrow, to: &output) }
    for box in hosts where picture.boxes[box].children.isEmpty { drawBox(box, to: &output) }
    for arrow in picture.arrows { drawLabel(of: arrow, to: &output) }
    drawLegend(legend, to: &output)
    return output + "</g>\n</svg>\n"
  }

  private func outerFirst() -> [Int] {
    var result: [Int] = []
    var pending = Array(picture.roots.reversed())
    while let box = pending.popLast() {
      result.append(box)
      pending += picture.boxes[box].children.reversed()
    }
    return result
  }

  private func drawBox(_ number: Int, to output: inout String) {
    let box = picture.boxes[number]
    let frame = layout.frames[number]
    let isHost = !box.children.isEmpty
    output += "<rect x=\"\(Self.number(frame.x))\" y=\"\(Self.number(frame.y))\" width=\"\(Self.number(frame.width))\" "
    output += "height=\"\(Self.number(frame.height))\" rx=\"6\" stroke=\"#2d3748\" "
    output += isHost ? "fill=\"#edf2f7\" fill-opacity=\"0.7\"/>\n" : "fill=\"white\"/>\n"
    let middle = frame.x + frame.width / 2
    var y = frame.y + Self.line + 2
    Self.write(box.name, middle, y, "font-size=\"14\" font-weight=\"bold\"", to: &output)
    for line in [box.type, box.note].compactMap(\.self) {
      y += Self.line
      Self.write(line, middle, y, "font-size=\"12\" fill=\"#4a5568\"", to: &output)
    }
    drawMarks(of: box, frame, y + 8, to: &output)
  }

  private func drawMarks(
    of box: TopologyPicture.Box, _ frame: LayeredLayout.Frame, _ y: Double, to output: inout String
  ) {
    var x = frame.x + 12
    for group in box.groups.prefix(Self.marks) {
      output += "<rect x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" width=\"12\" height=\"12\" rx=\"2\" "
      output += "fill=\"\(Self.color(group))\"><title>\(Self.escaped(picture.groups[group].name))</title></rect>\n"
      x += Self.mark
    }
    for policy in box.policies.prefix(Self.marks) {
      output += "<text x=\"\(Self.number(x + 6))\" y=\"\(Self.number(y + 11))\" font-size=\"11\" "
      output += "text-anchor=\"middle\" fill=\"\(Self.color(policy))\">\(Self.letters(policy))"
      output += "<title>\(Self.escaped(picture.policies[policy].name))</title></text>\n"
      x += Self.mark
    }
    let more = max(box.groups.count - Self.marks, 0) + max(box.policies.count - Self.marks, 0)
    if more > 0 { Self.write("+\(more)", x + 8, y + 11, "font-size=\"11\" fill=\"#4a5568\"", to: &output) }
  }

  /// Where an arrow begins and ends: at the sides that face each other, spread along them.
  private func ends(of arrow: TopologyPicture.Arrow) -> (from: (x: Double, y: Double), to: (x: Double, y: Double)) {
    let (source, target) = (layout.frames[arrow.source], layout.frames[arrow.target])
    let from = (source.x + source.width, source.y + min(source.height / 2, 26))
    let to = (target.x, target.y + min(target.height / 2, 26))
    guard from.0 > to.0 else { return (from, to) }
    // The target is not to the right: the arrow goes back, below both names.
    return ((source.x, from.1 + 8), (target.x + target.width, to.1 + 8))
  }

  private func draw(_ arrow: TopologyPicture.Arrow, to output: inout String) {
    let (from, to) = ends(of: arrow)
    let reach = max(abs(to.x - from.x) / 2, 30)
    let direction = layout.frames[arrow.source].x + layout.frames[arrow.source].width == from.x ? 1.0 : -1.0
    output += "<path d=\"M\(Self.number(from.x)),\(Self.number(from.y)) "
    output += "C\(Self.number(from.x + direction * reach)),\(Self.number(from.y)) "
    output +=
      "\(Self.number(to.x - direction * reach)),\(Self.number(to.y)) \(Self.number(to.x)),\(Self.number(to.y))\" "
    output += "fill=\"none\" stroke=\"#4a5568\" marker-end=\"url(#arrow)\"/>\n"
  }

  private func drawLabel(of arrow: TopologyPicture.Arrow, to output: inout String) {
    let (from, to) = ends(of: arrow)
    Self.write(
      arrow.label, (from.x + to.x) / 2, (from.y + to.y) / 2 - 4,
      "font-size=\"11\" fill=\"#2d3748\" stroke=\"white\" stroke-width=\"3\" paint-order=\"stroke\"", to: &output)
  }

  /// One line of the legend: a mark, and what it stands for.
  private struct LegendLine {
    var group: Int?
    var policy: Int?
    var text: String
  }

  private func legendLines() -> [LegendLine] {
    let groups = picture.groups.enumerated().map { number, group in
      LegendLine(group: number, text: "group \(group.name) (\(group.type))")
    }
    let used = Set(picture.boxes.flatMap(\.policies))
    let policies = picture.policies.enumerated().map { number, policy in
      LegendLine(
        policy: number,
        text: "policy \(policy.name) (\(policy.type))" + (used.contains(number) ? "" : ", without targets"))
    }
    let lines = groups + policies
    guard lines.count > 60 else { return lines }
    return lines.prefix(60) + [LegendLine(text: "and \(lines.count - 60) more groups and policies")]
  }

  private func drawLegend(_ lines: [LegendLine], to output: inout String) {
    var y = layout.size.height + 24 + Self.line
    for line in lines {
      if let group = line.group {
        output += "<rect x=\"2\" y=\"\(Self.number(y - 11))\" width=\"12\" height=\"12\" rx=\"2\" "
        output += "fill=\"\(Self.color(group))\"/>\n"
      } else if let policy = line.policy {
        Self.write(
          Self.letters(policy), 8, y, "font-size=\"11\" fill=\"\(Self.color(policy))\"", to: &output)
      }
      output += "<text x=\"24\" y=\"\(Self.number(y))\" font-size=\"12\">\(Self.escaped(line.text))</text>\n"
      y += Self.line
    }
  }

  /// Letters that stand for a policy: A to Z, then AA and so on.
  private static func letters(_ number: Int) -> String {
    var result = ""
    var rest = number + 1
    while rest > 0 {
      rest -= 1
      result = String(Character(Unicode.Scalar(UInt8(65 + rest % 26)))) + result
      rest /= 26
    }
    return result
  }

  private static func color(_ number: Int) -> String { colors[number % colors.count] }

  private static func write(_ text: String, _ x: Double, _ y: Double, _ style: String, to output: inout String) {
    output += "<text x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"middle\" \(style)>\(escaped(text))</text>\n"
  }

  private static func number(_ value: Double) -> String {
    value == value.rounded() ? String(Int(value)) : String((value * 10).rounded() / 10)
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: if scalar.value >= 0x20 { result.unicodeScalars.append(scalar) }
      }
    }
    return result
  }
}
