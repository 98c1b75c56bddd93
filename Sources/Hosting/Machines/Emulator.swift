/// What runs an image of the `microvm` target: QEMU, and how it carries out the machine's processor.
public struct Emulator: Codable, Sendable, Hashable {
  /// How a machine's instructions are carried out.
  public enum Accelerator: String, Codable, Sendable {
    /// Translated by QEMU, everywhere.
    case tcg
    /// By the processor itself, through `/dev/kvm`.
    case kvm
  }

  /// The program.
  public var path: String
  /// How instructions are carried out.
  public var accelerator: Accelerator

  /// A program with its accelerator.
  public init(path: String, accelerator: Accelerator) {
    self.path = path
    self.accelerator = accelerator
  }
}
