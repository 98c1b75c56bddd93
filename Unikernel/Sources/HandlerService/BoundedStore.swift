import Handler
import Interchange
import LibraryOS

/// What a handler keeps, within the bounds of `KeyValueStore`.
final class BoundedStore: Store {
  /// The longest key.
  static let maximumKeyLength = 1024

  var values: KeyValueStore

  init(capacityBytes: Int) {
    values = KeyValueStore(capacityBytes: capacityBytes)
  }

  func value(for key: Text) -> Text? {
    values[ByteString(key.bytes)].map { Text(bytes: $0.body) }
  }

  func set(_ value: Text, for key: Text) -> Bool {
    guard key.count <= BoundedStore.maximumKeyLength else { return false }
    return values.put(KeyValueStore.Entry(key: ByteString(key.bytes), body: value.bytes))
  }

  func remove(_ key: Text) -> Bool {
    values.remove(ByteString(key.bytes))
  }

  func keys(startingWith prefix: Text) -> [Text] {
    values.entries(startingWith: ByteString(prefix.bytes)).map { Text(bytes: $0.key.bytes) }
  }

  var count: Int { values.entries.count }
}
