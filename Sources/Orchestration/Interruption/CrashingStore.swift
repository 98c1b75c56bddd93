#if DEBUG
  import State

  /// A store with a boundary before and after everything that is stored.
  struct CrashingStore: StateStore {
    let store: any StateStore
    let point: CrashPoint

    func value(for key: String) throws(StateFault) -> StoredValue? { try store.value(for: key) }

    func values(under prefix: String) throws(StateFault) -> [StoredValue] { try store.values(under: prefix) }

    @discardableResult
    func transact(if comparisons: [Comparison], _ operations: [Operation]) throws(StateFault) -> Revision? {
      let keys = operations.map { operation in
        switch operation {
        case .put(let key, _): "put \(key)"
        case .delete(let key): "delete \(key)"
        }
      }
      return try point.around(keys.joined(separator: ", ")) { () throws(StateFault) in
        try store.transact(if: comparisons, operations)
      }
    }

    @discardableResult
    func append(events: [[UInt8]]) throws(StateFault) -> Int {
      try point.around(events.count == 1 ? "an event" : "events") { () throws(StateFault) in
        try store.append(events: events)
      }
    }

    func events(after number: Int, limit: Int) throws(StateFault) -> [LoggedEvent] {
      try store.events(after: number, limit: limit)
    }
  }
#endif
