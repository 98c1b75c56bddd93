public import Interchange
public import LibraryOS

/// A module that authenticates nobody, and offers a challenge.
public final class ChallengingModule: RequestModule {
  /// `challenging`.
  public let name: ByteString = "challenging"
  /// Where those who authenticate stand.
  public let stage = Stage.authenticate
  /// Nothing is counted.
  public let counters: [Counter] = []
  /// Its place among them.
  public var precedence: Int
  /// What it offers.
  public var challenge: ByteString?

  /// A module with something to offer, or nothing.
  public init(_ challenge: ByteString?, precedence: Int = 0) {
    self.challenge = challenge
    self.precedence = precedence
  }

  /// Takes nothing.
  public func prepare(_ parameters: [Parameter]) throws(ParameterFault) {}
  /// Nothing to do.
  public func commit() {}
  /// Nothing to do.
  public func rollback() {}
  /// Lets everybody pass as a visitor.
  public func examine(_ exchange: Exchange) -> Verdict { .proceed }
}
