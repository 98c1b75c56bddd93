public import Foundation

/// Why a question could not be put to a solver.
public enum SolverFault: Error, Hashable, Sendable, CustomStringConvertible {
  /// The process could not be started, or its input not be written.
  case unusable(String)
  /// It did not take the script.
  case refused(String)

  /// Lower case, no final period.
  public var description: String {
    switch self {
    case .unusable(let reason): "the solver cannot be used: \(reason)"
    case .refused(let complaint): "the solver did not take a question: \(complaint)"
    }
  }
}

/// A solver for SMT-LIB 2.6 that runs as a process of its own: `z3` or `cvc5`.
public struct Solver: Hashable, Sendable {
  /// The program.
  public var program: URL
  /// How long it may think about one question, in milliseconds.
  public var milliseconds: Int

  /// A solver at a place.
  public init(program: URL, milliseconds: Int = 10_000) {
    self.program = program
    self.milliseconds = milliseconds
  }

  /// The names of the programs that are looked for, in this order.
  public static let names = ["z3", "cvc5"]

  /// The first one that is installed in the folders of a search path.
  public static func installed(
    path: String = ProcessInfo.processInfo.environment["PATH"] ?? "", milliseconds: Int = 10_000
  ) -> Solver? {
    for name in names {
      for folder in path.split(separator: ":") {
        let program = URL(fileURLWithPath: String(folder)).appendingPathComponent(name)
        if FileManager.default.isExecutableFile(atPath: program.path) {
          return Solver(program: program, milliseconds: milliseconds)
        }
      }
    }
    return nil
  }

  private var arguments: [String] {
    program.lastPathComponent.hasPrefix("cvc5")
      ? ["--lang=smt2", "--incremental", "--strings-exp", "--tlimit-per=\(milliseconds)"]
      : ["-smt2", "-t:\(milliseconds)", "-memory:4096"]
  }

  /// Runs a script.
  func run(_ script: String) throws(SolverFault) -> SMTAnswer {
    let folder = FileManager.default.temporaryDirectory
    let file = folder.appendingPathComponent("testudo-\(UUID().uuidString).smt2")
    do {
      try Data(script.utf8).write(to: file)
      defer { try? FileManager.default.removeItem(at: file) }
      let process = Process()
      process.executableURL = program
      process.arguments = arguments + [file.path]
      let output = Pipe()
      process.standardOutput = output
      process.standardError = FileHandle.nullDevice
      process.standardInput = FileHandle.nullDevice
      try process.run()
      let data = output.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      return SMTAnswer(String(decoding: data, as: UTF8.self))
    } catch {
      throw .unusable("\(error.localizedDescription)")
    }
  }

  /// The verdict on each of some questions.
  func verdicts(_ script: SMTScript, _ questions: [SMTTerm]) throws(SolverFault) -> [SMTVerdict] {
    var result = questions.map { $0.isFalse ? SMTVerdict.unsatisfiable : .unknown }
    let open = questions.indices.filter { !questions[$0].isFalse }
    guard !open.isEmpty else { return result }
    let answer = try run(script.text(asking: open.map { questions[$0] }))
    // A complaint may be that a bound is reached: what was answered before stands.
    if answer.verdicts.isEmpty, let complaint = answer.complaint { throw .refused(complaint) }
    for (index, verdict) in zip(open, answer.verdicts) { result[index] = verdict }
    return result
  }

  /// The values of terms where a question has an answer.
  func model(
    _ script: SMTScript, _ question: SMTTerm, values: [SMTTerm]
  ) throws(SolverFault) -> (verdict: SMTVerdict, values: [SMTTerm: SMTValue]) {
    guard !question.isFalse else { return (.unsatisfiable, [:]) }
    let answer = try run(script.text(asking: [question], values: values))
    guard let verdict = answer.verdicts.first else {
      throw .refused(answer.complaint ?? "it gave no answer")
    }
    guard verdict == .satisfiable else { return (verdict, [:]) }
    var model: [SMTTerm: SMTValue] = [:]
    for (term, value) in zip(values, answer.values) { model[term] = value }
    return (verdict, model)
  }
}
