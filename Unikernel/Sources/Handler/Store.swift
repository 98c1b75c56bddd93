/// Values by key, kept in the image's memory from one request to the next, and lost with the instance. It is bounded by
/// the `capacity` of the node: where there is no room, `set` says so and nothing changes.
public protocol Store: AnyObject {
  /// The value of a key.
  func value(for key: Text) -> Text?
  /// Keeps a value. `false`, and nothing changes, if there is no room for it, or if the key has more than 1024 bytes.
  @discardableResult
  func set(_ value: Text, for key: Text) -> Bool
  /// Forgets a key; `false` if it was not there.
  @discardableResult
  func remove(_ key: Text) -> Bool
  /// The keys that begin with `prefix`, in ascending order.
  func keys(startingWith prefix: Text) -> [Text]
  /// How many keys there are; at most 16384.
  var count: Int { get }
}
