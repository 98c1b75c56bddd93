import OpenC2
import PolicyDecision
import SharedSignals

// Every route there is. A test holds them against those that are registered, and `openapi.json` is made of them.

extension APIRoute {
  /// Every route.
  static let all =
    services + revocations + quarantine + policies + observation + images + pool + decision + tokens + tenants + signals
    + commands + aboutItself + dashboard
    + access(below: "") + access(below: "/tenants/{tenant}")

  /// The routes that callers without tokens have on a loopback address: decisions, and what carries its own proof.
  static let withoutTokens = all.filter { route in
    (route.operation == nil || route.operation == .decide) && !dashboard.contains { $0.path == route.path }
  }

  private static func json(_ schema: String, limit: Int = 4 << 20) -> Body {
    Body(types: ["application/json"], schema: schema, limit: limit)
  }

  private static func document(_ schema: String) -> [Answer] { [("application/json", schema)] }

  /// What takes time: one document once it is done or, for who asks for lines, each step as it is carried out.
  private static func steps(_ schema: String) -> [Answer] {
    [("application/json", schema), ("application/x-ndjson", "Lines")]
  }

  private static let contextScope = [
    APIParameter.onlyTenant,
    APIParameter(name: "service", kind: .text(40), summary: "Only this service, of the tenant `default` unless named."),
  ]

  private static let services = [
    APIRoute(
      method: "GET", path: "/api/v1/services", name: "listServices", summary: "The services that are declared.",
      operation: .observe, queries: [.onlyTenant], answers: document("Services")),
    APIRoute(
      method: "POST", path: "/api/v1/services", name: "up",
      summary: "Makes a service what a template of this host's files says.", operation: .operateMachine,
      body: json("ServiceRequest"), answers: steps("Service"), problems: [404, 422, 500, 503]),
    APIRoute(
      method: "POST", path: "/api/v1/plans", name: "plan", summary: "What `up` would do, and why. Changes nothing.",
      operation: .operateMachine, body: json("ServiceRequest"), answers: document("Actions"),
      problems: [404, 422, 503]),
    APIRoute(
      method: "DELETE", path: "/api/v1/services/{name}", name: "down",
      summary: "Stops a service and removes everything that was made for it.", operation: .removeService,
      queries: [.tenant], answers: steps("Done"), problems: [404, 500, 503]),
    APIRoute(
      method: "PUT", path: "/api/v1/services/{name}/level", name: "setLevel",
      summary: "Sets the level by hand, or leaves it to triggers again.", operation: .setLevel, queries: [.tenant],
      body: json("LevelRequest"), answers: steps("LevelChange"), problems: [404, 422, 500, 503]),
    APIRoute(
      method: "PUT", path: "/api/v1/services/{name}/phase", name: "setPhase",
      summary: "Says in what phase of its life a service is, and brings about the level that is then due.",
      operation: .setLevel, queries: [.tenant], body: json("PhaseRequest"), answers: steps("LevelChange"),
      problems: [404, 422, 500, 503]),
    APIRoute(
      method: "POST", path: "/api/v1/notices/changes", name: "noticesChanged",
      summary: "Looks at the vulnerability notices anew, and brings about every level that is then due.",
      operation: .operateMachine, answers: steps("LevelChanges"), problems: [500, 503]),
    APIRoute(
      method: "GET", path: "/api/v1/context", name: "listContext",
      summary: "The contextual attributes of everything; of a tenant or a service, what is seen there.",
      operation: .operateMachine, queries: contextScope, answers: document("Attributes")),
    APIRoute(
      method: "PUT", path: "/api/v1/context", name: "setContext",
      summary: "Sets contextual attributes, and brings about every level that is then due.",
      operation: .operateMachine, queries: contextScope, body: json("Attributes"), answers: steps("LevelChanges"),
      problems: [404, 422, 500, 503]),
  ]

  private static let revocations = [
    APIRoute(
      method: "GET", path: "/api/v1/services/{name}/revocations", name: "listRevocations",
      summary: "The sessions and credentials of a service that are revoked.", operation: .observe, queries: [.tenant],
      answers: document("Revocations"), problems: [404]),
    APIRoute(
      method: "DELETE", path: "/api/v1/services/{name}/revocations/{revocation}", name: "liftRevocation",
      summary: "Makes valid again what was revoked.", operation: .changePolicies, queries: [.tenant],
      answers: document("Revocation"), problems: [404, 500, 503]),
  ]

