public import TOSCA

/// The kinds of findings in handlers of users, which the compiler and `SourceRules` report.
public enum HandlerFindings {
  /// All of them, by code.
  public static let all: [FindingKind] = [
    FindingKind("forbidden-import", "A handler imports a module that is not `Handler`."),
    FindingKind("handler-does-not-compile", "The Swift compiler refuses a handler's source."),
    FindingKind("no-handler-function", "A handler has no function `respond(to:in:)` of the right type."),
    FindingKind("unsafe-handler-code", "A handler's source asks for what the protection of an image rests on."),
  ]
}
