import Interchange
import LibraryOS

/// What happened, in order.
final class Trace {
  var names: [ByteString] = []
}

/// The responses an exchange completed with.
final class Answer {
  var responses: [HTTPResponse] = []
}

/// A module that refuses settings named `bad`, and keeps account of what it was told.
class FakeModule: Module {
  let name: ByteString
  let trace: Trace
  var counters: [Counter] { [] }

  init(_ trace: Trace, _ name: ByteString) {
    self.trace = trace
    self.name = name
  }

  func prepare(_ parameters: [Parameter]) throws(ParameterFault) {
    trace.names.append("prepare " + name)
    for parameter in parameters where parameter.name == "bad" {
      throw ParameterFault(name + ".bad", expected: "something good")
    }
  }

  func commit() {
    trace.names.append("commit " + name)
  }

  func rollback() {
    trace.names.append("rollback " + name)
  }
}

/// A security module that always says the same.
final class FakeMechanism: FakeModule, RequestModule {
  let stage: Stage
  var precedence: Int
  var challenge: ByteString?
  private let verdict: Verdict

  init(
    _ trace: Trace, _ name: ByteString, _ stage: Stage, _ verdict: Verdict = .proceed, precedence: Int = 0,
    challenge: ByteString? = nil
  ) {
    self.stage = stage
    self.precedence = precedence
    self.challenge = challenge
    self.verdict = verdict
    super.init(trace, name)
  }

  func examine(_ exchange: Exchange) -> Verdict {
    trace.names.append(name)
    return verdict
  }
}

/// An application that answers 200 below its prefix.
final class FakeApplication: FakeModule, Application {
  private let prefix: PathPrefix?

  init(_ trace: Trace, _ name: ByteString, prefix: ByteString = "/") {
    self.prefix = PathPrefix(prefix)
    super.init(trace, name)
  }

  func claim(_ path: ByteString) -> Int? {
    prefix?.claim(path)
  }

  func respond(to exchange: Exchange) {
    trace.names.append(name)
    exchange.finish(HTTPResponse(status: 200))
  }
}