  private static let quarantine = [
    APIRoute(
      method: "GET", path: "/api/v1/quarantine", name: "listQuarantine", summary: "The instances in quarantine.",
      operation: .observe, queries: [.onlyTenant], answers: document("QuarantinedInstances")),
    APIRoute(
      method: "POST", path: "/api/v1/services/{name}/quarantine", name: "quarantine",
      summary: "Takes instances off the network, their memory kept, once clean ones have taken their places.",
      operation: .quarantine, queries: [.tenant], body: json("QuarantineRequest", limit: 1 << 16),
      answers: steps("QuarantinedInstances"), problems: [404, 422, 500, 503]),
    APIRoute(
      method: "POST", path: "/api/v1/quarantine/{instance}/dump", name: "dumpQuarantined",
      summary: "Writes the memory of an instance in quarantine to a file of the control plane's host.",
      operation: .operateMachine, queries: [.tenant], answers: document("MemoryDump"), problems: [404, 422, 500, 503]),
    APIRoute(
      method: "POST", path: "/api/v1/quarantine/{instance}/release", name: "releaseQuarantined",
      summary: "Lets an instance serve again, in the place of the one that stood in for it.",
      operation: .quarantine, queries: [.tenant], answers: steps("QuarantinedInstance"),
      problems: [404, 422, 500, 503]),
    APIRoute(
      method: "DELETE", path: "/api/v1/quarantine/{instance}", name: "discardQuarantined",
      summary: "Ends an instance in quarantine; its memory and its dump are gone.", operation: .quarantine,
      queries: [.tenant], answers: document("QuarantinedInstance"), problems: [404, 500, 503]),
  ]

  private static let policies = [
    APIRoute(
      method: "GET", path: "/api/v1/policies", name: "listPolicies",
      summary: "Which version of the policies each enforcement point acknowledged.", operation: .observe,
      queries: [.onlyTenant], answers: document("PolicyAcknowledgements")),
    APIRoute(
      method: "GET", path: "/api/v1/policies/certificate", name: "certifyConvergence",
      summary: "A signed certificate of what every enforcement point has in force.", operation: .operateMachine,
      queries: [.onlyTenant, APIParameter(name: "service", kind: .text(40), summary: "Only this service's.")],
      answers: document("SignedEnvelope"), problems: [404, 500]),
    APIRoute(
      method: "GET", path: "/api/v1/policies/versions", name: "listPolicyVersions",
      summary: "The versions of tenants' policies, oldest first.", operation: .observe, queries: [.onlyTenant],
      answers: document("PolicyVersions"), problems: [422, 500]),
    APIRoute(
      method: "POST", path: "/api/v1/policies/rollback", name: "rollBackPolicies",
      summary: "Puts what an earlier version said in force again, as another version.", operation: .changePolicies,
      queries: [.tenant], body: json("RollbackRequest", limit: 1 << 16), answers: steps("PolicyAcknowledgements"),
      problems: [422, 500, 503]),
    APIRoute(
      method: "PUT", path: "/api/v1/policies", name: "applyPolicies",
      summary: "Replaces the policies of services in every image, without a restart.", operation: .changePolicies,
      queries: [.tenant], body: json("PolicyRequest"), answers: steps("PolicyAcknowledgements"),
      problems: [404, 422, 500, 503]),
  ]

  private static let observation = [
    APIRoute(
      method: "GET", path: "/api/v1/unikernels", name: "listUnikernels", summary: "What runs.", operation: .observe,
      queries: [.onlyTenant], answers: document("Unikernels")),
    APIRoute(
      method: "GET", path: "/api/v1/logs/{name}", name: "readLogs",
      summary: "The last lines of the consoles of a service's instances.", operation: .observe,
      queries: [.tenant, APIParameter(name: "resource", kind: .text(256), summary: "Only this resource's.")],
      answers: [("text/plain", nil)], problems: [404]),
    APIRoute(
      method: "GET", path: "/api/v1/events", name: "listEvents",
      summary: "What happened: at most 10,000 events or, for who asks for server-sent events, those and all to come.",
      operation: .observe,
      queries: [
        .onlyTenant,
        APIParameter(
          name: "after", kind: .number(0...Int.max), summary: "Only events with a greater number; 0 unless given."),
        APIParameter(name: "correlation", kind: .text(64), summary: "Only events of one cause."),
        APIParameter(name: "ocsf", kind: .flag, summary: "In the form of OCSF, one document a line."),
      ],
      answers: [
        ("application/json", "Events"), ("application/x-ndjson", "Lines"), ("text/event-stream", "EventStream"),
      ]),
  ]

