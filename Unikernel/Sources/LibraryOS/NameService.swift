public import Interchange

/// Finds addresses for names, in an image that has a module for that.
public protocol NameService: AnyObject {
  /// Finds the addresses of a name and calls `completion`, at once if they are known; with none where the name has none
  /// that may be used, or nobody could say.
  func resolve(_ name: ByteString, completion: @escaping ([IPAddress]) -> Void)
}
