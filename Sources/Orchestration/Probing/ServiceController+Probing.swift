import Hosting
import ImageGeneration
import Interchange
import SecTOSCA

// An instance is asked over its data port whether it enforces what is due, before anybody else may reach it.

extension ServiceController {
  /// How long an image may take to answer all that it is asked.
  static let probeDeadline = Duration.seconds(3)
  /// How long a virtual machine is given for frames that are before a message of the control channel: they come another way.
  static let machineGrace = Duration.milliseconds(20)

  /// Asks an instance everything that its protection calls for; fails with what was expected and seen where one answer is not
  /// right. For as long as this takes the instance has let the control plane in, where it may (`admitsControlPlane`), and
  /// has no bucket that is for all; its settings without that are put in force in between.
  func probe(_ record: InstanceRecord, _ resource: ResolvedResource, _ run: RunState) async throws(OrchestrationFault) {
    let probes = resource.probes
    guard !probes.isEmpty else { return }
    let clock = ContinuousClock()
    let start = clock.now
    probed[record.id] = []
    defer { probed[record.id] = nil }
    var sightings = try await converse(probes, with: record, resource)
    if resource.isOtherwiseWhileProbed {
      let parameters = resource.parametersAfterProbes(at: addresses(run, of: record, isCommanded: false))
      try await tell(record.id, .apply, payload: Parameter.encode(parameters))
    }
    try await tryToOpen(probes, of: record, resource, &sightings)
    let outcomes = EnforcementProbe.judge(probes, sightings)
    let milliseconds = Double((clock.now - start) / .microseconds(1)) / 1000
    memories[record.id]?.probes = outcomes
    let wrong = outcomes.filter { !$0.passed }
    let (journal, tenant, service) = (journal, tenant, name)
    let events = probed[record.id] ?? []
    let record = record
    // What is only for the log does not hold traffic up.
    let writing = Task.detached { [correlation = Correlation.current] in
      for event in events {
        journal.record(
          event, instance: record, tenant: tenant, service: service, isOfProbe: true, correlation: correlation)
      }
      journal.record(
        outcomes, milliseconds: milliseconds, instance: record, tenant: tenant, service: service,
        correlation: correlation)
    }
    guard wrong.isEmpty else {
      await writing.value
      let texts = wrong.map { "\($0.probe): expected \($0.expected), seen \($0.seen)" }
      throw .execution(
        "`\(record.resource)` does not enforce what is due, so that nothing is led to it: "
          + texts.joined(separator: "; "))
    }
  }

  /// Puts the rules in force that commands led to, before anything is led to an instance: what it was asked before was
  /// whether it does what its template says.
  func command(_ record: InstanceRecord, _ resource: ResolvedResource, _ run: RunState) async throws(OrchestrationFault)
  {
    guard !resource.commands.isEmpty else { return }
    let parameters = resource.neighbourParameters(at: addresses(run, of: record), level: run.settings.level)
    if !parameters.isEmpty { try await tell(record.id, .apply, payload: Parameter.encode(parameters)) }
  }

  /// The requests, over TLS where it is due, and at the same time one in clear.
  private func converse(
    _ probes: [EnforcementProbe], with record: InstanceRecord, _ resource: ResolvedResource
  ) async throws(OrchestrationFault) -> ProbeSightings {
    var requests = probes.compactMap(\.sending).map {
      ProbeRequest(method: $0.method, target: $0.target, fields: $0.fields)
    }
    let identity = resource.transportSecurity?.identities.first
    if requests.isEmpty, resource.transportSecurity != nil {
      // For no application, and answered by the server itself.
      requests = [ProbeRequest(method: "OPTIONS", target: "*")]
    }
    var sightings = ProbeSightings()
    guard resource.admitsControlPlane else { return sightings }
    let asked = requests
    let port = try dataPort(of: record, resource)
    do {
      async let inClear =
        probes.contains(.clearText)
        ? port.ask([ProbeRequest(method: "HEAD", target: "/")], over: .clear, deadline: ServiceController.probeDeadline)
        : nil
      if !asked.isEmpty {
        let transport: DataPort.Transport =
          resource.transportSecurity == nil
          ? .clear
          : .tls(
            certificate: identity?.certificates.first ?? [],
            name: identity?.names.first { !$0.contains("*") && $0.contains { $0.isLetter } })
        sightings.conversation = try await port.ask(asked, over: transport, deadline: ServiceController.probeDeadline)
      }
      sightings.inClear = try await inClear
    } catch let fault as HostingFault {
      throw OrchestrationFault(fault)
    } catch {
      throw .execution("`\(record.resource)` cannot be probed: \(error)")
    }
    return sightings
  }

