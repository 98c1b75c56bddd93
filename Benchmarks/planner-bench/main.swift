import Glibc

// How long planning takes, by itself: `Benchmarks/planner.sh` compiles this together with the planner. Times are of the
// processor, medians of some rounds.

/// A service of so many resources: each connects to one of a tenth of its number, so that every backend has ten clients.
func service(_ count: Int, image: Int) -> DesiredService {
  DesiredService(
    level: "normal",
    resources: (0..<count).map { index in
      DesiredResource(
        name: "resource-\(index)", connections: index == 0 ? [] : ["resource-\(index / 10)"],
        isPublic: index % 100 == 0, recipe: "sha256:\(index):\(image)", bootSettings: "sha256:boot",
        runSettings: RunSettings(level: "normal", policyVersion: 1, digest: "sha256:run"), mechanisms: ["firewall"])
    })
}

/// What a service is once a plan for it was carried out. Its instances are named otherwise than those of plans to come.
func end(of desired: DesiredService, from observed: ObservedService) -> ObservedService {
  func renamed(_ id: String) -> String { id.replacing("new-", with: "old-") }
  var end = observed
  var places: [String: Int] = [:]
  for (index, action) in Planner.plan(desired: desired, observed: observed).enumerated() {
    switch action.step {
    case .push(let id, _, let run):
      if let place = places[id] { end.instances[place].run = run }
    default: end.suppose(action, desired: desired, identifier: "new-\(index + 1)")
    }
    if case .startInstance = action.step { places["new-\(index + 1)"] = end.instances.count - 1 }
  }
  for index in end.instances.indices {
    end.instances[index].id = renamed(end.instances[index].id)
    end.instances[index].run.peers = end.instances[index].run.peers.map(renamed).sorted()
    end.instances[index].run.backends = end.instances[index].run.backends.mapValues(renamed)
  }
  end.publications = end.publications.mapValues(renamed)
  return end
}

func processorMilliseconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) * 1000 + Double(time.tv_nsec) / 1_000_000
}

func measure(_ name: String, _ body: () -> Int) {
  var times: [Double] = []
  var steps = 0
  for _ in 0..<5 {
    let start = processorMilliseconds()
    steps = body()
    times.append(processorMilliseconds() - start)
  }
  let median = times.sorted()[times.count / 2]
  print("\(name): \((median * 100).rounded() / 100) ms, \(steps) steps")
}

for count in [100, 1000, 10_000] {
  let (former, next) = (service(count, image: 0), service(count, image: 1))
  measure("\(count) resources, none of them there") { Planner.plan(desired: former, observed: ObservedService()).count }
  let running = end(of: former, from: ObservedService())
  measure("\(count) resources, all with another image") { Planner.plan(desired: next, observed: running).count }
  measure("\(count) resources, one with another image") {
    var one = former
    one.resources[count / 2].recipe = "sha256:other"
    return Planner.plan(desired: one, observed: running).count
  }
  measure("\(count) resources, nothing to do") { Planner.nextAction(desired: former, observed: running) == nil ? 0 : 1 }
}
