/// How much a reading may take. What goes beyond is a finding, so that no template can exhaust the machine that reads
/// it.
public struct Limits: Hashable, Sendable {
  /// The bytes of one file.
  public var fileBytes: Int
  /// The bytes of all files of one reading, imports and profiles included.
  public var totalBytes: Int
  /// The files of one reading, imports and profiles included.
  public var files: Int
  /// How many imports may lead from the template to a file.
  public var importDepth: Int
  /// How deep lists and maps nest.
  public var depth: Int
  /// How many nodes aliases and merge keys may add to one file beyond those written.
  public var aliasedNodes: Int
  /// How many steps the evaluation of functions may take.
  public var evaluations: Int
  /// The characters of one string made by functions.
  public var stringLength: Int
  /// The findings of one reading; those after it are only counted.
  public var findings: Int
  /// How many topologies may be made in place of nodes that are to be substituted.
  public var substitutions: Int
  /// How many nodes the counts of templates may make; beyond that they are not spelled out (2.0, 14).
  public var representations: Int
  /// The bytes of an archive.
  public var archiveBytes: Int
  /// The bytes that an archive may unpack to.
  public var unpackedBytes: Int
  /// How many times larger than itself an archive may unpack to; a megabyte is always allowed.
  public var compressionRatio: Int
  /// The files, folders and links of an archive.
  public var archiveEntries: Int
  /// The bytes of artifacts that one reading compares with their checksums.
  public var checksumBytes: Int

  /// Limits that no template written by hand comes near.
  public init(
    fileBytes: Int = 16 << 20, totalBytes: Int = 64 << 20, files: Int = 500, importDepth: Int = 64, depth: Int = 64,
    aliasedNodes: Int = 100_000, evaluations: Int = 1_000_000, stringLength: Int = 1 << 20, findings: Int = 1_000,
    archiveBytes: Int = 256 << 20, unpackedBytes: Int = 512 << 20, compressionRatio: Int = 100,
    archiveEntries: Int = 10_000, checksumBytes: Int = 1 << 30, substitutions: Int = 1_000,
    representations: Int = 20_000
  ) {
    self.fileBytes = fileBytes
    self.totalBytes = totalBytes
    self.files = files
    self.importDepth = importDepth
    self.depth = depth
    self.aliasedNodes = aliasedNodes
    self.evaluations = evaluations
    self.stringLength = stringLength
    self.findings = findings
    self.substitutions = substitutions
    self.representations = representations
    self.archiveBytes = archiveBytes
    self.unpackedBytes = unpackedBytes
    self.compressionRatio = compressionRatio
    self.archiveEntries = archiveEntries
    self.checksumBytes = checksumBytes
  }
}
