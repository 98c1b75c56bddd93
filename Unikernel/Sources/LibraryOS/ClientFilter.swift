/// A decision about clients that packet filters do not see, because somebody else's packets carry what they say.
public protocol ClientFilter: AnyObject {
  /// Whether that client may have a connection to this image's `port`, or keep one.
  func admits(client: Endpoint, to port: UInt16) -> Bool
}

/// A decision about how often a source may connect, where connections count and not requests.
public protocol ArrivalFilter: AnyObject {
  /// Whether a client may have another connection now. It counts as one if so.
  func admits(arrival client: Endpoint, at now: Instant) -> Bool
}
