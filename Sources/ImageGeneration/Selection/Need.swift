import SecTOSCA
public import TOSCA

/// A capability that an image must have, and what asks for it.
public struct Need: Hashable, Sendable, CustomStringConvertible {
  /// What asks for a capability.
  public enum Origin: Hashable, Sendable {
    /// What the image is to run on.
    case target(Target)
    /// What the resource is to run: the resource's name, and its place.
    case application(resource: String, place: SourceRange)
    /// A security requirement that is due.
    case requirement(name: String, place: SourceRange)
  }

  /// What a module must provide.
  public var capability: String
  /// What asks for it.
  public var origin: Origin

  /// A need of an image.
  public init(capability: String, origin: Origin) {
    self.capability = capability
    self.origin = origin
  }

  /// Where in the template it comes from, if from there.
  public var place: SourceRange? {
    switch origin {
    case .target: nil
    case .application(_, let place), .requirement(_, let place): place
    }
  }

  /// The origin as messages name it, with its place.
  public var description: String {
    let name =
      switch origin {
      case .target(let target): "target `\(target.rawValue)`"
      case .application(let resource, _): "resource `\(resource)`"
      case .requirement(let name, _): "requirement `\(name)`"
      }
    guard let place else { return name }
    return "\(name) (\(place.file):\(place.line):\(place.column))"
  }

  /// Why a module that provides the capability is in an image.
  var reason: Reason {
    switch origin {
    case .target(let target): Reason(kind: .target, name: target.rawValue)
    case .application:
      Reason(
        kind: .application, name: capability.hasPrefix("application.") ? String(capability.dropFirst(12)) : capability)
    case .requirement(let name, _): Reason(kind: .requirement, name: name)
    }
  }

  /// What an image of a resource must have: a platform, its applications, what else it asks for, and what is due.
  static func all(of resource: Resource, due: [SecurityRequirement], target: Target) -> [Need] {
    var needs = [Need(capability: target.capability, origin: .target(target))]
    for part in resource.applications {
      let origin = Origin.application(resource: resource.name, place: resource.place)
      let need = Need(capability: part.capability, origin: origin)
      if !needs.contains(need) { needs.append(need) }
    }
    var features: [String] = []
    if resource.addressing == .dhcp { features.append("address.dhcp") }
    if resource.applications.contains(where: { if case .serverProxy = $0 { true } else { false } }) {
      features.append("name-resolution")
    }
    for feature in features {
      needs.append(
        Need(capability: feature, origin: .application(resource: resource.name, place: resource.place)))
    }
    for requirement in due {
      for capability in requirement.protection.capabilities {
        needs.append(
          Need(
            capability: capability, origin: .requirement(name: requirement.name, place: requirement.place)))
      }
    }
    return needs
  }
}

extension ApplicationPart {
  /// What a module provides that runs it.
  var capability: String {
    switch self {
    case .staticSite: "application.static-site"
    case .reverseProxy, .serverProxy: "application.reverse-proxy"
    case .streamProxy: "application.stream-proxy"
    case .keyValue: "application.key-value"
    case .handler: "application.handler"
    }
  }
}

extension Protection {
  /// What modules provide that give this protection; none if it is not for a module to give.
  var capabilities: [String] {
    switch self {
    case .filtering: ["filtering"]
    case .requestFilter: ["request-filter"]
    case .rateLimit(let limit):
      (limit.limitsMoreThanBytes ? ["rate-limit"] : []) + (limit.quota == nil ? [] : ["quota"])
    case .authentication(let authentication): authentication.ways.map(\.scheme.capability)
    case .session: ["session"]
    case .authorization(let authorization): [authorization.remote == nil ? "authorization" : "authorization.remote"]
    // Images speak 1.2 (Documentation/Decisions/0009-tls-1-2-on-bearssl.md).
    case .transportSecurity(let security):
      [security.minimumVersion == "1.2" ? "transport-security" : "transport-security.\(security.minimumVersion)"]
    case .backendSecurity: ["transport-security.backends"]
    case .responseHeaders: ["response-headers"]
    case .audit: ["audit"]
    // Checked once the image is linked, and kept by whoever runs it.
    case .surfaceBudget, .lifetime, .runtimeIntegrity: []
    }
  }
}

extension Authentication.Scheme {
  /// What a module provides that authenticates in this way.
  var capability: String {
    switch self {
    case .basic: "authentication.basic"
    case .bearer: "authentication.bearer"
    case .apiKey: "authentication.api-key"
    // The ways of `anyOf` have been taken apart before.
    case .certificate, .anyOf: "authentication.certificate"
    }
  }
}
