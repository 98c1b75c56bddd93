import Foundation
import ImageGeneration
import Interchange
import SecTOSCA

// Which probes the protection calls for that is due to a resource.

extension ResolvedResource {
  /// What an instance is asked before others may reach it, in the order in which it is asked.
  var probes: [EnforcementProbe] {
    // One that asks a server for its address may have none for a while after it is ready.
    guard resource.addressing == .assigned else { return [] }
    let due = CombinedProtection(self.due)
    var probes: [EnforcementProbe] = []
    if admitsControlPlane {
      if let security = due.transportSecurity { probes += transportProbes(security) }
      if due.transportSecurity?.clients != .required, speaksHTTP { probes += requestProbes(due) }
    }
    // A port that no endpoint has, and that is not the endpoint's.
    probes.append(.closedPort(resource.endpoint.port == 9 ? 10 : 9))
    if keepsControlPlaneOut { probes.append(.unknownSource) }
    return probes
  }

  private var filterings: [Filtering] {
    due.compactMap { if case .filtering(let filtering) = $0.protection { filtering } else { nil } }
  }

  /// Whether the control plane's address can be let in for as long as probes take: where declared flows pass, it is made
  /// one of them. A resource that is cut off stays so, and rules that shut that address out are not set aside; where they
  /// do at times, nothing is asked at all.
  var admitsControlPlane: Bool { filterings.isEmpty || admitsControlPlane(asPeer: true) == true }

  /// What the rules say of that address, as a declared flow or as any other; nil where it depends on the time.
  private func admitsControlPlane(asPeer isPeer: Bool) -> Bool? {
    guard let address = IPNetwork(around: ResolvedResource.controlPlaneAddress) else { return false }
    let isPublic = resource.endpoint.isPublic
    let environment = ResourceEnvironment(
      address: "0.0.0.0/0", mac: [], peers: isPeer || isPublic ? [address.text] : [],
      forwarder: isPublic ? ForwarderIdentity(address: ResolvedResource.controlPlaneAddress, secret: []) : nil)
    let rules = FirewallRules(resource: resource, due: due, environment: environment)
    return rules.admits(address, to: resource.endpoint.port, hasForwarder: isPublic)
  }

  /// Whether that address has to be shut out again.
  var admitsControlPlaneForProbesOnly: Bool {
    resource.addressing == .assigned && !filterings.isEmpty && admitsControlPlane && !resource.endpoint.isPublic
  }

  /// Whether anything has to be set otherwise once the probes have passed.
  var isOtherwiseWhileProbed: Bool {
    resource.addressing == .assigned
      && (admitsControlPlaneForProbesOnly || due.contains { $0 != $0.whileProbed })
  }

  /// Whether nothing from the control plane's address may come through once traffic is led here. From there the port
  /// forwarder connects to public endpoints; and networks that are named may have it in them.
  private var keepsControlPlaneOut: Bool {
    !filterings.isEmpty && filterings.allSatisfy(\.allowedSources.isEmpty) && admitsControlPlane(asPeer: false) == false
  }

  private func transportProbes(_ security: TransportSecurity) -> [EnforcementProbe] {
    var probes: [EnforcementProbe] = [.clearText]
    guard beginsWithTLS else { return probes }
    if security.clients == .required { probes.append(.missingClientCertificate) }
    if security.clients != .required, !security.identities.isEmpty { probes.append(.certificate) }
    return probes
  }

  /// Whether the first that clients say is a TLS handshake, where TLS is due.
  private var beginsWithTLS: Bool {
    !resource.applications.contains { part in
      if case .streamProxy(let proxy) = part { proxy.negotiation != .none } else { false }
    }
  }

  private func requestProbes(_ due: CombinedProtection) -> [EnforcementProbe] {
    var probes: [EnforcementProbe] = []
    let ways = self.due.flatMap { requirement -> [Authentication] in
      if case .authentication(let authentication) = requirement.protection { authentication.ways } else { [] }
    }
    // Where limits count, so that they are seen to.
    let limited = due.rateLimits.filter(\.limitsMoreThanBytes).flatMap(\.paths).first ?? "/"
    for way in ways where !probes.contains(where: { $0.name == "wrong-credentials-\(way.scheme.name)" }) {
      if let sending = way.wrongCredentials(path: limited) {
        probes.append(.wrongCredentials(scheme: way.scheme.name, sending))
      }
    }
    let policies = bundle.flatMap { try? PolicyBundle(decoding: $0) }
    if let denied = safeRequests.first(where: { permits($0, policies) == false }) {
      probes.append(.deniedVisitor(denied, challenges: ways.compactMap(\.challenge)))
    }
    let own = ownPath.map { ProbeSending(path: $0) }
    let isOpen = due.authorization == nil || own.flatMap { permits($0, policies) } == true
    // Any answer has them that the image gives itself.
    let any = probes.first?.sending ?? (isOpen ? own : nil)
    if let headers = due.responseHeaders, let any {
      let fields = headers.fields.map { ProbeField(name: $0.name, value: $0.value) }
      if !fields.isEmpty { probes.append(.responseFields(any, fields)) }
    }
    if isOpen, let own { probes.append(.application(own)) }
    let paths = probes.compactMap(\.sending?.path)
    if due.rateLimits.contains(where: { limit in
      limit.limitsMoreThanBytes
        && limit.paths.contains { prefix in paths.contains { ResolvedResource.is($0, below: prefix) } }
    }) {
      probes.append(.rateLimit)
    }
    return probes
  }

