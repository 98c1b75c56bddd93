import Foundation
import Testing

/// A mistake in what the program is given, and what it must say of it.
struct BadInput: Sendable, CustomTestStringConvertible {
  var testDescription: String
  /// The file of the example that the mistake is in, and what it changes there.
  var file = "service.yaml"
  var replace: [(String, with: String)] = []
  var append = ""
  /// The arguments after `up PATH`.
  var arguments: [String] = Portal.inputs
  /// Words of the text that the finding must point at: its line and column are worked out from where they stand in the
  /// changed file; `nil` where no place in a file is at fault.
  var at: String?
  /// What the message must say beside the place.
  var said: [String]
}

extension BadInput {
  static let all = [
    BadInput(
      testDescription: "a typo in a key",
      replace: [("        prefix: /orders", with: "        prefx: /orders")], at: "prefx:",
      said: ["error:", "`prefx`", "did you mean `prefix`?", "expected: one of", "`capacity`"]),
    BadInput(
      testDescription: "a typo in the name of a type",
      replace: [("sectosca.nodes.KeyValueService", with: "sectosca.nodes.KeyValueServise")],
      at: "sectosca.nodes.KeyValueServise",
      said: ["error:", "`sectosca.nodes.KeyValueServise`", "did you mean `sectosca.nodes.KeyValueService`?"]),
    BadInput(
      testDescription: "a value of the wrong kind",
      replace: [("rank: 2", with: "rank: highest")], at: "highest",
      said: ["error:", "`highest`", "expected: an integer"]),
    BadInput(
      testDescription: "a site that does not exist",
      replace: [("file: site", with: "file: sight")], at: "sight",
      said: ["error:", "`sight`", "does not exist", "expected:"]),
    BadInput(
      testDescription: "a policy file that does not exist",
      replace: [("policies: [ orders.cedar ]", with: "policies: [ order.cedar ]")], at: "order.cedar",
      said: ["error:", "`order.cedar`"]),
    BadInput(
      testDescription: "a level that lowers protection",
      replace: [
        (
          "requires: [ declared_flows, tokens, order_rules, calm, nobody ]",
          with: "requires: [ declared_flows, tokens, order_rules, nobody ]"
        )
      ],
      at: "[ declared_flows, tokens, order_rules, nobody ]",
      said: [
        "error:", "`lockdown` asks for less than `elevated`", "the rate limit of `storefront`", "expected: `calm`",
      ]),
    BadInput(
      testDescription: "a policy that does not parse", file: "orders.cedar",
      replace: [("permit (\n  principal in Role::\"reader\"", with: "permitt (\n  principal in Role::\"reader\"")],
      at: "permitt", said: ["error:", "`permitt`", "expected: `permit` or `forbid`"]),
    BadInput(
      testDescription: "a policy with an attribute that requests do not have", file: "orders.cedar",
      append: "\nforbid (principal, action, resource) when { context.weather == \"rain\" };\n", at: "context.weather",
      said: ["error:", "`weather`", "expected: one of", "`source`"]),
    BadInput(
      testDescription: "a template that is no YAML",
      replace: [("node_templates:", with: "node_templates: [")], said: ["service.yaml:", "error:", "not YAML"]),
    BadInput(
      testDescription: "a template that is YAML and no TOSCA",
      replace: [("tosca_definitions_version:", with: "version:")], said: ["service.yaml:", "tosca_definitions_version"]),
    BadInput(
      testDescription: "a target that does not exist",
      replace: [("targets: [ orders ]", with: "targets: [ ordrs ]")], at: "ordrs",
      said: ["error:", "`ordrs`", "did you mean `orders`?", "expected: one of"]),
    BadInput(
      testDescription: "a requirement that no module can satisfy",
      replace: [
        (
          "    - nobody:\n",
          with: """
              - secrecy:
                  type: sectosca.policies.TransportSecurity
                  targets: [ storefront ]
                  properties:
                    minimum_version: "1.3"
                    identities:
                      - certificate: |
                            -----BEGIN CERTIFICATE-----
                            MIIBmTCCAT6gAwIBAgIUQAPyo1OVvV+kHsbH9cxuCp15c3kwCgYIKoZIzj0EAwIw
                            GTEXMBUGA1UEAwwOVGVzdCBhdXRob3JpdHkwIBcNMjQwMTAxMDAwMDAwWhgPMjEy
                            NDAxMDEwMDAwMDBaMBYxFDASBgNVBAMMC3BvcnRhbC50ZXN0MFkwEwYHKoZIzj0C
                            AQYIKoZIzj0DAQcDQgAEqt1JTKhe2kd2SpbYCEDV8Py7DSs9Hk8WE9r+EQPEs6XI
                            zaFiTQGt49mQwT2ZfCHhTiwS7cDnylGGiCvpA2uhYKNlMGMwFgYDVR0RBA8wDYIL
                            cG9ydGFsLnRlc3QwCQYDVR0TBAIwADAdBgNVHQ4EFgQUtZXkZYLiUVmfIKhCdast
                            dkK7oD0wHwYDVR0jBBgwFoAUAmINjwryt6g4AhdhDFsB+Q1DqIowCgYIKoZIzj0E
                            AwIDSQAwRgIhAK0MZiEyARB5ZfV0ZekXRsf42Ghw6FXvDZq0W0z9ULCvAiEAz0t8
                            vLvI11AS7NNATQqmOdOFe/kRc6jakP4ugwtknbY=
                            -----END CERTIFICATE-----
                        key: |
                            -----BEGIN PRIVATE KEY-----
                            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgGOj2NNdOJUyLeWt4
                            ol2JimQoy000yaSxh2gHsdKdQq2hRANCAASq3UlMqF7aR3ZKltgIQNXw/LsNKz0e
                            TxYT2v4RA8SzpcjNoWJNAa3j2ZDBPZl8IeFOLBLtwOfKUYaIK+kDa6Fg
                            -----END PRIVATE KEY-----

              - nobody:

          """
        ), ("calm, nobody ]", with: "calm, nobody, secrecy ]"),
      ],
      at: "secrecy:",
      said: [
        "error:", "`lockdown`", "`secrecy`", "`storefront`", "no module provides `transport-security.1.3`", "expected:",
      ]),
    BadInput(
      testDescription: "two triggers that could ask for different levels at once",
      append: """

            - follow_alarms:
                type: sectosca.policies.Adaptation
                targets: [ storefront, orders ]
                triggers:
                  alarm:
                    event: sectosca.events.ContextChanged
                    condition:
                      constraint:
                        alarms: [ { greater_or_equal: 3 } ]
                    action:
                      - call_operation:
                          operation: SecurityControl.set_level
                          inputs:
                            level: lockdown

        """,
      at: "alarm:", said: ["error:", "`alarm` and `threat_rises`", "`lockdown`", "`elevated`", "expected:"]),
    BadInput(
      testDescription: "an input without a value", arguments: [], at: "{ get_input: credentials }",
      said: ["error:", "`credentials`", "expected: a value"]),
    BadInput(
      testDescription: "a level that does not exist", arguments: Portal.inputs + ["--level", "panic"],
      said: ["error:", "`panic`", "normal, elevated, lockdown"]),
    BadInput(
      testDescription: "a file of an input that does not exist", arguments: ["--set", "credentials=@no-such.yaml"],
      said: ["error:", "no-such.yaml"]),
  ]

  /// Makes the mistake.
  func make(in portal: Portal) throws {
    try portal.edit(file) { text in
      try replace.reduce(text) { text, change in
        guard text.contains(change.0) else { throw Missing(words: change.0) }
        return text.replacing(change.0, with: change.with)
      } + append
    }
  }

  /// The example does not hold the words that a mistake is made of: it has changed, and this test must follow.
  struct Missing: Error { var words: String }

  /// `file:line:column` of what is at fault.
  func place(in portal: Portal) throws -> String? {
    guard let at else { return nil }
    let text = try String(contentsOf: portal.template.appending(path: file), encoding: .utf8)
    guard let found = text.firstRange(of: at) else { throw Missing(words: at) }
    let lines = text[..<found.lowerBound].split(separator: "\n", omittingEmptySubsequences: false)
    return "\(file):\(lines.count):\((lines.last?.count ?? 0) + 1): "
  }
}