  private static let images = [
    APIRoute(
      method: "GET", path: "/api/v1/images", name: "listImages", summary: "The images of the store, by digest.",
      operation: .observe, queries: [.onlyTenant], answers: document("Images")),
    image("", "readImage", "An image, as its signed statement describes it.", "Image"),
    image("/sbom", "readBillOfMaterials", "An image's bill of materials (CycloneDX).", "BillOfMaterials"),
    image("/provenance", "readProvenance", "How an image was made (SLSA, in a signed envelope).", "SignedEnvelope"),
    image("/report", "readReport", "What an image offers to somebody who attacks it.", "AttackSurfaceReport"),
  ]

  private static func image(_ part: String, _ name: String, _ summary: String, _ schema: String) -> APIRoute {
    APIRoute(
      method: "GET", path: "/api/v1/images/{digest}\(part)", name: name, summary: summary, operation: .observe,
      queries: [.onlyTenant], answers: document(schema), problems: [404, 500])
  }

  private static let pool = [
    APIRoute(
      method: "GET", path: "/api/v1/pool", name: "readPool",
      summary: "The images that could be asked for next, and which of them are ready; the instances that wait.",
      operation: .operateMachine, queries: [.onlyTenant], answers: document("Pool")),
    APIRoute(
      method: "PUT", path: "/api/v1/pool/memory", name: "setPoolMemory",
      summary: "The most memory that instances may wait with.", operation: .operateMachine,
      body: json("PoolMemory", limit: 1 << 16), answers: document("Pool"), problems: [422, 500]),
    APIRoute(
      method: "POST", path: "/api/v1/pool/fill", name: "fillPool", summary: "Makes them all.",
      operation: .operateMachine, queries: [.onlyTenant], answers: document("Pool"), problems: [422, 500, 503]),
    APIRoute(
      method: "POST", path: "/api/v1/pool/drain", name: "drainPool",
      summary: "Removes those that are ready and not in use, and ends the instances that wait.",
      operation: .operateMachine, queries: [.onlyTenant], answers: document("Pool"), problems: [500]),
  ]

  private static let decision =
    [
      APIRoute(
        method: "GET", path: "/api/v1/decision", name: "listDecisionPoints",
        summary: "What decision points decide with, in short.", operation: .readDecisions, queries: [.onlyTenant],
        answers: document("DecisionPoints")),
      APIRoute(
        method: "PATCH", path: "/api/v1/decision", name: "changeDecisionPoint",
        summary: "Replaces or takes away several parts in one version.", operation: .changePolicies,
        queries: [.tenant], body: json("DecisionParts", limit: APIServer.maximumDecisionBytes),
        answers: document("DecisionPoint"), problems: [422, 500]),
      APIRoute(
        method: "DELETE", path: "/api/v1/decision", name: "clearDecisionPoint", summary: "Takes everything away.",
        operation: .changePolicies, queries: [.tenant], answers: document("DecisionPoint"), problems: [422, 500]),
      APIRoute(
        method: "GET", path: "/api/v1/decision/log", name: "readDecisionLog",
        summary: "The end of the log of decisions: events of OCSF, one a line.", operation: .readDecisions,
        queries: [
          .onlyTenant,
          APIParameter(name: "limit", kind: .number(0...100_000), summary: "How many at most; 100 unless given."),
        ], answers: [("application/x-ndjson", "Lines")]),
    ]
    + ["policies", "schema", "entities"].flatMap { part in
      [
        APIRoute(
          method: "GET", path: "/api/v1/decision/\(part)", name: "read-\(part)", summary: "The \(part), as given.",
          operation: .readDecisions, queries: [.tenant], answers: [("text/plain", nil)], problems: [404]),
        APIRoute(
          method: "PUT", path: "/api/v1/decision/\(part)", name: "set-\(part)",
          summary: "Puts \(part) in the place of those before.", operation: .changePolicies, queries: [.tenant],
          body: Body(types: [], schema: nil, limit: APIServer.maximumDecisionBytes),
          answers: document("DecisionPoint"), problems: [422, 500]),
        APIRoute(
          method: "DELETE", path: "/api/v1/decision/\(part)", name: "clear-\(part)",
          summary: "Takes the \(part) away.", operation: .changePolicies, queries: [.tenant],
          answers: document("DecisionPoint"), problems: [422, 500]),
      ]
    }

