import Foundation
import Hosting
import ImageGeneration
import SecTOSCA

// What is looked at anew before anything is planned, since it can change without this controller's doing.

extension ServiceController {
  /// Looks which of the images that are due exist already.
  func noteImages() {
    guard let resolved else { return }
    // Many resources may have one image.
    let builder = environment.builder
    var images = resolved.recipes.filter { builder.image(recipe: $0) != nil }
    for resource in resolved.resources where !resource.recipe.budgets.isEmpty {
      guard builder.image(of: resource.recipe, digest: resource.recipeDigest) == nil else { continue }
      images.remove(resource.recipeDigest)
    }
    if observed.images != images { observed.images = images }
  }

  /// Looks which instances have lived for as long as they may.
  func noteLifetimes() {
    let now = Date()
    for index in observed.instances.indices {
      let instance = observed.instances[index]
      let isExpired = expiry(of: instance).map { $0 <= now } ?? false
      if instance.isExpired != isExpired { observed.instances[index].isExpired = isExpired }
    }
  }

  private func expiry(of instance: ObservedInstance) -> Date? {
    guard let resolved, resolved.limitsLives, let lifetime = resolved.resource(instance.resource)?.lifetime,
      let record = records[instance.id], let started = Timestamp.date(record.started)
    else { return nil }
    return started.addingTimeInterval(Double(lifetime))
  }

  /// When the first of the instances that run will have lived for as long as it may. Those are left out of which that is
  /// known: whoever converges sees to them.
  var nextExpiry: Date? {
    guard resolved?.limitsLives == true else { return nil }
    return observed.instances.filter { $0.state != .quarantined && $0.withdrawal == nil && !$0.isExpired }
      .compactMap(expiry).min()
  }

  /// The metadata of a record that names the key by which its image's papers were signed when it was started.
  static let signerKey = "signer"

  /// Looks which instances were started of images whose key was revoked since: what it signed is trusted no more, and they
  /// give their places to fresh ones.
  func noteSigners() {
    for index in observed.instances.indices where observed.instances[index].withdrawal == nil {
      guard let record = records[observed.instances[index].id], !isTrusted(record) else { continue }
      observed.instances[index].withdrawal = Withdrawal(
        fate: .stopped, cause: "the key that its image was signed with is trusted no more")
    }
  }

  /// Whether the key is trusted by which an instance's image was signed when it was started.
  func isTrusted(_ record: InstanceRecord) -> Bool {
    record.metadata[ServiceController.signerKey].map(environment.builder.keys.trusts) ?? true
  }

  func notePublications() async {
    guard let status = try? await forwarder?.status() else { return }
    let enclosed = await HostFirewall(network).enclosed()
    for offer in status.publications where offer.isOffer {
      observed.offers[offer.name] = DesiredExternal.lead(
        from: offer.listen, to: offer.target, isExclusive: enclosed.contains(offer.target))
    }
    for publication in status.publications where !publication.isOffer {
      published[publication.name] = publication.listen
      let instance = records.values.first { publication.target.hasPrefix($0.host + ":") }
      // A target that is gone is no instance's: traffic is routed anew.
      observed.publications[publication.name] = instance?.id ?? ""
    }
  }

  /// Looks whether the port forwarder still runs, and whether the host's firewall still keeps others away from what is this
  /// service's alone.
  func noteWays() async {
    if let forwarder, !forwarder.isRunning { forwarderIsGone() }
    for name in await openEnclosures() { observed.offers[name] = observed.offers[name].map(DesiredExternal.unenclosed) }
  }

  /// The external services that should be this service's alone, and that others could reach.
  func openEnclosures() async -> [String] {
    let exclusive = (resolved?.desired.externals ?? []).filter { $0.isExclusive && observed.offers[$0.name] == $0.lead }
    guard !exclusive.isEmpty else { return [] }
    let enclosed = Set(await HostFirewall(network).enclosed())
    return exclusive.filter { !enclosed.contains($0.target) }.map(\.name)
  }

  /// Uses a port forwarder from now on, and looks after it.
  func use(_ forwarder: PortForwarder) {
    self.forwarder = forwarder
    observed.hasForwarder = true
    Task { [weak self] in
      await forwarder.untilEnded()
      await Correlation.begin { await self?.ended(forwarder) }
    }
  }

  private func ended(_ forwarder: PortForwarder) {
    guard self.forwarder?.process == forwarder.process else { return }
    forwarderIsGone()
  }

  private func forwarderIsGone() {
    forgetForwarder()
    journal.record(
      EventRecord(
        time: Timestamp.now(), severity: "high", tenant: tenant, service: name, kind: "forwarder-failed",
        message: "the port forwarder has ended by itself: nobody reaches the service from outside"))
    // Whoever finds it out, there is to be another.
    let (lost, name, tenant) = (lost, name, tenant)
    Task { await lost(nil, name, tenant) }
  }

  /// Nothing is published or offered any more. Where it was is kept, so that clients find it there again.
  func forgetForwarder() {
    forwarder = nil
    formerlyPublished.merge(published) { _, last in last }
    published = [:]
    observed.publications = [:]
    observed.offers = [:]
    observed.hasForwarder = false
  }
}
