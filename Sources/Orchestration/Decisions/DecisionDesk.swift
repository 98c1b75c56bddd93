import Foundation
import Hosting
import Interchange
import PolicyDecision

/// Answers the questions of a service's images, over their control channels.
struct DecisionDesk: Sendable {
  let decisions: ImageDecisions
  let signer: ControlSigner
  let tenant: String
  let service: String

  /// Decides, seals and sends. What cannot be sealed or sent stays without an answer, and the image refuses the request
  /// when its time is over.
  func answer(_ question: RemoteQuestion, of record: InstanceRecord, over channel: any InstanceChannel) {
    // Before the decision: if what it depends on changes meanwhile, the answer is of the epoch that is over.
    let epoch = decisions.epoch(of: tenant)
    let decision = decisions.decide(
      question.request, tenant: tenant, service: service, resource: record.resource)
    let now = UInt64(max(0, Date().timeIntervalSince1970 * 1000))
    let answer = RemoteAnswer(
      number: question.number, isPermit: decision.isPermit,
      validUntil: decision.validSeconds > 0 ? now + UInt64(decision.validSeconds) * 1000 : 0,
      policy: ByteString(String(decision.policies.first?.prefix(200) ?? "")), epoch: epoch)
    let message = ControlMessage(
      kind: .answer, audience: record.audience ?? [], version: 0, payload: answer.encode())
    guard let sealed = try? signer.sealed(message, for: record) else { return }
    try? channel.send(sealed.bytes)
  }
}
