import FoundationEssentials
import Glibc

/// Finds QEMU on this host, and whether KVM can be used: not by what the host promises, but by running a small image. The
/// answer is kept in the home folder for as long as nothing changes that it depends on.
public struct EmulatorSearch: Sendable {
  /// QEMU's program for this architecture.
  static let program = "qemu-system-x86_64"
  /// How long both probes may take.
  private static let deadline = Duration.seconds(8)

  private let home: String
  private let tender: String
  private let probe: String
  private let folders: [String]

  /// A search that keeps its answer in `home` and uses the tender and the probe image of `library`. `path`: the folders to
  /// look in; those of `PATH` and the usual ones unless given.
  public init(home: String, library: String, path: String? = nil) {
    self.home = home
    tender = library + "/tender"
    probe = library + "/microvm-probe"
    let searched = path ?? (getenv("PATH").map { String(cString: $0) } ?? "") + ":/usr/local/bin:/usr/bin"
    folders = searched.split(separator: ":").map(String.init)
  }

  /// What the answer depends on, and the answer.
  private struct Record: Codable {
    var emulator: Emulator
    /// QEMU's file and the probe's: size and time of the last change.
    var files: [String]
    /// Which start of the host it was, since another kernel may bring another KVM.
    var boot: String
    var hasKVM: Bool
  }

  private var recordPath: String { home + "/emulator.json" }

  /// QEMU with the best accelerator that works. `.lacking` where there is no QEMU, or one that does not run the probe.
  public func find() throws(HostingFault) -> Emulator {
    guard let path = folders.map({ $0 + "/" + EmulatorSearch.program }).first(where: { access($0, X_OK) == 0 }) else {
      throw .lacking(
        what: "QEMU (\(EmulatorSearch.program)), which runs the microvm target",
        remedy: "install it with `apt-get install qemu-system-x86`")
    }
    for file in [tender, probe] where access(file, R_OK) != 0 {
      throw .lacking(what: "\(file), a part of the library of modules", remedy: "make it with `make library`")
    }
    let files = [path, probe].map(EmulatorSearch.signature)
    let boot = Files.text("/proc/sys/kernel/random/boot_id") ?? ""
    let hasKVM = access("/dev/kvm", R_OK | W_OK) == 0
    if let bytes = Files.read(recordPath), let known = try? JSONDecoder().decode(Record.self, from: Data(bytes)),
      known.emulator.path == path, known.files == files, known.boot == boot, known.hasKVM == hasKVM
    {
      return known.emulator
    }
    guard let accelerator = Emulator.Accelerator(rawValue: try tryAccelerators(of: path)) else {
      throw .lacking(
        what: "a QEMU that runs machines of type `microvm`: \(path) does not run the probe",
        remedy: "install QEMU 7.2 or later with `apt-get install qemu-system-x86`")
    }
    let emulator = Emulator(path: path, accelerator: accelerator)
    let record = Record(emulator: emulator, files: files, boot: boot, hasKVM: hasKVM)
    // Kept to save time only: without a home, it is found out anew.
    try? Files.replace(recordPath, with: JSONRecord.encode(record))
    return emulator
  }

  private static func signature(_ path: String) -> String {
    var information = stat()
    guard stat(path, &information) == 0 else { return "" }
    return "\(path) \(information.st_size) \(information.st_mtim.tv_sec)"
  }

  /// What the tender says of the accelerators: `kvm`, `tcg`, or nothing.
  private func tryAccelerators(of path: String) throws(HostingFault) -> String {
    let (number, other) = try Descriptor.pair()
    let near = Descriptor(number)
    let process = try launch(path, output: Descriptor(other))
    let end = ContinuousClock.now + EmulatorSearch.deadline
    var said: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64)
    while ContinuousClock.now < end {
      var waiting = pollfd(fd: near.number, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, 100) > 0 else { continue }
      let count = read(near.number, &chunk, chunk.count)
      if count < 0 && (errno == EINTR || errno == EAGAIN) { continue }
      guard count > 0 else { break }
      said.append(contentsOf: chunk[0..<count])
    }
    ProcessTable.signal(process, SIGKILL) { ProcessTable.arguments(of: process).first == tender }
    return String(decoding: said.filter { $0 > 0x20 }, as: UTF8.self)
  }

  private func launch(_ path: String, output: consuming Descriptor) throws(HostingFault) -> Int32 {
    try ChildProcess.start([tender, "probe", path, probe], output: output.number)
  }

  /// What `testudo doctor` says of the `microvm` target.
  public func check() -> HostCheck {
    do throws(HostingFault) {
      let emulator = try find()
      let how =
        switch emulator.accelerator {
        case .kvm: "with KVM"
        case .tcg where access("/dev/kvm", F_OK) != 0: "with emulation (TCG): there is no /dev/kvm"
        case .tcg: "with emulation (TCG): KVM does not run the probe image here"
        }
      return HostCheck(
        name: "microvm target", isPresent: true, isRequired: false, found: "\(emulator.path) \(how)", remedy: nil)
    } catch {
      if case .lacking(let what, let remedy) = error {
        return HostCheck(
          name: "microvm target", isPresent: false, isRequired: false, found: "missing: \(what)", remedy: remedy)
      }
      return HostCheck(
        name: "microvm target", isPresent: false, isRequired: false, found: "\(error)", remedy: "see above")
    }
  }
}
