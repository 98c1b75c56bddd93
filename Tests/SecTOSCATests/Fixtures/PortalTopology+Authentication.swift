import TOSCA

extension Portal {
  /// 32 bytes.
  static let hash = String(repeating: "5c", count: 32)

  /// Properties of a requirement of API keys, some of them others.
  static func robots(_ others: [String: Literal] = [:]) -> [String: Literal] {
    let key: Literal = ["client": "robot", "salt": "b2d20928585e7b4b", "hash": .text(hash), "roles": ["clerk"]]
    return ["scheme": "api_key", "realm": "portal", "api_keys": ["r1": key]].merging(others) { $1 }
  }
}

extension Topology {
  /// With a requirement `either`, which any of these satisfies.
  func either(_ names: [String]) -> Topology {
    with(
      Portal.policy(
        "either", "Authentication", ["storefront"],
        ["scheme": "any_of", "of": .list(names.map { .text($0) })]))
  }
}
