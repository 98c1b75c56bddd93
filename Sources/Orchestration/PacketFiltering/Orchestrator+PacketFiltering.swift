import Foundation
import ImageGeneration
public import OpenC2
import SecTOSCA

// Commands of OpenC2 for packet filters: what enforcement points in images let pass besides what the template says.

extension Orchestrator {
  /// How many commands a minute producers are told that they may send.
  public static let commandsPerMinute = 600

  /// Carries out what a command asks for. A rule is stored before any image is told of it.
  /// - Parameters:
  ///   - order: What is asked for.
  ///   - tenant: Whose filters are meant.
  ///   - request: How its producer names the request, for the event log.
  ///   - waits: Whether each image that it is for has acknowledged it when this returns.
  public func carryOut(
    _ order: PacketFilterOrder, tenant: String, request: String? = nil, waits: Bool = true
  ) async throws(OpenC2Refusal) -> OpenC2Response {
    let result = await Correlation.continuing { () async -> Swift.Result<OpenC2Response, OpenC2Refusal> in
      do throws(OpenC2Refusal) {
        return .success(try await perform(order, tenant, request, waits: waits))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private func perform(
    _ order: PacketFilterOrder, _ tenant: String, _ request: String?, waits: Bool
  ) async throws(OpenC2Refusal) -> OpenC2Response {
    switch order {
    case .query(let features):
      return OpenC2Response(features: features, commandsPerMinute: Self.commandsPerMinute)
    case .insert(let rule):
      let numbered: PacketFilterRule
      do throws(OpenC2Refusal) {
        numbered = try insert(rule, tenant)
      } catch {
        note("packet-rule-refused", rule, tenant, request, because: error.description)
        throw error
      }
      note("packet-rule-inserted", numbered, tenant, request)
      try await follow(numbered, of: tenant, waits: waits)
      return waits ? .done(rule: numbered.number) : .processing
    case .remove(let number, let time):
      let rule = try packetRules.end(number, tenant: tenant, at: time, now: Self.milliseconds)
      note("packet-rule-removed", rule, tenant, request)
      try await follow(rule, of: tenant, waits: waits)
      return waits ? .done() : .processing
    }
  }

  private func insert(_ rule: PacketFilterRule, _ tenant: String) throws(OpenC2Refusal) -> PacketFilterRule {
    let meant = filters(for: rule, tenant)
    guard !meant.isEmpty else {
      let names = declarations.values.filter { $0.tenant == tenant && !$0.isRemoved }.map(\.name).sorted()
      throw OpenC2Refusal(
        .internalError,
        "Rule not updated: tenant `\(tenant)` has no \(rule.filters.summary) with a filter in force; its services are "
          + (names.isEmpty ? "none at all" : names.joined(separator: ", ")))
    }
    for (declaration, resource, level) in meant {
      let taken = declaration.service.commands(to: resource.name, at: level)
      guard taken.contains(rule.permits ? .allow : .deny) else {
        let expected = rule.permits ? "[ deny, allow ]" : "[ deny ]"
        throw OpenC2Refusal(
          .notImplemented,
          "Rule not updated: the template of `\(declaration.name)` takes no `\(rule.permits ? "allow" : "deny")` for "
            + "`\(resource.name)` at level `\(level.name)`, expected `commands: \(expected)` at its filtering")
      }
      // Also those that wait for their time: it must not turn out then that they do not fit.
      let others = packetRules.all(of: tenant).filter { $0.isFor(resource.name, of: declaration.name) }
      var own = NeighbourAddresses.none(for: resource)
      own.own = "10.77.0.2/24"
      let rules = FirewallRules(
        resource: resource, due: declaration.service.due(to: resource.name, at: level),
        environment: own.environment(bundle: nil, attributes: [:], commands: others + [rule]))
      // As much as for those of templates (`ServiceResolver`).
      guard let size = rules.tableSize, size <= resource.memoryBytes / 8 else {
        throw OpenC2Refusal(
          .internalError, "Rule not updated: with it, the rules for `\(resource.name)` are more than an image takes")
      }
    }
    var numbered = rule
    numbered.number = try packetRules.insert(rule, tenant: tenant)
    return numbered
  }

  /// The filters in force that a rule is for.
  private func filters(
    for rule: PacketFilterRule, _ tenant: String
  ) -> [(declaration: ServiceDeclaration, resource: Resource, level: SecurityLevel)] {
    declarations.values.filter { $0.tenant == tenant && !$0.isRemoved }.sorted { $0.key < $1.key }
      .flatMap { declaration in
        let service = declaration.service
        let level = service.dueLevel(context: context(of: declaration), setByHand: declaration.level)
        return service.resources.filter {
          rule.isFor($0.name, of: declaration.name) && service.isFiltered($0.name, at: level)
        }.map { (declaration, $0, level) }
      }
  }

  /// Tells the images that a rule is for.
  private func follow(_ rule: PacketFilterRule, of tenant: String, waits: Bool) async throws(OpenC2Refusal) {
    schedulePacketRules()
    let meant = Set(filters(for: rule, tenant).map(\.declaration.key)).sorted()
    guard waits else {
      // A task takes the correlation with it.
      Task { for key in meant where await failure(ofBringingRulesTo: key) != nil { retry(key) } }
      return
    }
    var failures: [String] = []
    for key in meant {
      guard let failure = await failure(ofBringingRulesTo: key) else { continue }
      failures.append(failure)
      retry(key)
    }
    guard failures.isEmpty else {
      throw OpenC2Refusal(
        .internalError,
        "Rule not updated everywhere: what was asked for is kept as rule \(rule.number ?? 0), and sent again; "
          + failures.joined(separator: "; "))
    }
  }

  /// Has the images of a service know the rules that hold now; says why they do not, if so.
  private func failure(ofBringingRulesTo key: String) async -> String? {
    guard let scope = declarations[key]?.scope else { return nil }
    do throws(OrchestrationFault) {
      try await exclusively("rules of packet filters", about: scope) { () throws(OrchestrationFault) in
        guard let present = declarations[key], !present.isRemoved else { return }
        try await bring(present, to: try resolver.resolve(present, context: context(of: present))) { _ in }
      }
      return nil
    } catch {
      return "`\(declarations[key]?.name ?? key)`: \(error.message)"
    }
  }

  // MARK: Time

  /// Forgets what ended while nobody looked, and waits for the next rule to begin or to end.
  func resumePacketRules() {
    noteEnded(packetRules.forgetOver(at: Self.milliseconds))
    schedulePacketRules()
  }

  /// Waits for the next rule to begin or to end.
  private func schedulePacketRules() {
    packetRuleChange?.cancel()
    let now = Self.milliseconds
    guard let next = packetRules.nextChange(after: now) else { return packetRuleChange = nil }
    // A clock that is set anew is noticed at last after so long.
    let wait = min(60_000, next - now)
    packetRuleChange = Task { [weak self] in
      try? await Task.sleep(for: .milliseconds(wait))
      guard !Task.isCancelled else { return }
      await Correlation.begin { await self?.packetRulesChanged(since: now) }
    }
  }

  private func packetRulesChanged(since: Int) {
    let now = Self.milliseconds
    let over = packetRules.forgetOver(at: now)
    noteEnded(over)
    var tenants = Set(over.map(\.tenant))
    for tenant in Set(declarations.values.map(\.tenant)) {
      for rule in packetRules.all(of: tenant) where rule.start.map({ since < $0 && $0 <= now }) ?? false {
        note("packet-rule-began", rule, tenant)
        tenants.insert(tenant)
      }
    }
    schedulePacketRules()
    for declaration in declarations.values.sorted(by: { $0.key < $1.key })
    where !declaration.isRemoved && tenants.contains(declaration.tenant) {
      converge(lost: declaration.key)
    }
  }

  private func noteEnded(_ over: [(tenant: String, rule: PacketFilterRule)]) {
    for (tenant, rule) in over { note("packet-rule-ended", rule, tenant) }
  }

  private func note(
    _ kind: String, _ rule: PacketFilterRule, _ tenant: String, _ request: String? = nil, because reason: String? = nil
  ) {
    var details = ["rule": rule.number.map(String.init) ?? "", "says": rule.summary]
    details["request"] = request
    details["reason"] = reason
    let number = rule.number.map { "rule \($0): " } ?? ""
    journal.record(
      EventRecord(
        time: Timestamp.now(), severity: "medium", tenant: tenant, service: rule.filters.group ?? "",
        resource: rule.filters.hostname, kind: kind,
        message: number + rule.summary + (reason.map { ": \($0)" } ?? ""), details: details))
  }

  static var milliseconds: Int { Int(Date().timeIntervalSince1970 * 1000) }
}
