import Interchange
import LibraryOS

extension Flow {
  /// Reads the parameter `clients`: the networks of clients behind a forwarder that may connect, or `any` among them for
  /// all, which is `nil`.
  static func clients(_ value: ParameterValue) throws(ParameterFault) -> FlowSet? {
    guard let items = value.listValue, items.count <= Firewall.maximumFlows else {
      throw ParameterFault("firewall.clients", expected: "a list of at most 65536 networks")
    }
    var flows: [Flow] = []
    for item in items {
      guard let text = item.textValue else {
        throw ParameterFault("firewall.clients", expected: "networks, such as 10.0.0.0/24, or any")
      }
      if text == "any" { return nil }
      flows.append(
        try Flow(
          .map([
            ParameterField("direction", .text("inbound")), ParameterField("protocol", .text("tcp")),
            ParameterField("peer", .text(text)), ParameterField("port", .integer(0)),
          ])))
    }
    return FlowSet(flows)
  }
}
