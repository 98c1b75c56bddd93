/// The valid templates that mutants are made of. Each keyname stands on a line of its own, so that a mutation is a change
/// of lines. Names of properties and nodes are none of TOSCA's keynames.
enum MutationBase {
  /// The templates by name.
  static let all: [(name: String, text: String)] = [
    ("shop", shop), ("types", types), ("operation", operation), ("hosting", hosting),
  ]

  /// A service with types of its own, values, functions and requirements.
  static let shop = """
    tosca_definitions_version: tosca_simple_yaml_1_3
    description: A shop with its store.
    metadata:
      template_name: shop
      template_version: 1.0.0
    data_types:
      Address:
        derived_from: tosca.datatypes.Root
        properties:
          street:
            type: string
          zip:
            type: integer
            constraints:
              - in_range: [ 1000, 99999 ]
      Percentage:
        derived_from: integer
        constraints:
          - in_range: [ 0, 100 ]
    capability_types:
      Storing:
        derived_from: tosca.capabilities.Endpoint
        properties:
          quota:
            type: scalar-unit.size
            default: 1 GB
        attributes:
          used:
            type: scalar-unit.size
    relationship_types:
      StoresIn:
        derived_from: tosca.relationships.ConnectsTo
        valid_target_types: [ Storing ]
        properties:
          retries:
            type: integer
            default: 3
    node_types:
      Shop:
        derived_from: tosca.nodes.Root
        version: 1.2.0
        properties:
          title:
            type: string
            description: What it is called.
            constraints:
              - min_length: 3
          share:
            type: Percentage
            required: false
          seat:
            type: Address
          open:
            type: boolean
            default: true
          labels:
            type: map
            required: false
            key_schema:
              type: string
            entry_schema:
              type: string
        attributes:
          visitors:
            type: integer
        requirements:
          - store:
              capability: Storing
              node: Store
              relationship: StoresIn
              occurrences: [ 1, 2 ]
        interfaces:
          Standard:
            operations:
              create:
                description: Sets it up.
                inputs:
                  heading:
                    type: string
                    default: { get_property: [ SELF, title ] }
      Store:
        derived_from: tosca.nodes.Root
        capabilities:
          storing:
            type: Storing
            valid_source_types: [ Shop ]
            occurrences: [ 0, 5 ]
    topology_template:
      description: The shop as it is deployed.
      inputs:
        heading:
          type: string
          default: The shop
        zone:
          type: integer
          required: false
          constraints:
            - greater_or_equal: 1
      node_templates:
        shop:
          type: Shop
          description: The shop itself.
          properties:
            title: { get_input: heading }
            share: 40
            seat:
              street: Main Street
              zip: 12345
            open: false
            labels:
              tier: front
          requirements:
            - store:
                node: first_store
                capability: storing
                relationship:
                  type: StoresIn
                  properties:
                    retries: 5
          interfaces:
            Standard:
              operations:
                configure:
                  inputs:
                    heading: { concat: [ { get_input: heading }, "!" ] }
        first_store:
          type: Store
          capabilities:
            storing:
              properties:
                quota: 4 GB
                port: 5432
        second_store:
          type: Store
      outputs:
        called:
          description: What it is called.
          value: { get_property: [ shop, title ] }
        quota:
          value: { get_property: [ first_store, storing, quota ] }
        visitors:
          value: { get_attribute: [ shop, visitors ] }

    """

  /// Types of every kind that derive from each other.
  static let types = """
    tosca_definitions_version: tosca_simple_yaml_1_3
    artifact_types:
      Package:
        derived_from: tosca.artifacts.Deployment
        description: Something to install.
        mime_type: application/x-package
        file_ext: [ pkg ]
        properties:
          signer:
            type: string
            required: false
    data_types:
      Level:
        derived_from: string
        constraints:
          - valid_values: [ low, high ]
      Limits:
        derived_from: tosca.datatypes.Root
        properties:
          rate:
            type: float
            constraints:
              - greater_than: 0.0
          pause:
            type: scalar-unit.time
            default: 5 s
          levels:
            type: list
            entry_schema:
              type: Level
          window:
            type: range
            default: [ 1, 5 ]
    interface_types:
      Backup:
        derived_from: tosca.interfaces.Root
        inputs:
          folder:
            type: string
            default: /var/backup
        operations:
          save:
            description: Saves.
            inputs:
              label:
                type: string
                required: false
          load:
            description: Loads.
        notifications:
          saved:
            description: It is saved.
    capability_types:
      Limited:
        derived_from: tosca.capabilities.Root
        valid_source_types: [ Client ]
        properties:
          limits:
            type: Limits
      Narrow:
        derived_from: Limited
    node_types:
      Server:
        derived_from: tosca.nodes.Root
        properties:
          size:
            type: integer
            status: supported
            constraints:
              - less_than: 10
        attributes:
          load:
            type: float
            description: How much there is to do.
        capabilities:
          access:
            type: Limited
            description: Where clients come in.
        interfaces:
          Backup:
            type: Backup
            operations:
              save:
                implementation:
                  primary: save.sh
                  timeout: 60
      SmallServer:
        derived_from: Server
        properties:
          size:
            type: integer
            default: 1
        capabilities:
          access:
            type: Narrow
      Client:
        derived_from: tosca.nodes.Root
        requirements:
          - access:
              capability: Limited
              node: Server
              relationship: Uses
    relationship_types:
      Uses:
        derived_from: tosca.relationships.DependsOn
        valid_target_types: [ Limited ]
        attributes:
          since:
            type: timestamp
        interfaces:
          Configure:
            operations:
              add_source:
                implementation: add.sh
    group_types:
      Cell:
        derived_from: tosca.groups.Root
        members: [ Server, Client ]
        properties:
          place:
            type: string
    policy_types:
      Careful:
        derived_from: tosca.policies.Root
        targets: [ Server, Cell ]
        properties:
          level:
            type: Level
            default: low
        triggers:
          alarm:
            description: When there is too much to do.
            event: overload
            action:
              - call_operation: Backup.save
    topology_template:
      node_templates:
        server:
          type: SmallServer
          properties:
            size: 4
          capabilities:
            access:
              properties:
                limits:
                  rate: 2.5
                  pause: 10 s
                  levels: [ low, high ]
        client:
          type: Client
          requirements:
            - access: server
      groups:
        cell:
          type: Cell
          members: [ server, client ]
          properties:
            place: here
      policies:
        - careful:
            type: Careful
            targets: [ cell ]
            properties:
              level: high

    """
}
