import TOSCA

/// What the keynames of TOSCA mean, for hovers and completions.
enum KeynameMeaning {
  /// What a keyname means in an entity; nil where it is not known.
  static func text(of keyname: String, in kind: String) -> String? {
    (special[kind]?[keyname] ?? special[general(kind)]?[keyname] ?? meanings[keyname]).map { $0 + "." }
  }

  /// Whether the value of a keyname is usually written on lines of its own.
  static func hasBlock(_ keyname: String) -> Bool {
    keyname.hasSuffix("_types") || keyname.hasSuffix("_templates") || blocks.contains(keyname)
  }

  /// The words that a keyname takes, where they are few.
  static func words(of keyname: String) -> [String] {
    switch keyname {
    case "required", "sensitive", "optional": ["true", "false"]
    case "status": ["supported", "unsupported", "experimental", "deprecated"]
    case "tolerate": Tolerance.names.map(\.name)
    case "strict": ["true", "false"]
    case "directives": ["create", "select", "substitute"]
    default: []
    }
  }

  private static func general(_ kind: String) -> String {
    if kind.hasSuffix(" type") { return "type" }
    if kind.hasSuffix(" template") { return "template" }
    return kind
  }

  private static let blocks: Set<String> = [
    "properties", "attributes", "capabilities", "requirements", "interfaces", "artifacts", "operations",
    "notifications",
    "inputs", "outputs", "groups", "policies", "workflows", "steps", "triggers", "imports", "repositories", "metadata",
    "dsl_definitions", "substitution_mappings", "topology_template", "service_template", "constraints", "activities",
    "node_filter", "functions", "signatures", "units", "prefixes", "action", "condition",
  ]

  private static let special: [String: [String: String]] = [
    "type": [
      "derived_from": "The type whose definitions this one inherits and narrows",
      "version": "The version of the type, such as `1.2` or `1.2.3.beta-4`",
      "properties": "The properties that entities of the type have, by name",
      "attributes":
        "The attributes that entities of the type have, by name; their values are known when the service runs",
    ],
    "template": [
      "type": "The type that says what the template may have",
      "properties": "The values of the properties that the type defines",
      "attributes": "First values of the attributes that the type defines",
      "copy": "Another template of which this one is a copy; what is not said here is as it is there",
    ],
    "node type": [
      "capabilities": "What nodes of the type offer to others, by name",
      "requirements": "What nodes of the type need of others, in order",
      "interfaces": "The interfaces through which nodes of the type are managed",
      "artifacts": "The files that come with nodes of the type",
    ],
    "node template": [
      "requirements": "Which nodes meet the requirements that the type defines, in order",
      "capabilities": "The values of the properties of the capabilities that the type defines",
      "directives": "What an orchestrator does to get the node: `create`, `select` or `substitute` it",
      "node_filter": "What must hold of the node that is selected for the template",
      "count": "How many nodes are made of the template",
      "artifacts": "The files that come with the node",
    ],
    "capability type": [
      "valid_source_types": "The node types that may use the capability",
      "valid_source_node_types": "The node types that may use the capability",
      "valid_relationship_types": "The relationship types that may lead to the capability",
    ],
    "relationship type": [
      "valid_target_types": "The capability types that the relationship may lead to",
      "valid_capability_types": "The capability types that the relationship may lead to",
      "valid_target_node_types": "The node types that the relationship may lead to",
      "valid_source_node_types": "The node types that the relationship may begin at",
    ],
    "group type": ["members": "The node types whose nodes may be members"],
    "group": ["members": "The node templates that belong to the group", "type": "The group's type"],
    "policy type": ["targets": "The types of the nodes and groups that the policy may be put on"],
    "policy": [
      "targets": "The node templates and groups that the policy is put on", "type": "The policy's type",
      "triggers": "When the policy acts, and how",
    ],
    "requirement definition": [
      "capability": "The type of the capability that meets the requirement",
      "node": "The type of the node that meets the requirement",
      "relationship": "The type of the relationship to what meets the requirement",
      "occurrences": "How often the requirement is met: a lower and an upper bound",
      "count_range": "How often the requirement is met: a lower and an upper bound",
    ],
    "requirement assignment": [
      "node": "The node template that meets the requirement, or the type of one that is to be found",
      "capability": "The capability of the node that meets the requirement, by name or type",
      "relationship": "The relationship template, or the type of the relationship",
      "count": "How often the requirement is met",
    ],
    "artifact type": [
      "mime_type": "The media type of the artifact's file", "file_ext": "The endings of the names of such files",
    ],
    "import": [
      "file": "The file, relative to this one, or the name of a profile",
      "url": "The file, relative to this one", "profile": "The name of a profile",
      "namespace_prefix": "What the imported names are put behind, with a colon",
      "namespace": "What the imported names are put behind, with a colon",
      "repository": "The repository that has the file",
    ],
    "workflow step": [
      "target": "The node template or group that the step acts on",
      "activities": "What the step does, in order", "on_success": "The steps that follow when this one succeeded",
      "on_failure": "The steps that follow when this one failed",
    ],
    "substitution mapping": [
      "node_type": "The type of the node that this service can stand for",
      "capabilities": "Which capabilities inside stand for those of the substituted node",
      "requirements": "Which requirements inside stand for those of the substituted node",
      "properties": "Which inputs take the values of the substituted node's properties",
      "attributes": "Which outputs give the values of the substituted node's attributes",
    ],
    "trigger": [
      "event": "The name of the event that the trigger waits for",
      "condition": "What must hold when the event occurs", "action": "What is then done, in order",
    ],
    "artifact": [
      "file": "The artifact's file, relative to this one", "type": "The artifact's type",
      "deploy_path": "Where the file goes on the node", "checksum": "The digest that the file must have",
    ],
    "data type": [
      "units": "The units of a scalar type, with their multipliers", "prefixes": "The prefixes that units may have",
      "canonical_unit": "The unit that values are turned into", "data_type": "What the number of a scalar is",
    ],
  ]

