// Prints how long reading takes inside the process: tosca-bench PROFILES TEMPLATE [TIMES]
import Glibc
import TOSCA

let arguments = CommandLine.arguments
guard arguments.count >= 3, let times = Int(arguments.count > 3 ? arguments[3] : "5"), times > 0 else {
  print("usage: tosca-bench PROFILES TEMPLATE [TIMES]")
  exit(2)
}
let reader = TemplateReader(profiles: arguments[1])
let clock = ContinuousClock()
var durations: [Duration] = []
var summary = ""
for _ in 0..<times {
  let start = clock.now
  let result = reader.read(arguments[2])
  durations.append(clock.now - start)
  let errors = result.findings.filter { $0.severity == .error }
  summary = "\(result.topology?.nodes.count ?? 0) nodes, \(errors.count) errors, \(result.findings.count) findings"
}
let sorted = durations.sorted()
func milliseconds(_ duration: Duration) -> String {
  let microseconds = duration.components.seconds * 1_000_000 + duration.components.attoseconds / 1_000_000_000_000
  return "\(microseconds / 1000).\(String(String(microseconds % 1000 + 1000).dropFirst())) ms"
}
print(
  "first \(milliseconds(durations[0])), median \(milliseconds(sorted[sorted.count / 2])),",
  "least \(milliseconds(sorted[0])): \(summary)")
