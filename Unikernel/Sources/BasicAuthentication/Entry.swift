#if hasFeature(Embedded)
  import LibraryOS

  @section("modules") @used
  let entry: ModuleEntry = (
    30,
    {
      let registry = Registry.taking($0)
      let module = BasicAuthentication(
        clock: registry.clock, random: registry.random, events: registry.events, failures: registry.failures)
      registry.add(mechanism: module)
      registry.add(backgroundWork: module)
    }
  )
#endif
