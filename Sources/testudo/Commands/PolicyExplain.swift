import ArgumentParser
import ControlPlane
import Foundation
import Interchange
import Orchestration
import PolicyDecision

extension PolicyCommand {
  struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Says whether a request would be allowed, and which policies decide that.",
      discussion:
        "Example: testudo policy explain Examples/portal/orders.cedar --user rita --role reader --method PUT --path /orders/1"
    )

    @Argument(help: "Policy files.")
    var files: [String]

    @Option(help: "Who asks; nobody unless given.")
    var user: String?

    @Option(help: "A role of theirs. Repeatable.")
    var role: [String] = []

    @Option(help: "How they were authenticated: basic or bearer.")
    var scheme = "basic"

    @Option(help: "The method.")
    var method = "GET"

    @Option(help: "The path, as a request line has it; it is normalized as images do that. A query is passed over.")
    var path: String

    @Option(name: .customLong("context"), help: "A contextual attribute, as KEY=VALUE. Repeatable.")
    var context: [String] = []

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    /// What `--format json` prints.
    struct Document: Encodable {
      var decision: String
      var path: String
      var determining: [String]
      var leftOut: [String]
    }

    func run() throws {
      let sources = try PolicyFiles.read(files)
      var attributes: [String: String] = [:]
      for setting in context {
        let (name, value) = try Settings.split(setting)
        attributes[name] = value
      }
      let seen = try normalizedPath()
      let request = HTTPPolicyRequest(
        user: ByteString(user ?? ""), scheme: ByteString(scheme), roles: role.map { ByteString($0) },
        method: ByteString(method), path: seen,
        attributes: attributes.map { PolicyValueField(ByteString($0.key), .string(ByteString($0.value))) })
      switch HTTPPolicyExplanation.explain(request, sources: sources, attributes: attributes.keys.sorted()) {
      case .failure(let findings):
        let texts = Dictionary(sources.map { ($0.file, $0.text) }) { first, _ in first }
        PolicyFiles.show(findings.templateFindings, texts: texts, format: .text)
        throw ExitCode(1)
      case .success(let explanation): try show(explanation, path: seen.description)
      }
    }

    /// The path as images and their policies see it.
    private func normalizedPath() throws -> ByteString {
      guard path.hasPrefix("/"), let seen = try? RequestPath(Array(path.utf8)[...]) else {
        throw Problem(
          type: "urn:testudo:input", title: "No path", status: 422,
          detail:
            "the path is `\(path)`, which images refuse with 400; expected one that starts with `/`, in printable ASCII, "
            + "with no `\\`, `#`, `\"`, `<` or `>`, and no encoded slash or control character", kind: .input)
      }
      return seen.normalized
    }

    private func show(_ explanation: HTTPPolicyExplanation, path seen: String) throws {
      let decision = explanation.isAllowed ? "allow" : "deny"
      let determining = explanation.determining.map {
        "\($0.file):\($0.line):\($0.column): \($0.forbids ? "forbid" : "permit") (\($0.name))"
      }
      let leftOut = explanation.failures.map { "\($0.policy.file):\($0.policy.line): \($0.message)" }
      switch format {
      case .json:
        try Console.print(json: Document(decision: decision, path: seen, determining: determining, leftOut: leftOut))
      case .text:
        print(decision + (seen == path ? "" : ": \(method) \(seen)"))
        for line in determining { print("  because of \(line)") }
        if determining.isEmpty { print("  because no policy permits it") }
        for line in leftOut { print("  left out: \(line)") }
      }
    }
  }
}
