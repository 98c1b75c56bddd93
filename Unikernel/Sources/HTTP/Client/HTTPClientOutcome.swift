import LibraryOS

/// What became of a request that may ask for another protocol.
public enum HTTPClientOutcome {
  /// The backend answered, and goes on with HTTP.
  case response(HTTPResponse)
  /// The backend switches protocols (status 101).
  case switched(SwitchedConnection)
}

/// A connection to a backend on which HTTP has ended. Nobody else keeps it: whoever gets it hands its events to somebody,
/// or aborts the stream.
public struct SwitchedConnection {
  /// The response that switched protocols.
  public let response: HTTPResponse
  /// The connection.
  public let stream: any ByteStream
  /// What the backend had sent behind its response.
  public let received: [UInt8]
  let connection: HTTPClientConnection

  /// From now on `handler` is told what happens on the stream.
  public func hand(to handler: any StreamHandler) {
    connection.hand(to: handler)
  }
}
