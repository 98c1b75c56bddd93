#if hasFeature(Embedded)
  import LibraryOS
  import Network
  import UserDatagrams

  @section("modules") @used
  let entry: ModuleEntry = (
    15,
    {
      let registry = Registry.taking($0)
      guard let base = registry.networkStack else { return }
      let stack = unsafeDowncast(base, to: NetworkStack.self)
      // Beneath what secures streams: servers of names are asked in clear.
      let module = NameResolution(
        datagrams: UserDatagrams(carrier: stack, random: registry.random), network: stack, clock: registry.clock,
        random: registry.random)
      registry.add(module: module)
      registry.add(timed: module)
      registry.names = module
    }
  )
#endif
