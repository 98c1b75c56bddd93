#if hasFeature(Embedded)
  import LibraryOS
  import Network

  @section("modules") @used
  let entry: ModuleEntry = (
    10,
    {
      let registry = Registry.taking($0)
      guard let base = registry.networkStack else { return }
      let module = DHCP(
        stack: unsafeDowncast(base, to: NetworkStack.self), clock: registry.clock, random: registry.random,
        events: registry.events)
      registry.add(module: module)
      registry.add(timed: module)
    }
  )
#endif
