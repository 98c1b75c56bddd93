extension Mutation {
  /// A change of one text of one template.
  struct Particular: Sendable {
    /// The template.
    var base: String
    /// The text that is changed, which stands there once.
    var old: String
    /// What it becomes.
    var new: String
    /// The name that is to be suggested.
    var suggestion: String?
    /// How many lines before the change the finding may be.
    var before = 1
  }

  /// Changes that need to know their template: kinds of nodes, values, references, refinements, occurrences.
  static let particular: [Particular] = [
    // Values of the wrong type.
    Particular(base: "shop", old: "share: 40", new: "share: much"),
    Particular(base: "shop", old: "share: 40", new: "share: 40.5"),
    Particular(base: "shop", old: "zip: 12345", new: "zip: [ 1 ]"),
    Particular(base: "shop", old: "zip: 12345", new: "zip: \"12345\""),
    Particular(base: "shop", old: "open: false", new: "open: 0"),
    Particular(base: "shop", old: "open: false", new: "open: no"),
    Particular(base: "shop", old: "tier: front", new: "tier: 5"),
    Particular(base: "shop", old: "quota: 4 GB", new: "quota: 4"),
    Particular(base: "shop", old: "quota: 4 GB", new: "quota: 4 GQ"),
    Particular(base: "shop", old: "quota: 4 GB", new: "quota: 4 s"),
    Particular(base: "shop", old: "retries: 5", new: "retries: often"),
    Particular(base: "shop", old: "street: Main Street", new: "street: { a: b }"),
    Particular(base: "shop", old: "default: The shop", new: "default: 5"),
    Particular(base: "shop", old: "default: 3", new: "default: three"),
    Particular(base: "shop", old: "default: 1 GB", new: "default: large"),
    Particular(base: "shop", old: "port: 5432", new: "port: many"),
    Particular(base: "types", old: "rate: 2.5", new: "rate: fast"),
    Particular(base: "types", old: "pause: 10 s", new: "pause: 10 MB"),
    Particular(base: "types", old: "levels: [ low, high ]", new: "levels: low"),
    Particular(base: "types", old: "default: [ 1, 5 ]", new: "default: [ 5, 1 ]"),
    Particular(base: "types", old: "default: [ 1, 5 ]", new: "default: 5"),
    Particular(base: "types", old: "size: 4", new: "size: big"),
    Particular(base: "operation", old: "most: 5", new: "most: 5 GB"),
    Particular(base: "hosting", old: "mem_size: 8 GB", new: "mem_size: 8 GHz"),
    Particular(base: "hosting", old: "version: 12.4", new: "version: twelve"),
    Particular(base: "hosting", old: "component_version: 8.0.1", new: "component_version: 8.x"),
    Particular(base: "hosting", old: "dhcp_enabled: true", new: "dhcp_enabled: 1"),
    Particular(base: "hosting", old: "ip_version: 4", new: "ip_version: four"),
    // Constraints that are violated, or do not apply.
    Particular(base: "shop", old: "zip: 12345", new: "zip: 12"),
    Particular(base: "shop", old: "share: 40", new: "share: 140"),
    Particular(base: "shop", old: "title: { get_input: heading }", new: "title: Ab"),
    Particular(base: "shop", old: "port: 5432", new: "port: 70000"),
    Particular(base: "shop", old: "min_length: 3", new: "min_length: three"),
    Particular(base: "shop", old: "min_length: 3", new: "greater_than: [ 1 ]"),
    Particular(base: "shop", old: "greater_or_equal: 1", new: "greater_or_equal: one"),
    Particular(base: "shop", old: "greater_or_equal: 1", new: "min_length: 1"),
    Particular(base: "shop", old: "greater_or_equal: 1", new: "pattern: a"),
    Particular(base: "types", old: "levels: [ low, high ]", new: "levels: [ low, middle ]"),
    Particular(base: "types", old: "level: high", new: "level: highest"),
    Particular(base: "types", old: "default: low", new: "default: lowest"),
    Particular(base: "types", old: "rate: 2.5", new: "rate: 0.0"),
    Particular(base: "types", old: "size: 4", new: "size: 10"),
    Particular(base: "types", old: "less_than: 10", new: "less_than: ten"),
    Particular(base: "types", old: "valid_values: [ low, high ]", new: "valid_values: low"),
    Particular(base: "types", old: "valid_values: [ low, high ]", new: "pattern: \"[\""),
    Particular(base: "operation", old: "most: 5", new: "most: 21"),
    Particular(base: "hosting", old: "valid_values: [ 1, 2, 4 ]", new: "valid_values: [ one ]"),
    Particular(base: "hosting", old: "default: 2", new: "default: 3", before: 8),
    Particular(base: "hosting", old: "ip_version: 4", new: "ip_version: 5"),
    Particular(base: "hosting", old: "order: 0", new: "order: -1"),
    Particular(base: "hosting", old: "location: /mnt/data", new: "location: \"\""),
    Particular(base: "hosting", old: "size: 10 GB\n", new: "size: -10 GB\n"),
    Particular(base: "hosting", old: "protocol: tcp", new: "initiator: nobody"),
    // Properties and other names that the type does not have.
    Particular(base: "shop", old: "share: 40", new: "shar: 40", suggestion: "share"),
    Particular(base: "shop", old: "street: Main Street", new: "stret: Main Street", suggestion: "street"),
    Particular(base: "shop", old: "quota: 4 GB", new: "qouta: 4 GB", suggestion: "quota"),
    Particular(base: "shop", old: "retries: 5", new: "retrys: 5", suggestion: "retries"),
    Particular(
      base: "shop", old: "- store:\n            node: first", new: "- stor:\n            node: first",
      suggestion: "store"),
    Particular(
      base: "shop", old: "storing:\n          properties:\n            quota",
      new: "storng:\n          properties:\n            quota", suggestion: "storing"),
    Particular(base: "types", old: "level: high", new: "levl: high", suggestion: "level"),
    Particular(base: "types", old: "place: here", new: "plac: here", suggestion: "place"),
    Particular(base: "types", old: "- access: server", new: "- acces: server", suggestion: "access"),
    Particular(base: "hosting", old: "num_cpus: { get_input", new: "num_cpu: { get_input", suggestion: "num_cpus"),
    Particular(
      base: "hosting", old: "private_address: 10.0.0.1", new: "privat_address: 10.0.0.1", suggestion: "private_address"),
    Particular(base: "hosting", old: "root_password: secret", new: "root_pasword: secret", suggestion: "root_password"),
    Particular(base: "hosting", old: "- link: net", new: "- lnk: net", suggestion: "link"),
    Particular(
      base: "hosting", old: "operations:\n            create", new: "operations:\n            creat",
      suggestion: "create"),
    Particular(base: "hosting", old: "Standard:", new: "Standart:", suggestion: "Standard"),
    // Properties that are missing.
    Particular(base: "shop", old: "street: Main Street\n", new: "\n", before: 3),
    Particular(base: "shop", old: "        title: { get_input: heading }\n", new: "", before: 4),
    Particular(base: "types", old: "place: here", new: "", before: 5),
    Particular(base: "types", old: "rate: 2.5", new: "", before: 3),
    Particular(base: "operation", old: "most: 5", new: "", before: 5),
    Particular(base: "hosting", old: "location: /mnt/data", new: "", before: 5),
    // Targets of the wrong kind.
    Particular(base: "shop", old: "node: first_store", new: "node: shop"),
    Particular(base: "shop", old: "node: first_store", new: "node: first_stor", suggestion: "first_store"),
    Particular(base: "shop", old: "capability: storing\n", new: "capability: feature\n"),
    Particular(base: "types", old: "- access: server", new: "- access: client"),
    Particular(base: "types", old: "targets: [ cell ]", new: "targets: [ client ]"),
    Particular(base: "types", old: "targets: [ cell ]", new: "targets: [ careful ]"),
    Particular(base: "types", old: "members: [ server, client ]", new: "members: [ cell ]"),
    Particular(base: "operation", old: "- source: second", new: "- source: workers"),
    Particular(base: "operation", old: "relationship: link", new: "relationship: lnk", suggestion: "link"),
    Particular(base: "hosting", old: "- host: server", new: "- host: disk"),
    Particular(base: "hosting", old: "- host: server", new: "- host: net"),
    Particular(base: "hosting", old: "- link: net", new: "- link: server"),
    Particular(base: "hosting", old: "- binding: server", new: "- binding: net"),
    Particular(base: "hosting", old: "node: dbms", new: "node: server"),
    Particular(base: "hosting", old: "node: disk", new: "node: net"),
    Particular(
      base: "hosting", old: "relationship: tosca.relationships.HostedOn",
      new: "relationship: tosca.relationships.AttachesTo"),
    Particular(base: "hosting", old: "type: tosca.relationships.AttachesTo", new: "type: tosca.relationships.HostedOn"),
    Particular(base: "hosting", old: "type: tosca.nodes.DBMS", new: "type: tosca.capabilities.Compute"),
    Particular(base: "hosting", old: "type: tosca.artifacts.Deployment.Image", new: "type: tosca.nodes.Compute"),
    // Occurrences.
    Particular(base: "operation", old: "- source: second\n", new: "- source: second\n        - source: third\n"),
    Particular(base: "hosting", old: "- host: server\n", new: "- host: server\n        - host: server\n"),
    Particular(base: "hosting", old: "- link: net\n", new: "- link: net\n        - link: net\n"),
    // Refinements that change what they inherit.
    Particular(
      base: "types", old: "type: integer\n        default: 1", new: "type: string\n        default: one"),
    Particular(
      base: "types", old: "access:\n        type: Narrow", new: "access:\n        type: tosca.capabilities.Node"
    ),
    Particular(
      base: "types", old: "Narrow:\n    derived_from: Limited", new: "Narrow:\n    derived_from: Narrow"),
    Particular(
      base: "types", old: "Level:\n    derived_from: string\n", new: "Level:\n    derived_from: integer\n",
      before: 0),
    Particular(
      base: "shop", old: "Percentage:\n    derived_from: integer", new: "Percentage:\n    derived_from: list"),
    // Cycles.
    Particular(base: "hosting", old: "host: server", new: "host: dbms", before: 8),
    Particular(
      base: "operation", old: "queue: jobs\n  relationship",
      new: "queue: { get_property: [ second, queue ] }\n  relationship", before: 40),
    Particular(base: "shop", old: "title: { get_input: heading }", new: "title: { get_property: [ SELF, title ] }"),
    Particular(
      base: "types", old: "Server:\n    derived_from: tosca.nodes.Root\n    properties:\n      size",
      new: "Server:\n    derived_from: SmallServer\n    properties:\n      size", before: 20),
    // Functions with the wrong arguments or results.
    Particular(base: "shop", old: "share: 40", new: "share: { get_input: heading }"),
    Particular(base: "shop", old: "share: 40", new: "share: { concat: [ 4, 0 ] }"),
    Particular(base: "shop", old: "title: { get_input: heading }", new: "title: { concat: heading }"),
    Particular(base: "shop", old: "title: { get_input: heading }", new: "title: { token: [ a, b ] }"),
    Particular(base: "shop", old: "title: { get_input: heading }", new: "title: { join: [ a, b ] }"),
    Particular(base: "shop", old: "title: { get_input: heading }", new: "title: { get_property: [ SELF ] }"),
    Particular(base: "shop", old: "title: { get_input: heading }", new: "title: { get_property: [ SELF, visiters ] }"),
    Particular(base: "shop", old: "title: { get_input: heading }", new: "title: { get_artifact: [ SELF, picture ] }"),
    Particular(
      base: "shop", old: "title: { get_input: heading }",
      new: "title: { get_operation_output: [ SELF, Standard, creat, x ] }", suggestion: "create"),
    Particular(base: "shop", old: "share: 40", new: "share: { get_attribute: [ SELF, tosca_name ] }"),
    // What a workflow or a trigger does.
    Particular(base: "operation", old: "- set_state: starting", new: "- set_state: [ starting ]"),
    Particular(base: "operation", old: "- set_state: starting", new: "- start: it"),
    Particular(base: "operation", old: "- set_state: starting", new: "- starting"),
    Particular(base: "operation", old: "on_success: [ finish ]", new: "on_success: [ finsh ]", suggestion: "finish"),
    Particular(
      base: "operation", old: "target: first\n          activities", new: "target: frst\n          activities",
      suggestion: "first"),
    Particular(
      base: "operation", old: "operation: Standard.start\n                  inputs",
      new: "operaton: Standard.start\n                  inputs", suggestion: "operation"),
    // Substitution.
    Particular(
      base: "operation", old: "serving: [ first, serving ]", new: "serving: [ frst, serving ]", suggestion: "first"),
    Particular(
      base: "operation", old: "serving: [ first, serving ]", new: "serving: [ first, servng ]", suggestion: "serving"),
    Particular(
      base: "operation", old: "serving: [ first, serving ]", new: "servng: [ first, serving ]", suggestion: "serving"),
    Particular(base: "operation", old: "serving: [ first, serving ]", new: "serving: first"),
    Particular(base: "operation", old: "source: [ second, source ]", new: "source: [ second ]"),
    Particular(
      base: "operation", old: "source: [ second, source ]", new: "source: [ second, sorce ]", suggestion: "source"),
    Particular(base: "operation", old: "node_type: Pool", new: "node_type: Serving"),
  ]
}
