#if hasFeature(Embedded)
  import LibraryOS

  @section("modules") @used
  let entry: ModuleEntry = (
    20,
    {
      let registry = Registry.taking($0)
      let module = TransportSecurity(
        clock: registry.clock, random: registry.random, events: registry.events, shares: registry.shares)
      registry.add(mechanism: module)
      registry.add(streamSecurity: module)
      registry.add(timed: module)
    }
  )
#endif
