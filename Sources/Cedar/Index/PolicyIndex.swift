/// Policies arranged by what they ask for, so that a decision looks only at those that can apply.
///
/// A tree of questions: each policy waits at the end of the path of its tests (`ConditionAnalysis`). A decision walks
/// down with the answers that the request gives, meets the policies whose tests all hold, and evaluates what is left of
/// them. A policy that is not met has a test that is false and nothing before it that fails, so it neither applies nor
/// errs: what the index leaves out cannot change the answer (the slicing theorem of Cedar, extended to conditions).
public final class PolicyIndex: Sendable {
  /// One place in the tree, as ranges of `nodePolicies` and `nodeTables`.
  struct Node: Sendable {
    var policies: Range<Int32>
    var tables: Range<Int32>
  }

  /// A question that some policies at a node ask.
  struct Table: Sendable {
    /// Its number in `questions`.
    var question: Int32
    /// All policies behind it, for requests that give it no answer: a range of `tablePolicies`.
    var policies: Range<Int32>
  }

  /// What of a policy is left to be evaluated at the end of its path.
  struct Rest: Sendable {
    var expression: Expression
    /// The result that it must have.
    var expected: Bool
    /// What it compares, where it is the comparison of a number with a constant one.
    var comparison: Comparison?
  }

  /// `path < constant` and the like, behind a test that there is a number.
  struct Comparison: Sendable {
    var question: Question
    /// The number of that question in `questions`.
    var number: Int32 = -1
    var bounds: ClosedRange<Int64>
  }

  // All of it in flat arrays of plain numbers: a decision touches no reference count on its way down.

  let nodes: [Node]
  let tables: [Table]
  let nodePolicies: [Int32]
  let nodeTables: [Int32]
  let tablePolicies: [Int32]
  let edges: EdgeTable
  let questions: [CompiledQuestion]
  /// The attributes of the questions' paths, as symbols.
  let steps: [Int32]
  let symbols: Symbols

  /// The policies, in their order.
  let policies: [Policy]
  let identifiers: [String]
  let effects: [Effect]
  let rests: [[Rest]]
  /// Whether the tests do not cover a policy's scope, so that it must be evaluated as a whole.
  let isWhole: [Bool]

  /// How many paths one policy may have; each alternative in each test multiplies them.
  fileprivate static let maximumPaths = 64

  /// Arranges policies; templates decide nothing and are left out. Takes time in proportion to their text.
  public init(_ set: PolicySet) {
    var builder = PolicyIndexBuilder()
    for policy in set.policies { builder.insert(policy) }
    func flat(_ lists: [[Int32]]) -> (ranges: [Range<Int32>], items: [Int32]) {
      var items: [Int32] = []
      let ranges = lists.map { list in
        items += list
        return Int32(items.count - list.count)..<Int32(items.count)
      }
      return (ranges, items)
    }
    let policies = flat(builder.nodes.map(\.policies))
    let tables = flat(builder.nodes.map(\.tables))
    let behind = flat(builder.tables.map(\.policies))
    nodes = zip(policies.ranges, tables.ranges).map { Node(policies: $0, tables: $1) }
    (nodePolicies, nodeTables, tablePolicies) = (policies.items, tables.items, behind.items)
    self.tables = zip(builder.tables, behind.ranges).map { Table(question: $0.question, policies: $1) }
    edges = builder.edges
    questions = builder.questions
    steps = builder.steps
    symbols = builder.symbols
    self.policies = set.policies
    identifiers = set.policies.map(\.id)
    effects = set.policies.map(\.effect)
    rests = builder.rests
    isWhole = builder.isWhole
  }

  /// How many policies there are.
  public var count: Int { policies.count }
}

/// Grows the tree of a `PolicyIndex`, policy by policy.
private struct PolicyIndexBuilder {
  var nodes: [(policies: [Int32], tables: [Int32])] = [([], [])]
  var tables: [(question: Int32, policies: [Int32])] = []
  var edges = EdgeTable()
  var questions: [CompiledQuestion] = []
  var steps: [Int32] = []
  var symbols = Symbols()
  var rests: [[PolicyIndex.Rest]] = []
  var isWhole: [Bool] = []
  private var knownQuestions: [Question: Int32] = [:]
  private var tableOfQuestion: [UInt64: Int32] = [:]

  mutating func insert(_ policy: Policy) {
    let analysis = ConditionAnalysis(policy, &symbols)
    let position = Int32(rests.count)
    var isWhole = false
    var ends: [Int32] = [0]
    for test in analysis.tests {
      let answers = Set(test.symbols).sorted()
      guard ends.count * answers.count <= PolicyIndex.maximumPaths else {
        isWhole = true
        break
      }
      let question = number(of: test.question)
      ends = ends.flatMap { node in
        let table = self.table(question, at: node)
        tables[Int(table)].policies.append(position)
        return answers.map { child(of: table, $0) }
      }
    }
    for node in ends { nodes[Int(node)].policies.append(position) }
    rests.append(
      analysis.residual.map { rest in
        var rest = rest
        if let question = rest.comparison?.question { rest.comparison?.number = number(of: question) }
        return rest
      })
    self.isWhole.append(isWhole)
  }

  private mutating func number(of question: Question) -> Int32 {
    if let known = knownQuestions[question] { return known }
    questions.append(CompiledQuestion(question, &symbols, &steps))
    let number = Int32(questions.count - 1)
    knownQuestions[question] = number
    return number
  }

  private mutating func table(_ question: Int32, at node: Int32) -> Int32 {
    let key = UInt64(node) << 32 | UInt64(question)
    if let known = tableOfQuestion[key] { return known }
    let table = Int32(tables.count)
    tables.append((question, []))
    nodes[Int(node)].tables.append(table)
    tableOfQuestion[key] = table
    return table
  }

  private mutating func child(of table: Int32, _ symbol: Int32) -> Int32 {
    if let known = edges[table, symbol] { return known }
    let node = Int32(nodes.count)
    nodes.append(([], []))
    edges.add(table, symbol, target: node)
    return node
  }
}

/// A question in plain numbers.
struct CompiledQuestion: Sendable {
  /// What is asked of the value at the end of the path.
  enum Aspect: Sendable {
    case value
    case ancestors
    case type
    case elements
    /// Of the attribute with that symbol.
    case presence(Int32)
    case guarded(ValueKind?)
    case owner
  }

  var aspect: Aspect
  var root: Expression.Variable
  /// The attributes from the root on: a range of the index's `steps`.
  var path: Range<Int32>

  init(_ question: Question, _ symbols: inout Symbols, _ steps: inout [Int32]) {
    let attributes: AttributePath
    switch question {
    case .value(let path): (attributes, aspect) = (path, .value)
    case .ancestors(let path): (attributes, aspect) = (path, .ancestors)
    case .type(let path): (attributes, aspect) = (path, .type)
    case .elements(let path): (attributes, aspect) = (path, .elements)
    case .presence(let path, let name): (attributes, aspect) = (path, .presence(symbols.make(name)))
    case .guarded(let path, let kind): (attributes, aspect) = (path, .guarded(kind))
    case .owner(let path): (attributes, aspect) = (path, .owner)
    }
    root = attributes.root
    let first = Int32(steps.count)
    for name in attributes.names { steps.append(symbols.make(name)) }
    path = first..<Int32(steps.count)
  }
}
