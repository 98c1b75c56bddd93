import Foundation
import Testing

@testable import TOSCA

/// Invalid templates of TOSCA 1.3, made by changing valid ones: each must be found, in or beside the place that was
/// changed, and a misspelt name with the right one as suggestion.
@Suite("mutants of valid templates")
struct MutationTests {
  @Test("the templates that mutants are made of are valid", arguments: MutationBase.all.indices)
  func bases(index: Int) throws {
    #expect(try Fixture(MutationBase.all[index].text).read().errors == [])
  }

  @Test("each mutant is found in its place", arguments: MutationBase.all.indices)
  func mutants(index: Int) throws {
    let (name, base) = MutationBase.all[index]
    for mutation in Mutation.table {
      for mutant in mutation.apply(MutationText(base)) { try check(mutant, of: name) }
    }
  }

  @Test("changes that need to know their template are found", arguments: Mutation.particular.indices)
  func particular(index: Int) throws {
    let change = Mutation.particular[index]
    let base = try #require(MutationBase.all.first { $0.name == change.base }).text
    #expect(base.components(separatedBy: change.old).count == 2, "\(change.old) stands once in \(change.base)")
    let text = base.replacing(change.old, with: change.new)
    let first = base.components(separatedBy: change.old)[0].split(separator: "\n", omittingEmptySubsequences: false)
      .count
    let last = first + change.new.split(separator: "\n", omittingEmptySubsequences: false).count
    let lines = max(1, first - change.before)...(last + 2)
    try check(Mutant(what: change.new, text: text, lines: lines, suggestion: change.suggestion), of: change.base)
  }

  @Test("there are at least 500 mutants")
  func count() {
    let made = MutationBase.all.map { base in
      Mutation.table.map { $0.apply(MutationText(base.text)).count }.reduce(0, +)
    }
    print("mutants: \(made) and \(Mutation.particular.count)")
    #expect(made.reduce(Mutation.particular.count, +) >= 500)
  }

  private func check(_ mutant: Mutant, of base: String) throws {
    // Where something is wrong the whole profile is read, so that reading a part of it first can be left out.
    var reader = TemplateReader(profiles: Fixture.profiles)
    reader.profileReading = .whole
    let fixture = try Fixture(mutant.text)
    let errors = reader.read(fixture.folder + "/service.yaml").findings.filter { $0.severity == .error }
    let found = errors.map { "\($0.code) \($0.place.line): \($0.message)" }
    guard !errors.isEmpty else {
      Issue.record("\(base): \(mutant.what): nothing was found")
      return
    }
    let near = errors.filter { mutant.lines.contains($0.place.line) }
    if near.isEmpty { Issue.record("\(base): \(mutant.what): not in lines \(mutant.lines): \(found)") }
    if let suggestion = mutant.suggestion, !near.contains(where: { $0.suggestion == suggestion }) {
      Issue.record("\(base): \(mutant.what): `\(suggestion)` is not suggested: \(found)")
    }
  }
}
