public import ImageGeneration
import SecTOSCA

// The images of the store, as those see them who may. An image is shared by all whose recipe is the same; what it says of
// others is left out for a tenant.

extension Orchestrator {
  /// A paper that is kept beside an image.
  public enum ImagePaper: Sendable {
    /// The bill of materials (CycloneDX).
    case billOfMaterials
    /// The provenance (SLSA), in its signed envelope.
    case provenance
  }

  /// The images of the store, by digest; of a tenant, those that its services use or could ask for next.
  public func images(tenant: String?) -> [Image] {
    let all = environment.builder.store.images()
    guard let tenant else { return all }
    let uses = uses(of: tenant)
    return all.compactMap { image in uses[image.digest].map { image.limited(to: $0) } }
  }

  /// One image.
  public func image(_ digest: String, tenant: String?) throws(OrchestrationFault) -> Image {
    let uses: [String: ImageUse]? = tenant.map { tenant in self.uses(of: tenant) }
    let image: Image
    do throws(ImageFault) {
      if let uses, uses[digest] == nil { throw .notFound(digest: digest) }
      image = try environment.builder.store.image(digest)
    } catch {
      throw Self.fault(error, digest)
    }
    return uses?[digest].map { image.limited(to: $0) } ?? image
  }

  /// What an image offers to somebody who attacks it. Gadgets are not counted, which takes seconds.
  public func imageReport(_ digest: String, tenant: String?) throws(OrchestrationFault) -> AttackSurfaceReport {
    let own = try image(digest, tenant: tenant)
    do throws(ImageFault) {
      var report = try environment.builder.store.report(digest, catalogue: environment.catalogue, countsGadgets: false)
      report.listeners = Array(Set(own.createdFrom.flatMap(\.listeners))).sorted()
      return report
    } catch {
      throw Self.fault(error, digest)
    }
  }

  /// A paper of an image, as it is stored. It names nobody who uses the image.
  public func imagePaper(
    _ paper: ImagePaper, of digest: String, tenant: String?
  ) throws(OrchestrationFault) -> [UInt8] {
    _ = try image(digest, tenant: tenant)
    do throws(ImageFault) {
      return switch paper {
      case .billOfMaterials: try environment.builder.store.billOfMaterials(of: digest)
      case .provenance: try environment.builder.store.provenance(of: digest)
      }
    } catch {
      throw Self.fault(error, digest)
    }
  }

  private static func fault(_ fault: ImageFault, _ digest: String) -> OrchestrationFault {
    if case .notFound = fault {
      return .notFound("there is no image `\(digest)`; `testudo image list` shows those there are")
    }
    return OrchestrationFault(fault)
  }

  /// What a tenant uses each image for.
  private func uses(of tenant: String) -> [String: ImageUse] {
    var uses: [String: ImageUse] = [:]
    for declaration in declared(tenant) {
      let names = Set(declaration.service.requirements.map(\.name))
      for entry in (try? pooled(of: declaration)) ?? [] {
        guard let digest = entry.image else { continue }
        uses[digest, default: ImageUse()].origins.insert([entry.service, entry.resource, entry.level])
        uses[digest, default: ImageUse()].requirements.formUnion(names)
      }
    }
    return uses
  }
}

/// What somebody uses an image for.
private struct ImageUse {
  /// Service, resource and level.
  var origins: Set<[String]> = []
  /// The names of their requirements.
  var requirements: Set<String> = []
}

extension Image {
  /// What it says to somebody who uses it: nothing of others who do.
  fileprivate func limited(to use: ImageUse) -> Image {
    var own = self
    own.createdFrom = createdFrom.filter { use.origins.contains([$0.service, $0.resource, $0.level]) }
    for index in own.modules.indices {
      own.modules[index].reasons.removeAll { $0.kind == .requirement && !use.requirements.contains($0.name) }
    }
    return own
  }
}
