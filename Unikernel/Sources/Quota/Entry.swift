#if hasFeature(Embedded)
  import LibraryOS

  @section("modules") @used
  let entry: ModuleEntry = (
    // Behind what changes responses, so that bytes are counted as they are sent.
    27,
    {
      let registry = Registry.taking($0)
      let module = Quota(clock: registry.clock, random: registry.random, events: registry.events)
      registry.add(mechanism: module)
      registry.pipeline.add(QuotasAfterAuthentication(of: module))
      registry.add(amender: module)
    }
  )
#endif
