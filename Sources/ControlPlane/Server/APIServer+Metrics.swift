import Foundation
import Hummingbird
import Orchestration

// What is measured, for Prometheus.

extension APIServer {
  func addMetrics(to router: Router<BasicRequestContext>) {
    router.get("metrics") { _, _ in
      Answer.text(try await metrics(), type: "text/plain; version=0.0.4; charset=utf-8")
    }
  }

  private func metrics() async throws -> String {
    var metrics = Metrics()
    metrics.add(
      "testudo_build_info", .gauge, "The version of the program.",
      [.init(labels: [("version", Self.version)], value: 1)])
    let services = await orchestrator.services(tenant: nil)
    Self.add(services, to: &metrics)
    Self.add(services.flatMap(\.unikernels), to: &metrics)
    Self.addSuspects(among: services.flatMap(\.unikernels), to: &metrics)
    Self.add(decisionLog.counts, to: &metrics)
    let pool = await orchestrator.poolStatus(tenant: nil)
    metrics.add(
      "testudo_pool_ready_bytes", .gauge, "Bytes of images that are ready and not in use.", Double(pool.bytes))
    metrics.add(
      "testudo_pool_starts_total", .counter, "Instances started, by whether their image was there.",
      [
        .init(labels: [("image", "there")], value: Double(pool.hits)),
        .init(labels: [("image", "linked")], value: Double(pool.misses)),
      ])
    metrics.add(
      "testudo_pool_instances", .gauge, "Instances that wait for a change of level.", Double(pool.instances.count))
    metrics.add(
      "testudo_pool_instance_bytes", .gauge, "Memory of the instances that wait.", Double(pool.instanceBytes))
    metrics.add(
      "testudo_pool_oldest_instance_seconds", .gauge, "How long the oldest of them has waited; 0 where none does.",
      pool.instances.map(\.ageSeconds).max() ?? 0)
    metrics.add(
      "testudo_pool_instance_starts_total", .counter, "Instances that were needed, by whether one waited.",
      [
        .init(labels: [("instance", "waited")], value: Double(pool.instanceHits)),
        .init(labels: [("instance", "started")], value: Double(pool.instanceMisses)),
      ])
    metrics.add(
      "testudo_ready", .gauge, "Whether the control plane is ready, by check.",
      await orchestrator.readiness().checks.map { .init(labels: [("check", $0.name)], value: $0.isPassed ? 1 : 0) })
    addRequests(to: &metrics)
    Self.addProcess(to: &metrics)
    return metrics.text
  }

  private static func addSuspects(among unikernels: [UnikernelStatus], to metrics: inout Metrics) {
    func count(_ name: String, _ help: String, _ isCounted: (UnikernelStatus) -> Bool) {
      let byService = Dictionary(grouping: unikernels) { [$0.tenant, $0.service] }
      metrics.add(
        name, .gauge, help,
        byService.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { names, all in
          .init(labels: [("tenant", names[0]), ("service", names[1])], value: Double(all.count(where: isCounted)))
        })
    }
    count("testudo_quarantined_instances", "Instances that are kept off the network to be looked at.") {
      $0.state == "quarantined"
    }
    count("testudo_integrity_unchecked_instances", "Instances whose memory is to be checked, and could not be.") {
      $0.integrity?.outcome == .unchecked
    }
  }

  private static func add(_ services: [ServiceStatus], to metrics: inout Metrics) {
    metrics.add(
      "testudo_service_info", .gauge, "One series for each service.",
      services.map {
        .init(labels: [("tenant", $0.tenant), ("service", $0.name), ("level", $0.level)], value: 1)
      })
  }

  private static func add(_ unikernels: [UnikernelStatus], to metrics: inout Metrics) {
    func labels(_ unikernel: UnikernelStatus) -> [(name: String, value: String)] {
      [
        ("tenant", unikernel.tenant), ("service", unikernel.service), ("resource", unikernel.resource),
        ("instance", unikernel.instance),
      ]
    }
    metrics.add(
      "testudo_unikernel_info", .gauge, "One series for each unikernel.",
      unikernels.map {
        .init(
          labels: labels($0) + [("level", $0.level), ("state", $0.state), ("image", $0.image), ("target", $0.target)],
          value: 1)
      })
    metrics.add(
      "testudo_policy_version", .gauge, "The version of the policies that an enforcement point acknowledged.",
      unikernels.filter { $0.mechanisms.contains("authorization") }.map {
        .init(labels: labels($0), value: Double($0.policyVersion))
      })
  }

  private static func add(_ counts: DecisionLog.Counts, to metrics: inout Metrics) {
    let outcomes = [("permit", counts.permitted), ("deny", counts.denied)]
    metrics.add(
      "testudo_decisions_total", .counter, "Decisions of the policy decision points.",
      outcomes.flatMap { outcome, byTenant in
        byTenant.sorted { $0.key < $1.key }.map {
          .init(labels: [("tenant", $0.key), ("decision", outcome)], value: Double($0.value))
        }
      })
    metrics.add(
      "testudo_decisions_dropped_total", .counter, "Decisions that are missing in the decision log.",
      Double(counts.dropped))
  }

  private func addRequests(to metrics: inout Metrics) {
    metrics.add(
      "testudo_api_request_duration_seconds", .summary, "How long requests of the API took until their answer began.",
      requests.all.flatMap { kind, count -> [Metrics.Sample] in
        let labels = [("route", kind.route), ("method", kind.method), ("status", String(kind.status))]
        return [
          .init(labels: labels, value: count.seconds, suffix: "_sum"),
          .init(labels: labels, value: Double(count.requests), suffix: "_count"),
        ]
      })
  }

  /// The names that Prometheus has for processes.
  private static func addProcess(to metrics: inout Metrics) {
    let words =
      (try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8))?.split(separator: ")").last?
      .split(separator: " ").map(String.init) ?? []
    // Fields 14, 15 and 24 of proc_pid_stat(5); the first after the name is the third.
    guard words.count > 21, let user = Double(words[11]), let system = Double(words[12]), let pages = Double(words[21])
    else { return }
    let ticks = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
    metrics.add(
      "process_cpu_seconds_total", .counter, "Processor time of the control plane.", (user + system) / ticks)
    metrics.add(
      "process_resident_memory_bytes", .gauge, "Memory of the control plane.",
      pages * Double(sysconf(Int32(_SC_PAGESIZE))))
    let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd"))?.count ?? 0
    metrics.add("process_open_fds", .gauge, "Open files of the control plane.", Double(open))
  }
}
