/// The types of entities that HTTP requests are made of, in Cedar's terms.
public enum PolicyEntityType: UInt8, CaseIterable, Sendable {
  /// `User::"alice"`: somebody whose credentials were accepted.
  case user = 1
  /// `Visitor::"anonymous"`: somebody who showed none.
  case visitor = 2
  /// `Role::"clerk"`: what a user's credentials carry.
  case role = 3
  /// `Action::"GET"`: a method.
  case action = 4
  /// `Path::"/orders/17"`: what is asked for; below it `Path::"/orders"` and `Path::"/"`.
  case path = 5
}

/// An entity, by type and identifier.
public struct PolicyEntity: Hashable, Sendable {
  /// The type.
  public var type: PolicyEntityType
  /// The identifier.
  public var id: ByteString

  /// An entity.
  public init(_ type: PolicyEntityType, _ id: ByteString) {
    self.type = type
    self.id = id
  }
}

/// A value that an expression of a policy bundle can have.
public enum PolicyValue: Sendable {
  /// True or false.
  case boolean(Bool)
  /// A whole number.
  case long(Int64)
  /// A text.
  case string(ByteString)
  /// A reference to an entity.
  case entity(PolicyEntity)
  /// An IP address or network.
  case address(PolicyAddress)
  /// Values in ascending order, each once.
  case set([PolicyValue])
  /// Named values in ascending order of their names, each name once.
  case record([PolicyValueField])
}

/// A named part of a record.
public struct PolicyValueField: Sendable {
  /// The name.
  public var name: ByteString
  /// The value.
  public var value: PolicyValue

  /// Pairs a name with a value.
  public init(_ name: ByteString, _ value: PolicyValue) {
    self.name = name
    self.value = value
  }
}

extension PolicyValue {
  /// The set of some values.
  public static func set(of items: [PolicyValue]) -> PolicyValue {
    var sorted = items
    sorted.heapSort { $0.order($1) < 0 }
    var unique: [PolicyValue] = []
    for item in sorted {
      if let last = unique.last, last.order(item) == 0 { continue }
      unique.append(item)
    }
    return .set(unique)
  }

  /// The record of some fields, whose names differ.
  public static func record(of fields: [PolicyValueField]) -> PolicyValue {
    var sorted = fields
    sorted.heapSort { $0.name < $1.name }
    return .record(sorted)
  }

  /// Whether both are the same value.
  public func isEqual(to other: PolicyValue) -> Bool {
    order(other) == 0
  }

  /// Below 0 if this comes before `other`, 0 if both are the same, above 0 if it comes after. The order has no meaning
  /// in the language: it is there to find values in sets.
  func order(_ other: PolicyValue) -> Int {
    switch (self, other) {
    case (.boolean(let a), .boolean(let b)): return (a ? 1 : 0) - (b ? 1 : 0)
    case (.long(let a), .long(let b)): return a < b ? -1 : (a == b ? 0 : 1)
    case (.string(let a), .string(let b)): return a.order(b)
    case (.entity(let a), .entity(let b)):
      return a.type == b.type ? a.id.order(b.id) : Int(a.type.rawValue) - Int(b.type.rawValue)
    case (.address(let a), .address(let b)):
      if a.isIPv6 != b.isIPv6 { return a.isIPv6 ? 1 : -1 }
      if a.high != b.high { return a.high < b.high ? -1 : 1 }
      if a.low != b.low { return a.low < b.low ? -1 : 1 }
      return Int(a.prefixLength) - Int(b.prefixLength)
    case (.set(let a), .set(let b)):
      if a.count != b.count { return a.count - b.count }
      for index in 0..<a.count {
        let order = a[index].order(b[index])
        if order != 0 { return order }
      }
      return 0
    case (.record(let a), .record(let b)):
      if a.count != b.count { return a.count - b.count }
      for index in 0..<a.count {
        let names = a[index].name.order(b[index].name)
        if names != 0 { return names }
        let order = a[index].value.order(b[index].value)
        if order != 0 { return order }
      }
      return 0
    default: return rank - other.rank
    }
  }

  private var rank: Int {
    switch self {
    case .boolean: 0
    case .long: 1
    case .string: 2
    case .entity: 3
    case .address: 4
    case .set: 5
    case .record: 6
    }
  }

  /// Whether sorted values have one.
  static func contains(_ items: [PolicyValue], _ value: PolicyValue) -> Bool {
    var low = 0
    var high = items.count
    while low < high {
      let middle = (low + high) / 2
      let order = items[middle].order(value)
      if order == 0 { return true }
      if order < 0 { low = middle + 1 } else { high = middle }
    }
    return false
  }
}

extension ByteString {
  /// Below 0 if this comes before `other`, 0 if both are equal, above 0 if it comes after.
  func order(_ other: ByteString) -> Int {
    let left = bytes
    let right = other.bytes
    let shared = min(left.count, right.count)
    var index = 0
    while index < shared {
      if left[index] != right[index] { return Int(left[index]) - Int(right[index]) }
      index += 1
    }
    return left.count - right.count
  }
}
