import Cedar
import Foundation

// Decides requests of files and prints how fast: cedar-bench POLICIES ENTITIES REQUESTS SECONDS
// One line of JSON: the decisions (one letter each), decisions a second with the index and without, and what it took to
// arrange the policies.

guard CommandLine.arguments.count == 5, let seconds = Double(CommandLine.arguments[4]) else {
  FileHandle.standardError.write(Data("usage: cedar-bench POLICIES ENTITIES REQUESTS SECONDS\n".utf8))
  exit(2)
}

func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

/// Decides the requests in turn for a while; decisions a second.
func rate(_ requests: [Request], seconds: Double, _ decide: (Request) -> Response) -> Double {
  let clock = ContinuousClock()
  let start = clock.now
  let end = start + .seconds(seconds)
  var count = 0
  var allowed = 0
  repeat {
    for request in requests where decide(request).decision == .allow { allowed += 1 }
    count += requests.count
  } while clock.now < end
  let elapsed = clock.now - start
  precondition(allowed <= count)
  return Double(count) / (Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18)
}

/// Resident memory, in bytes.
func resident() throws -> Int {
  let pages = try text("/proc/self/statm").split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
  return pages * 4096
}

struct Outcome: Encodable {
  var decisions: String
  var indexed: Double
  var plain: Double
  var arrangedInSeconds: Double
  var policyBytes: Int
}

let before = try resident()
let policies = try PolicySet(parsing: try text(CommandLine.arguments[1]))
let clock = ContinuousClock()
let start = clock.now
let index = PolicyIndex(policies)
let elapsed = clock.now - start
let after = try resident()
let entities = try Entities(json: try text(CommandLine.arguments[2]))
let requests = try Request.list(json: try text(CommandLine.arguments[3]))
let indexed = IndexedAuthorizer(index: index, entities: entities)
let plain = Authorizer(policies: policies, entities: entities)
let outcome = Outcome(
  decisions: requests.map { indexed.decide($0).decision == .allow ? "a" : "d" }.joined(),
  indexed: rate(requests, seconds: seconds) { indexed.decide($0) },
  plain: rate(Array(requests.prefix(20)), seconds: seconds / 4) { plain.decide($0) },
  arrangedInSeconds: Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18,
  policyBytes: after - before)
print(String(decoding: try JSONEncoder().encode(outcome), as: UTF8.self))