  private static let meanings: [String: String] = [
    "tosca_definitions_version": "The version of TOSCA that the file is written in",
    "description": "What it is, in words", "metadata": "Further information that TOSCA gives no meaning to",
    "namespace": "The namespace of the file's names", "dsl_definitions": "Values with anchors, for aliases elsewhere",
    "imports": "The files and profiles whose definitions this file uses",
    "profile": "The name of the profile that this file defines",
    "repositories": "Where files that are not beside the template are kept",
    "artifact_types": "The artifact types that the file declares",
    "capability_types": "The capability types that the file declares",
    "data_types": "The data types that the file declares", "group_types": "The group types that the file declares",
    "interface_types": "The interface types that the file declares",
    "node_types": "The node types that the file declares",
    "policy_types": "The policy types that the file declares",
    "relationship_types": "The relationship types that the file declares",
    "functions": "The functions that the file declares",
    "topology_template": "The service that the file describes",
    "service_template": "The service that the file describes",
    "inputs": "Values that are given from outside, by name", "outputs": "Values that are given to the outside, by name",
    "node_templates": "The nodes of the service, by name",
    "relationship_templates": "Relationships that requirements refer to, by name",
    "groups": "Nodes that belong together, by name", "policies": "What must hold of nodes and groups, in order",
    "workflows": "Orders in which the service is managed, by name",
    "substitution_mappings": "How the service stands for a node of another one",
    "type": "The type", "properties": "The properties, by name", "attributes": "The attributes, by name",
    "capabilities": "The capabilities, by name", "requirements": "The requirements, in order",
    "interfaces": "The interfaces, by name", "artifacts": "The artifacts, by name",
    "operations": "The operations, by name", "notifications": "The notifications, by name",
    "required": "Whether a value must be given; `true` unless it is said",
    "default": "The value where none is given", "value": "The value",
    "constraints": "What must hold of a value, besides its type", "validation": "A condition that a value must fulfil",
    "entry_schema": "What the entries of the list or map are", "key_schema": "What the keys of the map are",
    "status": "How far it can be relied on: `supported`, `unsupported`, `experimental` or `deprecated`",
    "implementation": "The artifact that carries it out, with those it depends on",
    "primary": "The artifact that is run", "dependencies": "The artifacts that must be there when it is run",
    "operation_host": "The node that it is run on", "timeout": "After how many seconds it counts as failed",
    "occurrences": "How often it may be there: a lower and an upper bound",
    "node_filter": "What must hold of the node that is found", "steps": "The steps, by name",
    "preconditions": "What must hold before it begins", "precondition": "What must hold before it begins",
    "triggers": "When it acts, and how, by name", "members": "What belongs to it", "targets": "What it is put on",
    "version": "The version", "derived_from": "The type that it derives from", "url": "Where it is",
    "credential": "What it takes to read it", "mapping": "The path of the property or attribute it is written to",
    "directives": "What an orchestrator is to do", "signatures": "The forms in which the function can be called",
    "arguments": "What the function is called with", "result": "What the function gives",
    "tolerate": "Departures from the standard that are let pass", "strict": "Whether warnings count as errors",
    "import_folders": "Folders, besides the template's own, that imports may come from",
  ]
}
