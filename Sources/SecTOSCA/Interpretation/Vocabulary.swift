/// The full names of SecTOSCA's types, as its profiles for TOSCA 1.3 and 2.0 declare them.
enum Vocabulary {
  /// Node types.
  enum Node {
    static let unikernel = "sectosca.nodes.Unikernel"
    static let httpService = "sectosca.nodes.HTTPService"
    static let webService = "sectosca.nodes.WebService"
    static let staticSite = "sectosca.nodes.StaticSite"
    static let reverseProxy = "sectosca.nodes.ReverseProxy"
    static let keyValueService = "sectosca.nodes.KeyValueService"
    static let handlerService = "sectosca.nodes.HandlerService"
    static let streamProxy = "sectosca.nodes.StreamProxy"
    static let externalService = "sectosca.nodes.ExternalService"
    static let runnable = [webService, staticSite, reverseProxy, keyValueService, handlerService, streamProxy]
  }

  /// Policy types.
  enum Policy {
    static let requirement = "sectosca.policies.Requirement"
    static let filtering = "sectosca.policies.Filtering"
    static let requestFilter = "sectosca.policies.RequestFilter"
    static let rateLimit = "sectosca.policies.RateLimit"
    static let authentication = "sectosca.policies.Authentication"
    static let session = "sectosca.policies.Session"
    static let authorization = "sectosca.policies.Authorization"
    static let transportSecurity = "sectosca.policies.TransportSecurity"
    static let responseHeaders = "sectosca.policies.ResponseHeaders"
    static let audit = "sectosca.policies.Audit"
    static let surfaceBudget = "sectosca.policies.SurfaceBudget"
    static let lifetime = "sectosca.policies.Lifetime"
    static let runtimeIntegrity = "sectosca.policies.RuntimeIntegrity"
    static let level = "sectosca.policies.Level"
    static let adaptation = "sectosca.policies.Adaptation"
    static let requirements = [
      filtering, requestFilter, rateLimit, authentication, session, authorization, transportSecurity, responseHeaders,
      audit, surfaceBudget, lifetime, runtimeIntegrity,
    ]
  }

  static let endpoint = "sectosca.capabilities.Endpoint"
  /// The profile's own relationship, and the one of the Simple Profile that it derives from in 1.3.
  static let connectsTo = ["sectosca.relationships.ConnectsTo", "tosca.relationships.ConnectsTo"]
  static let siteArtifact = "sectosca.artifacts.StaticSite"
  static let handlerArtifact = "sectosca.artifacts.SwiftHandler"
  static let contextChanged = "sectosca.events.ContextChanged"
  /// What a trigger waits for.
  enum Event: Hashable {
    /// Contextual attributes.
    case context
    /// The phase of the service's life.
    case phase
    /// A time that comes again.
    case schedule
    /// A vulnerability notice about a module of the service.
    case notice
    /// A number of security events.
    case counted(SecurityEventKind)
  }
  /// The events that triggers can wait for.
  static let events: [(name: String, event: Event)] =
    [
      (contextChanged, .context), ("sectosca.events.PhaseChanged", .phase), ("sectosca.events.Schedule", .schedule),
      ("sectosca.events.VulnerabilityNoticed", .notice),
    ] + SecurityEventKind.allCases.map { ("sectosca.events." + $0.rawValue, .counted($0)) }
  /// The attribute that stands for the phase in conditions on it.
  static let phase = "phase"
  /// The function that stands for being in a window of time in conditions of TOSCA 2.0.
  static let windowFunction = "$time_window"
  /// The function that stands for a number of events in conditions of TOSCA 2.0.
  static let countFunction = "$event_count"
  /// The function that stands for a contextual attribute in conditions of TOSCA 2.0.
  static let contextFunction = "$context"
  /// The interface whose operations are the actions of triggers, as nodes have it and by its type.
  static let securityControl = ["SecurityControl", "sectosca.interfaces.SecurityControl"]
  /// The operations that actions of triggers call.
  enum Operation: String, CaseIterable {
    case setLevel = "set_level"
    case setParameter = "set_parameter"
    case revokeSessions = "revoke_sessions"
    case revokeCredentials = "revoke_credentials"
    case replace
    case quarantine
    case notify

    /// As it is called.
    var name: String { "SecurityControl." + rawValue }

    /// The inputs that it has.
    var inputs: [String] {
      switch self {
      case .setLevel: ["level"]
      case .setParameter: ["requirement", "property", "value", "resource"]
      case .revokeSessions: ["principal"]
      case .revokeCredentials: ["principal", "api_key", "key", "duration"]
      case .replace, .quarantine: ["resource", "instance"]
      case .notify: ["url", "keys", "private", "authorities"]
      }
    }
  }
}