  private static let tokenTenant = APIParameter(
    name: "tenant", kind: .tenant(everywhere: true),
    summary: "The tenant of the tokens; `*` for tokens for all tenants.")

  private static let tokens = [
    APIRoute(
      method: "GET", path: "/api/v1/tokens", name: "listTokens", summary: "The tokens, without their texts.",
      operation: .changeTokens, queries: [tokenTenant], answers: document("Tokens")),
    APIRoute(
      method: "POST", path: "/api/v1/tokens", name: "createToken",
      summary: "Makes a token; its text is in this answer and nowhere else.", operation: .changeTokens,
      queries: [tokenTenant], body: json("TokenRequest", limit: 1 << 16), answers: document("NewToken"),
      problems: [422, 500]),
    APIRoute(
      method: "DELETE", path: "/api/v1/tokens/{id}", name: "revokeToken",
      summary: "Ends a token: whoever shows it from then on is a stranger.", operation: .changeTokens,
      queries: [tokenTenant], answers: document("Token"), problems: [404, 500]),
  ]

  private static let signals = [
    APIRoute(
      method: "POST", path: "/ssf/events", name: "pushSignal",
      summary: "Takes in a security event token (RFC 8935); its signature says who sends it.",
      body: Body(
        types: ["application/secevent+jwt"], schema: nil, limit: SecurityEventToken.maximumBytes, refusal: 400,
        isRefusedByHandler: true),
      answers: [], status: 202, refusal: ([400], ["application/json"], "SignalRefusal"), problems: [429, 500]),
    APIRoute(
      method: "GET", path: "/api/v1/transmitters", name: "listTransmitters",
      summary: "Who may send security event tokens.", operation: .operateMachine, answers: document("Transmitters")),
    APIRoute(
      method: "POST", path: "/api/v1/transmitters", name: "addTransmitter",
      summary: "Takes in a transmitter, in the place of the one of its name.", operation: .operateMachine,
      body: json("Transmitter", limit: 1 << 21), answers: document("Transmitter"), problems: [422, 500]),
    APIRoute(
      method: "DELETE", path: "/api/v1/transmitters/{name}", name: "removeTransmitter",
      summary: "Accepts no more tokens of a transmitter.", operation: .operateMachine,
      answers: document("Transmitter"), problems: [404, 500]),
  ]

  private static let commands = [
    APIRoute(
      method: "POST", path: "/.well-known/openc2", name: "commandFilters",
      summary: "Carries out a command of OpenC2 1.0 for packet filters (SLPF 1.0).", operation: .commandFilters,
      queries: [.tenant],
      body: Body(
        types: [OpenC2Message.mediaType, OpenC2Message.formerMediaTypes.command], schema: "OpenC2Message",
        limit: 1 << 16, refusal: 400, isRefusedByHandler: true),
      answers: [
        (OpenC2Message.mediaType, "OpenC2Answer"), (OpenC2Message.formerMediaTypes.response, "OpenC2Answer"),
      ],
      refusal: (
        [400, 500, 501], [OpenC2Message.mediaType, OpenC2Message.formerMediaTypes.response], "OpenC2Answer"
      ), problems: [500, 501]),
    APIRoute(
      method: "GET", path: "/api/v1/packet-rules", name: "listPacketRules",
      summary: "The rules of packet filters that commands led to, in their order.", operation: .observe,
      queries: [.tenant], answers: document("PacketRules")),
  ]

