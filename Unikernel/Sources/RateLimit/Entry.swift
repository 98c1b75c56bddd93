#if hasFeature(Embedded)
  import LibraryOS

  @section("modules") @used
  let entry: ModuleEntry = (
    20,
    {
      let registry = Registry.taking($0)
      let module = RateLimit(
        clock: registry.clock, random: registry.random, events: registry.events, shares: registry.shares)
      registry.add(mechanism: module)
      registry.pipeline.add(LimitsAfterAuthentication(of: module))
      registry.add(arrivalFilter: module)
    }
  )
#endif
