import Foundation
public import ImageGeneration

/// What every enforcement point of a tenant's policies acknowledges to have in force at one time. It is signed with the
/// key that control messages are signed with.
public struct ConvergenceCertificate: Hashable, Sendable, Codable {
  /// The kind and version of the document.
  public var type: String
  /// The tenant; nil for all tenants.
  public var tenant: String?
  /// The service; nil for all of the tenant's.
  public var service: String?
  /// When this was so (RFC 3339).
  public var issued: String
  /// Whether every enforcement point has what is due. One that does not answer is not converged.
  public var isConverged: Bool
  /// The SHA-256 of the signed version that is due, by tenant.
  public var digests: [String: String]?
  /// The enforcement points.
  public var points: [PolicyAcknowledgement]

  /// The media type of certificates, in envelopes.
  public static let mediaType = "application/vnd.testudo.convergence+json"
  static let currentType = "testudo.convergence/1"

  init(tenant: String?, service: String?, points: [PolicyAcknowledgement], digests: [String: String], issued: String) {
    type = Self.currentType
    self.tenant = tenant
    self.service = service
    self.issued = issued
    self.points = points
    self.digests = digests
    isConverged = points.allSatisfy(\.converged)
  }

  /// Reads a certificate out of an envelope.
  ///
  /// - Parameter publicKey: The key that it must be signed with: an uncompressed point of 65 bytes.
  /// - Throws: what is wrong with it, `OrchestrationFault.input`.
  public init(verifying envelope: SignedEnvelope, publicKey: [UInt8]) throws(OrchestrationFault) {
    guard envelope.payloadType == Self.mediaType else {
      throw .input("the envelope holds `\(envelope.payloadType)`, expected `\(Self.mediaType)`")
    }
    guard envelope.isSigned(by: publicKey) else {
      throw .input("the certificate is not signed with this control plane's key, or was altered")
    }
    guard let content = envelope.content, let certificate = try? JSONDecoder().decode(Self.self, from: Data(content)),
      certificate.type == Self.currentType
    else { throw .input("the envelope holds no certificate of convergence, expected a `\(Self.currentType)`") }
    self = certificate
  }
}

extension Orchestrator {
  /// A signed certificate of what every enforcement point of policies has in force now.
  public func convergenceCertificate(
    tenant: String?, service: String?
  ) async throws(OrchestrationFault) -> SignedEnvelope {
    if let service { _ = try declaration(service, tenant: tenant ?? "default") }
    let points = await policyStatus(tenant: tenant).filter { service == nil || $0.service == service }
    var digests: [String: String] = [:]
    for case (let name, .success(let version)) in policyVersions where tenant == nil || tenant == name {
      digests[name] = version.identity.digestText
    }
    let certificate = ConvergenceCertificate(
      tenant: tenant, service: service, points: points, digests: digests, issued: Timestamp.now())
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return try SignedEnvelope(
        payload: Array(try encoder.encode(certificate)), type: ConvergenceCertificate.mediaType,
        signedBy: environment.controlKey)
    } catch {
      throw .execution("the certificate cannot be signed: \(error)")
    }
  }
}