  private static let tenants = [
    APIRoute(
      method: "GET", path: "/api/v1/tenants", name: "listTenants",
      summary: "The tenants: what they may have, and have.",
      operation: .observe, queries: [.onlyTenant], answers: document("Tenants")),
    APIRoute(
      method: "POST", path: "/api/v1/tenants", name: "createTenant", summary: "Makes a tenant.",
      operation: .operateMachine, body: json("TenantRequest", limit: 1 << 16), answers: document("Tenant"),
      problems: [422, 500]),
    APIRoute(
      method: "GET", path: "/api/v1/tenants/{tenant}", name: "readTenant", summary: "One tenant.",
      operation: .observe, answers: document("Tenant"), problems: [404]),
    APIRoute(
      method: "DELETE", path: "/api/v1/tenants/{tenant}", name: "deleteTenant",
      summary: "Forgets a tenant that has no services, with its tokens and its decision point.",
      operation: .operateMachine, answers: document("Tenant"), problems: [404, 422, 500]),
    APIRoute(
      method: "PUT", path: "/api/v1/tenants/{tenant}/quota", name: "setQuota",
      summary: "How much a tenant may have from now on. What is left out is not bounded.", operation: .operateMachine,
      body: json("TenantQuota", limit: 1 << 16), answers: document("Tenant"), problems: [422, 500]),
  ]

  private static let aboutItself = [
    APIRoute(
      method: "GET", path: "/openapi.json", name: "readDescription", summary: "This description.",
      answers: document("Description")),
    APIRoute(
      method: "GET", path: "/healthz", name: "readHealth", summary: "Whether the control plane answers.",
      answers: document("Health")),
    APIRoute(
      method: "GET", path: "/readyz", name: "readReadiness",
      summary: "Whether it can do its work, and what each part of that says.", answers: document("Readiness"),
      problems: [503]),
    APIRoute(
      method: "GET", path: "/metrics", name: "readMetrics", summary: "Metrics in the text format of Prometheus.",
      operation: .operateMachine, answers: [("text/plain", nil)]),
    APIRoute(
      method: "GET", path: "/.well-known/authzen-configuration", name: "readDecisionMetadata",
      summary: "Where the decision point of the tenant `default` is (AuthZEN).",
      answers: document("DecisionMetadata")),
    APIRoute(
      method: "GET", path: "/.well-known/authzen-configuration/tenants/{tenant}", name: "readTenantDecisionMetadata",
      summary: "Where a tenant's decision point is (AuthZEN).", answers: document("DecisionMetadata"),
      problems: [404]),
  ]

  private static let dashboard = [
    APIRoute(
      method: "GET", path: "/", name: "showDashboard", summary: "A page that shows what runs and what happens.",
      answers: [("text/html", nil)]),
    APIRoute(
      method: "GET", path: "/dashboard/style.css", name: "styleDashboard", summary: "The looks of that page.",
      answers: [("text/css", nil)]),
    APIRoute(
      method: "GET", path: "/dashboard/script.js", name: "fillDashboard", summary: "What fills that page.",
      answers: [("text/javascript", nil)]),
  ]

  /// A decision point (AuthZEN Authorization API 1.0).
  private static func access(below base: String) -> [APIRoute] {
    AccessEndpoint.allCases.map { endpoint in
      let schema =
        switch endpoint {
        case .evaluation: ("Evaluation", "Decision")
        case .evaluations: ("Evaluations", "Decisions")
        case .subjectSearch: ("SubjectSearch", "SearchResults")
        case .resourceSearch: ("ResourceSearch", "SearchResults")
        case .actionSearch: ("ActionSearch", "SearchResults")
        }
      return APIRoute(
        method: "POST", path: "\(base)/\(endpoint.path)",
        name: endpoint.rawValue.replacing("/", with: "-") + (base.isEmpty ? "" : "-of-tenant"),
        summary: "Asks \(base.isEmpty ? "a" : "the named tenant's") decision point (AuthZEN).", operation: .decide,
        queries: base.isEmpty ? [.tenant] : [],
        // What is no JSON is a malformed request there (section 10.1.3).
        body: Body(
          types: ["application/json"], schema: schema.0, limit: DecisionPoint.maximumRequestBytes, refusal: 400),
        answers: document(schema.1), problems: base.isEmpty ? [] : [404])
    }
  }
}
