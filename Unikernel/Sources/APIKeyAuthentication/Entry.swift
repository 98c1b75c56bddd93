#if hasFeature(Embedded)
  import LibraryOS

  @section("modules") @used
  let entry: ModuleEntry = (
    32,
    {
      let registry = Registry.taking($0)
      registry.add(
        mechanism: APIKeyAuthentication(
          clock: registry.clock, random: registry.random, events: registry.events, failures: registry.failures))
    }
  )
#endif
