#if hasFeature(Embedded)
  import LibraryOS

  @section("modules") @used
  let entry: ModuleEntry = (
    50,
    {
      let registry = Registry.taking($0)
      let audit = Audit(clock: registry.clock, events: registry.events)
      registry.add(mechanism: audit)
      registry.add(observer: audit)
      registry.add(connectionObserver: audit)
    }
  )
#endif
