import Interchange
import LibraryOS

/// The header with which a forwarder says for whom it connects. Connections from elsewhere have none, so that a header there
/// is no header but what the protocol makes of it.
public final class ForwarderPreface: Preface {
  /// `forwarding-refused`.
  public let refusal: ByteString = "forwarding-refused"
  let forwarder: TrustedForwarder
  private let registry: Registry

  /// The header of one forwarder. Clients that the image's modules do not admit are turned away.
  public init(_ forwarder: TrustedForwarder, registry: Registry) {
    self.forwarder = forwarder
    self.registry = registry
  }

  /// Whether it is the forwarder's.
  public func isDue(on stream: any ByteStream) -> Bool { forwarder.sends(stream) }

  /// Reads one header.
  public func makeReader() -> any PrefaceReader { ForwarderHeaderReader(forwarder) }

  /// Whether everybody who judges clients admits this one.
  public func admits(_ stream: PrefacedStream) -> Bool {
    for filter in registry.clientFilters where !filter.admits(client: stream.remote, to: stream.local.port) {
      return false
    }
    return true
  }
}

/// Reads one header of the PROXY protocol.
private final class ForwarderHeaderReader: PrefaceReader {
  private let forwarder: TrustedForwarder
  private var parser = ProxyHeaderParser()

  init(_ forwarder: TrustedForwarder) {
    self.forwarder = forwarder
  }

  var missing: Int { parser.missing }

  func take(_ bytes: [UInt8]) -> PrefaceStep {
    do throws(ProxyHeaderFault) {
      guard let header = try parser.append(bytes) else { return .incomplete }
      guard forwarder.wrote(header) else { return .refused("secret") }
      var outcome = PrefaceOutcome()
      outcome.client = header.source
      return .complete(outcome)
    } catch {
      return .refused(error.reason)
    }
  }
}

extension ProxyHeaderFault {
  /// As events name it.
  fileprivate var reason: ByteString {
    switch self {
    case .signature: "signature"
    case .version: "version"
    case .command: "command"
    case .family: "address family"
    case .tooLong: "too long"
    case .truncated: "truncated"
    }
  }
}
