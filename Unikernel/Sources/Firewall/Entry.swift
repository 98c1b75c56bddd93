#if hasFeature(Embedded)
  import LibraryOS

  @section("modules") @used
  let entry: ModuleEntry = (
    10,
    {
      let registry = Registry.taking($0)
      let firewall = Firewall(clock: registry.clock, random: registry.random, events: registry.events)
      registry.add(mechanism: firewall)
      registry.add(packetFilter: firewall)
      registry.add(clientFilter: firewall)
      registry.add(timed: firewall)
    }
  )
#endif
