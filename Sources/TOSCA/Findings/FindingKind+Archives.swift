extension FindingKind {
  /// What is wrong with archives, and with where files come from.
  static let archives: [FindingKind] = [
    FindingKind("archive-bomb", "An archive unpacks to far more than it is, or its entries share bytes."),
    FindingKind(
      "archive-format", "An archive is a tarball, which its template's version does not know.", simpleProfile: "6.1",
      tosca2: "17.1.1"),
    FindingKind("archive-too-large", "An archive is larger, or unpacks to more, than a reading may take."),
    FindingKind("archive-too-many-entries", "An archive has more entries than a reading may take."),
    FindingKind(
      "archive-version", "The versions of an archive and of its template do not belong together.", simpleProfile: "6.2",
      tosca2: "17.2.1"),
    FindingKind("damaged-archive", "An archive ends early, or contradicts itself.", tosca2: "17.1.1"),
    FindingKind("duplicate-entry", "An archive has two entries of one name."),
    FindingKind("duplicate-import", "A file imports the same file twice."),
    FindingKind("duplicate-metadata", "An archive has two metadata files.", simpleProfile: "6.1", tosca2: "17.1"),
    FindingKind("encrypted-archive", "An entry of an archive is encrypted."),
    FindingKind("entry-case", "Two names in an archive or folder differ only in case."),
    FindingKind("entry-kind", "An entry of an archive is neither a file nor a folder nor a link."),
    FindingKind("entry-link", "A link of an archive does not lead to a file."),
    FindingKind("entry-name", "The name of an archive's entry cannot be that of a file."),
    FindingKind("entry-outside", "The name of an archive's entry leads out of the archive."),
    FindingKind("link-outside", "A link leads out of its archive or folder."),
    FindingKind("metadata-place", "The metadata file is where its version does not look for it.", simpleProfile: "6.1"),
    FindingKind(
      "misnamed-metadata", "A file is nearly named like the metadata file.", simpleProfile: "6.1", tosca2: "17.1"),
    FindingKind("not-a-folder", "Something other than a folder is to be packed."),
    FindingKind("too-deep-imports", "More imports lead to a file than a reading may take."),
    FindingKind("too-many-bytes", "The files of a template have more bytes than a reading may take."),
    FindingKind("too-many-names", "Imports under prefixes bring more names than a reading may take."),
    FindingKind(
      "unknown-checksum-algorithm", "The algorithm of a checksum is not known, so that it is not compared.",
      simpleProfile: "3.6.7", tosca2: "12.2"),
    FindingKind(
      "unused-definitions", "A file that `Other-Definitions` names cannot substitute a node.", simpleProfile: "6.2",
      tosca2: "17.2.1"),
    FindingKind("unverified-checksum", "A checksum is not compared.", simpleProfile: "3.6.7", tosca2: "12.2"),
    FindingKind(
      "wrong-checksum", "A file is not the one that its checksum says.", simpleProfile: "3.6.7", tosca2: "12.2"),
  ]
}
