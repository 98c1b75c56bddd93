import SecTOSCA

extension OpenC2Command {
  /// The members of a command.
  static let members = ["action", "target", "args", "actuator", "command_id"]

  /// Reads a command.
  /// - Parameters:
  ///   - fields: Its members.
  ///   - now: What times are reckoned from, in milliseconds since 1970.
  init(_ fields: Fields, now: Int) throws(OpenC2Refusal) {
    let word = try fields.text("action")
    guard let action = Action(rawValue: word ?? "") else {
      throw OpenC2Refusal(
        .badRequest,
        word.map { "`\($0)` is no action of OpenC2" } ?? "the command has no `action`, expected one of OpenC2's")
    }
    self.action = action
    let target = try fields.object("target")
    guard let target, target.names.count == 1, let name = target.names.first else {
      throw OpenC2Refusal(.badRequest, "the command's `target` is no object with one member, the target")
    }
    self.target = try Self.target(name, target)
    if let actuator = try fields.object("actuator") {
      guard actuator.names == ["slpf"] else {
        throw OpenC2Refusal(.notImplemented, "Option not supported: the actuator is not `slpf`")
      }
      if let specifiers = try actuator.object(
        "slpf", known: ["hostname", "named_group", "asset_id", "asset_tuple"])
      {
        if let other = specifiers.names.first(where: { $0.hasPrefix("asset") }) {
          throw OpenC2Refusal(
            .notImplemented,
            "Option not supported: `\(other)`, expected `named_group`, a service, or `hostname`, a resource")
        }
        filters = Filters(hostname: try specifiers.text("hostname"), group: try specifiers.text("named_group"))
      }
    }
    identifier = try fields.text("command_id")
    if let arguments = try fields.object("args") { try read(arguments, now: now) }
  }

  private static func target(_ name: String, _ fields: Fields) throws(OpenC2Refusal) -> Target {
    switch name {
    case "features":
      var features: Set<Feature> = []
      for written in try fields.texts(name) ?? [] {
        guard let feature = Feature(rawValue: written), features.insert(feature).inserted
        else {
          let known = Feature.allCases.map(\.rawValue).joined(separator: ", ")
          throw OpenC2Refusal(.badRequest, "`features` has `\(written)`, expected each of \(known) once at most")
        }
      }
      return .features(features)
    case "ipv4_net", "ipv6_net":
      let isIPv6 = name == "ipv6_net"
      guard let network = try network(name, fields, isIPv6: isIPv6) else {
        throw OpenC2Refusal(.badRequest, "`\(name)` is no text")
      }
      return .traffic(TrafficPattern(isIPv6: isIPv6, addresses: .either(network)))
    case "ipv4_connection", "ipv6_connection":
      guard let connection = try fields.object(name) else {
        throw OpenC2Refusal(.badRequest, "`\(name)` is no object")
      }
      return .traffic(try self.connection(name, connection))
    case "slpf:rule_number":
      guard let number = try fields.number(name, 1...Int(Int32.max)) else {
        throw OpenC2Refusal(.badRequest, "`slpf:rule_number` has no number")
      }
      return .rule(number: number)
    case "slpf":
      guard let target = try fields.object(name, known: ["rule_number"]),
        let number = try target.number("rule_number", 1...Int(Int32.max))
      else { throw OpenC2Refusal(.badRequest, "the target `slpf` has no `rule_number`") }
      return .rule(number: number)
    default: return .other(name: name)
    }
  }

  private static func network(
    _ name: String, _ fields: Fields, isIPv6: Bool
  ) throws(OpenC2Refusal) -> IPNetwork? {
    guard let text = try fields.text(name) else { return nil }
    guard let network = IPNetwork(around: text), network.isIPv6 == isIPv6 else {
      throw OpenC2Refusal(
        .badRequest,
        "`\(name)` is `\(text)`, expected an address or network of \(isIPv6 ? "IPv6" : "IPv4") such as "
          + (isIPv6 ? "`2001:db8::/32`" : "`198.51.100.0/24`"))
    }
    return network
  }

  private static func connection(_ name: String, _ fields: Fields) throws(OpenC2Refusal) -> TrafficPattern {
    let isIPv6 = name == "ipv6_connection"
    let known = ["protocol", "src_addr", "src_port", "dst_addr", "dst_port"]
    guard !fields.names.isEmpty else {
      throw OpenC2Refusal(
        .badRequest, "`\(name)` is empty, expected at least one of \(known.joined(separator: ", "))")
    }
    // Of what the language may get one day, nothing must be passed over: the rule would be another.
    if let other = fields.names.first(where: { !known.contains($0) }) {
      throw OpenC2Refusal(.notImplemented, "Option not supported: `\(other)` of `\(name)`")
    }
    var pattern = TrafficPattern(
      isIPv6: isIPv6,
      addresses: .both(
        source: try network("src_addr", fields, isIPv6: isIPv6),
        destination: try network("dst_addr", fields, isIPv6: isIPv6)))
    pattern.transport = try fields.word("protocol", TrafficPattern.TransportProtocol.self)
    pattern.sourcePort = try fields.number("src_port", 0...65_535)
    pattern.destinationPort = try fields.number("dst_port", 0...65_535)
    if pattern.sourcePort != nil || pattern.destinationPort != nil,
      pattern.transport == nil || pattern.transport == .icmp
    {
      throw OpenC2Refusal(.badRequest, "`\(name)` has a port, expected `protocol` to be `tcp`, `udp` or `sctp` then")
    }
    return pattern
  }

  private mutating func read(_ fields: Fields, now: Int) throws(OpenC2Refusal) {
    let common = ["start_time", "stop_time", "duration", "response_requested", "slpf"]
    // It is read first, so that also what is refused is answered as it is asked for.
    arguments.response = try fields.word("response_requested", ResponseRequest.self) ?? .complete
    if let other = fields.names.first(where: { !common.contains($0) }) {
      throw OpenC2Refusal(.notImplemented, "Option not supported: `\(other)`")
    }
    let times = 0...Int(1) << 53
    arguments.start = try fields.number("start_time", times)
    arguments.stop = try fields.number("stop_time", times)
    if let duration = try fields.number("duration", times) {
      switch (arguments.start, arguments.stop) {
      case (_?, _?):
        throw OpenC2Refusal(
          .badRequest, "there are `start_time`, `stop_time` and `duration`, expected two of them at most")
      case (nil, let stop?): arguments.start = stop - duration
      case (let start, nil): arguments.stop = (start ?? now) + duration
      }
    }
    if let stop = arguments.stop, stop <= max(arguments.start ?? now, now) {
      throw OpenC2Refusal(.badRequest, "the time at which it is to stop is not after its start, or is over")
    }
    guard let own = try fields.object("slpf") else { return }
    let known = ["drop_process", "persistent", "direction", "insert_rule"]
    if let other = own.names.first(where: { !known.contains($0) }) {
      throw OpenC2Refusal(.notImplemented, "Option not supported: `slpf:\(other)`")
    }
    arguments.dropProcess = try own.word("drop_process", DropProcess.self) ?? .none
    arguments.direction = try own.word("direction", Direction.self) ?? .both
    arguments.isPersistent = try own.flag("persistent") ?? true
    arguments.ruleNumber = try own.number("insert_rule", 1...Int(Int32.max))
    if arguments.ruleNumber != nil && arguments.response != .complete {
      throw OpenC2Refusal(.badRequest, "there is `insert_rule`, expected `response_requested` to be `complete` then")
    }
  }
}
