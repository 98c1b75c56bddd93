/// The templates that can stand for nodes: those of imported files, and of a folder that was named.
final class SubstitutionSearch {
  /// A template that can stand for nodes of a type.
  struct Candidate {
    /// Its file.
    var file: LoadedFile
    /// The template.
    var template: TopologyTemplate
    /// Its mappings.
    var mappings: SubstitutionMappings
    /// The type of the nodes that it can stand for.
    var type: Int
  }

  /// The templates, in the order in which their files were read.
  let candidates: [Candidate]
  /// How many topologies may be made in place of nodes.
  let limit: Int
  /// The files of the templates that are being made, from the outside in.
  var open: [UInt32]
  /// How many topologies were made.
  var made = 0

  /// The templates of the files that stand for something, those of other versions left out.
  init(files: [LoadedFile], catalogue: Catalogue, template: LoadedFile, limit: Int) {
    self.limit = limit
    open = [template.id]
    candidates = files.compactMap { file in
      guard file.content.version == template.content.version, let topology = file.content.topology,
        let mappings = topology.substitutionMappings, let name = mappings.nodeType,
        let type = catalogue.find(.node, name, in: file.id, report: false)
      else { return nil }
      return Candidate(file: file, template: topology, mappings: mappings, type: type)
    }
  }
}
