/// One request on its way to the user's function and back. What testudo compiles beside the user's sources is called
/// with one; handlers do not meet it.
public final class Call {
  /// What is asked.
  public let request: Request
  /// What the handler keeps.
  public let store: any Store
  /// What it answered.
  public private(set) var response: Response?

  /// A request that is to be answered.
  @export(interface)
  public init(request: Request, store: any Store) {
    self.request = request
    self.store = store
  }

  /// Has the user's function answer.
  @export(interface)
  public func answer(with respond: (Request, any Store) -> Response) {
    response = respond(request, store)
  }

  /// The call behind the pointer that the compiled handler is called with.
  @export(interface)
  public static func taking(_ pointer: UnsafeMutableRawPointer) -> Call {
    unsafe Unmanaged<Call>.fromOpaque(pointer).takeUnretainedValue()
  }
}
