#if hasFeature(Embedded)
  import LibraryOS

  @section("modules") @used
  let entry: ModuleEntry = (
    19,
    {
      let registry = Registry.taking($0)
      registry.add(mechanism: RequestFilter(clock: registry.clock, events: registry.events))
    }
  )
#endif
