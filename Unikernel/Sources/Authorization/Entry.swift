import LibraryOS

#if hasFeature(Embedded)
  @section("modules") @used
  let entry: ModuleEntry = (
    40,
    {
      let registry = Registry.taking($0)
      registry.add(mechanism: Authorization(clock: registry.clock, events: registry.events))
    }
  )
#endif
