import Interchange

/// What the server counts.
struct HTTPServerStatistics {
  var connections: UInt64 = 0
  var refusedConnections: UInt64 = 0
  var requests: UInt64 = 0
  var malformed: UInt64 = 0
  var timeouts: UInt64 = 0
  var unwritable: UInt64 = 0
  private var responses2xx: UInt64 = 0
  private var responses3xx: UInt64 = 0
  private var responses4xx: UInt64 = 0
  private var responses5xx: UInt64 = 0

  mutating func countResponse(_ status: Int) {
    switch status / 100 {
    case 2: responses2xx &+= 1
    case 3: responses3xx &+= 1
    case 4: responses4xx &+= 1
    default: responses5xx &+= 1
    }
  }

  var counters: [Counter] {
    [
      Counter("http.connections", connections),
      Counter("http.refused-connections", refusedConnections),
      Counter("http.requests", requests),
      Counter("http.malformed", malformed),
      Counter("http.timeouts", timeouts),
      Counter("http.malformed-responses", unwritable),
      Counter("http.responses-2xx", responses2xx),
      Counter("http.responses-3xx", responses3xx),
      Counter("http.responses-4xx", responses4xx),
      Counter("http.responses-5xx", responses5xx),
    ]
  }
}