  /// Connections that must not be opened. That nothing comes back is not waited for: an image takes what came over its
  /// network before what came over its control channel, so that after its answer there the packets before have had theirs.
  /// The first round may be for the address alone (ARP).
  private func tryToOpen(
    _ probes: [EnforcementProbe], of record: InstanceRecord, _ resource: ResolvedResource,
    _ sightings: inout ProbeSightings
  ) async throws(OrchestrationFault) {
    let port = try dataPort(of: record, resource)
    var connections: [(name: String, connection: OpeningConnection)] = []
    for probe in probes {
      let number: UInt16
      switch probe {
      case .closedPort(let closed): number = closed
      case .unknownSource: number = UInt16(clamping: resource.resource.endpoint.port)
      default: continue
      }
      let connection = try await hosting { () throws(HostingFault) in try port.beginOpening(number) }
      connections.append((probe.name, connection))
    }
    for _ in 0..<2 {
      sightings.counters = try await status(of: record.id)
      if record.emulator != nil { try? await Task.sleep(for: ServiceController.machineGrace) }
    }
    for (name, connection) in connections { sightings.openings[name] = connection.state }
  }

  /// An image's counts. Every event that it reported before was received.
  private func status(of id: String) async throws(OrchestrationFault) -> [Counter] {
    let (reports, continuation) = AsyncStream.makeStream(of: Report.self)
    waiting[id] = continuation
    defer { waiting[id] = nil }
    try await tell(id, .query, payload: [])
    let timeout = Task {
      try? await Task.sleep(for: ServiceController.acknowledgementDeadline)
      continuation.finish()
    }
    defer { timeout.cancel() }
    for await report in reports {
      if case .status(_, let counters) = report { return counters }
    }
    throw .execution("instance \(id) did not report its counts")
  }

  private func dataPort(
    of record: InstanceRecord, _ resource: ResolvedResource
  ) throws(OrchestrationFault) -> DataPort {
    do throws(HostingFault) {
      return try DataPort(
        in: network, at: record.host, port: UInt16(clamping: resource.resource.endpoint.port),
        secret: record.forwarderIdentity?.secret)
    } catch {
      throw OrchestrationFault(error)
    }
  }

  /// Whether an event is of a probe: the instance is being asked, and nobody else is said to be its cause.
  func isOfProbe(_ event: SecurityEvent, from id: String) -> Bool {
    guard probed[id] != nil else { return false }
    guard case .text(let source)? = event.details.first(where: { $0.name == "source" })?.value else { return true }
    let text = source.description
    return text == ResolvedResource.controlPlaneAddress || text.hasPrefix(ResolvedResource.controlPlaneAddress + ":")
  }
}

extension Journal {
  /// What came of all probes of an instance: one event for those that passed, and one for each that did not.
  func record(
    _ outcomes: [ProbeOutcome], milliseconds: Double, instance: InstanceRecord, tenant: String, service: String,
    correlation: String?
  ) {
    let passed = outcomes.filter(\.passed).map(\.probe)
    func event(_ severity: String, _ kind: String, _ message: String, _ details: [String: String]) -> EventRecord {
      EventRecord(
        time: Timestamp.now(), severity: severity, tenant: tenant, service: service, resource: instance.resource,
        instance: instance.id, kind: kind, message: message, details: details, correlation: correlation)
    }
    if !passed.isEmpty {
      let names = passed.joined(separator: ", ")
      record(
        event(
          "informational", "probes-passed", names, ["probes": names, "milliseconds": String(milliseconds)]))
    }
    for outcome in outcomes where !outcome.passed {
      record(
        event(
          "high", "probe-failed", "\(outcome.probe): expected \(outcome.expected), seen \(outcome.seen)",
          ["probe": outcome.probe, "expected": outcome.expected, "seen": outcome.seen]))
    }
  }
}
