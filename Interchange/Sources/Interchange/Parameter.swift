/// The value of a module's parameter.
public indirect enum ParameterValue: Hashable, Sendable {
  /// A whole number; its unit is part of the parameter's name.
  case integer(Int64)
  /// True or false.
  case boolean(Bool)
  /// A text, compared by its bytes.
  case text(ByteString)
  /// Opaque bytes: keys, hashes, policy bundles, files.
  case bytes([UInt8])
  /// Values in order.
  case list([ParameterValue])
  /// Named values, in the order written.
  case map([ParameterField])
}

/// One named value of a `ParameterValue.map`.
public struct ParameterField: Hashable, Sendable {
  /// The field's name.
  public var name: ByteString
  /// The field's value.
  public var value: ParameterValue

  /// Pairs a name with a value.
  public init(_ name: ByteString, _ value: ParameterValue) {
    self.name = name
    self.value = value
  }
}

/// A setting of one module: at build in the image, at boot beside it, at run through the control channel.
public struct Parameter: Hashable, Sendable {
  /// The module's name in the catalogue, such as `firewall`.
  public var module: ByteString
  /// The parameter's name in the module's manifest, such as `flows`.
  public var name: ByteString
  /// What it is set to.
  public var value: ParameterValue

  /// A setting of `module`.
  public init(module: ByteString, name: ByteString, value: ParameterValue) {
    self.module = module
    self.name = name
    self.value = value
  }
}

extension ParameterValue {
  /// The integer, if this is one.
  public var integerValue: Int64? {
    if case .integer(let value) = self { return value }
    return nil
  }

  /// The Boolean, if this is one.
  public var booleanValue: Bool? {
    if case .boolean(let value) = self { return value }
    return nil
  }

  /// The text, if this is one.
  public var textValue: ByteString? {
    if case .text(let value) = self { return value }
    return nil
  }

  /// The bytes, if these are some.
  public var bytesValue: [UInt8]? {
    if case .bytes(let value) = self { return value }
    return nil
  }

  /// The items, if this is a list.
  public var listValue: [ParameterValue]? {
    if case .list(let value) = self { return value }
    return nil
  }

  /// The value of a field, if this is a map that has it.
  public subscript(_ name: ByteString) -> ParameterValue? {
    guard case .map(let fields) = self else { return nil }
    for field in fields where field.name == name {
      return field.value
    }
    return nil
  }
}

extension ParameterValue {
  /// How deep lists and maps may nest in a message.
  static let maximumDepth = 16

  /// Appends this value in its binary form.
  public func encode(to writer: inout ByteWriter) {
    switch self {
    case .integer(let value):
      writer.write(1)
      writer.write(fixed: value)
    case .boolean(let value):
      writer.write(2)
      writer.write(value ? 1 : 0)
    case .text(let value):
      writer.write(3)
      writer.write(value)
    case .bytes(let value):
      writer.write(4)
      writer.write(value)
    case .list(let items):
      writer.write(5)
      writer.write(fixed: UInt32(items.count))
      for item in items { item.encode(to: &writer) }
    case .map(let fields):
      writer.write(6)
      writer.write(fixed: UInt32(fields.count))
      for field in fields {
        writer.write(field.name)
        field.value.encode(to: &writer)
      }
    }
  }

  /// Reads a value; nesting deeper than 16 is refused.
  public init(from reader: inout ByteReader, depth: Int = 0) throws(DecodingFault) {
    guard depth <= ParameterValue.maximumDepth else { throw .tooLarge }
    switch try reader.readByte() {
    case 1: self = .integer(try reader.readFixed(Int64.self))
    case 2:
      switch try reader.readByte() {
      case 0: self = .boolean(false)
      case 1: self = .boolean(true)
      default: throw .invalid
      }
    case 3: self = .text(try reader.readText())
    case 4: self = .bytes(try reader.readBytes())
    case 5:
      var items: [ParameterValue] = []
      for _ in 0..<(try reader.readCount()) {
        items.append(try ParameterValue(from: &reader, depth: depth + 1))
      }
      self = .list(items)
    case 6:
      var fields: [ParameterField] = []
      for _ in 0..<(try reader.readCount()) {
        let name = try reader.readText(limit: 256)
        fields.append(ParameterField(name, try ParameterValue(from: &reader, depth: depth + 1)))
      }
      self = .map(fields)
    default: throw .invalid
    }
  }
}

extension Parameter {
  /// The binary form of a list of settings: build configuration, boot parameters and pushed changes all have it.
  public static func encode(_ parameters: [Parameter]) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(fixed: UInt32(parameters.count))
    for parameter in parameters {
      writer.write(parameter.module)
      writer.write(parameter.name)
      parameter.value.encode(to: &writer)
    }
    return writer.bytes
  }

  /// Reads what `encode` wrote, and nothing but that.
  public static func decode(_ bytes: [UInt8]) throws(DecodingFault) -> [Parameter] {
    var reader = ByteReader(bytes)
    var parameters: [Parameter] = []
    for _ in 0..<(try reader.readCount()) {
      let module = try reader.readText(limit: 256)
      let name = try reader.readText(limit: 256)
      parameters.append(Parameter(module: module, name: name, value: try ParameterValue(from: &reader)))
    }
    try reader.finish()
    return parameters
  }
}
