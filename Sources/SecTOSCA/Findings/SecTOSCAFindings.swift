public import TOSCA

/// The kinds of findings about security, besides those of the language itself.
public enum SecTOSCAFindings {
  /// All of them, by code. `unknown-requirement`, `unknown-target`, `missing-property` and `missing-file` mean here what
  /// they mean in `TOSCA`.
  public static let all: [FindingKind] = [
    FindingKind("adaptation-without-trigger", "An adaptation policy has no triggers, so that it changes nothing."),
    FindingKind("certificate-ends-soon", "A certificate ends within two weeks."),
    FindingKind("certificate-without-names", "A certificate names no host, so that no client takes it for one."),
    FindingKind("condition-never-holds", "The condition of a trigger contradicts itself."),
    FindingKind("conflicting-triggers", "Two triggers can hold at once and ask for different levels."),
    FindingKind("contradictory-requirements", "Two requirements of a level cannot both be met by one resource."),
    FindingKind("duplicate-port", "Two endpoints of a service are published at the same port."),
    FindingKind("duplicate-rank", "Two levels have the same rank, so that neither is above the other."),
    FindingKind("duplicate-route", "Two applications of a resource claim the same path."),
    FindingKind(
      "encrypted-backend", "Requests are passed on to who requires client certificates, or has none with a name."),
    FindingKind("expired-certificate", "A certificate is not valid at present."),
    FindingKind("file-outside-service", "A file that a property names lies outside the template's folder."),
    FindingKind("invalid-certificate", "A certificate, or a chain of them, cannot be read or served."),
    FindingKind("invalid-hash", "The salt or hash of a password has not the form that images can check."),
    FindingKind("invalid-key", "A key for verifying tokens cannot be used."),
    FindingKind("invalid-network", "An address range is not one of IPv4 in CIDR notation."),
    FindingKind("invalid-path", "A path is not one that a request can have."),
    FindingKind("invalid-private-key", "A private key cannot be read or served."),
    FindingKind("invalid-rate", "A rate is not a number of requests for a time."),
    FindingKind("invalid-value", "A value has the right type, but no meaning for this property."),
    FindingKind("level-lowers-protection", "A higher level protects a resource less than a lower one."),
    FindingKind("mismatched-key", "A private key is not that of the certificate beside it."),
    FindingKind("misplaced-property", "A property has no meaning under the scheme that is chosen."),
    FindingKind("misplaced-requirement", "A requirement is put on a node that cannot bear it."),
    FindingKind("missing-artifact", "A route serves an artifact that the node does not have."),
    FindingKind("no-application", "A unikernel is of a type that runs no application."),
    FindingKind("no-endpoint", "A unikernel has no endpoint."),
    FindingKind("no-handler-source", "A handler's artifact has no Swift source."),
    FindingKind("no-level", "The service has no security level, so that nothing says what protection is due."),
    FindingKind("not-a-unikernel", "A node is of a type that nothing is run for."),
    FindingKind(
      "partial-adaptation", "An adaptation policy leaves out nodes, although a level is that of the whole service."),
    FindingKind("published-private-endpoint", "An endpoint is published although it is said to be private."),
    FindingKind("repeated-requirement", "A level names a requirement twice."),
    FindingKind("requirement-without-target", "A requirement protects nothing."),
    FindingKind("trigger-without-effect", "A trigger asks for the lowest level, which is due anyway."),
    FindingKind("unknown-backend", "A route leads to a node that no `backend` requirement names."),
    FindingKind("unknown-level", "A trigger asks for a level that does not exist."),
    FindingKind("unsatisfiable-requirements", "No set of modules gives what a level calls for."),
    FindingKind("unsupported-action", "A trigger's action is not one that can be carried out."),
    FindingKind("unsupported-condition", "A trigger's condition is not one that can be watched."),
    FindingKind("unsupported-event", "A trigger's event is not one that occurs."),
    FindingKind("unsupported-requirement", "A requirement is of a type that nothing carries out."),
    FindingKind("unusable-backend", "A connection leads to a node that cannot take requests."),
    FindingKind("unusable-file", "A file that a property names cannot be used."),
    FindingKind("unused-connection", "A node may connect to another one, but no route goes there."),
    FindingKind("unused-handler", "A node has a handler, but no route goes there."),
    FindingKind("unused-requirement", "No level uses a requirement."),
    FindingKind("value-not-known", "A value that protection depends on is known only when the service runs."),
  ]
}
