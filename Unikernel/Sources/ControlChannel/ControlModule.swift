import Interchange
import LibraryOS

/// The settings of the control channel itself, as a module: the key that the boot message is verified with, set at build;
/// the key of the messages after it and the entropy the generator starts from, given at boot. All are used before any
/// module exists and only checked here.
public final class ControlModule: Module {
  /// The name in the catalogue.
  public let name: ByteString = "control"
  private let channelCounters: () -> [Counter]

  /// A module whose counts come from `counters`.
  public init(counters: @escaping () -> [Counter] = { [] }) {
    self.channelCounters = counters
  }

  /// Refuses what does not have the shape of this module's parameters.
  public func prepare(_ parameters: [Parameter]) throws(ParameterFault) {
    for parameter in parameters {
      if parameter.name == "public-key" {
        guard parameter.value.bytesValue?.count == 65 else {
          throw ParameterFault("control.public-key", expected: "an uncompressed point of 65 bytes")
        }
      } else if parameter.name == "entropy" {
        guard let bytes = parameter.value.bytesValue, bytes.count >= 32 else {
          throw ParameterFault("control.entropy", expected: "at least 32 bytes")
        }
      } else if parameter.name == "channel-key" {
        guard parameter.value.bytesValue?.count == ControlKeyUse.keyLength else {
          throw ParameterFault("control.channel-key", expected: "32 bytes")
        }
      } else {
        throw ParameterFault("control", expected: "public-key, channel-key or entropy")
      }
    }
  }

  /// Nothing to put in force.
  public func commit() {}

  /// Nothing to forget.
  public func rollback() {}

  /// The channel's counts.
  public var counters: [Counter] { channelCounters() }
}
