#if hasFeature(Embedded)
  import LibraryOS

  @section("modules") @used
  let entry: ModuleEntry = (
    31,
    {
      let registry = Registry.taking($0)
      registry.add(
        mechanism: BearerAuthentication(
          clock: registry.clock, random: registry.random, events: registry.events, failures: registry.failures))
    }
  )
#endif
