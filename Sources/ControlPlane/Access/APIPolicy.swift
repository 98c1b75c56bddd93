import Cedar
import Orchestration

/// Who may do what over the API: a policy in Cedar, decided as all policies are. `Documentation/PolicyDecisionPoint.md`
/// shows it.
struct APIPolicy: Sendable {
  /// What the policy is about.
  static let schemaText = """
    namespace API {
      entity Role in [Role];
      entity Tenant;
      entity Machine;
      entity Caller in [Role] { everywhere: Bool, tenant?: Tenant };
      action operate, secure;
      action decide in [secure] appliesTo { principal: Caller, resource: Tenant };
      action observe appliesTo { principal: Caller, resource: Tenant };
      action removeService in [operate] appliesTo { principal: Caller, resource: Tenant };
      action setLevel in [operate, secure] appliesTo { principal: Caller, resource: Tenant };
      action quarantine in [operate, secure] appliesTo { principal: Caller, resource: Tenant };
      action commandFilters in [secure] appliesTo { principal: Caller, resource: Tenant };
      action changePolicies in [secure] appliesTo { principal: Caller, resource: Tenant };
      action readDecisions in [secure] appliesTo { principal: Caller, resource: Tenant };
      action changeTokens appliesTo { principal: Caller, resource: Tenant };
      action operateMachine appliesTo { principal: Caller, resource: Machine };
    }
    """

  /// The policy.
  static let text = """
    @id("own-tenant-only")
    forbid (principal, action, resource)
    unless { principal.everywhere || principal has tenant && resource == principal.tenant };

    @id("enforcement-points-ask")
    permit (principal in API::Role::"decision-caller", action == API::Action::"decide", resource);
    @id("viewers-see")
    permit (principal in API::Role::"viewer", action == API::Action::"observe", resource);
    @id("operators-operate")
    permit (principal in API::Role::"operator", action in API::Action::"operate", resource);
    @id("security-officers-secure")
    permit (principal in API::Role::"security-officer", action in API::Action::"secure", resource);
    @id("administrators-do-everything")
    permit (principal in API::Role::"administrator", action, resource);
    """

  private let policies: PolicySet
  private let actions: [Entity]

  /// The policy, read.
  init() throws {
    let schema = try Schema(parsing: Self.schemaText)
    policies = try PolicySet(parsing: Self.text, naming: .annotation)
    actions = schema.actions.map { Entity($0.key, parents: $0.value.parents) }
  }

  /// What is wrong with the policy: nothing, as a test sees to.
  func findings() throws -> [ValidationFinding] {
    Validator(schema: try Schema(parsing: Self.schemaText)).validate(policies)
  }

  /// Whether the bearer of a token may do this to a tenant; `nil` stands for all tenants and the machine.
  func permits(_ token: AccessToken, _ operation: APIOperation, on tenant: String?) -> Bool {
    let caller = EntityUID(type: "API::Caller", id: CedarString(token.id))
    func role(_ role: AccessRole) -> EntityUID { EntityUID(type: "API::Role", id: CedarString(role.rawValue)) }
    func uid(_ tenant: String) -> EntityUID { EntityUID(type: "API::Tenant", id: CedarString(tenant)) }
    var attributes: [CedarString: Value] = ["everywhere": .bool(token.tenant == nil)]
    if let own = token.tenant { attributes["tenant"] = .entity(uid(own)) }
    var list = [
      Entity(caller, attributes: attributes, parents: [role(token.role)]),
      Entity(role(.operator), parents: [role(.viewer)]), Entity(role(.securityOfficer), parents: [role(.viewer)]),
    ]
    list += actions
    guard let entities = try? Entities(list) else { return false }
    let resource =
      if let tenant, !operation.isOfMachine { uid(tenant) } else { EntityUID(type: "API::Machine", id: "machine") }
    let response = Authorizer(policies: policies, entities: entities).decide(
      Request(principal: caller, action: operation.uid, resource: resource, context: [:]))
    // A policy that could not be evaluated might have forbidden it.
    return response.decision == .allow && response.errors.isEmpty
  }
}
