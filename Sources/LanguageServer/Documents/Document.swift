import Foundation
import TOSCA

/// The text of a document, with the ways between its positions and the places of findings.
struct Document {
  /// The text.
  private(set) var text: String
  /// The text by lines as places count them.
  private(set) var lines: SourceLines
  /// How the client counts characters.
  let encoding: PositionEncoding
  /// Where each line begins, as the client counts lines, in UTF-8.
  private var starts: [Int]

  /// A document.
  init(_ text: String, encoding: PositionEncoding) {
    lines = SourceLines(text)
    self.text = lines.text
    self.encoding = encoding
    starts = Self.starts(of: self.text)
  }

  /// Puts a text in the place of a range, or of everything.
  mutating func replace(_ range: TextRange?, with new: String) {
    var text = text
    if let range {
      let start = index(of: range.start)
      text.replaceSubrange(start..<max(start, index(of: range.end)), with: new)
    } else {
      text = new
    }
    self = Document(text, encoding: encoding)
  }

  /// Where a position is; one beyond its line is its end, one beyond the text the text's end.
  func index(of position: Position) -> String.Index {
    guard position.line >= 0 else { return text.startIndex }
    guard position.line < starts.count else { return text.endIndex }
    var index = text.utf8.index(text.startIndex, offsetBy: starts[position.line])
    var left = position.character
    while index < text.endIndex {
      let scalar = text.unicodeScalars[index]
      if scalar == "\n" || scalar == "\r" { break }
      left -= encoding.width(scalar)
      if left < 0 { break }
      index = text.unicodeScalars.index(after: index)
    }
    return index
  }

  /// The position of an index.
  func position(of index: String.Index) -> Position {
    let offset = text.utf8.distance(from: text.startIndex, to: index)
    var low = 0
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= offset { low = middle } else { high = middle }
    }
    let start = text.utf8.index(text.startIndex, offsetBy: starts[low])
    let character = text.unicodeScalars[start..<index].reduce(0) { $0 + encoding.width($1) }
    return Position(line: low, character: character)
  }

  /// The range of a place.
  func range(of place: SourceRange) -> TextRange {
    let start = lines.index(line: place.line, column: place.column) ?? text.endIndex
    let end = lines.index(line: place.endLine, column: place.endColumn) ?? text.endIndex
    return TextRange(start: position(of: start), end: position(of: max(start, end)))
  }

  /// The line and column of a position, as places count them.
  func place(of position: Position) -> (line: Int, column: Int) {
    let index = index(of: position)
    // The two ways of counting lines differ only where a text has line breaks of Unicode's.
    var low = 1
    var high = lines.count + 1
    while high - low > 1 {
      let middle = (low + high) / 2
      if (lines[middle]?.startIndex ?? text.endIndex) <= index { low = middle } else { high = middle }
    }
    let start = min(lines[low]?.startIndex ?? index, index)
    return (low, text.unicodeScalars.distance(from: start, to: index) + 1)
  }

  private static func starts(of text: String) -> [Int] {
    var starts = [0]
    var offset = 0
    var wasReturn = false
    for byte in text.utf8 {
      offset += 1
      if byte == 0x0A {
        if wasReturn { starts[starts.count - 1] = offset } else { starts.append(offset) }
      } else if byte == 0x0D {
        starts.append(offset)
      }
      wasReturn = byte == 0x0D
    }
    return starts
  }
}

/// Paths and URIs of files.
enum FileURI {
  /// The path of a file's URI; nil where it is of another scheme.
  static func path(_ uri: String) -> String? {
    guard let url = URL(string: uri), url.isFileURL else { return nil }
    let path = url.standardizedFileURL.path
    return path.isEmpty ? nil : path
  }

  /// The URI of a path.
  static func uri(_ path: String) -> String { URL(fileURLWithPath: path).absoluteString }

  /// A path without links, where it is there.
  static func resolved(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }
}
