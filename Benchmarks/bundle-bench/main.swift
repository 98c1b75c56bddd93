import Foundation
import Interchange
import PolicyDecision

// How fast policies inside images are: bundle-bench          prints how long a decision and taking a bundle take
//                                       bundle-bench COUNT    prints COUNT policies in Cedar, for Benchmarks/bundle.py
// The code is that of images (`Interchange`), compiled for this machine.

/// Policies as a shop has them: roles that may do something below a path, half of them under a condition, some forbidding.
func policies(_ count: Int) -> String {
  var text = ""
  for number in 0..<count {
    let effect = number % 10 == 9 ? "forbid" : "permit"
    text += "@id(\"policy-\(number)\")\n\(effect) (principal in Role::\"role-\(number % 1000)\", action, "
    text += "resource in Path::\"/shop-\(number % 97)/orders-\(number)\")"
    if number.isMultiple(of: 2) { text += " when { context.query != \"\(number)\" }" }
    text += ";\n"
  }
  return text
}

func request(_ number: Int) -> HTTPPolicyRequest {
  HTTPPolicyRequest(
    user: "carl", scheme: "basic", roles: [ByteString("role-\(number % 1000)"), "reader"], method: "GET",
    path: ByteString("/shop-\(number % 97)/orders-\(number)/items/7"), query: "a=1", host: "shop.example",
    source: PolicyAddress(ipv4: 0x0A4D_0001), attributes: [PolicyValueField("threat_level", .string("low"))])
}

func median(_ times: [Double]) -> Double { times.sorted()[times.count / 2] }

let clock = ContinuousClock()

func microseconds(_ body: () throws -> Void) rethrows -> Double {
  let start = clock.now
  try body()
  return Double((clock.now - start) / .nanoseconds(1)) / 1000
}

if CommandLine.arguments.count > 1 {
  guard let count = Int(CommandLine.arguments[1]), (1...100_000).contains(count) else {
    FileHandle.standardError.write(Data("usage: bundle-bench [COUNT]\n".utf8))
    exit(2)
  }
  print(policies(count), terminator: "")
  exit(0)
}

for count in [10, 1_000, 10_000] {
  let bytes = try HTTPPolicyCompiler.compile(
    [PolicySource(file: "bench.cedar", text: policies(count))], attributes: ["threat_level"]
  ).get()
  var bundle = try PolicyBundle(decoding: bytes)
  let taking = try (0..<21).map { _ in try microseconds { bundle = try PolicyBundle(decoding: bytes) } }
  var deciding: [Double] = []
  var allowed = 0
  for round in 0..<5_000 {
    let request = request(round * 7919 % count)
    // Ten at a time: one takes no longer than reading the clock.
    deciding.append(
      microseconds {
        for _ in 0..<10 where bundle.decide(request).isAllowed { allowed += 1 }
      } / 10)
  }
  // Nine of ten policies permit what is asked here.
  precondition(allowed > 0 && allowed < 50_000, "the decisions are not those of the policies")
  let size = "\(count)".count < 6 ? String(repeating: " ", count: 6 - "\(count)".count) : ""
  print(
    "\(size)\(count) policies: a decision \(String(format: "%.2f", median(deciding))) us at the median, taking the bundle "
      + "\(String(format: "%.2f", median(taking) / 1000)) ms, \(bytes.count / 1000) kB")
}
