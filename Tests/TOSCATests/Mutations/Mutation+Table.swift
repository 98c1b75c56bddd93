import Foundation

extension Mutation {
  /// All mutations.
  static let table: [Mutation] = [
    // A keyname that no entity has: `tpye`.
    eachLine("a keyname is misspelt", where: { keynames.contains($0.key) && !isFree($0) }) { line, text in
      (text.replacing(line.number...line.number, by: [text.line(line, key: misspelt(line.key))]), line.key)
    },
    // A name that stands for nothing: `derived_from: tosca.nodes.Rot`.
    eachLine("a name is misspelt", where: { naming.contains($0.key) && isName($0.value) && !isFree($0) }) {
      line, text in
      (text.replacing(line.number...line.number, by: [text.line(line, value: misspelt(line.value))]), line.value)
    },
    // The same in a list of names, such as targets.
    eachLine("a name in a list is misspelt", where: { namingLists.contains($0.key) && $0.value.hasPrefix("[ ") }) {
      line, text in
      let names = line.value.dropFirst(2).dropLast(2).split(separator: ",").map { $0.drop { $0 == " " } }
      let last = names.last.map(String.init) ?? ""
      let value = "[ " + (names.dropLast().map(String.init) + [misspelt(last)]).joined(separator: ", ") + " ]"
      return (text.replacing(line.number...line.number, by: [text.line(line, value: value)]), last)
    },
    // An argument of a function that names nothing.
    eachLine("what a function asks for is misspelt", where: { $0.value.contains("get_") }) { line, text in
      let marker = line.value.contains("get_input: ") ? "get_input: " : ", "
      guard let start = line.value.range(of: marker, options: line.value.contains("get_input: ") ? [] : .backwards)
      else { return nil }
      let rest = line.value[start.upperBound...]
      let name = String(rest.prefix { $0.isLetter || $0 == "_" })
      guard name.count > 2 else { return nil }
      let value = line.value[..<start.upperBound] + misspelt(name) + rest.dropFirst(name.count)
      return (text.replacing(line.number...line.number, by: [text.line(line, value: String(value))]), name)
    },
    // A function that does not exist.
    eachLine("a function is misspelt", where: { $0.value.contains("{ get_") }) { line, text in
      let value = line.value.replacing("{ get_", with: "{ gett_", maxReplacements: 1)
      return (text.replacing(line.number...line.number, by: [text.line(line, value: value)]), nil)
    },
    // One name for two things.
    eachLine("an entry stands twice", where: { !$0.isItem }) { line, text in
      let own = Array(text.lines[line.number...line.end])
      return (text.replacing(line.number...line.end, by: own + own), nil)
    },
    eachLine("a map becomes a number", where: { mapSections.contains($0.key) && $0.isSection && !isFree($0) }) {
      line, text in
      (text.replacing(line.number...line.end, by: [text.line(line, value: "5")]), nil)
    },
    eachLine("a map becomes a list", where: { mapSections.contains($0.key) && $0.isSection && !isFree($0) }) {
      line, text in
      (text.replacing(line.number...line.end, by: [text.line(line, value: "[ 1 ]")]), nil)
    },
    eachLine("a list becomes a map", where: { listSections.contains($0.key) && !isFree($0) }) { line, text in
      (text.replacing(line.number...line.end, by: [text.line(line, value: "{ one: 1 }")]), nil)
    },
    eachLine("a list becomes a text", where: { listSections.contains($0.key) && !isFree($0) }) { line, text in
      (text.replacing(line.number...line.end, by: [text.line(line, value: "nothing")]), nil)
    },
    eachLine("an entity becomes a list", where: { isEntity($0) && $0.isSection }) { line, text in
      (text.replacing(line.number...line.end, by: [text.line(line, value: "[ nothing ]")]), nil)
    },
    // What must be there is taken out.
    // Of a property that refines another one the type may be left out (1.3, 3.6.10.6).
    eachLine("the type is missing", where: { $0.key == "type" && isMandatory($0) && !isFree($0) && !isRefinement($0) })
    {
      line, text in
      (text.replacing(line.number...line.number, by: []), nil)
    },
    eachLine("a mandatory keyname is missing", where: { mandatory.contains($0.key) && !$0.isItem }) { line, text in
      (text.replacing(line.number...line.end, by: []), nil)
    },
    eachLine("a type derives from itself", where: { $0.key == "derived_from" }) { line, text in
      (text.replacing(line.number...line.number, by: [text.line(line, value: line.path.last ?? "")]), nil)
    },
    eachLine("bounds are the wrong way round", where: { ["in_range", "occurrences"].contains($0.key) }) { line, text in
      (text.replacing(line.number...line.number, by: [text.line(line, value: "[ 9, 1 ]")]), nil)
    },
    eachLine("bounds are one number", where: { ["in_range", "occurrences"].contains($0.key) }) { line, text in
      (text.replacing(line.number...line.number, by: [text.line(line, value: "1")]), nil)
    },
    eachLine("bounds are negative", where: { $0.key == "occurrences" }) { line, text in
      (text.replacing(line.number...line.number, by: [text.line(line, value: "[ -1, 1 ]")]), nil)
    },
    eachLine("a Boolean is a word", where: { ["true", "false"].contains($0.value) }) { line, text in
      (text.replacing(line.number...line.number, by: [text.line(line, value: "perhaps")]), nil)
    },
    eachLine("a constraint is misspelt", where: { $0.isItem && $0.path.last == "constraints" }) { line, text in
      (text.replacing(line.number...line.number, by: [text.line(line, key: misspelt(line.key))]), line.key)
    },
    eachLine("a constraint has no operand", where: { $0.isItem && $0.path.last == "constraints" }) { line, text in
      (text.replacing(line.number...line.number, by: [text.line(line, value: "[]")]), nil)
    },
    eachLine("a version is none", where: { ["version", "tosca_definitions_version"].contains($0.key) }) { line, text in
      (text.replacing(line.number...line.number, by: [text.line(line, value: "first")]), nil)
    },
    eachLine("an implementation is a list", where: { $0.key == "implementation" || $0.key == "primary" }) {
      line, text in
      (text.replacing(line.number...line.end, by: [text.line(line, value: "[ 1 ]")]), nil)
    },
    eachLine("a description is a map", where: { $0.key == "description" }) { line, text in
      (text.replacing(line.number...line.number, by: [text.line(line, value: "{ text: 1 }")]), nil)
    },
  ]

  /// One change of one line, wherever it applies. What is given back is the text, and the name that is to be suggested.
  private static func eachLine(
    _ name: String, where applies: @escaping @Sendable (MutationText.Line) -> Bool,
    _ change: @escaping @Sendable (MutationText.Line, MutationText) -> (String, String?)?
  ) -> Mutation {
    Mutation(name: name) { text in
      text.keys.filter(applies).compactMap { line in
        guard let (changed, suggestion) = change(line, text) else { return nil }
        let parent = text.keys.last { $0.number < line.number && $0.indent < line.indent }?.number ?? 0
        let path = (line.path + [line.key]).joined(separator: "/")
        return Mutant(
          what: "\(name): \(path)", text: changed, lines: (parent + 1)...(line.end + 2 + line.end - line.number),
          suggestion: suggestion)
      }
    }
  }
}
