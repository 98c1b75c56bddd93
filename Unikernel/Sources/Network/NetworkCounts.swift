import Interchange

/// What the stack counts. Each number only grows.
struct NetworkCounts {
  var framesReceived: UInt64 = 0
  var framesSent: UInt64 = 0
  /// Frames with a wrong field, length or checksum.
  var malformed: UInt64 = 0
  /// Errors sent about datagrams.
  var errorsSent: UInt64 = 0
  /// Frames and datagrams that are not for this image or of no protocol it speaks.
  var ignored: UInt64 = 0
  /// Packets that a filter refused, on the way in.
  var filteredInbound: UInt64 = 0
  /// Packets that a filter refused, on the way out.
  var filteredOutbound: UInt64 = 0
  /// Packets that found no way or neighbor.
  var unreachable: UInt64 = 0
  /// Other hosts that claim this image's address.
  var addressConflicts: UInt64 = 0
  /// Connections opened from here.
  var opened: UInt64 = 0
  /// Connections taken by a listener.
  var accepted: UInt64 = 0
  /// Connections refused at a bound.
  var refused: UInt64 = 0
  /// Answers to a SYN that nothing was kept of.
  var cookies: UInt64 = 0
  /// Segments sent again.
  var retransmitted: UInt64 = 0
  /// Challenges (RFC 5961) sent.
  var challenges: UInt64 = 0
  /// Resets sent.
  var resets: UInt64 = 0

  /// The counts under the names they are reported by.
  var counters: [Counter] {
    [
      Counter("network.frames-received", framesReceived),
      Counter("network.frames-sent", framesSent),
      Counter("network.malformed", malformed),
      Counter("network.errors-sent", errorsSent),
      Counter("network.ignored", ignored),
      Counter("network.filtered-inbound", filteredInbound),
      Counter("network.filtered-outbound", filteredOutbound),
      Counter("network.unreachable", unreachable),
      Counter("network.address-conflicts", addressConflicts),
      Counter("network.connections-opened", opened),
      Counter("network.connections-accepted", accepted),
      Counter("network.connections-refused", refused),
      Counter("network.cookies-sent", cookies),
      Counter("network.segments-retransmitted", retransmitted),
      Counter("network.challenges-sent", challenges),
      Counter("network.resets-sent", resets),
    ]
  }
}
