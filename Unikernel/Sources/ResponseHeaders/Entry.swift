#if hasFeature(Embedded)
  import LibraryOS

  @section("modules") @used
  let entry: ModuleEntry = (
    22,
    {
      let registry = Registry.taking($0)
      let module = ResponseHeaders()
      registry.add(mechanism: module)
      registry.add(amender: module)
    }
  )
#endif
