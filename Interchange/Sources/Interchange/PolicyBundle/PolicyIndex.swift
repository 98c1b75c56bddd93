/// Finds the policies whose scope can fit a request, without looking at the others.
///
/// A class, as the evaluator is, so that asking it copies nothing. Each policy lies in one bucket: by the entities that its principal and resource scopes name, or that one of them
/// names, or by none. A request looks into the buckets of all that its principal and resource are or are below. That is
/// sound because a scope that names an entity fits only what is that entity or below it. The index is made when a
/// bundle is read and is no part of it, so that no bundle can hide a policy; candidates are still compared in full.
final class PolicyIndex: Sendable {
  private static let basis: UInt64 = 0xCBF2_9CE4_8422_2325
  private static let prime: UInt64 = 0x100_0000_01B3
  /// What stands for a scope that names nothing.
  private static let nothing: UInt64 = 0

  /// An open table of buckets: the key, and where its policies start among `members`, or -1.
  private let keys: [UInt64]
  private let starts: [Int32]
  /// The policies of each bucket in ascending order, ended by -1.
  private let members: [Int32]
  private let mask: Int
  /// No path named by a policy is longer; longer prefixes of a request's path need no look.
  private let longestPath: Int
  private let namesPrincipals: Bool

  init(_ policies: [BundledPolicy]) {
    var entries: [(key: UInt64, policy: Int32)] = []
    entries.reserveCapacity(policies.count)
    var longestPath = 0
    var namesPrincipals = false
    for position in 0..<policies.count {
      let principal = policies[position].principal.entity
      let resource = policies[position].resource.entity
      if principal != nil { namesPrincipals = true }
      if let resource { longestPath = max(longestPath, resource.id.count) }
      let key = PolicyIndex.key(principal: PolicyIndex.hash(principal), resource: PolicyIndex.hash(resource))
      entries.append((key, Int32(position)))
    }
    entries.sort { $0.key == $1.key ? $0.policy < $1.policy : $0.key < $1.key }
    var capacity = 4
    while capacity < 2 * entries.count { capacity *= 2 }
    let mask = capacity - 1
    var keys = [UInt64](repeating: 0, count: capacity)
    var starts = [Int32](repeating: -1, count: capacity)
    var members: [Int32] = []
    members.reserveCapacity(2 * entries.count + 1)
    var last: UInt64?
    for entry in entries {
      if entry.key != last {
        if last != nil { members.append(-1) }
        var slot = Int(truncatingIfNeeded: entry.key) & mask
        while starts[slot] >= 0 { slot = (slot + 1) & mask }
        keys[slot] = entry.key
        starts[slot] = Int32(members.count)
        last = entry.key
      }
      members.append(entry.policy)
    }
    members.append(-1)
    self.keys = keys
    self.starts = starts
    self.members = members
    self.mask = mask
    self.longestPath = longestPath
    self.namesPrincipals = namesPrincipals
  }

  /// Calls `body` with each policy whose scope can fit, each once, in no particular order.
  func candidates(for request: HTTPPolicyRequest, _ body: (Int) -> Void) {
    var principals = [PolicyIndex.nothing]
    if namesPrincipals {
      principals.reserveCapacity(2 + request.roles.count)
      principals.append(
        request.isVisitor
          ? PolicyIndex.hash(.visitor, HTTPPolicyRequest.visitorName) : PolicyIndex.hash(.user, request.user))
      for role in request.roles { principals.append(PolicyIndex.hash(.role, role)) }
    }
    look(principals, PolicyIndex.nothing, body)
    guard longestPath > 0 else { return }
    let path = request.path.bytes
    var hash = PolicyIndex.start(.path)
    var position = 0
    // The hash of a prefix is that of the one before it and what follows, so that all take one pass.
    while position < path.count, position < longestPath {
      hash = PolicyIndex.step(hash, path[position])
      position += 1
      if position == path.count || (path[0] == 0x2F && (position == 1 || path[position] == 0x2F)) {
        look(principals, hash, body)
      }
    }
  }

  private func look(_ principals: [UInt64], _ resource: UInt64, _ body: (Int) -> Void) {
    for principal in principals { look(PolicyIndex.key(principal: principal, resource: resource), body) }
  }

  private func look(_ key: UInt64, _ body: (Int) -> Void) {
    var slot = Int(truncatingIfNeeded: key) & mask
    while starts[slot] >= 0 {
      if keys[slot] == key {
        var member = Int(starts[slot])
        while members[member] >= 0 {
          body(Int(members[member]))
          member += 1
        }
        return
      }
      slot = (slot + 1) & mask
    }
  }

  private static func hash(_ entity: PolicyEntity?) -> UInt64 {
    guard let entity else { return nothing }
    return hash(entity.type, entity.id)
  }

  private static func hash(_ type: PolicyEntityType, _ id: ByteString) -> UInt64 {
    var hash = start(type)
    for byte in id.bytes { hash = step(hash, byte) }
    return hash
  }

  private static func start(_ type: PolicyEntityType) -> UInt64 {
    step(basis, type.rawValue)
  }

  /// FNV-1a. Policies are written by whoever administers the service, so that nobody else can make buckets collide.
  private static func step(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
    (hash ^ UInt64(byte)) &* prime
  }

  private static func key(principal: UInt64, resource: UInt64) -> UInt64 {
    let mixed = (principal &* 0x9E37_79B9_7F4A_7C15) ^ resource
    return mixed ^ (mixed >> 29)
  }
}
