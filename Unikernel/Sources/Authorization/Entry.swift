import LibraryOS

#if hasFeature(Embedded)
  @section("modules") @used
  let entry: ModuleEntry = (
    40,
    {
      let registry = Registry.taking($0)
      let authorization = Authorization(clock: registry.clock, events: registry.events)
      registry.add(mechanism: authorization)
      registry.add(contactObserver: authorization)
    }
  )
#endif
