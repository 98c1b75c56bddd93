public import SecTOSCA

/// Compiles the handlers of services to find what is wrong with them.
public struct HandlerCheck {
  let compiler: HandlerCompiler

  /// A check with a library's compiler.
  /// - Parameter folder: Where what was compiled is kept.
  public init(library: LinkLibrary, folder: String) {
    compiler = HandlerCompiler(library: library, cache: folder)
  }

  /// Compiles each handler of a service.
  public func check(_ service: ProtectedService) throws(ImageFault) {
    for resource in service.resources {
      if let sources = try HandlerSources(of: resource, root: service.root) { _ = try compiler.compile(sources) }
    }
  }
}
