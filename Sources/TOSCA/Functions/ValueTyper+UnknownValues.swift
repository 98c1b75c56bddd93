extension ValueTyper {
  /// Whether a call whose value is not known yet will give what a schema asks for, as far as its type is known. What
  /// will not fit is reported.
  func willFit(_ call: FunctionCall, _ schema: SchemaDefinition, _ context: ValueContext) -> Bool {
    guard version != .tosca2_0, let result = resultSchema(of: call, context),
      let found = catalogue.shape(result.type, in: result.file, report: false),
      let wanted = catalogue.shape(schema.type, in: schema.file, report: false), !isAssignable(found, to: wanted)
    else { return true }
    report(
      "wrong-type", call.arguments, context,
      "\(context.subject) cannot be what `\(call.name)` gives, which is of type `\(result.type.text.excerpt)`",
      expected: "a value of type `\(schema.type.text.excerpt)`")
    return false
  }

  /// What a call will give; nil where that is not known.
  private func resultSchema(of call: FunctionCall, _ context: ValueContext) -> SchemaDefinition? {
    switch call.function {
    case .concat, .join, .token:
      return SchemaDefinition(type: Name(text: "string", place: call.place), file: call.place.file)
    case .getInput:
      guard call.list.count == 1, let name = call.list[0].text, context.otherInputs?.contains(name) != true else {
        return nil
      }
      return topology?.inputs[name]?.schema
    case .getAttribute:
      guard let items = call.arguments.items, items.count == 2, let entity = items[0].text, let name = items[1].text,
        case .node(let index)? = topology?.entity(entity, context.owner), let type = topology?.nodes[index].type
      else { return nil }
      let definition = catalogue.nodes.types[type]
      return (definition.attributes[name] ?? definition.properties[name])?.schema
    default: return nil
    }
  }

  private func isAssignable(_ found: Catalogue.Shape, to wanted: Catalogue.Shape) -> Bool {
    switch (found, wanted) {
    case (.complex(let one), .complex(let other)):
      catalogue.mayDerive(.data, one, from: other) || catalogue.mayDerive(.data, other, from: one)
    // A map can have the properties of a data type; what is in it turns out when the service runs.
    case (.complex(let type), .primitive(let primitive)), (.complex(let type), .derived(_, let primitive)),
      (.primitive(let primitive), .complex(let type)), (.derived(_, let primitive), .complex(let type)):
      primitive == .map || catalogue.isOpen(.data, type)
    case (.primitive(let one), .primitive(let other)), (.primitive(let one), .derived(_, let other)),
      (.derived(_, let one), .primitive(let other)), (.derived(_, let one), .derived(_, let other)):
      one == other || (one == .integer && other == .float) || (one == .string && other.isWrittenAsString)
    }
  }
}

extension Primitive {
  /// Whether a string can turn out to be a value of the type: those that have a text form of their own.
  fileprivate var isWrittenAsString: Bool {
    switch self {
    case .timestamp, .version, .size, .time, .frequency, .bitrate: true
    default: false
    }
  }
}
