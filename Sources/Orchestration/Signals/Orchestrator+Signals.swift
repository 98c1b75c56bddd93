public import Foundation
import SecTOSCA
import SharedSignals

extension Orchestrator {
  /// Takes in a security event token: what it tells happens to the services that its transmitter is for. It returns once
  /// that is stored; levels change afterwards.
  public func receive(signal text: String, now: Date = Date()) async throws {
    try await Correlation.begin { () async -> Result<Void, any Error> in
      Result { try take(signal: text, now) }
    }.get()
  }

  private func take(signal text: String, _ now: Date) throws {
    let receipt: Transmitters.Receipt
    do throws(Transmitters.Refusal) {
      receipt = try transmitters.receive(text, now: now)
    } catch {
      if case .token(let refusal) = error {
        journal.record(
          EventRecord(
            time: Timestamp.now(), severity: "low", tenant: "", service: "", kind: "signal-refused",
            message: refusal.description, details: ["error": refusal.code.rawValue]))
      }
      throw error
    }
    let transmitter = receipt.transmitter
    for signal in receipt.signals {
      let claims = signal.claims.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      var details = signal.claims
      details["transmitter"] = transmitter.name
      details["token"] = receipt.token.identifier
      if !receipt.token.subject.isEmpty { details["subject"] = receipt.token.subject }
      journal.record(
        EventRecord(
          time: Timestamp.now(), severity: "medium", tenant: transmitter.tenant, service: transmitter.service ?? "",
          kind: "signal-received",
          message: ([signal.kind.rawValue, "from `\(transmitter.name)`"] + claims).joined(separator: " "),
          details: details))
      for declaration in declarations.values.sorted(by: { $0.key < $1.key })
      where declaration.tenant == transmitter.tenant
        && (transmitter.service == nil || transmitter.service == declaration.name)
      {
        var event = signal.claims
        if !receipt.token.subjectName.isEmpty { event["subject"] = receipt.token.subjectName }
        happened(SecurityEventKind(signal.kind), to: declaration.name, tenant: declaration.tenant, event: event)
      }
    }
    try transmitters.remember(receipt, now: now)
  }
}
