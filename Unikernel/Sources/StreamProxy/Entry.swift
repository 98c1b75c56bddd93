import LibraryOS

#if hasFeature(Embedded)
  @section("modules") @used
  let entry: ModuleEntry = (
    64,
    {
      let registry = Registry.taking($0)
      registry.serve { StreamProxy(registry: $0) }
    }
  )
#endif
