extension MutationBase {
  /// Groups, policies with triggers, workflows and a substitution mapping.
  static let operation = """
    tosca_definitions_version: tosca_simple_yaml_1_3
    capability_types:
      Serving:
        derived_from: tosca.capabilities.Endpoint
    node_types:
      Worker:
        derived_from: tosca.nodes.Root
        properties:
          queue:
            type: string
        attributes:
          done:
            type: integer
        capabilities:
          serving:
            type: Serving
        requirements:
          - source:
              capability: Serving
              node: Worker
              occurrences: [ 0, 1 ]
      Pool:
        derived_from: tosca.nodes.Root
        properties:
          queue:
            type: string
        capabilities:
          serving:
            type: Serving
        requirements:
          - source:
              capability: Serving
              occurrences: [ 0, 1 ]
    policy_types:
      Growing:
        derived_from: tosca.policies.Scaling
        properties:
          most:
            type: integer
            constraints:
              - in_range: [ 1, 20 ]
    topology_template:
      inputs:
        queue:
          type: string
          default: jobs
      substitution_mappings:
        node_type: Pool
        properties:
          queue: [ queue ]
        capabilities:
          serving: [ first, serving ]
        requirements:
          source: [ second, source ]
      node_templates:
        first:
          type: Worker
          properties:
            queue: { get_input: queue }
          requirements:
            - source: second
        second:
          type: Worker
          properties:
            queue: { get_property: [ SELF, source, queue ] }
          attributes:
            done: 0
          requirements:
            - source:
                node: third
                relationship: link
        third:
          type: Worker
          directives: [ select ]
          node_filter:
            properties:
              - queue: { equal: jobs }
          properties:
            queue: jobs
      relationship_templates:
        link:
          type: tosca.relationships.ConnectsTo
          properties:
            credential:
              token: secret
              user: worker
      groups:
        workers:
          type: tosca.groups.Root
          members: [ first, second ]
      policies:
        - growing:
            type: Growing
            targets: [ first, workers ]
            properties:
              most: 5
            triggers:
              busy:
                event: busy
                target_filter:
                  node: first
                condition:
                  - not:
                      - done: [ { greater_than: 5 } ]
                action:
                  - call_operation:
                      operation: Standard.start
                      inputs:
                        count: 2
                  - delegate: grow
      workflows:
        grow:
          description: Adds workers.
          inputs:
            count:
              type: integer
              default: 1
          preconditions:
            - target: first
              condition:
                - done: [ { greater_than: 1 } ]
          steps:
            begin:
              target: first
              activities:
                - set_state: starting
                - call_operation: Standard.start
              on_success: [ finish ]
              on_failure: [ undo ]
            finish:
              target: workers
              activities:
                - set_state: started
            undo:
              target: second
              activities:
                - delegate: grow
      outputs:
        done:
          value: { get_attribute: [ second, done ] }

    """

  /// Normative types, artifacts and repositories.
  static let hosting = """
    tosca_definitions_version: tosca_simple_yaml_1_3
    repositories:
      images:
        description: Where images are.
        url: https://images.example/
    dsl_definitions:
      room: &room
        num_cpus: 2
        mem_size: 4 GB
    topology_template:
      inputs:
        cpus:
          type: integer
          description: How many processors there are.
          default: 2
          constraints:
            - valid_values: [ 1, 2, 4 ]
      node_templates:
        server:
          type: tosca.nodes.Compute
          attributes:
            private_address: 10.0.0.1
          capabilities:
            host:
              properties:
                num_cpus: { get_input: cpus }
                mem_size: 8 GB
                disk_size: 100 GB
            os:
              properties:
                architecture: x86_64
                version: 12.4
            scalable:
              properties:
                min_instances: 1
                max_instances: 3
          requirements:
            - local_storage:
                node: disk
                relationship:
                  type: tosca.relationships.AttachesTo
                  properties:
                    location: /mnt/data
        disk:
          type: tosca.nodes.Storage.BlockStorage
          properties:
            name: data
            size: 10 GB
        dbms:
          type: tosca.nodes.DBMS
          properties:
            port: 3306
            root_password: secret
            component_version: 8.0.1
          requirements:
            - host: server
          artifacts:
            image:
              type: tosca.artifacts.Deployment.Image
              file: dbms.img
              repository: images
          interfaces:
            Standard:
              operations:
                create:
                  implementation:
                    primary: create.sh
                    dependencies: [ common.sh ]
                  inputs:
                    port: { get_property: [ SELF, port ] }
                    memory: { get_property: [ server, host, mem_size ] }
        database:
          type: tosca.nodes.Database
          properties:
            name: shop
            user: shop
          requirements:
            - host:
                node: dbms
                capability: host
                relationship: tosca.relationships.HostedOn
          capabilities:
            database_endpoint:
              properties:
                port: 3306
                protocol: tcp
        net:
          type: tosca.nodes.network.Network
          properties:
            ip_version: 4
            cidr: 10.0.0.0/24
            dhcp_enabled: true
        card:
          type: tosca.nodes.network.Port
          properties:
            order: 0
          requirements:
            - link: net
            - binding: server
      outputs:
        address:
          description: Where it is.
          value: { get_attribute: [ server, private_address ] }
        connection:
          value: { join: [ [ db, { get_property: [ database, name ] } ], ":" ] }

    """
}
