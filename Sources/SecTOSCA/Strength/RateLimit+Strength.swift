extension RateLimit {
  /// Whether whoever keeps to this keeps to the other: it counts all that the other counts, each bucket of the other has
  /// one here that refills no faster and holds no more, no more bytes and connections are allowed, and clients may be no
  /// slower. What clients are told makes no difference.
  func isAtLeast(asStrongAs other: RateLimit) -> Bool {
    guard (connections ?? .max) <= (other.connections ?? .max),
      (totalConnections ?? .max) <= (other.totalConnections ?? .max),
      (minimumRate ?? Self.ordinaryMinimumRate) >= (other.minimumRate ?? Self.ordinaryMinimumRate)
    else { return false }
    // Paths and methods are for buckets and quotas only.
    if other.buckets.isEmpty, other.quota == nil { return true }
    guard methods.isEmpty || (!other.methods.isEmpty && Set(methods).isSuperset(of: other.methods)) else {
      return false
    }
    let prefixes = paths.compactMap(PathPrefix.init)
    guard
      other.paths.allSatisfy({ path in
        paths.contains(path) || (PathPrefix(path).map { prefix in prefixes.contains { $0.covers(prefix) } } ?? false)
      })
    else { return false }
    guard other.buckets.allSatisfy({ bucket in buckets.contains { $0.isAtLeast(asStrongAs: bucket) } }) else {
      return false
    }
    guard let due = other.quota else { return true }
    return quota?.isAtLeast(asStrongAs: due) ?? false
  }
}

extension RateLimit.Bucket {
  fileprivate func isAtLeast(asStrongAs other: Self) -> Bool {
    let own = requests.multipliedFullWidth(by: other.intervalMilliseconds)
    let theirs = other.requests.multipliedFullWidth(by: intervalMilliseconds)
    return party == other.party && (own.high, own.low) <= (theirs.high, theirs.low) && burst <= other.burst
  }
}

extension RateLimit.Quota {
  /// A quota of another period is neither stronger nor weaker: it gives more at one time and less at another.
  fileprivate func isAtLeast(asStrongAs other: Self) -> Bool {
    party == other.party && periodSeconds == other.periodSeconds && (received ?? .max) <= (other.received ?? .max)
      && (sent ?? .max) <= (other.sent ?? .max)
  }
}
