/// What a connection becomes when a response switches protocols (RFC 9110, 7.8): the server hands over the client's stream
/// behind the response, and passes its events on.
public protocol ConnectionUpgrade: StreamHandler {
  /// Takes over the stream, with what the client had sent behind its request. `release` is to be called when this end has
  /// aborted the stream, of which no event tells.
  func begin(on stream: any ByteStream, received: [UInt8], release: @escaping () -> Void)
  /// Ends it: what it was allowed by is no longer in force, or the image is about to go.
  func end()
}
