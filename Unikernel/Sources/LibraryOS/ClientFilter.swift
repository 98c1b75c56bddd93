/// A decision about clients that packet filters do not see, because somebody else's packets carry what they say.
public protocol ClientFilter: AnyObject {
  /// Whether that client may have a connection to this image's `port`, or keep one.
  func admits(client: Endpoint, to port: UInt16) -> Bool
}
