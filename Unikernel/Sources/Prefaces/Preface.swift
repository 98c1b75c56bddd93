import Interchange
import LibraryOS

/// What comes first on a connection, before its own protocol begins.
public protocol Preface: AnyObject {
  /// The action of the events in which connections are refused over it.
  var refusal: ByteString { get }
  /// Whether a connection has to begin with it. Others pass as they are.
  func isDue(on stream: any ByteStream) -> Bool
  /// Who reads it on one connection.
  func makeReader() -> any PrefaceReader
  /// Whether a connection may be taken, or kept: asked once its preface was read, and when bytes arrive.
  func admits(_ stream: PrefacedStream) -> Bool
}

/// Reads the preface of one connection.
public protocol PrefaceReader: AnyObject {
  /// How many bytes it may get next: none that could come after the preface, unless it gives them back.
  var missing: Int { get }
  /// Takes at most `missing` bytes, and says what becomes of the connection.
  func take(_ bytes: [UInt8]) -> PrefaceStep
}

/// What becomes of a connection once bytes of its preface were read.
public enum PrefaceStep {
  /// More of it is due.
  case incomplete
  /// This is answered, and more of it is due.
  case answer([UInt8])
  /// It was read.
  case complete(PrefaceOutcome)
  /// It is none; for the reason that events give.
  case refused(ByteString)
}

/// What a preface said.
public struct PrefaceOutcome {
  /// Who is at the other end, where that is another than the connection says.
  public var client: Endpoint?
  /// What is answered before the connection goes on.
  public var answer: [UInt8] = []
  /// What was read and belongs to what follows.
  public var rest: [UInt8] = []
  /// Whether `rest` is all that may come.
  public var isWhole = false
  /// Who takes the connection; `nil` for whoever takes those without a preface.
  public var acceptor: (any StreamAcceptor)?

  /// It said nothing.
  public init() {}
}
