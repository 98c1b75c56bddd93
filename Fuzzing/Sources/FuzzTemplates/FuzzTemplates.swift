import CFuzzer
import Glibc
import TOSCA

/// The folder that inputs are written to, and the profiles, made once.
enum Surroundings {
  /// A folder of this process.
  static let folder: String = {
    let path = (getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp") + "/testudo-fuzz-\(getpid())"
    mkdir(path, 0o700)
    return path
  }()

  /// The profiles of the product.
  static let profiles = getenv("TESTUDO_PROFILES").map { String(cString: $0) } ?? "Profiles"

  /// Small limits, so that an input that takes long is one that takes longer than its size explains.
  static let limits = Limits(
    fileBytes: 1 << 20, totalBytes: 4 << 20, aliasedNodes: 20_000, evaluations: 50_000, stringLength: 1 << 16,
    findings: 200, archiveBytes: 1 << 20, unpackedBytes: 4 << 20, archiveEntries: 200, checksumBytes: 1 << 20)
}

/// Reads an input as a template, or, where it begins as one, as an archive. Findings are what is expected; a crash or a
/// hang is what is looked for, and a verdict that contradicts its findings.
func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let isArchive =
    count > 2 && (data?[0] == 0x50 && data?[1] == 0x4B || data?[0] == 0x1F || count > 262 && data?[257] == 0x75)
  let path = Surroundings.folder + (isArchive ? "/input.csar" : "/service.yaml")
  guard let file = fopen(path, "w") else { return 0 }
  fwrite(data, 1, count, file)
  fclose(file)
  let reader = TemplateReader(profiles: Surroundings.profiles, limits: Surroundings.limits)
  let result = reader.read(path)
  precondition((result.topology == nil) == result.hasErrors)
  for finding in result.findings {
    precondition(finding.place.line >= 1 && finding.place.column >= 1 && finding.place.endLine >= finding.place.line)
  }
  _ = render(result.findings, sources: result.sources, format: .text, color: false)
  unlink(path)
  return 0
}

/// The entry point, by the name that the build gives to the one of an executable: libFuzzer has one of its own, which a
/// package cannot be linked with.
@_cdecl("FuzzTemplates_main")
public func start(
  _ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
  var count = count
  var arguments = arguments
  return LLVMFuzzerRunDriver(&count, &arguments) { fuzz($0, $1) }
}
