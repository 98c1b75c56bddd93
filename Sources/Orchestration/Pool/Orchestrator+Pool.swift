import Foundation
import ImageGeneration
import SecTOSCA

// Images that a trigger or an operator could ask for next are made before they are asked for.

extension Orchestrator {
  /// What the pool holds.
  public func poolStatus(tenant: String?) async -> PoolStatus {
    var images: [PooledImage] = []
    for declaration in declared(tenant) {
      guard let entries = try? pooled(of: declaration) else { continue }
      images += entries
    }
    let counts = await poolCounts()
    let instances = await pooledInstances(tenant: tenant)
    return PoolStatus(
      images: images, bytes: readyBytes(images), budgetBytes: ImagePool.budgetBytes, hits: counts.hits,
      misses: counts.misses, instances: instances, instanceBytes: instances.reduce(0) { $0 + $1.bytes },
      instanceBudgetBytes: standbyBudget, instanceHits: counts.instanceHits, instanceMisses: counts.instanceMisses)
  }

  /// Makes every image that could be asked for next, within the budget; the levels nearest to the one in force first.
  public func fillPool(tenant: String?) async throws(OrchestrationFault) -> PoolStatus {
    for declaration in declared(tenant) { try await fill(declaration) }
    await refreshStandby()
    return await poolStatus(tenant: tenant)
  }

  /// Ends the instances that wait, and removes the images that are ready and not in use. What serves is not touched.
  public func drainPool(tenant: String?) async throws(OrchestrationFault) -> PoolStatus {
    for declaration in declared(tenant) {
      for instance in await controllers[declaration.key]?.waitingInstances ?? [] {
        await controllers[declaration.key]?.endStandby(instance.id)
      }
    }
    try await exclusively("pool drain", about: .everything) { () throws(OrchestrationFault) in
      var kept: Set<String> = []
      for declaration in declared(nil) { kept.formUnion(try pooled(of: declaration).filter(\.isInUse).map(\.recipe)) }
      for declaration in declared(tenant) {
        for entry in try pooled(of: declaration) where !kept.contains(entry.recipe) {
          pool.made[entry.recipe] = nil
          guard let digest = entry.image else { continue }
          do throws(ImageFault) {
            try environment.builder.store.remove(digest)
          } catch {
            throw OrchestrationFault(error)
          }
        }
      }
    }
    return await poolStatus(tenant: tenant)
  }

  /// Makes the images of a service's other levels ready, in the background: what is asked for meanwhile does not wait.
  func fillInBackground(_ key: String) {
    guard pool.filling.insert(key).inserted else { return }
    Task(priority: .background) {
      if let declaration = declarations[key], !declaration.isRemoved {
        do throws(OrchestrationFault) {
          try await fillUnlessFilled(declaration)
        } catch {
          journal.record(
            EventRecord(
              time: Timestamp.now(), severity: "low", tenant: declaration.tenant, service: declaration.name,
              kind: "pool-not-filled", message: error.message))
        }
      }
      pool.filling.remove(key)
      await refreshStandby()
    }
  }

  /// Makes images ready unless nothing has changed since they were.
  private func fillUnlessFilled(_ declaration: ServiceDeclaration) async throws(OrchestrationFault) {
    let builder = environment.builder
    // Looked at before: what changes meanwhile is seen the next time.
    let filling = ImagePool.Filling(
      service: declaration.service, target: declaration.target,
      level: dueLevel(of: declaration),
      vulnerable: try resolver.vulnerable(), library: builder.library.stamp, store: builder.store.stamp,
      keys: builder.keys.stamp)
    guard pool.filled[declaration.key] != filling else { return }
    pool.filled[declaration.key] = nil
    let isComplete = try await fill(declaration)
    // What the service is at its other levels is worked out before one is asked for, and kept.
    let (resolver, context) = (resolver, context(of: declaration))
    await Task.detached(priority: .background) {
      for level in declaration.service.levels {
        _ = try? resolver.resolve(declaration, at: level, context: context)
      }
    }.value
    if isComplete, declarations[declaration.key]?.isRemoved == false { pool.filled[declaration.key] = filling }
  }

  /// Makes images ready. Returns whether there was room for all.
  @discardableResult
  private func fill(_ declaration: ServiceDeclaration) async throws(OrchestrationFault) -> Bool {
    let inForce = declaration.service.dueLevel(context: context(of: declaration), setByHand: declaration.level).rank
    let levels = declaration.service.levels.sorted {
      (abs($0.rank - inForce), $1.rank) < (abs($1.rank - inForce), $0.rank)
    }
    var held: [PooledImage] = []
    for other in declared(nil) { held += try pooled(of: other) }
    var room = ImagePool.budgetBytes - readyBytes(held)
    let builder = environment.builder
    // Many resources may have one image.
    var seen: Set<String> = []
    for level in levels {
      for wanted in try resolver.recipes(of: declaration, at: level) where seen.insert(wanted.digest).inserted {
        guard room > 0, declarations[declaration.key]?.isRemoved == false else { return false }
        guard builder.image(recipe: wanted.digest) == nil else { continue }
        let result = await Task.detached(priority: .background) { () -> Result<Image, ImageFault> in
          do throws(ImageFault) {
            return .success(try builder.build(wanted.recipe))
          } catch {
            return .failure(error)
          }
        }.value
        do {
          room -= try result.get().bytes
          pool.made[wanted.digest] = Timestamp.now()
        } catch {
          throw OrchestrationFault(error)
        }
      }
    }
    return true
  }

  func declared(_ tenant: String?) -> [ServiceDeclaration] {
    declarations.values.filter { !$0.isRemoved && (tenant == nil || $0.tenant == tenant) }.sorted { $0.key < $1.key }
  }

  /// The images of all levels of a service.
  func pooled(of declaration: ServiceDeclaration) throws(OrchestrationFault) -> [PooledImage] {
    let inForce = declaration.service.dueLevel(context: context(of: declaration), setByHand: declaration.level)
    var entries: [PooledImage] = []
    var current: Set<String> = []
    // Many resources may have one image.
    var images: [String: Image?] = [:]
    for level in [inForce] + declaration.service.levels.filter({ $0.name != inForce.name }) {
      for wanted in try resolver.recipes(of: declaration, at: level) {
        let digest = wanted.digest
        if level.name == inForce.name { current.insert(digest) }
        let image = images[digest] ?? environment.builder.image(recipe: digest)
        images[digest] = .some(image)
        entries.append(
          PooledImage(
            tenant: declaration.tenant, service: declaration.name, resource: wanted.recipe.origin.resource,
            level: level.name, recipe: digest, image: image?.digest, bytes: image?.bytes ?? 0,
            isInUse: current.contains(digest), made: pool.made[digest]))
      }
    }
    return entries
  }

  /// The bytes of what is ready and not in use, each image once.
  private func readyBytes(_ images: [PooledImage]) -> Int {
    let used = Set(images.filter(\.isInUse).map(\.recipe))
    var bytes: [String: Int] = [:]
    for entry in images where !used.contains(entry.recipe) { bytes[entry.recipe] = entry.bytes }
    return bytes.values.reduce(0, +)
  }

  private func poolCounts() async -> PoolCounts {
    var counts = pool.counts
    for controller in controllers.values { counts += await controller.poolCounts }
    return counts
  }
}