  /// Requests that change nothing, whatever becomes of them.
  private var safeRequests: [ProbeSending] {
    var paths = ["/"]
    for part in resource.applications where !paths.contains(part.prefix) { paths.append(part.prefix) }
    paths.append("/testudo-probe")
    return ["HEAD", "OPTIONS"].flatMap { method in paths.map { ProbeSending(method: method, path: $0) } }
  }

  /// Whether the policies permit a visitor's request from the control plane's address; `nil` where the image does not
  /// decide that itself. It is what the image works out, with the same code.
  private func permits(_ sending: ProbeSending, _ policies: PolicyBundle?) -> Bool? {
    guard let policies, let source = PolicyAddress(ByteString(ResolvedResource.controlPlaneAddress)) else { return nil }
    let request = HTTPPolicyRequest(
      method: ByteString(sending.method), path: ByteString(sending.path), query: ByteString(sending.query),
      host: "testudo", source: source,
      attributes: attributes.map { PolicyValueField(ByteString($0.key), .string(ByteString($0.value))) })
    return policies.decide(request).isAllowed
  }

  /// The control plane's address in the network of every service.
  static let controlPlaneAddress = "10.77.0.1"

  /// A path that the image answers by itself, without any other; `nil` where there is none.
  private var ownPath: String? {
    let candidates = ["/"] + resource.applications.filter { !$0.asksOthers }.map(\.prefix)
    return candidates.first { path in
      let claims = resource.applications.filter { ResolvedResource.is(path, below: $0.prefix) }
      return claims.max { $0.prefix.utf8.count < $1.prefix.utf8.count }?.asksOthers != true
    }
  }

  private static func `is`(_ path: String, below prefix: String) -> Bool {
    let prefix = prefix.count > 1 && prefix.hasSuffix("/") ? String(prefix.dropLast()) : prefix
    return prefix == "/" || path == prefix || path.hasPrefix(prefix + "/")
  }
}

extension SecurityRequirement {
  /// What is due while an instance is probed: what all clients share, each source has for itself, so that clients find
  /// all of it. The limits themselves stay, and nobody but the control plane is led there.
  var whileProbed: SecurityRequirement {
    guard case .rateLimit(var limit) = protection else { return self }
    for index in limit.buckets.indices where limit.buckets[index].party == .all { limit.buckets[index].party = .source }
    if limit.quota?.party == .all { limit.quota?.party = .source }
    var requirement = self
    requirement.protection = .rateLimit(limit)
    return requirement
  }
}

extension ApplicationPart {
  /// Where it is in the tree of paths.
  fileprivate var prefix: String {
    switch self {
    case .staticSite(let prefix, _), .reverseProxy(let prefix, _, _), .serverProxy(let prefix, _),
      .keyValue(let prefix, _), .handler(let prefix, _, _, _):
      prefix
    case .streamProxy: "/"
    }
  }

  /// Whether others have a part in its answers, who may not let the instance in yet.
  fileprivate var asksOthers: Bool {
    switch self {
    case .reverseProxy, .serverProxy, .streamProxy: true
    case .staticSite, .keyValue, .handler: false
    }
  }
}

extension Authentication {
  /// The scheme of the challenge (RFC 9110, 11.6.1); `nil` where there is none.
  fileprivate var challenge: String? {
    switch scheme {
    case .basic: "Basic"
    case .bearer: "Bearer"
    case .apiKey: "ApiKey"
    case .certificate, .anyOf: nil
    }
  }

  /// A request with credentials that nobody has, and that name no account.
  fileprivate func wrongCredentials(path: String) -> ProbeSending? {
    switch scheme {
    // Not a name with a password: those would be hashed first, for as long as the template has it.
    case .basic: ProbeSending(path: path, fields: ["authorization": "Basic dGVzdHVkby1wcm9iZQ=="])
    case .bearer(let tokens):
      tokens.forgedToken.map { ProbeSending(path: path, fields: ["authorization": "Bearer \($0)"]) }
    case .apiKey(let keys):
      if let header = keys.header {
        ProbeSending(path: path, fields: [header.lowercased(): Authentication.unknownKey])
      } else {
        keys.query.map { ProbeSending(path: path, query: "\($0)=\(Authentication.unknownKey)") }
      }
    case .certificate, .anyOf: nil
    }
  }

  private static let unknownKey = "testudo-probe." + String(repeating: "0", count: 43)
}

extension Tokens {
  /// A token that has all that is asked for but the signature (RFC 7519): whoever takes it does not look at that.
  fileprivate var forgedToken: String? {
    guard let key = keys.first else { return nil }
    let now = Int(Date().timeIntervalSince1970)
    var claims: [String: Any] = ["iss": issuer, "sub": "testudo-probe", "iat": now, "nbf": now - 5, "exp": now + 60]
    if let audience { claims["aud"] = audience }
    let header = ["alg": key.algorithm.rawValue, "typ": "JWT", "kid": key.id]
    guard let head = try? JSONSerialization.data(withJSONObject: header),
      let body = try? JSONSerialization.data(withJSONObject: claims)
    else { return nil }
    let length =
      switch key.algorithm {
      case .es256: 64
      case .rs256: 256
      case .hs256: 32
      }
    return [head, body, Data(repeating: 1, count: length)].map(Tokens.base64URL).joined(separator: ".")
  }

  private static func base64URL(_ data: Data) -> String {
    data.base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
      .replacingOccurrences(of: "=", with: "")
  }
}
