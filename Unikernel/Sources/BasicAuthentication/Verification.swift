import Cryptography
import Interchange
import LibraryOS

/// A password that is being verified, and the requests that wait for the outcome.
struct Verification {
  /// The keyed hash of the credentials: what identical ones have in common.
  var tag: [UInt8]
  /// The credentials.
  var credentials: UserPassword
  /// The requests that showed them, at least one.
  var waiting: [Exchange]
  /// The computation, once its turn has come.
  var computation: PBKDF2Computation?
  /// The account that it is for; `nil` for a name without account, whose computation only takes its time.
  var account: Account?
}

/// Credentials that were verified a short time ago.
struct RememberedSuccess {
  /// The keyed hash of the credentials.
  var tag: [UInt8]
  /// Whose they are.
  var principal: Principal
  /// Until when they need not be verified again.
  var expiry: Instant
}
