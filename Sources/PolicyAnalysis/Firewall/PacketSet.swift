/// A set of packets, exactly: a union of products, each of a version of IP, source and destination addresses, protocols,
/// and source and destination ports.
public struct PacketSet: Hashable, Sendable {
  /// What packets differ by.
  public enum Field: Int, CaseIterable, Sendable {
    /// 4 or 6.
    case version
    /// Where they come from, and where they go: as many bits as the version has.
    case source, destination
    /// The number of the protocol.
    case transport
    /// The ports; all of them where the protocol has none.
    case sourcePort, destinationPort
  }

  /// Packets whose every field is in a set.
  struct Product: Hashable, Sendable {
    /// A set for each field, in their order.
    var sets: [RangeSet]

    var isEmpty: Bool { sets.contains { $0.isEmpty } }

    func intersection(_ other: Product) -> Product {
      Product(sets: zip(sets, other.sets).map { $0.intersection($1) })
    }

    /// What is left without the other, as products that have nothing in common.
    func subtracting(_ other: Product) -> [Product] {
      guard !intersection(other).isEmpty else { return [self] }
      var left: [Product] = []
      var rest = self
      for index in sets.indices {
        let outside = rest.sets[index].subtracting(other.sets[index])
        if !outside.isEmpty {
          var part = rest
          part.sets[index] = outside
          left.append(part)
        }
        rest.sets[index] = rest.sets[index].intersection(other.sets[index])
      }
      return left
    }
  }

  private(set) var products: [Product]

  /// No packet.
  public static let empty = PacketSet(products: [])

  private init(products: [Product]) { self.products = products.filter { !$0.isEmpty } }

  /// The packets of one version whose fields are in these sets.
  public init(
    version: UInt128, source: RangeSet, destination: RangeSet, transport: RangeSet, sourcePort: RangeSet,
    destinationPort: RangeSet
  ) {
    self.init(products: [
      Product(sets: [RangeSet([version...version]), source, destination, transport, sourcePort, destinationPort])
    ])
  }

  /// Whether there is no packet in it.
  public var isEmpty: Bool { products.isEmpty }
  /// How many products it takes to say it: what its size in memory grows with.
  public var size: Int { products.count }

  /// The packets of both.
  public func union(_ other: PacketSet) -> PacketSet { PacketSet(products: products + other.products) }

  /// The packets in both.
  public func intersection(_ other: PacketSet) -> PacketSet {
    PacketSet(products: products.flatMap { one in other.products.map(one.intersection) })
  }

  /// The packets in this one only.
  public func subtracting(_ other: PacketSet) -> PacketSet {
    var left = products
    for product in other.products { left = left.flatMap { $0.subtracting(product) } }
    return PacketSet(products: left)
  }

  /// Whether every packet is in the other set.
  public func isSubset(of other: PacketSet) -> Bool { subtracting(other).isEmpty }

  /// One packet of it, field by field: the first of each.
  public var example: [Field: UInt128] {
    guard let product = products.first else { return [:] }
    return Dictionary(
      uniqueKeysWithValues: Field.allCases.map { ($0, product.sets[$0.rawValue].ranges[0].lowerBound) })
  }
}
