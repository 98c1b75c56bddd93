import Cryptography
import Interchange
public import LibraryOS

extension BasicAuthentication {
  /// Judges credentials of the Basic scheme, which `token` encodes.
  func examine(_ exchange: Exchange, token: ByteString) -> Verdict {
    let now = clock.now
    let tag = tagKey.code(token.bytes)
    if let success = remembered.value(UInt64(leading: tag)), success.expiry > now,
      constantTimeEquals(success.tag, tag)
    {
      accepted &+= 1
      exchange.principal = success.principal
      return .proceed
    }
    guard token.count <= UserPassword.maximumLength * 4 / 3 + 4, let decoded = Base64.decode(token.bytes[...]),
      let credentials = UserPassword(decoded)
    else {
      failures.add(source: exchange.source.address, at: now)
      return .respond(refusal(of: exchange, account: nil, reason: "malformed", at: now))
    }
    let wait = failures.wait(
      account: accountNumber(credentials.name), source: exchange.source.address, at: now)
    if wait.nanoseconds > 0 { return .respond(throttling(of: exchange, wait: wait, at: now)) }
    guard waitingCount < BasicAuthentication.maximumWaiting else {
      overloaded &+= 1
      return .respond(
        .text(503, "too many verifications are waiting", headers: [HTTPField("retry-after", "1")]))
    }
    waitingCount += 1
    if let index = verifications.firstIndex(where: { $0.tag == tag }) {
      verifications[index].waiting.append(exchange)
    } else {
      verifications.append(Verification(tag: tag, credentials: credentials, waiting: [exchange]))
    }
    return .suspend
  }

  /// Whether passwords wait to be verified.
  public var isPending: Bool { !verifications.isEmpty }

  /// Verifies for less than half a millisecond.
  public func advance(at now: Instant) {
    let end = clock.now + BasicAuthentication.slice
    var budget = BasicAuthentication.iterationsPerSlice
    while budget > 0, !verifications.isEmpty {
      if verifications[0].computation == nil, !begin(at: clock.now) { continue }
      budget -= BasicAuthentication.iterationsPerStep
      if let hash = verifications[0].computation?.advance(iterations: BasicAuthentication.iterationsPerStep) {
        finish(hash: hash, at: clock.now)
      }
      if clock.now >= end { return }
    }
  }

  /// Starts the computation of the first verification, unless too many have failed since it was asked for: then those
  /// who wait for it are told, and the next is first.
  private func begin(at now: Instant) -> Bool {
    let number = accountNumber(verifications[0].credentials.name)
    let wait = failures.wait(account: number, at: now)
    var blocked: [(exchange: Exchange, wait: TimeSpan)] = []
    var open: [Exchange] = []
    for exchange in verifications[0].waiting {
      let own = max(wait, failures.wait(source: exchange.source.address, at: now))
      if own.nanoseconds > 0 { blocked.append((exchange, own)) } else { open.append(exchange) }
    }
    waitingCount -= blocked.count
    if open.isEmpty {
      verifications.removeFirst()
    } else {
      let credentials = verifications[0].credentials
      let accounts = settings.accounts ?? []
      let account = accounts.named(credentials.name)
      // A name without an account costs what some account costs, always the same one for that name, so that the time
      // an answer takes does not tell which names have one.
      let model = account ?? (accounts.isEmpty ? nil : accounts[Int(number % UInt64(accounts.count))])
      verifications[0].waiting = open
      verifications[0].account = account
      verifications[0].computation = PBKDF2Computation(
        password: credentials.password, salt: model?.salt ?? [], iterations: model?.iterations ?? 1)
    }
    // Last, since an answer may bring the next request of its connection into this module.
    for item in blocked { item.exchange.finish(throttling(of: item.exchange, wait: item.wait, at: now)) }
    return !open.isEmpty
  }

  /// Ends the first verification with the hash that was computed.
  private func finish(hash: [UInt8], at now: Instant) {
    let verification = verifications.removeFirst()
    waitingCount -= verification.waiting.count
    computed &+= 1
    let number = accountNumber(verification.credentials.name)
    let expected = verification.account?.hash ?? [UInt8](repeating: 0, count: hash.count)
    let matches = constantTimeEquals(hash, expected)
    guard matches, let account = verification.account else {
      failures.add(account: number, at: now)
      var sources: [UInt64] = []
      for exchange in verification.waiting where !sources.contains(exchange.source.address.sourceKey) {
        sources.append(exchange.source.address.sourceKey)
        failures.add(source: exchange.source.address, at: now)
      }
      for exchange in verification.waiting {
        exchange.finish(refusal(of: exchange, account: verification.account?.name, reason: "password", at: now))
      }
      return
    }
    failures.clear(account: number)
    let principal = Principal(name: account.name, roles: account.roles, scheme: basic)
    let success = RememberedSuccess(
      tag: verification.tag, principal: principal,
      expiry: now + .seconds(BasicAuthentication.rememberedSeconds))
    remembered.update(UInt64(leading: verification.tag), initial: success) { $0 = success }
    for exchange in verification.waiting {
      accepted &+= 1
      exchange.principal = principal
      exchange.resume(.proceed)
    }
  }

  /// A number for a name, which only this image can compute.
  private func accountNumber(_ name: ByteString) -> UInt64 {
    UInt64(leading: nameKey.code(name.bytes))
  }

  private func refusal(
    of exchange: Exchange, account: ByteString?, reason: ByteString, at now: Instant
  ) -> HTTPResponse {
    refused &+= 1
    record(exchange.source.address, account: account, reason: reason, at: now)
    return Credentials.refusal(exchange.challenges)
  }

  private func throttling(of exchange: Exchange, wait: TimeSpan, at now: Instant) -> HTTPResponse {
    throttled &+= 1
    record(exchange.source.address, account: nil, reason: "too many failures", at: now)
    return FailureLog.refusal(wait: wait)
  }

  /// Records a refusal. A name is recorded only if there is such an account: people type passwords into the wrong
  /// field.
  func record(_ source: IPAddress, account: ByteString?, reason: ByteString, at now: Instant) {
    guard allowance.take(at: now) else { return }
    var details = [
      ParameterField("source", .text(source.text)), ParameterField("reason", .text(reason)),
    ]
    if let account { details.append(ParameterField("account", .text(account))) }
    events.record(
      SecurityEvent(
        module: name, action: "denied", severity: .medium, time: clock.wallMilliseconds, details: details))
  }
}
