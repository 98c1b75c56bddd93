/// Entities with everything that an index can ask about them as symbols, in flat storage.
///
/// Immutable once made, and shared.
final class EntityTable: Sendable {
  /// An attribute's value, or an entity itself, as far as questions can see it.
  struct Item: Sendable {
    var name: Int32
    var kind: ValueKind
    /// The value's symbol.
    var symbol: Int32
    /// The entity's row, if it is known, or a number below `Symbols.none` that stands for one that is not known but
    /// referred to; where a set's elements or a record's attributes begin.
    var start: Int32 = Symbols.none
    /// How many elements or attributes there are; the symbol of an entity's type.
    var count: Int32 = 0
    /// The number, if it is one.
    var number: Int64 = 0
  }

  /// One entity.
  struct Row: Sendable {
    var ancestors: Range<Int32>
    var attributes: Range<Int32>
  }

  let rows: [Row]
  /// The attributes of entities and records.
  let items: [Item]
  /// The symbols of ancestors and of sets' elements.
  let elements: [Int32]
  private let rowOfEntity: [EntityUID: Int32]
  private let symbols: Symbols

  /// Entities as an index with these symbols sees them: attributes that no question mentions are left out.
  init(_ entities: Entities, _ symbols: Symbols) {
    var builder = Builder(symbols: symbols)
    builder.add(entities)
    self.symbols = symbols
    (rows, items, elements, rowOfEntity) = (builder.rows, builder.items, builder.elements, builder.rowOfEntity)
  }

  private struct Builder {
    let symbols: Symbols
    var rows: [Row] = []
    var items: [Item] = []
    var elements: [Int32] = []
    var rowOfEntity: [EntityUID: Int32] = [:]
    private var known = 0

    init(symbols: Symbols) { self.symbols = symbols }

    /// The number of an entity, which tells references to it apart from all others even where it is not known: a request
    /// may bring attributes for it.
    private mutating func number(of uid: EntityUID) -> Int32 {
      if let number = rowOfEntity[uid] { return number }
      let number = Symbols.none - 1 - Int32(rowOfEntity.count - known)
      rowOfEntity[uid] = number
      return number
    }

    mutating func add(_ entities: Entities) {
      rowOfEntity.reserveCapacity(entities.all.count)
      known = entities.all.count
      for entity in entities.all { rowOfEntity[entity.uid] = Int32(rowOfEntity.count) }
      rows.reserveCapacity(rowOfEntity.count)
      // In the order of the rows, which is the order of the entities.
      for entity in entities.all {
        let first = Int32(elements.count)
        for ancestor in [entity.uid] + entities.ancestors(of: entity.uid) {
          let symbol = symbols.symbol(ancestor)
          if symbol != Symbols.none { elements.append(symbol) }
        }
        let last = Int32(elements.count)
        rows.append(Row(ancestors: first..<last, attributes: add(entity.attributes)))
      }
    }

    /// Adds the attributes of an entity or a record next to one another.
    mutating func add(_ attributes: [CedarString: Value]) -> Range<Int32> {
      var own: [Item] = []
      for (name, value) in attributes {
        let symbol = symbols.symbol(name)
        guard symbol != Symbols.none else { continue }
        var item = item(for: value)
        item.name = symbol
        own.append(item)
      }
      let first = Int32(items.count)
      items += own
      return first..<Int32(items.count)
    }

    mutating func item(for value: Value) -> Item {
      var item = Item(name: Symbols.none, kind: ValueKind(value), symbol: symbols.symbol(value))
      switch value {
      case .entity(let uid): (item.start, item.count) = (number(of: uid), symbols.symbol(uid.type))
      case .long(let number): item.number = number
      case .set(let values):
        item.start = Int32(elements.count)
        elements += values.map(symbols.symbol).filter { $0 != Symbols.none }
        item.count = Int32(elements.count) - item.start
      case .record(let fields):
        let range = add(fields)
        (item.start, item.count) = (range.lowerBound, Int32(range.count))
      default: break
      }
      return item
    }
  }

  /// An entity, known or not.
  func item(for uid: EntityUID) -> Item {
    Item(
      name: Symbols.none, kind: .entity, symbol: symbols.symbol(uid), start: rowOfEntity[uid] ?? Symbols.none,
      count: symbols.symbol(uid.type))
  }

  /// The attribute of an entity or a record; `nil` where there is none, or this has no attributes.
  func attribute(_ name: Int32, of owner: Item) -> Item? {
    let range: Range<Int32>
    switch owner.kind {
    case .entity:
      guard owner.start >= 0 else { return nil }
      range = rows[Int(owner.start)].attributes
    case .record: range = owner.start..<(owner.start + owner.count)
    default: return nil
    }
    for index in range where items[Int(index)].name == name { return items[Int(index)] }
    return nil
  }
}
