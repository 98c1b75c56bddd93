public import Interchange
public import SecTOSCA

/// Everything an image is made of, besides the library it is linked from.
public struct ImageRecipe: Hashable, Sendable {
  /// What it is to run on.
  public var target: Target
  /// Its modules.
  public var selection: Selection
  /// What its modules are set to once and for all.
  public var configuration: [Parameter]
  /// The bounds it must stay in.
  public var budgets: [SurfaceBudget]
  /// The resource it is for.
  public var origin: ImageOrigin
  /// The sources of a handler of the user's own, which is compiled and linked into it.
  public var handler: HandlerSources?

  /// A recipe in full.
  public init(
    target: Target, selection: Selection, configuration: [Parameter], budgets: [SurfaceBudget], origin: ImageOrigin,
    handler: HandlerSources? = nil
  ) {
    self.target = target
    self.selection = selection
    self.configuration = configuration
    self.budgets = budgets
    self.origin = origin
    self.handler = handler
  }

  /// The recipe for a resource of a service at a level: of the parameters, those of stage `build` go into the image.
  public init(
    service: String, resource: Resource, level: String, due: [SecurityRequirement], target: Target,
    selection: Selection, parameters: [StagedParameter], handler: HandlerSources? = nil
  ) {
    let budgets: [SurfaceBudget] = due.compactMap {
      if case .surfaceBudget(let budget) = $0.protection { budget } else { nil }
    }
    let listener = Listener(transport: "tcp", port: resource.endpoint.port)
    self.init(
      target: target, selection: selection, configuration: parameters.parameters(.build), budgets: budgets,
      origin: ImageOrigin(service: service, resource: resource.name, level: level, listeners: [listener]),
      handler: handler)
  }

  /// The archives that are linked whole, and those linked as far as they are called, in the order they are linked.
  var archives: (whole: [String], support: [String]) {
    var whole: [String] = []
    var support: [String] = []
    for module in selection.modules.map(\.manifest) {
      for archive in module.archives where !whole.contains(archive) && !support.contains(archive) {
        if module.kind == .support { support.append(archive) } else { whole.append(archive) }
      }
    }
    return (whole, support)
  }

  /// The image as far as it is known before it is linked.
  func image(digest: String, bytes: Int, recipe: String) -> Image {
    Image(
      digest: digest, bytes: bytes, target: target, application: selection.applications.joined(separator: "+"),
      modules: selection.modules.map {
        Image.Module(name: $0.manifest.name, version: $0.manifest.version, reasons: $0.reasons)
      },
      mechanisms: selection.mechanisms, createdFrom: [origin], recipe: recipe)
  }
}
