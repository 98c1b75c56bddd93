import LibraryOS

#if hasFeature(Embedded)
  @section("modules") @used
  let entry: ModuleEntry = (
    40,
    {
      let registry = Registry.taking($0)
      let module = RemoteAuthorization(
        clock: registry.clock, random: registry.random, events: registry.events,
        questions: registry.remoteDecisions)
      registry.remoteDecisions.asker = module
      registry.add(mechanism: module)
      registry.add(timed: module)
    }
  )
#endif
